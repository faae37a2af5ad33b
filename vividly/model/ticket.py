"""The elements of the job: a ticket, and its two ends, outcome and failure.

A ticket carries the request and, for each finished stage, the *name* of its result in the temp
bucket, never the result itself. So elements stay small, their coder does not change when a lesson
gains a part, a hand-over between two jobs is one short message, and a retried request finds its
earlier results (docs/decisions/0001-tickets-carry-names.md).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vividly.model.explain import explain
from vividly.model.request import FRESH, Message, Request


@dataclass(frozen=True)
class Ticket:
    """A request on its way through the job.

    Attributes:
        attempt: the fencing number of the claim; a later claim has a higher one.
        deadline: when the request's budget ends, in seconds since the epoch.
        results: stage name -> name of its result in the temp bucket.
    """

    message: Message
    request: Request
    attempt: int
    deadline: float
    results: Mapping[str, str] = field(default_factory=dict)

    @property
    def fresh(self) -> bool:
        """Whether the request uses only its own results. The claim reads this from the row."""
        return FRESH in self.message.attributes

    def with_result(self, stage: str, name: str) -> Ticket:
        """The ticket with the result of one more stage."""
        return replace(self, results={**self.results, stage: name})


@dataclass(frozen=True)
class Outcome:
    """A request that ended with a lesson or an answer for the student.

    Attributes:
        status: `completed`, `clarification_needed`, `out_of_scope` or `blocked`.
        details: further content for the student, as JSON.
    """

    ticket: Ticket
    status: str
    message: str = ""
    details: str = "{}"


@dataclass(frozen=True)
class Failure:
    """A message that could not become a lesson, with the content of its dead letter.

    Attributes:
        reason: `invalid`, `transient_exhausted`, `permanent` or `deadline_exceeded`.
        attempt: the claim's fencing number; 0 if nothing was claimed.
        tries: number of tries of the failed step.
        failed_at: ISO 8601 in UTC.
    """

    message: Message
    stage: str
    reason: str
    error_type: str
    error_message: str
    failed_at: str
    request_id: str = ""
    correlation_id: str = ""
    student_id: str = ""
    attempt: int = 0
    tries: int = 1
    replayable: bool = True
    stack_trace: str = ""


_HANDOVER = TypeAdapter(dict[str, Any])


def to_handover(ticket: Ticket) -> bytes:
    """The JSON message that hands a ticket from the text job to the media job."""
    value = asdict(ticket)
    value["message"]["data"] = base64.b64encode(ticket.message.data).decode("ascii")
    return _HANDOVER.dump_json({"schema_version": 1, **value})


def from_handover(data: bytes) -> Ticket:
    """The ticket that `to_handover` wrote.

    Raises:
        ValueError: the data is not a hand-over message.
    """
    try:
        value = _HANDOVER.validate_json(data)
        if value.pop("schema_version", None) != 1:
            raise ValueError("not a hand-over message of schema version 1")
        value["message"] = _with_decoded_data(value.get("message"))
        return _TICKET.validate_python(value)
    except ValidationError as error:
        # The error's own text would quote the student.
        raise ValueError(f"not a hand-over message: {explain(error)}") from None


def _with_decoded_data(message: Any) -> Any:
    try:
        return {**message, "data": base64.b64decode(message["data"], validate=True)}
    except (KeyError, TypeError, ValueError):
        raise ValueError("not a hand-over message: message.data is not base64") from None


_TICKET = TypeAdapter(Ticket)
