"""Leases: one worker computes a shared result."""

from __future__ import annotations

from sqlalchemy import delete, func, or_, update
from sqlalchemy.dialects.postgresql import insert

from vividly.platform.ledger.fence import Fenced, seconds
from vividly.platform.ledger.schema import work_leases

_W = work_leases.c


class WorkLeases(Fenced):
    """The table `work_leases`. A lease that is not renewed expires."""

    def acquire(self, name: str, token: str, *, lease: float) -> bool:
        """Take the named lease. True for exactly one of any number of callers.

        Args:
            name: of the result to compute.
            token: of the caller, unique for each try.
            lease: seconds until another caller may take the lease over.
        """
        statement = (
            insert(work_leases)
            .values(name=name, owner=token, expires_at=func.now() + seconds(lease))
            .on_conflict_do_update(
                index_elements=["name"],
                set_={"owner": token, "expires_at": func.now() + seconds(lease)},
                where=or_(_W.expires_at < func.now(), _W.owner == token),
            )
        )
        with self._transaction() as connection:
            return connection.execute(statement).rowcount == 1

    def renew(self, name: str, token: str, *, lease: float) -> bool:
        """Extend the lease to `lease` seconds from now; False if another caller has taken it."""
        statement = (
            update(work_leases)
            .where(_W.name == name, _W.owner == token)
            .values(expires_at=func.now() + seconds(lease))
        )
        with self._transaction() as connection:
            return connection.execute(statement).rowcount == 1

    def release(self, name: str, token: str) -> None:
        """Release the lease, after success or failure, so that the next caller can take it."""
        with self._transaction() as connection:
            connection.execute(delete(work_leases).where(_W.name == name, _W.owner == token))
