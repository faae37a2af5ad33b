"""Taking a request on: of any number who try, one may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, and_, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from vividly.ledger.fence import Fenced, log, seconds
from vividly.ledger.schema import ACTIVE, content_requests, request_stages
from vividly.request import Message, Request
from vividly.ticket import Ticket

CLAIMED_PROGRESS = 5
_R = content_requests.c


@dataclass(frozen=True)
class Claim:
    """What came of an attempt to claim a request.

    Attributes:
        result: `claimed`; `completed` or `answered` (done before); `in_progress`
            (somebody else holds it); `cancelled`; `exhausted` (taken over too often).
        attempt: the fencing number where claimed, or the last one where exhausted.
    """

    result: Literal["claimed", "completed", "answered", "in_progress", "cancelled", "exhausted"]
    attempt: int = 0


class Claims(Fenced):
    """Who works on which request, and until when."""

    def submit(self, request: Request, message: Message, metadata: Mapping[str, Any]) -> bool:
        """Write the `pending` row of a request that is about to be published.

        Returns:
            False where the request is known already; nothing is changed then.
        """
        row = insert(content_requests).values(
            **_columns(request, message), status="pending", request_metadata=dict(metadata)
        )
        with self._transaction() as connection:
            done = connection.execute(row.on_conflict_do_nothing(index_elements=["id"]))
            return done.rowcount == 1

    def claim(
        self,
        request: Request,
        message: Message,
        *,
        lease: float,
        max_attempts: int,
        stages: Sequence[tuple[str, str]],
    ) -> Claim:
        """Take a request on, once: of any number of racing claims exactly one wins.

        A `pending` or `failed` request can be claimed by anyone; one that is being
        worked on only after its lease has run out.

        Args:
            lease: seconds for which nobody else may take the request over.
            stages: (name, `pending` or `skipped`) in order, for `request_stages`.
        """
        values = _columns(request, message)
        fresh = {
            "status": "validating",
            "current_stage": "Checking the request",
            "progress_percentage": CLAIMED_PROGRESS,
            "started_at": func.now(),
            "lease_owner": self.owner,
            "lease_expires_at": func.now() + seconds(lease),
        }
        again = _R.status.in_(("pending", "failed"))
        taken_over = and_(
            _R.status.in_(ACTIVE),
            _R.lease_expires_at < func.now(),
            _R.retry_count + 1 < max_attempts,
        )
        statement = (
            insert(content_requests)
            .values(**values, **fresh, attempt=1)
            .on_conflict_do_update(
                index_elements=["id"],
                set_={
                    **values,
                    **fresh,
                    "attempt": _R.attempt + 1,
                    "retry_count": case((again, 0), else_=_R.retry_count + 1),
                    "error_message": None,
                    "error_stage": None,
                    "error_details": None,
                    "failed_at": None,
                },
                where=or_(again, taken_over),
            )
            .returning(_R.attempt)
        )
        with self._transaction() as connection:
            attempt = connection.execute(statement).scalar()
            if attempt is None:
                return self._not_claimed(connection, request.request_id)
            _lay_out_stages(connection, request.request_id, stages)
            log(connection, request.request_id, "claimed", f"Attempt {attempt} began")
            return Claim("claimed", attempt)

    def resume(self, ticket: Ticket, *, lease: float) -> bool:
        """Take a handed-over request on in the media job; of several racing only one does."""
        statement = (
            update(content_requests)
            .where(self._open(ticket))
            .where(or_(_R.lease_owner.is_(None), _R.lease_expires_at < func.now()))
            .values(lease_owner=self.owner, lease_expires_at=func.now() + seconds(lease))
        )
        with self._transaction() as connection:
            return connection.execute(statement).rowcount == 1

    def hand_over(self, ticket: Ticket) -> None:
        """Let go of a request, so that the media job can `resume` it.

        Raises:
            Superseded: the request is no longer this attempt's.
        """
        with self._transaction() as connection:
            self._write(connection, ticket, lease_owner=None, lease_expires_at=None)

    def release(self) -> int:
        """Let go of everything that this owner holds: others may take it over at once.

        Returns:
            How many requests those were.
        """
        statement = (
            update(content_requests)
            .where(_R.lease_owner == self.owner, _R.status.in_(ACTIVE))
            .values(lease_owner=None, lease_expires_at=func.now())
        )
        with self._transaction() as connection:
            return connection.execute(statement).rowcount

    def _not_claimed(self, connection: Connection, request_id: str) -> Claim:
        row = connection.execute(
            select(
                _R.status, _R.attempt, (_R.lease_expires_at < func.now()).label("expired")
            ).where(_R.id == request_id)
        ).one()
        if row.status in ("completed", "cancelled"):
            return Claim(row.status)
        if row.status not in ACTIVE:
            return Claim("answered")
        return Claim("exhausted", row.attempt) if row.expired else Claim("in_progress")


def _columns(request: Request, message: Message) -> dict[str, Any]:
    return {
        "id": request.request_id,
        "correlation_id": request.correlation_id,
        "student_id": request.student_id,
        "student_query": request.student_query,
        "grade_level": request.grade_level,
        "interest": request.interest,
        "language": request.language,
        "requested_modalities": list(request.modalities),
        "message_data": message.data,
        "message_attributes": dict(message.attributes),
    }


def _lay_out_stages(
    connection: Connection, request_id: str, stages: Sequence[tuple[str, str]]
) -> None:
    """One row per stage, as before its first run; what an earlier attempt left is reset."""
    rows = [
        {"request_id": request_id, "stage_name": name, "stage_order": order, "status": status}
        for order, (name, status) in enumerate(stages, start=1)
    ]
    statement = insert(request_stages).values(rows)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["request_id", "stage_name"],
            set_={
                "status": statement.excluded.status,
                "stage_order": statement.excluded.stage_order,
                "started_at": None,
                "completed_at": None,
                "duration_seconds": None,
                "retry_count": 0,
                "error_message": None,
                "stage_metadata": {},
            },
        )
    )
