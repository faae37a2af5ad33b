"""A ticket on its way from the text job to the media job."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.requests import ticket
from vividly.model.request import Message
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
