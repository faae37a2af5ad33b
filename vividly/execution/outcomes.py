"""Ends a request: writes its row and builds its notifications."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vividly.execution.services import Services
from vividly.execution.stages import WRITE_SCRIPT
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


def completed_notification(
    row: Mapping[str, Any], content: Mapping[str, object]
) -> tuple[bytes, dict[str, str]]:
    """The notification of a completed request, from its row.

    Args:
        content: the addresses of its files, by column.
    """
    return notification(
        "completed",
        request_id=row["id"],
        correlation_id=row["correlation_id"],
        student_id=row["student_id"],
        status="completed",
        progress=100,
        message=message_of(row),
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
    again = repeat_text_ready(row)
    if status == "completed":
        urls = {k: v for k, v in row.items() if k.endswith("_url") and v is not None}
        again.append(completed_notification(row, urls))
    elif status in ("clarification_needed", "out_of_scope", "blocked"):
        content = row["request_metadata"].get("answer", {})
        again.append(_repeat(row, status, status=status, progress=None, content=content))
    return again


def repeat_text_ready(row: Mapping[str, Any]) -> list[tuple[bytes, dict[str, str]]]:
    """Rebuild the notification that the text is ready, if it is, from the request's row."""
    if row["text_ready_at"] is None:
        return []
    progress = WRITE_SCRIPT.end
    return [_repeat(row, "text_ready", status="generating", progress=progress, content=None)]


def _repeat(row: Mapping[str, Any], event: str, **values: Any) -> tuple[bytes, dict[str, str]]:
    return notification(
        event,
        request_id=row["id"],
        correlation_id=row["correlation_id"],
        student_id=row["student_id"],
        message=message_of(row),
        **values,
    )


_OF_FAILURE = ("error_stage", "error_message", "error_details")


def expired_failure(row: Mapping[str, Any]) -> Failure:
    """The failure of a request whose budget ran out, or will before its lesson can be ready.

    Args:
        row: as `Ledger.claim_expired` returns it. If its lesson failed, that is the reason.
    """
    if row["lesson_error_stage"]:
        of_lesson = {name: row[f"lesson_{name}"] for name in _OF_FAILURE}
        return repeat_failure({**row, **of_lesson, "failed_at": datetime.now(UTC)})
    budget = (row["deadline_at"] - row["started_at"]).total_seconds()
    if row["expired"]:
        why = f"were used up; it had come to {row['stage']}"
    else:
        why = "will not do for its sound and pictures, since too many lessons come before it"
    return Failure(
        message=message_of(row),
        stage=row["stage"],
        reason="deadline_exceeded",
        error_type="DeadlineExceeded",
        error_message=f"the {budget:.0f} seconds of the request (--request_budget) {why}",
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
        message=message_of(row),
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


def message_of(row: Mapping[str, Any]) -> Message:
    """The message of a request as it was received, from its row."""
    return Message(bytes(row["message_data"] or b""), dict(row["message_attributes"] or {}))
