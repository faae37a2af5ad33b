"""The ledger's rows at every step (docs/interfaces.md#statuses; real Postgres)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from tests.support.ledgers import (
    ANSWERS,
    at_once,
    claim,
    complete,
    fail,
    row,
    stage_row,
    start,
)
from tests.support.requests import claimed, message, request, ticket
from vividly.execution.failures import ticket_failure
from vividly.execution.stages import STAGES
from vividly.model.errors import PermanentError
from vividly.platform.ledger import Ledger, queries

# -- progress ---------------------------------------------------------------------------------


@hypothesis_settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.sampled_from("sdp"), st.integers(0, 95)), min_size=1, max_size=6))
def test_progress_never_goes_back_whatever_order_events_come_in(
    ledger: Ledger, engine: Engine, moves: list[tuple[str, int]]
) -> None:
    sent = claimed(ledger)
    highest = 5
    for kind, value in moves:
        if kind == "s":
            start(ledger, sent, progress=value)
        elif kind == "p":
            ledger.progress(sent, value)
        else:
            ledger.stage_completed(sent, "speak", progress=value, seconds=1, retries=0, metadata={})
        highest = max(highest, value)
        assert row(engine, sent)["progress_percentage"] == highest


def test_racing_progress_ends_at_the_highest(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    at_once(20, lambda index: ledger.progress(sent, 10 + (index * 7) % 80))
    assert row(engine, sent)["progress_percentage"] == max(10 + i * 7 % 80 for i in range(20))


@pytest.mark.parametrize("progress", [101, 1000])
def test_progress_above_a_hundred_is_refused(ledger: Ledger, progress: int) -> None:
    sent = claimed(ledger)
    with pytest.raises(PermanentError, match="23514"):
        ledger.progress(sent, progress)


# -- stages and events ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("modalities", "skipped"),
    [
        (["text"], {"speak", "render", "deliver"}),
        (["audio"], {"render"}),
        (["video"], set()),
        (["text", "audio", "video"], set()),
    ],
)
def test_a_claim_lays_out_one_row_per_stage(
    ledger: Ledger, engine: Engine, modalities: list[str], skipped: set[str]
) -> None:
    sent = claimed(ledger, requested_modalities=modalities)
    rows = queries.stages(engine, sent.request.request_id)
    assert [found["stage_name"] for found in rows] == list(STAGES)
    assert [found["stage_order"] for found in rows] == list(range(1, len(STAGES) + 1))
    assert {found["stage_name"] for found in rows if found["status"] == "skipped"} == skipped
    assert {found["status"] for found in rows} <= {"pending", "skipped"}


def test_a_stage_tells_when_how_long_and_what(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger, requested_modalities=["video"])
    start(ledger, sent)
    running = stage_row(engine, sent)
    assert (running["status"], running["completed_at"]) == ("in_progress", None)
    assert row(engine, sent)["current_stage"] == "Speaking"
    complete(ledger, sent, characters=812, topic="gravity")
    done = stage_row(engine, sent)
    assert (done["status"], done["duration_seconds"], done["retry_count"]) == ("completed", 1.5, 2)
    assert done["stage_metadata"] == {"characters": 812, "topic": "gravity"}
    assert done["completed_at"] >= done["started_at"]
    assert row(engine, sent)["topic"] == "gravity"


def test_a_new_attempt_begins_with_clean_stages(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger, requested_modalities=["video"])
    clean = queries.stages(engine, sent.request.request_id)
    start(ledger, sent, "write_script")
    complete(ledger, sent, "write_script", words=300)
    start(ledger, sent)
    fail(ledger, sent)
    claim(ledger, sent)
    assert queries.stages(engine, sent.request.request_id) == clean


def test_the_text_is_there_before_the_rest(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    ledger.text_ready(sent, "A leaf catches light.")
    found = row(engine, sent)
    assert (found["script_text"], found["status"]) == ("A leaf catches light.", "generating")
    assert found["text_ready_at"] is not None
    assert found["completed_at"] is None
    assert queries.script_text(engine, sent.request.request_id) == "A leaf catches light."


def test_events_are_appended_in_order(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    ledger.text_ready(sent, "text")
    fail(ledger, sent)
    sent = replace(sent, attempt=claim(ledger, sent).attempt)
    ledger.finish(sent, "completed", message="", details={"video_url": "gs://b/v.mp4"})
    found = queries.events(engine, sent.request.request_id)
    assert [event["event_type"] for event in found] == [
        "claimed",
        "text_ready",
        "failed",
        "claimed",
        "completed",
    ]
    assert [event["severity"] for event in found] == ["INFO", "INFO", "ERROR", "INFO", "INFO"]
    assert found[2]["stage_name"] == "speak"
    assert found[-1]["event_data"] == {"video_url": "gs://b/v.mp4"}


@pytest.mark.parametrize("status", ANSWERS)
def test_the_event_of_an_answer_holds_its_words_and_examples(
    ledger: Ledger, engine: Engine, status: str
) -> None:
    sent = claimed(ledger)
    details = {"questions": ["Explain the seasons", "Explain tides"], "category": "vague"}
    ledger.finish(sent, status, message="Which? For example:", details=details)
    event = queries.events(engine, sent.request.request_id)[-1]
    assert event["event_message"] == "Which? For example: Explain the seasons; Explain tides"
    assert event["event_data"] == {"message": "Which? For example:", **details}


# -- the ends ---------------------------------------------------------------------------------


def test_a_completed_request(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    details = {"video_url": "gs://b/videos/v.mp4"}
    assert ledger.finish(sent, "completed", message="", details=details)
    found = row(engine, sent)
    assert found.items() >= details.items()
    assert (found["status"], found["progress_percentage"]) == ("completed", 100)
    assert found["completed_at"] is not None
    assert found["current_stage"] is found["lease_owner"] is None
    statuses = {stage["status"] for stage in queries.stages(engine, sent.request.request_id)}
    assert statuses == {"skipped"}


@pytest.mark.parametrize("status", ANSWERS)
def test_an_answer_keeps_its_words_beside_what_was_known(
    ledger: Ledger, engine: Engine, status: str
) -> None:
    sent = ticket()
    ledger.submit(sent.request, sent.message, {"from": "console"})
    sent = replace(sent, attempt=claim(ledger, sent).attempt)
    assert ledger.finish(sent, status, message="Which one?", details={"questions": ["A?"]})
    found = row(engine, sent)
    assert found["status"] == status
    assert found["request_metadata"] == {
        "from": "console",
        "answer": {"message": "Which one?", "questions": ["A?"]},
    }
    assert found["completed_at"] is found["failed_at"] is found["error_message"] is None


def test_a_failed_request(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger, requested_modalities=["video"])
    start(ledger, sent)
    assert fail(ledger, sent)
    found = row(engine, sent)
    assert (found["status"], found["progress_percentage"]) == ("failed", 50)
    assert (found["error_stage"], found["error_message"]) == ("speak", "the voice is away")
    assert found["error_details"] == {
        "reason": "transient_exhausted",
        "error_type": "TransientError",
        "tries": 3,
        "replayable": True,
    }
    assert found["failed_at"] is not None
    stage = stage_row(engine, sent)
    assert (stage["status"], stage["retry_count"]) == ("failed", 2)
    assert stage["error_message"] == "the voice is away"


def test_an_error_in_odd_characters_is_written_all_the_same(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    error = PermanentError("no file 'a\0b\udcff'")
    assert ledger.fail(ticket_failure(error, stage="speak", ticket=sent))
    assert row(engine, sent)["error_message"] == "no file 'a?b?'"


def test_a_failure_before_any_claim_ends_a_pending_request_and_no_other(
    ledger: Ledger, engine: Engine
) -> None:
    pending, running = ticket(), claimed(ledger)
    ledger.submit(pending.request, pending.message, {})
    assert fail(ledger, pending, stage="parse")
    assert not fail(ledger, replace(running, attempt=0), stage="parse")
    assert not fail(ledger, ticket(), stage="parse")
    assert row(engine, pending)["status"] == "failed"
    assert row(engine, running)["status"] == "validating"


ENDS = {
    **{
        status: lambda ledger, sent, status=status: ledger.finish(  # type: ignore[misc]
            sent, status, message="", details={}
        )
        for status in ("completed", *ANSWERS)
    },
    "failed": fail,
    "cancelled": lambda ledger, sent: ledger.cancel(sent.request.request_id, by="test"),
}


@pytest.mark.parametrize("status", ENDS)
def test_every_end_says_how_long_the_request_took(
    ledger: Ledger, engine: Engine, status: str
) -> None:
    sent = claimed(ledger)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE content_requests SET created_at = now() - interval '90 seconds'")
        )
    assert row(engine, sent)["total_duration_seconds"] is None
    ENDS[status](ledger, sent)
    found = row(engine, sent)
    assert found["status"] == status
    assert found["total_duration_seconds"] >= 90
    shown = queries.by_id(engine, [sent.request.request_id])[sent.request.request_id]
    assert shown["seconds_to_end"] == found["total_duration_seconds"]
    claim(ledger, sent)
    again = row(engine, sent)["total_duration_seconds"]
    assert again == (None if status == "failed" else found["total_duration_seconds"])


def test_when_the_text_was_ready_first_stays(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    ledger.text_ready(sent, "first")
    first = row(engine, sent)["text_ready_at"]
    fail(ledger, sent)
    sent = replace(sent, attempt=claim(ledger, sent).attempt)
    ledger.text_ready(sent, "second")
    assert queries.script_text(engine, sent.request.request_id) == "second"
    assert row(engine, sent)["text_ready_at"] == first


# -- queries of operators ---------------------------------------------------------------------


def test_the_operators_queries_run_as_written(ledger: Ledger, engine: Engine) -> None:
    for _ in range(11):
        claimed(ledger)
    last = claimed(ledger)
    start(ledger, last)
    fail(ledger, last)
    with engine.connect() as connection:
        newest = connection.execute(
            text(
                """SELECT id, status, progress_percentage, current_stage, error_message
      FROM content_requests ORDER BY created_at DESC LIMIT 10;"""
            )
        ).all()
        counts = connection.execute(
            text(
                "SELECT status, COUNT(*) FROM content_requests GROUP BY status ORDER BY count DESC;"
            )
        ).all()
    assert len(newest) == 10
    assert tuple(newest[0]) == (
        UUID(last.request.request_id),
        "failed",
        50,
        "Speaking",
        "the voice is away",
    )
    assert counts == [("validating", 11), ("failed", 1)]


def test_the_consoles_queries_agree(ledger: Ledger, engine: Engine) -> None:
    first, second = claimed(ledger), claimed(ledger)
    fail(ledger, second)
    ids = [first.request.request_id, second.request.request_id]
    assert [found["id"] for found in queries.recent(engine, limit=5)] == ids[::-1]
    assert [found["id"] for found in queries.recent(engine, limit=1)] == ids[1:]
    assert [found["id"] for found in queries.recent(engine, limit=5, status="failed")] == ids[1:]
    assert queries.by_id(engine, [*ids, request().request_id]).keys() == set(ids)
    assert queries.script_text(engine, request().request_id) is None


def test_a_message_is_kept_byte_for_byte(ledger: Ledger, engine: Engine) -> None:
    sent = message(student_query="Où va l'énergie? 🚀")
    unclaimed = replace(ticket(student_query="Où va l'énergie? 🚀"), message=sent)
    claim(ledger, unclaimed)
    assert row(engine, unclaimed)["message_data"] == sent.data
    assert row(engine, unclaimed)["student_query"] == "Où va l'énergie? 🚀"
