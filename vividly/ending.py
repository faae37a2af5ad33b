"""How a request ends: its row, and the words that go out to the student."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vividly.lesson import LessonMedia, from_json
from vividly.notifications import notification
from vividly.publication import url_columns
from vividly.services import Services
from vividly.stages import DELIVER
from vividly.ticket import Failure, Outcome


def finish(outcome: Outcome, services: Services) -> tuple[bytes, dict[str, str]] | None:
    """Write an outcome to the request's row.

    Returns:
        The notification, or None where the request had ended before.
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
        content=content,
    )


def fail(failure: Failure, services: Services) -> tuple[bytes, dict[str, str]] | None:
    """Write a failure to its request's row.

    Returns:
        The notification, or None where there is nobody to tell: an unknown request,
        or one that has ended or is somebody else's now.
    """
    if not services.ledger.fail(failure):
        return None
    return notification(
        "failed",
        request_id=failure.request_id,
        correlation_id=failure.correlation_id,
        student_id=failure.student_id,
        status="failed",
        progress=None,
        content={
            "message": "This lesson could not be made. It has been reported and can be retried.",
            "error_stage": failure.stage,
            "reason": failure.reason,
        },
    )
