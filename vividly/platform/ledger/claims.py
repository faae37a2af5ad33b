"""Claims: exactly one worker has a request, until its lease expires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    Connection,
    Interval,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from vividly.model.request import FRESH, MARK, Message, Request
from vividly.platform.ledger.fence import Fenced, log, seconds, stage_reached
from vividly.platform.ledger.schema import ACTIVE, content_requests

CLAIMED_PROGRESS = 5
BUDGET_S = 600.0
_R = content_requests.c
_before = content_requests.alias("before").c
_REMAINING = func.extract("epoch", _R.deadline_at - func.clock_timestamp())
_AGE = func.extract("epoch", func.clock_timestamp() - _R.created_at)


_STAGES = text(
    "INSERT INTO request_stages (request_id, stage_name, stage_order, status) "
    "SELECT CAST(:id AS uuid), name, place, status FROM unnest(CAST(:names AS text[]), "
    "CAST(:statuses AS text[])) WITH ORDINALITY AS given (name, status, place) "
    "ON CONFLICT (request_id, stage_name) DO UPDATE SET status = excluded.status, "
    "stage_order = excluded.stage_order, started_at = NULL, completed_at = NULL, "
    "duration_seconds = NULL, retry_count = 0, error_message = NULL, stage_metadata = '{}'"
)


@cache
def _claim_statement(columns: Sequence[str]) -> ReturningInsert[Any]:
    """Insert a request's row, or take the row that is there and replace these columns.

    It returns no row where another worker has the request, or the request has ended. It is built
    once, because building it takes longer than executing it.
    """
    given = insert(content_requests)
    held = {
        "status": "validating",
        "current_stage": "Checking the request",
        "lease_owner": bindparam("owner"),
        "lease_expires_at": func.now() + _interval("lease"),
        "next_attempt_at": None,
    }
    anew = {
        "progress_percentage": CLAIMED_PROGRESS,
        "started_at": func.now(),
        "deadline_at": func.now() + _interval("budget"),
    }
    again = _R.status.in_(("pending", "failed"))
    # A request that waits for its lesson is not begun again: the lesson is.
    alone = and_(_R.status.in_(ACTIVE), _R.lesson_key.is_(None))
    due = and_(alone, _R.next_attempt_at <= func.now())
    taken_over = and_(
        alone,
        _R.next_attempt_at.is_(None),
        _R.lease_expires_at < func.now(),
        _R.retry_count + 1 < bindparam("max_attempts"),
    )
    before = select(_before.error_stage, _before.status).where(
        _before.id == bindparam("claimed_id", type_=_R.id.type)
    )
    return (
        given.values(**held, **anew, attempt=1)
        .on_conflict_do_update(
            index_elements=["id"],
            set_={
                **{name: given.excluded[name] for name in columns},
                **held,
                **{name: case((again, value), else_=_R[name]) for name, value in anew.items()},
                "attempt": _R.attempt + 1,
                "retry_count": case((again, 0), (due, _R.retry_count), else_=_R.retry_count + 1),
                "handover": None,
                "lesson_key": None,
                "requeued_at": None,
                "requeues": 0,
                "withdrawn_at": None,
                "error_message": None,
                "error_stage": None,
                "error_details": None,
                "failed_at": None,
                "total_duration_seconds": None,
            },
            where=or_(again, due, taken_over),
        )
        # The subqueries see the row as it was before this statement.
        .returning(
            _R.attempt,
            _REMAINING,
            _AGE,
            _R.request_metadata,
            before.with_only_columns(_before.error_stage).scalar_subquery().label("stage"),
            before.with_only_columns(_before.status).scalar_subquery().label("was"),
        )
    )


def _interval(name: str) -> Any:
    return cast(bindparam(name, type_=Text), Interval)


@dataclass(frozen=True)
class Claim:
    """The result of claiming a request.

    Attributes:
        result: `claimed`; `completed` or `answered` (it ended before); `in_progress`
            (another worker has it, its lesson is being made, or its retry is not due);
            `cancelled`; `exhausted` (taken over too often); `unknown` (a test request whose
            row was purged).
        attempt: the fencing number if `claimed`, the last one if `exhausted`.
        remaining: seconds left of the request's budget.
        stage: the stage that the previous attempt had reached; empty for the first attempt.
        age: seconds since the request was created.
        marks: the attributes `MARK` and `FRESH` of its row.
        untold: its notifications may not have been published, although it was not claimed.
    """

    result: Literal[
        "claimed",
        "completed",
        "answered",
        "in_progress",
        "cancelled",
        "exhausted",
        "unknown",
    ]
    attempt: int = 0
    remaining: float = field(default=0.0, compare=False)
    stage: str = field(default="", compare=False)
    age: float = field(default=0.0, compare=False)
    marks: Mapping[str, str] = field(default_factory=dict, compare=False)
    untold: bool = field(default=False, compare=False)


class Claims(Fenced):
    """Takes, renews and releases the claims on requests."""

    def submit(self, request: Request, message: Message, metadata: Mapping[str, Any]) -> bool:
        """Insert the `pending` row of a request that is about to be published.

        Returns:
            False if the request exists already; then nothing is changed.
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
        budget: float = BUDGET_S,
    ) -> Claim:
        """Claim a request. Exactly one of several racing calls succeeds.

        A `pending` or `failed` request starts anew, with its full budget. A scheduled retry can
        be claimed once it is due, and a request in work once its lease has expired; both keep
        the rest of their budget. A message with the attribute `FRESH` needs a row.

        Args:
            lease: seconds until another worker may take the request over.
            max_attempts: attempts after which a request whose worker was lost is not taken
                over any more (`RetryPolicy.max_takeover_attempts`).
            stages: (name, `pending` or `skipped`) in order, for `request_stages`.
            budget: seconds that a request that starts anew may take from now on.
        """
        columns = _columns(request, message)
        statement = _claim_statement(tuple(columns))
        values = {
            **columns,
            "owner": self.owner,
            "lease": f"{lease} seconds",
            "budget": f"{budget} seconds",
            "max_attempts": max_attempts,
            "claimed_id": request.request_id,
        }
        with self._transaction() as connection:
            if FRESH in message.attributes and not _has_row(connection, request.request_id):
                return Claim("unknown")
            row = connection.execute(statement, values).one_or_none()
            if row is None:
                return self._not_claimed(connection, request.request_id)
            attempt, remaining, age, metadata, failed_in, was = row
            before = ""
            if was in ACTIVE:
                before = failed_in or stage_reached(connection, request.request_id)
            _reset_stages(connection, request.request_id, stages)
            log(connection, request.request_id, "claimed", f"Attempt {attempt} began")
            return Claim(
                "claimed", attempt, float(remaining), before, float(age), marks=_marks(metadata)
            )

    def renew(self, held: Sequence[tuple[str, int]], *, lease: float) -> set[tuple[str, int]]:
        """Renew claims for `lease` more seconds.

        Args:
            held: (request id, attempt) of each.

        Returns:
            The claims that still belong to this owner.
        """
        if not held:
            return set()
        statement = (
            update(content_requests)
            .where(
                _R.id.in_([request_id for request_id, _ in held]),
                _R.lease_owner == self.owner,
                _R.status.in_(ACTIVE),
            )
            .values(lease_expires_at=func.now() + seconds(lease))
            .returning(_R.id, _R.attempt)
        )
        with self._transaction() as connection:
            return {(row.id, row.attempt) for row in connection.execute(statement)}

    def release_claims(self) -> int:
        """Release all claims of this owner, so that other workers can continue at once.

        Returns:
            The number of requests.
        """
        statement = (
            update(content_requests)
            .where(_R.lease_owner == self.owner, _R.status.in_(ACTIVE))
            .values(lease_owner=None, lease_expires_at=None, next_attempt_at=func.now())
        )
        with self._transaction() as connection:
            return connection.execute(statement).rowcount

    def _not_claimed(self, connection: Connection, request_id: str) -> Claim:
        row = connection.execute(
            select(
                _R.status,
                _R.attempt,
                _R.lease_owner,
                _R.lesson_key,
                and_(
                    _R.lease_expires_at < func.now(),
                    _R.next_attempt_at.is_(None),
                ).label("lost"),
            ).where(_R.id == request_id)
        ).one()
        shared = row.lesson_key is not None
        if row.status == "cancelled":
            return Claim("cancelled")
        if row.status not in ACTIVE:
            result: Literal["completed", "answered"] = (
                "completed" if row.status == "completed" else "answered"
            )
            return Claim(result, untold=shared or row.lease_owner is not None)
        if row.lost:
            return Claim("exhausted", row.attempt)
        return Claim("in_progress", untold=shared)


def _has_row(connection: Connection, request_id: str) -> bool:
    query = select(_R.id).where(_R.id == request_id).with_for_update()
    return connection.execute(query).first() is not None


def _marks(metadata: Mapping[str, Any]) -> dict[str, str]:
    return {mark: str(metadata[mark]) for mark in (MARK, FRESH) if mark in metadata}


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


def _reset_stages(
    connection: Connection, request_id: str, stages: Sequence[tuple[str, str]]
) -> None:
    """Insert one row per stage, or reset the row of an earlier attempt."""
    connection.execute(
        _STAGES,
        {
            "id": request_id,
            "names": [name for name, _ in stages],
            "statuses": [status for _, status in stages],
        },
    )
