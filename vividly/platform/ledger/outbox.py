"""Outbox: requests that wait for a retry, and the messages to publish again.

A request that cannot continue is scheduled for a further attempt (`schedule_retry`). The row
keeps its message. `vividly requeue` publishes it when the retry is due, or when the worker or the
message was lost (`due`). Lessons that wait are published by `LessonWork.due_tokens`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, or_, select, update

from vividly.model.ticket import Ticket
from vividly.platform.ledger.fence import Fenced, log, seconds, stage_reached, superseded
from vividly.platform.ledger.schema import (
    ACTIVE,
    MAY_HAVE_FILES,
    content_requests,
    lesson_work,
    request_stages,
)
from vividly.platform.retry import RetryPolicy

TO_TRY_AGAIN = "Waiting to try again"
TO_BE_RECORDED = "Waiting to be recorded"
FOR_ANOTHER = "Waiting for another request"
FOR_A_PLACE = "Waiting for a free place"
"""Values of `current_stage` while a request waits."""
_R = content_requests.c
_LONGEST_DOUBLING = 6


@dataclass(frozen=True)
class Due:
    """A request whose message must be published again.

    Attributes:
        why: `pending` (published, but never claimed), `retry` (a scheduled retry is due) or
            `lost` (its worker is lost).
        data: the request's own message as it was received.
    """

    why: str
    request_id: str
    data: bytes
    attributes: Mapping[str, str]


class Outbox(Fenced):
    """Schedules retries, and finds requests that no worker has."""

    def schedule_retry(
        self,
        ticket: Ticket,
        stage: str,
        error: str,
        *,
        at_least: float,
        counted: bool,
        policy: RetryPolicy,
    ) -> float | None:
        """Release a claim, and schedule a further attempt of the request.

        Args:
            stage: the stage that failed.
            at_least: seconds that the service asked to wait.
            counted: whether this counts as an attempt. It does not if the circuit was open,
                since the service was not called.
            policy: the delay, and `max_scheduled_attempts`.

        Returns:
            The delay in seconds. None if no attempt or no time is left; then nothing is
            changed.

        Raises:
            Superseded: the request is no longer this attempt's, or was cancelled.
        """
        request_id = ticket.request.request_id
        left = func.extract("epoch", _R.deadline_at - func.now())
        query = select(_R.retry_count, left).where(self._open(ticket)).with_for_update()
        with self._transaction() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                raise superseded(ticket)
            used = row[0] + (1 if counted else 0)
            delay = policy.delay(row[0], at_least=at_least)
            left_after = float(row[1] or 0) - delay
            if used >= policy.max_scheduled_attempts or left_after < policy.least_budget:
                return None
            connection.execute(
                update(content_requests)
                .where(_R.id == request_id)
                .values(
                    current_stage=TO_TRY_AGAIN,
                    next_attempt_at=func.now() + seconds(delay),
                    retry_count=used,
                    error_stage=stage,
                    error_message=error,
                    lease_owner=None,
                    lease_expires_at=None,
                    requeued_at=None,
                )
            )
            connection.execute(
                update(request_stages)
                .where(
                    request_stages.c.request_id == request_id,
                    request_stages.c.stage_name == stage,
                )
                .values(status="pending", error_message=error)
            )
            log(
                connection,
                request_id,
                "put_down",
                error,
                stage=stage,
                severity="WARNING",
                data={"seconds": round(delay, 1), "counted": counted},
            )
        return delay

    def due(self, *, limit: int, pending_after: float, again_after: float) -> list[Due]:
        """Claim messages to publish now. Each is returned to only one of several racing callers.

        A message that may still be in the queue is not published again: it counts as lost only
        if a request that was created later has been claimed meanwhile, or if no worker has a
        request and none was claimed in the last `again_after` seconds. The interval doubles each
        time.

        Args:
            limit: maximum number; those that have been due longest come first.
            pending_after: age in seconds at which a `pending` request may count as lost.
            again_after: the same for a message that was published again.
        """
        waiting = _R.status == "pending"
        lost = and_(_R.next_attempt_at.is_(None), _R.lease_expires_at < func.now())
        in_time = or_(_R.deadline_at.is_(None), _R.deadline_at > func.now())
        ready = or_(
            and_(waiting, _R.created_at < func.now() - seconds(pending_after)),
            and_(
                _R.status.in_(ACTIVE),
                _R.lesson_key.is_(None),
                in_time,
                or_(_R.next_attempt_at <= func.now(), lost),
            ),
        )
        pause = func.power(2, func.least(_R.requeues, _LONGEST_DOUBLING)) * seconds(again_after)
        published = func.coalesce(_R.requeued_at, _R.created_at)
        others = content_requests.alias("others").c
        reached = (
            select(func.max(others.created_at)).where(others.started_at.is_not(None))
        ).scalar_subquery()
        claimed = (
            select(others.started_at)
            .where(others.started_at > func.now() - seconds(again_after))
            .exists()
        )
        # Workers that wait for a slow model claim nothing for a while, and the queue waits too.
        in_work = (
            select(others.id)
            .where(
                others.status.in_(ACTIVE),
                others.lesson_key.is_(None),
                others.next_attempt_at.is_(None),
                others.lease_expires_at > func.now(),
            )
            .exists()
        )
        overtaken = or_(published < reached - seconds(again_after), ~or_(claimed, in_work))
        never = and_(_R.requeued_at.is_(None), ~waiting)
        again = and_(published < func.now() - pause, overtaken)
        since = func.coalesce(_R.next_attempt_at, _R.lease_expires_at, _R.created_at)
        chosen = (
            select(_R.id)
            .where(ready, or_(never, again))
            .order_by(since)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        statement = (
            update(content_requests)
            .where(_R.id.in_(chosen))
            .values(requeued_at=func.now(), requeues=_R.requeues + 1)
            .returning(*content_requests.c)
        )
        with self._transaction() as connection:
            rows = [dict(row) for row in connection.execute(statement).mappings()]
            for row in rows:
                log(connection, row["id"], "requeued", f"Put back on its topic: {_why(row)}")
        return [_due(row) for row in rows]

    def claim_expired(
        self, *, limit: int, lease: float, others: Sequence[str] = ()
    ) -> list[Mapping[str, Any]]:
        """Claim requests whose budget is used up and that have no worker, to end them.

        Args:
            lease: seconds until another process may claim them, if this one is lost.
            others: ids of further requests to end, since their lesson comes too late or failed.

        Returns:
            Their rows, with `stage`, the stage reached, and `attempt`, the number to end them
            with.
        """
        # A request that waits for its lesson is claimed only to be ended, by a pass that was lost.
        begun = and_(_R.lesson_key.is_not(None), _R.lease_expires_at < func.now())
        unclaimed = or_(_R.lease_owner.is_(None), _R.lease_expires_at < func.now())
        chosen = (
            select(_R.id)
            .where(
                _R.status.in_(ACTIVE),
                or_(_R.deadline_at <= func.now(), _R.id.in_(list(others)), begun),
                unclaimed,
            )
            .order_by(_R.deadline_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        statement = (
            update(content_requests)
            .where(_R.id.in_(chosen))
            .values(
                attempt=_R.attempt + 1,
                lease_owner=self.owner,
                lease_expires_at=func.now() + seconds(lease),
                next_attempt_at=None,
                handover=None,
            )
            .returning(
                *content_requests.c,
                (_R.deadline_at <= func.now()).label("expired"),
                *(_lesson(name).label(f"lesson_{name}") for name in _ERROR),
            )
        )
        with self._transaction() as connection:
            rows = [dict(row) for row in connection.execute(statement).mappings()]
            return [
                {**row, "stage": stage_reached(connection, row["id"]) or "claim"} for row in rows
            ]

    def release_claim(self, request_id: str, attempt: int) -> None:
        """Release the claim on an expired request, so that the next requeue pass can end it."""
        with self._transaction() as connection:
            connection.execute(
                update(content_requests)
                .where(_R.id == request_id, _R.attempt == attempt, _R.lease_owner == self.owner)
                .values(lease_owner=None, lease_expires_at=func.now())
            )

    def to_withdraw(self, *, limit: int, grace: float) -> Sequence[tuple[str, int]]:
        """(request id, attempt) of requests that ended without a lesson and may have files.

        Args:
            grace: seconds after the end of their budget, by when no worker has them any more.
        """
        query = (
            select(_R.id, _R.attempt)
            .where(MAY_HAVE_FILES, _R.deadline_at < func.now() - seconds(grace))
            .limit(limit)
        )
        with self._transaction() as connection:
            return [(row.id, row.attempt) for row in connection.execute(query)]

    def mark_withdrawn(self, request_id: str, attempt: int) -> None:
        """Record that the files of an attempt were deleted."""
        with self._transaction() as connection:
            connection.execute(
                update(content_requests)
                .where(_R.id == request_id, _R.attempt == attempt)
                .values(withdrawn_at=func.now())
            )


_ERROR = ("error_stage", "error_message", "error_details")


def _lesson(column: str) -> Any:
    """A column of the lesson that a request waits for, if that lesson failed."""
    work = lesson_work.c
    return (
        select(work[column])
        .where(work.key == _R.lesson_key, work.status == "failed")
        .scalar_subquery()
    )


def _why(row: Mapping[str, Any]) -> str:
    if row["status"] == "pending":
        return "pending"
    if row["next_attempt_at"] is not None:
        return "retry"
    return "lost"


def _due(row: Mapping[str, Any]) -> Due:
    return Due(
        why=_why(row),
        request_id=row["id"],
        data=row["message_data"] or _message_of(row),
        attributes=row["message_attributes"] or {},
    )


def _message_of(row: Mapping[str, Any]) -> bytes:
    """Build the message of a row that another system wrote, from its columns."""
    fields = {
        "request_id": row["id"],
        "correlation_id": row["correlation_id"],
        "student_id": row["student_id"],
        "student_query": row["student_query"],
        "grade_level": row["grade_level"],
        "interest": row["interest"],
        "language": row["language"],
        "requested_modalities": row["requested_modalities"],
    }
    return json.dumps({name: value for name, value in fields.items() if value is not None}).encode()
