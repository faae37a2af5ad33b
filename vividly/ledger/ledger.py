"""Every write that the job makes about a request.

Each is one short transaction. A write by a worker names its attempt (the
fencing number of its claim) and does nothing unless that is still the newest
one and the request is still open: a worker that lost its claim cannot
overwrite what came after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Engine,
    Interval,
    Update,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from vividly.errors import Superseded
from vividly.ledger.engine import database_errors
from vividly.ledger.schema import ACTIVE, content_requests, request_events, request_stages
from vividly.request import Message, Request
from vividly.ticket import Failure, Ticket

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


def _seconds(value: float) -> Any:
    return cast(literal(f"{value} seconds"), Interval)


class Ledger:
    """The tables `content_requests`, `request_stages` and `request_events`."""

    def __init__(self, engine: Engine, *, owner: str) -> None:
        self.engine = engine
        self.owner = owner

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with database_errors(self.engine), self.engine.begin() as connection:
            yield connection

    # -- taking a request on ---------------------------------------------------------------

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
            "lease_expires_at": func.now() + _seconds(lease),
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
            _log(connection, request.request_id, "claimed", f"Attempt {attempt} began")
            return Claim("claimed", attempt)

    def resume(self, ticket: Ticket, *, lease: float) -> bool:
        """Take a handed-over request on in the media job; of several racing only one does."""
        statement = (
            update(content_requests)
            .where(self._open(ticket))
            .where(or_(_R.lease_owner.is_(None), _R.lease_expires_at < func.now()))
            .values(lease_owner=self.owner, lease_expires_at=func.now() + _seconds(lease))
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

    # -- on the way ----------------------------------------------------------------------

    def stage_started(
        self, ticket: Ticket, stage: str, *, doing: str, progress: int, lease: float
    ) -> None:
        """Record that a stage begins, and hold the claim for `lease` more seconds.

        Raises:
            Superseded: the request is no longer this attempt's, or was cancelled.
        """
        with self._transaction() as connection:
            self._write(
                connection,
                ticket,
                status="generating",
                current_stage=doing,
                progress_percentage=func.greatest(_R.progress_percentage, progress),
                lease_owner=self.owner,
                lease_expires_at=func.now() + _seconds(lease),
            )
            _stage(connection, ticket, stage, status="in_progress", started_at=func.now())

    def progress(self, ticket: Ticket, progress: int) -> None:
        """Record progress inside a stage; it never goes back.

        Raises:
            Superseded: the request is no longer this attempt's, or was cancelled.
        """
        with self._transaction() as connection:
            self._write(
                connection,
                ticket,
                progress_percentage=func.greatest(_R.progress_percentage, progress),
            )

    def stage_completed(
        self,
        ticket: Ticket,
        stage: str,
        *,
        progress: int,
        seconds: float,
        retries: int,
        metadata: Mapping[str, Any],
    ) -> None:
        """Record that a stage is done, how long it took and what it says of itself.

        Raises:
            Superseded: the request is no longer this attempt's, or was cancelled.
        """
        with self._transaction() as connection:
            values: dict[str, Any] = {
                "progress_percentage": func.greatest(_R.progress_percentage, progress)
            }
            if "topic" in metadata:
                values["topic"] = metadata["topic"]
            self._write(connection, ticket, **values)
            _stage(
                connection,
                ticket,
                stage,
                status="completed",
                completed_at=func.now(),
                duration_seconds=seconds,
                retry_count=retries,
                error_message=None,
                stage_metadata=dict(metadata),
            )

    def text_ready(self, ticket: Ticket, script_text: str) -> None:
        """Store the lesson's text, for the student to read while the rest is made.

        Raises:
            Superseded: the request is no longer this attempt's, or was cancelled.
        """
        with self._transaction() as connection:
            self._write(connection, ticket, script_text=script_text, text_ready_at=func.now())
            _log(connection, ticket.request.request_id, "text_ready", "The text is ready to read")

    # -- the ends ------------------------------------------------------------------------

    def finish(
        self, ticket: Ticket, status: str, *, message: str, details: Mapping[str, Any]
    ) -> bool:
        """End a request with a lesson or another answer.

        Args:
            details: for `completed` the columns to fill; otherwise what the student is told.

        Returns:
            False where the request has ended before or belongs to a newer attempt.
        """
        values: dict[str, Any] = {"status": status, "current_stage": None, "lease_owner": None}
        if status == "completed":
            values |= {"progress_percentage": 100, "completed_at": func.now(), **details}
        else:
            values["request_metadata"] = _R.request_metadata.op("||")(
                cast({"answer": {"message": message, **details}}, _R.request_metadata.type)
            )
        with self._transaction() as connection:
            done = connection.execute(
                update(content_requests).where(self._open(ticket)).values(values)
            )
            if done.rowcount:
                _log(
                    connection,
                    ticket.request.request_id,
                    status,
                    message or "The lesson is ready",
                    data=details,
                )
                _skip_the_rest(connection, ticket.request.request_id)
            return done.rowcount == 1

    def fail(self, failure: Failure) -> bool:
        """End a known request as `failed`, with where and why.

        Returns:
            False where the request is unknown, has ended before, or belongs to another
            attempt. A failure before any claim ends a request that is still `pending`.
        """
        if not failure.request_id:
            return False
        details = {
            "reason": failure.reason,
            "error_type": failure.error_type,
            "tries": failure.tries,
            "replayable": failure.replayable,
        }
        statement = (
            update(content_requests)
            .where(
                _R.id == failure.request_id,
                _R.attempt == failure.attempt,
                _R.status.in_(ACTIVE if failure.attempt else ("pending",)),
            )
            .values(
                status="failed",
                failed_at=func.now(),
                error_message=failure.error_message,
                error_stage=failure.stage,
                error_details=details,
                lease_owner=None,
            )
        )
        with self._transaction() as connection:
            if connection.execute(statement).rowcount != 1:
                return False
            connection.execute(
                update(request_stages)
                .where(
                    request_stages.c.request_id == failure.request_id,
                    request_stages.c.stage_name == failure.stage,
                )
                .values(
                    status="failed",
                    completed_at=func.now(),
                    error_message=failure.error_message,
                    retry_count=max(0, failure.tries - 1),
                )
            )
            _log(
                connection,
                failure.request_id,
                "failed",
                failure.error_message,
                stage=failure.stage,
                severity="ERROR",
                data=details,
            )
            return True

    # -- inside --------------------------------------------------------------------------

    def _open(self, ticket: Ticket) -> Any:
        return and_(
            _R.id == ticket.request.request_id,
            _R.attempt == ticket.attempt,
            _R.status.in_(ACTIVE),
        )

    def _write(self, connection: Connection, ticket: Ticket, **values: Any) -> None:
        statement: Update = update(content_requests).where(self._open(ticket)).values(**values)
        if connection.execute(statement).rowcount != 1:
            raise Superseded(
                f"request {ticket.request.request_id}: attempt {ticket.attempt} is no longer "
                "the one in charge (cancelled, ended, or taken over)"
            )


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


def _stage(connection: Connection, ticket: Ticket, stage: str, **values: Any) -> None:
    connection.execute(
        update(request_stages)
        .where(
            request_stages.c.request_id == ticket.request.request_id,
            request_stages.c.stage_name == stage,
        )
        .values(**values)
    )


def _skip_the_rest(connection: Connection, request_id: str) -> None:
    connection.execute(
        update(request_stages)
        .where(request_stages.c.request_id == request_id, request_stages.c.status == "pending")
        .values(status="skipped")
    )


def _log(
    connection: Connection,
    request_id: str,
    event: str,
    message: str,
    *,
    stage: str | None = None,
    severity: str = "INFO",
    data: Mapping[str, Any] | None = None,
) -> None:
    connection.execute(
        insert(request_events).values(
            request_id=request_id,
            event_type=event,
            event_message=message,
            stage_name=stage,
            severity=severity,
            event_data=dict(data or {}),
        )
    )
