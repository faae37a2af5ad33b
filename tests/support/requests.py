"""Requests for tests."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from typing import Any

from vividly.execution.stages import plan
from vividly.model.request import Message, Request, parse_request
from vividly.model.ticket import Ticket
from vividly.platform.ledger import Ledger


def fields(**changes: Any) -> dict[str, Any]:
    """The fields of a valid message; the value `...` leaves a field out."""
    valid: dict[str, Any] = {
        "request_id": str(uuid.uuid4()),
        "student_id": "student-1",
        "student_query": "Explain photosynthesis",
        "grade_level": 9,
        "interest": "basketball",
        "requested_modalities": ["text"],
    } | changes
    return {key: value for key, value in valid.items() if value is not ...}


def message(**changes: Any) -> Message:
    """A valid message, apart from the changes."""
    return Message(json.dumps(fields(**changes)).encode(), {"trace": "t-1"})


def request(**changes: Any) -> Request:
    """A valid request."""
    return parse_request(message(**changes).data)


def ticket(**changes: Any) -> Ticket:
    """An unclaimed ticket."""
    sent = message(**changes)
    return Ticket(sent, parse_request(sent.data), attempt=0, deadline=0.0)


def claimed(ledger: Ledger, *, lease: float = 60.0, **changes: Any) -> Ticket:
    """A ticket that a ledger has just claimed. It is a new request unless an id is given."""
    unclaimed = ticket(**changes)
    claim = ledger.claim(
        unclaimed.request,
        unclaimed.message,
        lease=lease,
        max_attempts=5,
        stages=plan(unclaimed.request),
    )
    assert claim.result == "claimed"
    return replace(unclaimed, attempt=claim.attempt)
