"""Ends a request: writes its row and builds its notifications."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from vividly.execution.lesson_files import url_columns
from vividly.execution.services import Services
from vividly.execution.stages import DELIVER, WRITE_SCRIPT
from vividly.model.lesson import LessonMedia, from_json
from vividly.model.notifications import notification
from vividly.model.request import Message
from vividly.model.ticket import Failure, Outcome


def finish(outcome: Outcome, services: Services) -> tuple[bytes, dict[str, str]] | None:
    """Write an outcome to the request's row.

    Returns:
        The notification (data, attributes), or None if the request had ended before.
    """
    ticket, request = outcome.ticket, outcome.ticket.request
    details: dict[str, Any] = json.loads(outcome.details)
    if outcome.status == "completed" and DELIVER.name in ticket.results:
        media = from_json(LessonMedia, services.temp.read(ticket.results[DELIVER.name]))
        details |= url_columns(media, services.generated)
    if not services.ledger.finish(ticket, outcome.status, message=outcome.message, details=details):
        return None
    content: Mapping[str, object] = details
    if outcome.message:
        content = {"message": outcome.message, **details}
    return notification(
        outcome.status,
        request_id=request.request_id,
        correlation_id=request.correlation_id,
        student_id=request.student_id,
        status=outcome.status,
        progress=100 if outcome.status == "completed" else None,
        message=ticket.message,
        content=content,
    )


def fail(failure: Failure, services: Services) -> tuple[bytes, dict[str, str]] | None:
    """Write a failure to its request's row.

    Returns:
        The notification (data, attributes). None if the request is unknown, has ended, or
        belongs to another attempt.
    """
    return failure_notification(failure) if services.ledger.fail(failure) else None


def failure_notification(failure: Failure) -> tuple[bytes, dict[str, str]]:
    """The notification of a failure."""
    return notification(
        "failed",
        request_id=failure.request_id,
        correlation_id=failure.correlation_id,
        student_id=failure.student_id,
        status="failed",
        progress=None,
        message=failure.message,
        content={
            "message": "This lesson could not be made. It has been reported and can be retried.",
            "error_stage": failure.stage,
            "reason": failure.reason,
        },
    )


def repeat_notifications(row: Mapping[str, Any]) -> list[tuple[bytes, dict[str, str]]]:
    """Rebuild the notifications of a request that has ended, from its row.

    A worker may be lost after it wrote the end and before it published the notification. The
    request's message is then redelivered, and its notifications are published again.
    """
    status = row["status"]
    notify = partial(
        notification,
        request_id=row["id"],
        correlation_id=row["correlation_id"],
        student_id=row["student_id"],
        message=_message_of(row),
    )
    again = []
    if row["text_ready_at"] is not None:
        again.append(
            notify("text_ready", status="generating", progress=WRITE_SCRIPT.end, content=None)
        )
    if status == "completed":
        urls = {k: v for k, v in row.items() if k.endswith("_url") and v is not None}
        again.append(notify(status, status=status, progress=100, content=urls))
    elif status in ("clarification_needed", "out_of_scope", "blocked"):
        content = row["request_metadata"].get("answer", {})
        again.append(notify(status, status=status, progress=None, content=content))
    return again


def expired_failure(row: Mapping[str, Any]) -> Failure:
    """The failure of a request whose budget ran out while no worker had it.

    Args:
        row: as `Ledger.claim_expired` returns it.
    """
    budget = (row["deadline_at"] - row["started_at"]).total_seconds()
    return Failure(
        message=_message_of(row),
        stage=row["stage"],
        reason="deadline_exceeded",
        error_type="DeadlineExceeded",
        error_message=f"the {budget:.0f} seconds of the request (--request_budget) were used up; "
        f"it had come to {row['stage']}",
        failed_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        request_id=row["id"],
        correlation_id=row["correlation_id"],
        student_id=row["student_id"],
        attempt=row["attempt"],
    )


def repeat_failure(row: Mapping[str, Any]) -> Failure:
    """Rebuild the failure that a request ended with, from its row."""
    details: Mapping[str, Any] = row["error_details"] or {}
    return Failure(
        message=_message_of(row),
        stage=row["error_stage"] or "",
        reason=details.get("reason", "transient_exhausted"),
        error_type=details.get("error_type", ""),
        error_message=row["error_message"] or "",
        failed_at=row["failed_at"].isoformat(timespec="milliseconds"),
        request_id=row["id"],
        correlation_id=row["correlation_id"],
        student_id=row["student_id"],
        attempt=row["attempt"],
        tries=details.get("tries", 1),
        replayable=details.get("replayable", True),
    )


def _message_of(row: Mapping[str, Any]) -> Message:
    return Message(bytes(row["message_data"] or b""), dict(row["message_attributes"] or {}))
