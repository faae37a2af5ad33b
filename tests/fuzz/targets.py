"""Properties that must hold for any bytes. Each target raises an exception if one does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from xml.etree import ElementTree

from vividly.execution.failures import (
    MAX_ATTRIBUTES,
    MAX_VALUE_BYTES,
    dead_letter_attributes,
    failure_of,
)
from vividly.lesson.safety import check_query
from vividly.lesson.speech.ssml import speech_requests
from vividly.lesson.understanding import Understander, make_understander
from vividly.model.errors import InvalidRequest, PermanentError
from vividly.model.lesson import Answer, Understanding
from vividly.model.notifications import notification
from vividly.model.request import UUID4, Message, Request, parse_request
from vividly.model.settings import Settings
from vividly.model.ticket import token_from_json, token_to_json
from vividly.platform.taxonomy import RetryClass


def request(data: bytes) -> Request | None:
    """A message is a valid request, or a dead letter within Pub/Sub's limits."""
    try:
        parsed = parse_request(data, environment="dev")
    except InvalidRequest as error:
        failure = failure_of(error, stage="validate", message=Message(data))
        assert failure.reason == "invalid"
        _within_limits(dead_letter_attributes(failure, job="fuzz"))
        return None
    assert UUID4.fullmatch(parsed.request_id)
    assert 1 <= len(parsed.student_id) <= 100
    assert 3 <= len(parsed.student_query) <= 500
    assert parsed.student_query == parsed.student_query.strip()
    assert type(parsed.grade_level) is int
    assert 1 <= parsed.grade_level <= 12
    assert parsed.interest is None or len(parsed.interest) <= 100
    assert parsed.modalities
    assert set(parsed.modalities) <= {"text", "audio", "video"}
    for text in (parsed.student_id, parsed.student_query, parsed.interest or ""):
        assert "\0" not in text, "PostgreSQL cannot hold it"
        text.encode("utf-8")
    body, _ = notification(
        "completed",
        request_id=parsed.request_id,
        correlation_id=parsed.correlation_id,
        student_id=parsed.student_id,
        status="completed",
        progress=100,
        message=Message(data),
    )
    assert json.loads(body)["student_id"] == parsed.student_id
    return parsed


def token(data: bytes) -> None:
    """A message on the media topic is refused, or is a token that can be encoded again."""
    try:
        found = token_from_json(data)
    except ValueError:
        return
    assert found is None or token_from_json(token_to_json(found)) == found


def question(data: bytes) -> None:
    """Any question gets a topic, or an answer that says why not."""
    text = data.decode("utf-8", "replace").replace("\0", "")[:500].strip()
    if len(text) < 3:
        return
    check_query(text)
    found = _understander().understand(text, grade_level=9, language="en-US")
    assert isinstance(found, Understanding | Answer)


def ssml(data: bytes) -> None:
    """SSML for any text is well-formed and short enough, and contains no tag from the text."""
    text = data.decode("utf-8", "replace")
    try:
        found = speech_requests(text, "en-US", ssml=True, marks=True)
    except PermanentError:
        return  # it has nothing to say
    for one in found:
        assert len(one.content.encode()) <= 5_000
        tags = {element.tag for element in ElementTree.fromstring(one.content).iter()}
        assert tags <= {"speak", "mark", "s", "p", "break", "sub", "say-as", "prosody"}


def attributes(data: bytes) -> None:
    """A dead letter is within Pub/Sub's limits, for any attributes of its message."""
    parts = data.decode("utf-8", "replace").split("\n")
    kept = dict(zip(parts[::2], parts[1::2], strict=False))
    error = ValueError(data.decode("utf-8", "surrogateescape"))
    failure = failure_of(
        error, stage="validate", message=Message(data, kept), unforeseen=RetryClass.PERMANENT
    )
    assert failure.reason == "permanent"
    _within_limits(dead_letter_attributes(failure, job="fuzz"))


def _within_limits(found: dict[str, str]) -> None:
    assert len(found) <= MAX_ATTRIBUTES
    for value in found.values():
        assert len(value.encode("utf-8")) <= MAX_VALUE_BYTES


@cache
def _understander() -> Understander:
    return make_understander(Settings("", "", ""))


TARGETS: dict[str, Callable[[bytes], object]] = {
    "request": request,
    "token": token,
    "question": question,
    "ssml": ssml,
    "attributes": attributes,
}

SEEDS: dict[str, tuple[bytes, ...]] = {
    "request": (
        json.dumps(
            {
                "request_id": "d0805d49-5b84-4a88-8537-448a97871960",
                "student_id": "student-1",
                "student_query": "Explain photosynthesis",
                "grade_level": 9,
                "interest": None,
                "correlation_id": "c-1",
                "requested_modalities": ["text", "video"],
                "preferred_modality": "video",
                "environment": "dev",
                "language": "en-US",
            }
        ).encode(),
        b'{"request_id": "test-smoke-001", "grade_level": 1e400, "x": NaN}',
        b"[" * 200,
    ),
    "token": (
        b'{"schema_version": 2, "lesson": "video-3f9c", '
        b'"published_at": "2026-11-28T12:00:00.123456+00:00"}',
        b'{"schema_version": 1}',
    ),
    "question": (
        b"explain photosynthesis for basketball fans",
        b"what is ohm's law?",
        b"'; DROP TABLE content_requests; --",
        "¿qué es la fotosíntesis?".encode(),
        "الضوء \u202e {0} %s".encode(),
    ),
    "ssml": (b'a <speak>b</speak> & "c" 3.5 CO2', "H₂O → 100 °C".encode()),
    "attributes": (b"trace\nt-1\ndlq_reason\nforged", b"\xff\n\x00"),
}
