"""Dead letters (docs/interfaces.md#dead-letters): their content, within Pub/Sub's limits."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.requests import message, ticket
from vividly.execution.failures import (
    cut,
    dead_letter_attributes,
    failure_of,
    reason_of,
    ticket_failure,
)
from vividly.model.errors import (
    DeadlineExceeded,
    InvalidRequest,
    PermanentError,
    SettingsError,
    TransientError,
    VividlyError,
)
from vividly.model.request import Message, parse_request
from vividly.model.ticket import Failure
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.engine import make_engine

KNOWN = {
    "dlq_id",
    "dlq_schema_version",
    "dlq_stage",
    "dlq_reason",
    "dlq_error_type",
    "dlq_error_message",
    "dlq_request_id",
    "dlq_correlation_id",
    "dlq_attempts",
    "dlq_failed_at",
    "dlq_replayable",
    "dlq_job",
    "dlq_stack_trace",
}


def raised(error: Exception) -> Exception:
    try:
        raise error
    except Exception as caught:
        return caught


def failed(error: Exception, **attributes: str) -> Failure:
    claimed = replace(ticket(), attempt=3)
    claimed = replace(claimed, message=Message(claimed.message.data, attributes))
    return ticket_failure(raised(error), stage="speak", ticket=claimed, tries=4)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InvalidRequest("no"), "invalid"),
        (PermanentError("no"), "permanent"),
        (SettingsError("no"), "permanent"),
        (TransientError("no"), "transient_exhausted"),
        (DeadlineExceeded("no"), "deadline_exceeded"),
        (ConnectionResetError("no"), "transient_exhausted"),
        (KeyError("no"), "transient_exhausted"),
    ],
)
def test_reason_of_each_kind_of_error(error: Exception, reason: str) -> None:
    assert reason_of(error) == reason
    assert failed(error).reason == reason


def test_a_dead_letter_keeps_the_attributes_and_adds_its_own() -> None:
    failure = failed(TransientError("the voice is away"), traceparent="00-ab", student_id="s-7")
    attributes = dead_letter_attributes(failure, job="vividly-1")
    assert attributes["traceparent"] == "00-ab"
    assert attributes["student_id"] == "s-7"
    assert set(attributes) == KNOWN | {"traceparent", "student_id"}
    assert attributes["dlq_stage"] == "speak"
    assert attributes["dlq_reason"] == "transient_exhausted"
    assert attributes["dlq_error_type"] == "TransientError"
    assert attributes["dlq_error_message"] == "the voice is away"
    assert attributes["dlq_request_id"] == failure.request_id
    assert attributes["dlq_attempts"] == "3"
    assert attributes["dlq_replayable"] == "true"
    assert attributes["dlq_job"] == "vividly-1"


def test_a_letters_id_is_its_failures_whoever_tells_it() -> None:
    def id_of(failure: Failure) -> str:
        return dead_letter_attributes(failure, job="any")["dlq_id"]

    failure = failed(TransientError("away"))
    told_again = replace(failure, failed_at="2026-01-01T00:00:00Z", stack_trace="", tries=1)
    assert id_of(failure) == id_of(told_again)
    assert re.fullmatch("[0-9a-f]{12}", id_of(failure))
    assert id_of(failure) != id_of(replace(failure, attempt=4))
    sent = Message(b"not json", {})
    first = failure_of(InvalidRequest("no"), stage="validate", message=sent)
    ids = {
        id_of(one)
        for one in (
            first,
            replace(first, failed_at="2026-01-01T00:00:00Z"),
            replace(first, message=Message(b"not json either", {})),
        )
    }
    assert len(ids) == 3


def test_the_payload_is_the_message_as_received() -> None:
    sent = Message(b"\x00 not json \xff", {"a": "b"})
    failure = failure_of(InvalidRequest("the data is not UTF-8"), stage="parse", message=sent)
    assert failure.message is sent
    attributes = dead_letter_attributes(failure, job="j")
    assert attributes["dlq_replayable"] == "false"
    assert "dlq_request_id" not in attributes


def test_an_invalid_request_keeps_the_id_that_could_be_read() -> None:
    sent = message(grade_level="9")
    with pytest.raises(InvalidRequest) as caught:
        parse_request(sent.data)
    failure = failure_of(caught.value, stage="parse", message=sent)
    assert failure.request_id == caught.value.request_id != ""


def test_an_error_without_words_is_named_by_its_class() -> None:
    assert failed(TimeoutError()).error_message == "TimeoutError"


@given(st.text(max_size=1200), st.integers(4, 1024))
def test_a_cut_value_is_a_prefix_that_fits(text: str, limit: int) -> None:
    short = cut(text, limit)
    assert len(short.encode()) <= limit
    if len(text.encode()) <= limit:
        assert short == text
    else:
        assert short[-1] == "…"
        assert text.startswith(short[:-1])
        assert len(short.encode()) > limit - 4


def test_half_a_surrogate_pair_does_not_stop_a_dead_letter() -> None:
    attributes = dead_letter_attributes(failed(TransientError("bad \udcff name")), job="j")
    assert attributes["dlq_error_message"] == "bad ? name"


@pytest.mark.parametrize("character", ["a", "é", "語", "🚀"])
def test_every_value_fits_pub_sub(character: str) -> None:
    failure = failed(PermanentError(character * 5000), **{"x": character * 5000})
    attributes = dead_letter_attributes(failure, job=character * 5000)
    for key in ("x", "dlq_error_message", "dlq_job"):
        assert 1020 < len(attributes[key].encode()) <= 1024
    assert all(len(value.encode()) <= 1024 for value in attributes.values())


def test_a_full_message_still_gets_all_of_ours() -> None:
    failure = failed(PermanentError("no"), **{f"k{i}": "v" for i in range(100)})
    attributes = dead_letter_attributes(failure, job="j")
    assert len(attributes) <= 100
    assert set(attributes) > KNOWN
    assert attributes["k0"] == "v"


@pytest.mark.parametrize("name", ["goog", "googclient_x", "dlq_reason", "dlq_invented"])
def test_names_that_are_not_the_senders_are_not_kept(name: str) -> None:
    attributes = dead_letter_attributes(failed(PermanentError("no"), **{name: "evil"}), job="j")
    assert "evil" not in attributes.values()


def test_a_second_dead_letter_of_a_message_replaces_the_first() -> None:
    first = dead_letter_attributes(failed(TransientError("away"), a="b"), job="one")
    second = dead_letter_attributes(failed(PermanentError("gone"), **first), job="two")
    assert (second["dlq_reason"], second["dlq_job"], second["a"]) == ("permanent", "two", "b")
    assert second.keys() == first.keys()


def test_the_stack_trace_holds_places_and_no_values() -> None:
    def innermost(password: str) -> None:
        raise PermanentError(f"no{password[:0]}")

    try:
        innermost("hunter2-secret")
    except PermanentError as error:
        failure = ticket_failure(error, stage="speak", ticket=ticket())
    first = failure.stack_trace.splitlines()[0]
    assert first.startswith("test_failures.py:")
    assert first.endswith(" innermost")
    assert "hunter2" not in failure.stack_trace
    assert "raise" not in failure.stack_trace


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app:hunter2@127.0.0.1:1/vividly",
        "postgresql://app:hunter2@host:port:port/vividly",
        "hunter2",
    ],
)
def test_no_password_of_the_database_gets_into_a_dead_letter(url: str) -> None:
    with pytest.raises(VividlyError) as caught:
        Ledger(make_engine(url), owner="test").progress(ticket(), 50)
    failure = ticket_failure(caught.value, stage="claim", ticket=ticket())
    attributes = dead_letter_attributes(failure, job="j")
    assert not any("hunter2" in value for value in attributes.values())


def test_a_students_question_is_in_no_attribute() -> None:
    sent = message(student_query="why do zebrafish glow", grade_level=99)
    with pytest.raises(InvalidRequest) as caught:
        parse_request(sent.data)
    failure = failure_of(caught.value, stage="parse", message=sent)
    attributes = dead_letter_attributes(failure, job="j")
    assert not any("zebrafish" in value for value in attributes.values())
