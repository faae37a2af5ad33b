"""What a student's app is told, and when (docs/interfaces.md#notifications)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from vividly.model.request import MARK

EVENTS = (
    "text_ready",
    "completed",
    "failed",
    "clarification_needed",
    "out_of_scope",
    "blocked",
)


def notification(
    event: str,
    *,
    request_id: str,
    correlation_id: str,
    student_id: str,
    status: str,
    progress: int | None,
    attributes: Mapping[str, str],
    content: Mapping[str, object] | None = None,
) -> tuple[bytes, dict[str, str]]:
    """The message for an event: its JSON and its attributes.

    Args:
        attributes: those of the request's message: a test's mark is on what it causes, too.
        content: what exists by then: URLs, or the words of an answer.
    """
    if event not in EVENTS:
        raise ValueError(f"{event!r} is no event that a student is told; one of {EVENTS} is")
    body = {
        "event": event,
        "request_id": request_id,
        "correlation_id": correlation_id,
        "student_id": student_id,
        "status": status,
        "progress_percentage": progress,
        **(content or {}),
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    mark = {MARK: attributes[MARK]} if MARK in attributes else {}
    return json.dumps(body).encode(), {"event": event, "request_id": request_id, **mark}
