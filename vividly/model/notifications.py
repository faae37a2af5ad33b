"""Notifications: the messages for a student's app (docs/interfaces.md#notifications)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from vividly.model.request import MARK, Message, preferred_modality

EVENTS = (
    "text_ready",
    "completed",
    "failed",
    "clarification_needed",
    "out_of_scope",
    "blocked",
)
_SHOWS_LESSON = ("text_ready", "completed")


def notification(
    event: str,
    *,
    request_id: str,
    correlation_id: str,
    student_id: str,
    status: str,
    progress: int | None,
    message: Message,
    content: Mapping[str, object] | None = None,
) -> tuple[bytes, dict[str, str]]:
    """The notification of an event: its JSON and its attributes.

    Args:
        message: the request's message. Its test mark is passed on, and its `preferred_modality`
            if there is something to show.
        content: further fields, such as URLs or the text of an answer.
    """
    if event not in EVENTS:
        raise ValueError(f"{event!r} is no event of a notification; choose one of {EVENTS}")
    body = {
        "event": event,
        "request_id": request_id,
        "correlation_id": correlation_id,
        "student_id": student_id,
        "status": status,
        "progress_percentage": progress,
        **_preference(event, message),
        **(content or {}),
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    mark = {MARK: message.attributes[MARK]} if MARK in message.attributes else {}
    return json.dumps(body).encode(), {"event": event, "request_id": request_id, **mark}


def _preference(event: str, message: Message) -> dict[str, str]:
    preferred = preferred_modality(message.data) if event in _SHOWS_LESSON else None
    return {"preferred_modality": preferred} if preferred else {}
