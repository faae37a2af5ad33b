"""The incoming message, checked against the rules of docs/interfaces.md#requests.

`parse_request` is the only entry point. For any bytes, it returns a `Request` or raises
`InvalidRequest` with all faults.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, NoReturn

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from vividly.model.errors import InvalidRequest
from vividly.model.explain import faults_of, kind_of

MAX_MESSAGE_BYTES = 256 * 1024
"""Upper limit; a real request has a few hundred bytes."""

MARK = "vividly_test"
"""Message attribute and key of a row's metadata that marks a test request; says what it tests."""
FRESH = "vividly_fresh"
"""The same for a fresh test request: it reuses no result, and its results are served to nobody
else. Only the mark in the row counts, since only tools write rows: publishers can set any message
attribute."""

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,5}")

GRADES = (1, 12)
QUERY_LENGTH = (3, 500)
"""Minimum and maximum number of characters, after trimming."""

Modality = Literal["text", "audio", "video"]


@dataclass(frozen=True)
class Message:
    """A Pub/Sub message as received: `data` is never changed."""

    data: bytes
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """A valid request.

    Add a new field at the end and with a default, so that older hand-overs can still be read. The
    order of the fields is that of Beam's rows.

    Attributes:
        modalities: sorted and without repetition.
        preferred_modality: what the app should show first. The pipeline only passes it on.
        language: a BCP 47 tag.
        follow_up_to: id of the student's request that this question follows up, as in "why?".
    """

    request_id: str
    correlation_id: str
    student_id: str
    student_query: str
    grade_level: int
    interest: str | None = None
    modalities: tuple[str, ...] = ("video",)
    preferred_modality: str | None = None
    language: str = "en-US"
    follow_up_to: str | None = None

    def __post_init__(self) -> None:
        # Beam's row coder returns sequences as lists.
        object.__setattr__(self, "modalities", tuple(self.modalities))

    @property
    def wants_media(self) -> bool:
        """Whether the request wants audio or video besides the text."""
        return self.modalities != ("text",)

    @property
    def wants_video(self) -> bool:
        """Whether the request wants a video."""
        return "video" in self.modalities


def _storable(value: str) -> str:
    """Refuse characters that PostgreSQL cannot store as text."""
    if "\0" in value:
        raise ValueError("holds the character U+0000, which no text may hold")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise ValueError("holds half of a surrogate pair, which is not valid Unicode") from None
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("is blank")
    return value


def _query(value: str) -> str:
    # Pydantic's own trimming keeps some separators that Python treats as whitespace.
    query = value.strip()
    least, most = QUERY_LENGTH
    size = f"{len(query)} character" + ("" if len(query) == 1 else "s")
    if len(query) < least:
        raise ValueError(f"has {size}, and needs at least {least}" if query else "is blank")
    if len(query) > most:
        raise ValueError(f"has {size}, and may have at most {most}")
    return query


def _grade(value: int) -> int:
    low, high = GRADES
    if not low <= value <= high:
        told = value if abs(value) < 1_000_000 else "the number"
        raise ValueError(f"{told} is not between {low} and {high}")
    return value


def _uuid4(value: str) -> str:
    if not UUID4.fullmatch(value.lower()):
        raise ValueError(
            "Invalid request_id format: want a version 4 UUID in its canonical 36-character "
            "form, such as d0805d49-5b84-4a88-8537-448a97871960"
        )
    return value.lower()


def _language_tag(value: str) -> str:
    if not _LANGUAGE_TAG.fullmatch(value):
        raise ValueError("is not a BCP 47 language tag such as en-US")
    return value


Storable = AfterValidator(_storable)
RequestId = Annotated[
    str, AfterValidator(_uuid4), WithJsonSchema({"type": "string", "format": "uuid"})
]
StudentId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=100),
    Storable,
    AfterValidator(_not_blank),
]
StudentQuery = Annotated[
    str,
    AfterValidator(_query),
    Storable,
    WithJsonSchema({"type": "string", "minLength": QUERY_LENGTH[0]}),
]
GradeLevel = Annotated[
    int,
    AfterValidator(_grade),
    WithJsonSchema({"type": "integer", "minimum": GRADES[0], "maximum": GRADES[1]}),
]
Interest = Annotated[str, StringConstraints(max_length=100), Storable]
CorrelationId = Annotated[str, StringConstraints(max_length=64), Storable]
Modalities = Annotated[list[Modality], Field(min_length=1)]
Language = Annotated[
    str,
    AfterValidator(_language_tag),
    WithJsonSchema({"type": "string", "pattern": f"^{_LANGUAGE_TAG.pattern}$"}),
]
"""The types of a request's fields: one rule for the message and for the API."""


class _RequestMessage(BaseModel):
    """The JSON object of docs/interfaces.md#requests; `strict`: nothing is coerced.

    Only `interest` and `follow_up_to` may be null. The other optional fields are omitted instead.
    """

    model_config = ConfigDict(strict=True, extra="allow", hide_input_in_errors=True)

    request_id: RequestId
    student_id: StudentId
    student_query: StudentQuery
    grade_level: GradeLevel
    interest: Interest | None = None
    correlation_id: CorrelationId = ""
    requested_modalities: Modalities = ["video"]
    preferred_modality: Modality = "video"
    environment: Literal["dev", "staging", "prod"] = "dev"
    language: Language = "en-US"
    follow_up_to: RequestId | None = None


def parse_request(data: bytes, *, environment: str | None = None) -> Request:
    """Parse and validate a message's data.

    Args:
        data: the message's bytes.
        environment: the job's environment; a request for another one is refused.

    Raises:
        InvalidRequest: the data is invalid; has all faults, and the request id if readable.
    """
    fields = _json_object(data)
    request_id = _readable_id(fields)
    try:
        message = _RequestMessage.model_validate(fields)
    except ValidationError as error:
        raise InvalidRequest(faults=_faults(error), request_id=request_id) from None
    named = message.model_fields_set
    if environment and "environment" in named and message.environment != environment:
        wrong = (
            f"the request is for {message.environment!r} and this job is {environment!r}: "
            f"publish it to the topic of {message.environment!r}"
        )
        raise InvalidRequest(faults=[("environment", wrong)], request_id=request_id)
    return Request(
        request_id=message.request_id,
        correlation_id=message.correlation_id or message.request_id,
        student_id=message.student_id,
        student_query=message.student_query,
        grade_level=message.grade_level,
        interest=(message.interest or "").strip() or None,
        modalities=tuple(sorted(set(message.requested_modalities))),
        preferred_modality=message.preferred_modality if "preferred_modality" in named else None,
        language=message.language,
        follow_up_to=message.follow_up_to,
    )


def preferred_modality(data: bytes) -> str | None:
    """The `preferred_modality` of a request's message, or None."""
    try:
        return parse_request(data).preferred_modality
    except InvalidRequest:
        return None


def _json_object(data: bytes) -> dict[str, Any]:
    """The data as one JSON object, strictly by RFC 8259."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise InvalidRequest(
            f"the message has {len(data)} bytes; at most {MAX_MESSAGE_BYTES} are accepted"
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"the data is not UTF-8: byte {error.start + 1} cannot be read"
        ) from None
    try:
        value = json.loads(text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
    except InvalidRequest:
        raise
    except RecursionError:
        raise InvalidRequest("the JSON is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise InvalidRequest(
            f"the data is not JSON: line {error.lineno} cannot be read from column {error.colno} on"
        ) from None
    except ValueError:
        raise InvalidRequest("the JSON holds a number with too many digits") from None
    if not isinstance(value, dict):
        raise InvalidRequest(f"the JSON is {kind_of(value)}; one object is wanted")
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise InvalidRequest(f"the JSON has the key {key[:60]!r} twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise InvalidRequest(f"the JSON holds {name}, which is not a JSON number")


def _readable_id(fields: Mapping[str, Any]) -> str | None:
    """The request id if it is valid, even if other fields are not."""
    value = fields.get("request_id")
    if isinstance(value, str) and UUID4.fullmatch(value.lower()):
        return value.lower()
    return None


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    """(field, what is wrong with it) without the values: they may be the student's words."""
    faults = []
    for place, what in faults_of(error):
        name, _, entry = place.partition(".")
        which = f"entry {int(entry) + 1} " if entry.isdigit() else ""
        faults.append((name[:60], which + what))
    return faults
