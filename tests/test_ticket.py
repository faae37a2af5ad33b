"""A ticket as JSON in the ledger, and the tokens on the media topic."""

from __future__ import annotations

import json
from dataclasses import MISSING, replace
from dataclasses import fields as dataclass_fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.requests import ticket
from vividly.model.request import Message, Request
from vividly.model.ticket import (
    Ticket,
    Token,
    ticket_from_json,
    ticket_to_json,
    token_from_json,
    token_to_json,
)

NAMES = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    data=st.binary(max_size=100),
    attributes=st.dictionaries(NAMES, NAMES, max_size=3),
    results=st.dictionaries(NAMES, NAMES, max_size=3),
    attempt=st.integers(1, 1000),
    deadline=st.floats(0, 4e9),
)
def test_a_ticket_is_read_as_it_was_written(
    data: bytes,
    attributes: dict[str, str],
    results: dict[str, str],
    attempt: int,
    deadline: float,
) -> None:
    sent = Ticket(
        message=Message(data, attributes),
        request=ticket(interest=None, requested_modalities=["video", "audio"]).request,
        attempt=attempt,
        deadline=deadline,
        results=results,
    )
    assert ticket_from_json(ticket_to_json(sent)) == sent


OLD = b"""{"message": {"data": "e30=", "attributes": {}}, "request": {
    "request_id": "d0805d49-5b84-4a88-8537-448a97871960", "correlation_id": "c", "student_id": "s",
    "student_query": "Explain photosynthesis", "grade_level": 9}, "attempt": 2, "deadline": 9.5,
    "results": {"understand": "a.json"}}"""
"""The ticket of a job whose requests had the five oldest fields only."""


def test_a_ticket_from_before_a_field_existed_is_read_with_its_default() -> None:
    found = ticket_from_json(OLD)
    assert (found.attempt, found.deadline, found.results) == (2, 9.5, {"understand": "a.json"})
    assert found.request == Request(
        "d0805d49-5b84-4a88-8537-448a97871960", "c", "s", "Explain photosynthesis", 9
    )
    assert (found.request.modalities, found.request.language) == (("video",), "en-US")


def test_a_ticket_with_a_field_that_is_not_known_yet_is_read_without_it() -> None:
    later = json.loads(OLD)
    later["request"]["mood"] = "curious"
    assert ticket_from_json(json.dumps(later).encode()) == ticket_from_json(OLD)


def test_every_younger_field_of_a_request_has_a_default() -> None:
    required = [f.name for f in dataclass_fields(Request) if f.default is MISSING]
    assert required == [
        "request_id", "correlation_id", "student_id", "student_query", "grade_level"
    ]  # fmt: skip


def test_a_ticket_is_small_json() -> None:
    data = ticket_to_json(ticket())
    assert json.loads(data)["attempt"] == 0
    assert len(data) < 2_000


def test_a_result_is_added_without_changing_the_ticket() -> None:
    first = replace(ticket(), results={"speak": "a"})
    second = first.with_result("render", "b").with_result("speak", "c")
    assert (first.results, second.results) == ({"speak": "a"}, {"speak": "c", "render": "b"})


TOKEN = Token("video-3f", "2026-11-28T12:00:00.123456+00:00")


def test_a_token_is_read_as_it_was_written() -> None:
    assert token_from_json(token_to_json(TOKEN)) == TOKEN
    assert len(token_to_json(TOKEN)) < 200


def test_the_hand_over_of_an_older_text_job_is_no_token() -> None:
    assert token_from_json(b'{"schema_version": 1, "message": {"data": "e30="}}') is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"schema_version": 3}',
        b'{"schema_version": 2}',
        b'{"schema_version": 2, "lesson": 7, "published_at": "now"}',
        b'{"schema_version": 2, "lesson": "video-3f", "published_at": "now"}',
        b'{"schema_version": 2, "lesson": "video-3f", "published_at": "2026-W48-6"}',
        b'{"schema_version": 2, "lesson": "a\\u0000b", "published_at": ""}',
        b'{"schema_version": 2, "lesson": "", "published_at": ""}',
    ],
    ids=lambda data: repr(data[:40]),
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(
        ValueError, match=r"schema_version|JSON|missing|string|object|published_at|lesson"
    ):
        token_from_json(data)
