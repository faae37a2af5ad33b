"""A ticket on its way from the text job to the media job."""

from __future__ import annotations

import json
from dataclasses import MISSING, replace
from dataclasses import fields as dataclass_fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.requests import ticket
from vividly.model.request import Message, Request
from vividly.model.ticket import Ticket, from_handover, to_handover

NAMES = st.text(st.characters(codec="utf-8"), max_size=20)


@given(
    data=st.binary(max_size=100),
    attributes=st.dictionaries(NAMES, NAMES, max_size=3),
    results=st.dictionaries(NAMES, NAMES, max_size=3),
    attempt=st.integers(1, 1000),
    deadline=st.floats(0, 4e9),
)
def test_a_handed_over_ticket_arrives_as_it_was(
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
    assert from_handover(to_handover(sent)) == sent


OLD = b"""{"schema_version": 1, "message": {"data": "e30=", "attributes": {}}, "request": {
    "request_id": "d0805d49-5b84-4a88-8537-448a97871960", "correlation_id": "c", "student_id": "s",
    "student_query": "Explain photosynthesis", "grade_level": 9}, "attempt": 2, "deadline": 9.5,
    "results": {"understand": "a.json"}}"""
"""A hand-over by a job whose requests had the five oldest fields only."""


def test_a_handover_from_before_a_field_existed_is_read_with_its_default() -> None:
    found = from_handover(OLD)
    assert (found.attempt, found.deadline, found.results) == (2, 9.5, {"understand": "a.json"})
    assert found.request == Request(
        "d0805d49-5b84-4a88-8537-448a97871960", "c", "s", "Explain photosynthesis", 9
    )
    assert (found.request.modalities, found.request.language) == (("video",), "en-US")


def test_a_handover_with_a_field_that_is_not_known_yet_is_read_without_it() -> None:
    later = json.loads(OLD)
    later["request"]["mood"] = "curious"
    assert from_handover(json.dumps(later).encode()) == from_handover(OLD)


def test_every_younger_field_of_a_request_has_a_default() -> None:
    required = [f.name for f in dataclass_fields(Request) if f.default is MISSING]
    assert required == [
        "request_id", "correlation_id", "student_id", "student_query", "grade_level"
    ]  # fmt: skip


def test_a_handover_is_small_json() -> None:
    data = to_handover(ticket())
    assert json.loads(data)["schema_version"] == 1
    assert len(data) < 2_000


def test_a_result_is_added_without_changing_the_ticket() -> None:
    first = replace(ticket(), results={"speak": "a"})
    second = first.with_result("render", "b").with_result("speak", "c")
    assert (first.results, second.results) == ({"speak": "a"}, {"speak": "c", "render": "b"})


WHOLE = json.loads(to_handover(ticket(request_id="d0805d49-5b84-4a88-8537-448a97871960")))


CHANGES: tuple[dict[str, object], ...] = (
    {"schema_version": 2},
    {"message": None},
    {"message": {}},
    {"message": {"data": 7, "attributes": {}}},
    {"message": {"data": "not base64!", "attributes": {}}},
    {"request": {}},
    {"attempt": "first"},
)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"schema_version": 1}',
        *(json.dumps(WHOLE | change).encode() for change in CHANGES),
    ],
    ids=lambda data: repr(data[:40]),
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a hand-over message"):
        from_handover(data)


@pytest.mark.parametrize("change", [{"attempt": "first"}, {"request": ["a zebrafish"]}])
def test_a_refusal_names_the_field_and_does_not_quote_the_student(
    change: dict[str, object],
) -> None:
    whole = json.loads(to_handover(ticket(student_query="why do zebrafish glow")))
    with pytest.raises(ValueError, match=next(iter(change))) as caught:
        from_handover(json.dumps(whole | change).encode())
    assert "zebrafish" not in str(caught.value)
    assert caught.value.__suppress_context__
