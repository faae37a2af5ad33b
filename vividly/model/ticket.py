"""The elements of the job: a ticket, and its two ends, outcome and failure.

A ticket carries the request and, for each finished stage, the *name* of its result in the temp
bucket, never the result itself. So elements stay small, their coder does not change when a lesson
gains a part, a hand-over between two jobs is one short message, and a retried request finds its
earlier results (docs/decisions/0001-tickets-carry-names.md).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
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
        lesson: the key of the lesson, if this is the work on a lesson for all its subscribers.
            Then the request is the one that began the lesson.
        lesson_attempt: the fencing number of the claim on the lesson.
        unrecorded: stages whose result was found made, which the ledger does not show yet.
    """

    message: Message
    request: Request
    attempt: int
    deadline: float
    results: Mapping[str, str] = field(default_factory=dict)
    lesson: str = ""
    lesson_attempt: int = 0
    unrecorded: tuple[str, ...] = ()

    @property
    def fresh(self) -> bool:
        """Whether the request uses only its own results. The claim reads this from the row."""
        return FRESH in self.message.attributes

    def with_result(self, stage: str, name: str) -> Ticket:
        """The ticket with the result of one more stage."""
        return replace(self, results={**self.results, stage: name})

    def with_unrecorded(self, stage: str, name: str) -> Ticket:
        """The same, for a result that the ledger does not show yet."""
        return replace(self.with_result(stage, name), unrecorded=(*self.unrecorded, stage))


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


@dataclass(frozen=True)
class Token:
    """A message on the media topic: one lesson waits for a worker.

    Attributes:
        lesson: the key of the lesson that it was published for.
        published_at: by the database's clock, ISO 8601; empty if it does not matter.
    """

    lesson: str
    published_at: str


_OBJECT = TypeAdapter(dict[str, Any])
_KEY = re.compile(r"[\w./-]{1,200}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", re.ASCII)


def token_to_json(token: Token) -> bytes:
    """The message on the media topic."""
    return _OBJECT.dump_json({"schema_version": 2, **asdict(token)})


def token_from_json(data: bytes) -> Token | None:
    """The token that `token_to_json` wrote; None for the hand-over of an older text job.

    Raises:
        ValueError: the data is neither.
    """
    try:
        value = _OBJECT.validate_json(data)
        version = value.pop("schema_version", None)
        if version == 1:
            return None
        if version != 2:
            raise ValueError("its schema_version is not 2")
        token = _TOKEN.validate_python(value)
        if not _KEY.fullmatch(token.lesson):
            raise ValueError("its lesson is no key of a lesson")
        if token.published_at:
            if not _MOMENT.fullmatch(token.published_at):
                raise ValueError("its published_at is no moment in ISO 8601 to the microsecond")
            datetime.fromisoformat(token.published_at)
        return token
    except ValidationError as error:
        raise ValueError(explain(error)) from None


def is_token(data: bytes) -> bool:
    """Whether a message is a token, and no request."""
    try:
        return data.startswith(b'{"schema_version"') and token_from_json(data) is not None
    except ValueError:
        return False


def ticket_to_json(ticket: Ticket) -> bytes:
    """A ticket as JSON, to keep it in the ledger."""
    value = asdict(ticket)
    value["message"]["data"] = base64.b64encode(ticket.message.data).decode("ascii")
    return _OBJECT.dump_json(value)


def ticket_from_json(data: bytes) -> Ticket:
    """The ticket that `ticket_to_json` wrote."""
    value = _OBJECT.validate_json(data)
    value["message"]["data"] = base64.b64decode(value["message"]["data"])
    return _TICKET.validate_python(value)


def own_results(request_id: str) -> str:
    """The prefix of the names of all results of a fresh request."""
    return f"fresh/{request_id}."


_TOKEN = TypeAdapter(Token)
_TICKET = TypeAdapter(Ticket)
