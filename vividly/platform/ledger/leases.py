"""Who makes a thing at the moment, where many want it and one is enough."""

from __future__ import annotations

from sqlalchemy import delete, func, or_, update
from sqlalchemy.dialects.postgresql import insert

from vividly.platform.ledger.fence import Fenced, seconds
from vividly.platform.ledger.schema import work_leases

_W = work_leases.c


class WorkLeases(Fenced):
    """The table `work_leases`. A lease that is not renewed ends by itself."""

    def take(self, name: str, token: str, *, lease: float) -> bool:
        """Whether the work is the token's now: of any number who ask, it is one's.

        Args:
            name: what is made.
            token: stands for whoever asks; a name of its own for each try.
            lease: seconds until others may take the work over.
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
        """Hold the work for longer; False where somebody else has taken it over."""
        statement = (
            update(work_leases)
            .where(_W.name == name, _W.owner == token)
            .values(expires_at=func.now() + seconds(lease))
        )
        with self._transaction() as connection:
            return connection.execute(statement).rowcount == 1

    def give_back(self, name: str, token: str) -> None:
        """The work is done, or given up: whoever waits may look, or take it on."""
        with self._transaction() as connection:
            connection.execute(delete(work_leases).where(_W.name == name, _W.owner == token))
