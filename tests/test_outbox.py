"""Requests that wait in the ledger: scheduled, found and published again; and their claims."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from beam_pipeline.pubsub import Resources
from beam_pipeline.requeue import Topics, requeue
from tests.support.ledgers import (
    claim,
    complete,
    expire,
    fail,
    row,
    stage_row,
    start,
    subscribe,
)
from tests.support.requests import claimed, ticket
from vividly.execution import claiming
from vividly.execution.claiming import OutOfBudget
from vividly.execution.failures import retry_or_fail
from vividly.execution.outcomes import expired_failure, repeat_failure, repeat_notifications
from vividly.execution.services import Services
from vividly.model.errors import DeadlineExceeded, PermanentError, Superseded, TransientError
from vividly.model.message_file import read
from vividly.model.request import parse_request
from vividly.model.ticket import Ticket
from vividly.platform.breaker import CircuitOpen
from vividly.platform.heartbeat import Heartbeat
from vividly.platform.ledger import Claim, Ledger
from vividly.platform.retry import RetryPolicy


def put_down(ledger: Ledger, sent: Ticket, *, counted: bool = True, tries: int = 5) -> float | None:
    return ledger.schedule_retry(
        sent,
        "speak",
        "the voice is away",
        at_least=0.0,
        counted=counted,
        policy=RetryPolicy(max_scheduled_attempts=tries),
    )


def set_(engine: Engine, sent: Ticket, column: str, seconds_ago: float) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                f"UPDATE content_requests SET {column} = now() - :ago * interval '1 s'"
            ).bindparams(ago=seconds_ago)
        )


def due(ledger: Ledger, *, limit: int = 10) -> list[tuple[str, str]]:
    found = ledger.due(limit=limit, pending_after=60, again_after=30)
    return [(one.why, one.request_id) for one in found]


# -- scheduled retries ------------------------------------------------------------------------


def test_a_request_that_is_put_down_is_nobodys_until_its_time(
    ledger: Ledger, engine: Engine
) -> None:
    sent = claimed(ledger)
    start(ledger, sent)
    delay = put_down(ledger, sent)
    assert delay is not None
    found = row(engine, sent)
    assert (found["status"], found["retry_count"], found["lease_owner"]) == ("generating", 1, None)
    assert (found["error_stage"], found["error_message"]) == ("speak", "the voice is away")
    assert stage_row(engine, sent)["status"] == "pending"
    assert claim(ledger, sent) == Claim("in_progress")
    assert due(ledger) == []
    set_(engine, sent, "next_attempt_at", 1)
    assert due(ledger) == [("retry", sent.request.request_id)]
    again = claim(ledger, sent)
    assert (again.result, again.attempt, again.stage) == ("claimed", 2, "speak")
    found = row(engine, sent)
    assert (found["retry_count"], found["error_message"], found["next_attempt_at"]) == (
        1,
        None,
        None,
    )


def test_what_the_service_asked_for_is_the_least_wait(ledger: Ledger) -> None:
    sent = claimed(ledger)
    delay = ledger.schedule_retry(
        sent, "speak", "busy", at_least=45.0, counted=True, policy=RetryPolicy()
    )
    assert delay is not None
    assert 45.0 <= delay <= 55.0


def test_after_the_last_attempt_there_is_no_other(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    for _ in range(4):
        assert put_down(ledger, sent) is not None
        set_(engine, sent, "next_attempt_at", 1)
        sent = replace(sent, attempt=claim(ledger, sent).attempt)
    assert put_down(ledger, sent) is None
    assert row(engine, sent)["lease_owner"] == "test"


def test_a_service_that_was_not_asked_costs_no_attempt(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    for _ in range(8):
        assert put_down(ledger, sent, counted=False) is not None
        set_(engine, sent, "next_attempt_at", 1)
        sent = replace(sent, attempt=claim(ledger, sent).attempt)
    assert row(engine, sent)["retry_count"] == 0


def test_nothing_waits_beyond_its_budget(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    set_(engine, sent, "deadline_at", -0.5)
    assert put_down(ledger, sent) is None


def test_what_is_somebody_elses_cannot_be_put_down(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    expire(engine, sent)
    claim(ledger, sent)
    with pytest.raises(Superseded):
        put_down(ledger, sent)


# -- the budget -------------------------------------------------------------------------------


def test_the_budget_goes_on_over_attempts_and_anew_after_a_failure(
    ledger: Ledger, engine: Engine
) -> None:
    sent = claimed(ledger)
    set_(engine, sent, "deadline_at", -100)
    expire(engine, sent)
    second = claim(ledger, sent)
    assert 95 < second.remaining <= 100
    sent = replace(sent, attempt=second.attempt)
    fail(ledger, sent)
    assert claim(ledger, sent).remaining > 590


def test_a_request_out_of_budget_fails_with_the_stage_it_was_in(services: Services) -> None:
    taken = claiming.claim(ticket(), services)
    assert isinstance(taken, Ticket)
    start(services.ledger, taken, "retrieve", 20)
    expire(services.engine, taken)
    set_(services.engine, taken, "deadline_at", 1)
    with pytest.raises(OutOfBudget, match=r"600 seconds.*come to retrieve") as error:
        claiming.claim(replace(taken, attempt=0), services)
    assert (error.value.stage, error.value.attempt) == ("retrieve", 2)


def test_the_deadline_is_by_the_clock_of_whoever_holds_the_request(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = time.time
    monkeypatch.setattr("time.time", lambda: true() + 5_000)
    taken = claiming.claim(ticket(), services)
    assert isinstance(taken, Ticket)
    assert taken.deadline - time.time() == pytest.approx(600, abs=5)
    expire(services.engine, taken)
    monkeypatch.setattr("time.time", true)
    again = claiming.claim(taken, services)
    assert isinstance(again, Ticket)
    assert again.deadline - time.time() == pytest.approx(600, abs=10)


# -- what is due ------------------------------------------------------------------------------


def test_a_lost_worker_is_found_when_its_lease_is_over(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    assert due(ledger) == []
    expire(engine, sent)
    assert due(ledger) == [("lost", sent.request.request_id)]
    assert due(ledger) == [], "its message is on the way"
    set_(engine, sent, "created_at", 200)
    set_(engine, sent, "requeued_at", 61)
    assert due(ledger) == [], "requests are being claimed: it may still be in the queue"
    set_(engine, sent, "started_at", 31)
    assert due(ledger) == [("lost", sent.request.request_id)]


def test_of_two_who_ask_one_gets_each(ledger: Ledger, engine: Engine) -> None:
    for _ in range(6):
        claimed(ledger)
    set_(engine, ticket(), "lease_expires_at", 1)
    assert len(due(ledger, limit=4)) == 4
    assert len(due(ledger, limit=4)) == 2


def test_a_queue_waits_for_workers_that_are_busy(ledger: Ledger, engine: Engine) -> None:
    waiting = ticket()
    ledger.submit(waiting.request, waiting.message, {})
    slow = claimed(ledger)
    set_(engine, waiting, "created_at", 100)
    set_(engine, slow, "created_at", 110)
    set_(engine, slow, "started_at", 90)
    assert due(ledger) == [], "the worker has claimed nothing for 90 seconds, and is alive"
    expire(engine, slow)
    assert ("pending", waiting.request.request_id) in due(ledger)


def test_a_pending_request_is_sent_again_at_longer_and_longer_intervals(
    ledger: Ledger, engine: Engine
) -> None:
    sent = ticket()
    ledger.submit(sent.request, sent.message, {})
    assert due(ledger) == []
    set_(engine, sent, "created_at", 61)
    found = ledger.due(limit=10, pending_after=60, again_after=30)
    assert [(one.why, one.data, one.attributes) for one in found] == [
        ("pending", sent.message.data, {"trace": "t-1"})
    ]
    set_(engine, sent, "requeued_at", 45)
    assert due(ledger) == [], "thirty seconds are doubled"
    set_(engine, sent, "requeued_at", 61)
    assert due(ledger) == [("pending", sent.request.request_id)]


def test_the_message_of_a_row_that_others_wrote_is_made_from_its_columns(
    ledger: Ledger, engine: Engine
) -> None:
    sent = ticket(requested_modalities=["audio"], correlation_id="c-7", language="en-GB")
    ledger.submit(sent.request, sent.message, {})
    with engine.begin() as connection:
        connection.execute(text("UPDATE content_requests SET message_data = NULL"))
    set_(engine, sent, "created_at", 61)
    (found,) = ledger.due(limit=1, pending_after=60, again_after=30)
    assert parse_request(found.data, environment="dev") == sent.request
    assert json.loads(found.data)["request_id"] == sent.request.request_id


def test_what_has_ended_is_never_due(ledger: Ledger, engine: Engine) -> None:
    ended = claimed(ledger)
    ledger.finish(ended, "completed", message="", details={})
    fail(ledger, claimed(ledger))
    set_(engine, ended, "created_at", 1e6)
    assert due(ledger) == []


def test_a_request_whose_time_ran_out_while_it_waited_is_ended(
    ledger: Ledger, engine: Engine
) -> None:
    queued, working, early = claimed(ledger), claimed(ledger), claimed(ledger)
    start(ledger, queued, "write_script", 30)
    subscribe(ledger, queued)
    set_(engine, queued, "deadline_at", 1)
    set_(engine, early, "lease_expires_at", -60)
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE content_requests SET deadline_at = now() + interval '1 h' WHERE id = :id"),
            {"id": early.request.request_id},
        )
    scheduler = Ledger(engine, owner="scheduler")
    assert due(scheduler) == [], "it is too late for another attempt"
    (found,) = (
        one
        for one in scheduler.claim_expired(limit=10, lease=60)
        if one["id"] == queued.request.request_id
    )
    assert (found["stage"], found["attempt"]) == ("write_script", 2)
    assert scheduler.claim_expired(limit=10, lease=60) == []
    scheduler.release_claim(found["id"], found["attempt"])
    (found,) = scheduler.claim_expired(limit=10, lease=60)
    failure = expired_failure(found)
    assert (failure.reason, failure.stage) == ("deadline_exceeded", "write_script")
    assert scheduler.fail(failure)
    with pytest.raises(Superseded):
        start(ledger, queued)
    assert row(engine, early)["status"] == "validating"
    assert row(engine, working)["status"] == "validating"


def test_the_letter_of_an_expired_request_goes_to_a_file_where_letters_do(
    ledger: Ledger, engine: Engine, pubsub: str, tmp_path: Path
) -> None:
    resources, topic = Resources(), f"projects/{pubsub}/topics/{{}}".format
    resources.check_topic(topic("notifications"), create=True)
    sent = claimed(ledger)
    set_(engine, sent, "deadline_at", 1)
    set_(engine, sent, "lease_expires_at", 1)
    path = tmp_path / "letters.jsonl"
    topics = Topics(topic("requests"), topic("media"), topic("notifications"), str(path))
    assert requeue(ledger, resources, topics) == {"expired": 1}
    (letter,) = read(path)
    assert (letter.data, letter.attributes["dlq_reason"]) == (
        sent.message.data,
        "deadline_exceeded",
    )
    assert row(engine, sent)["status"] == "failed"


def test_files_of_what_was_not_completed_are_to_be_taken_away(
    ledger: Ledger, engine: Engine
) -> None:
    done, failed = (claimed(ledger, requested_modalities=["audio"]) for _ in range(2))
    textual = claimed(ledger, requested_modalities=["text"])
    start(ledger, failed, "deliver", 92)
    complete(ledger, failed, "deliver")
    expire(engine, failed)
    # The next attempt deletes the stages of an attempt that delivered.
    again = replace(failed, attempt=claim(ledger, failed).attempt)
    ledger.finish(done, "completed", message="", details={})
    fail(ledger, again, "speak")
    fail(ledger, textual, "write_script")
    assert ledger.to_withdraw(limit=10, grace=5) == [], "somebody may be at it still"
    set_(engine, failed, "deadline_at", 6)
    assert ledger.to_withdraw(limit=10, grace=5) == [(failed.request.request_id, 2)]
    ledger.mark_withdrawn(failed.request.request_id, 2)
    assert ledger.to_withdraw(limit=10, grace=5) == []


# -- claims of living workers -----------------------------------------------------------------


def test_a_heartbeat_keeps_claims_until_it_lets_go(ledger: Ledger, engine: Engine) -> None:
    kept, left = claimed(ledger, lease=3), claimed(ledger, lease=3)
    beats = Heartbeat(ledger, lease=3)
    beats.start_renewing(kept, 60)
    beats.start_renewing(left, 60)
    beats.stop_renewing(left)
    time.sleep(4.5)
    assert claim(ledger, kept) == Claim("in_progress")
    assert claim(ledger, left) == Claim("claimed", 2)
    beats.stop_renewing(kept)
    time.sleep(3.5)
    assert claim(ledger, kept) == Claim("claimed", 2)


def test_a_stage_that_hangs_loses_its_claim(ledger: Ledger) -> None:
    hung = claimed(ledger, lease=0.4)
    Heartbeat(ledger, lease=0.4).start_renewing(hung, 0.5)
    time.sleep(1.5)
    assert claim(ledger, hung) == Claim("claimed", 2)


def test_a_claim_that_went_to_another_is_not_renewed(ledger: Ledger, engine: Engine) -> None:
    lost = claimed(ledger)
    expire(engine, lost)
    other = Ledger(engine, owner="other")
    assert claim(other, lost, lease=1) == Claim("claimed", 2)
    before = row(engine, lost)["lease_expires_at"]
    held = [(lost.request.request_id, 1)]
    assert ledger.renew(held, lease=600) == set()
    assert row(engine, lost)["lease_expires_at"] == before


# -- later, or failed -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TransientError("away"), None),
        (CircuitOpen("away", retry_after=3.0), None),
        (PermanentError("refused"), "permanent"),
        (DeadlineExceeded("late"), "deadline_exceeded"),
        (KeyError("unforeseen"), "transient_exhausted"),
    ],
)
def test_only_what_will_pass_waits(
    services: Services, error: Exception, reason: str | None
) -> None:
    taken = claimed(services.ledger)
    failures = retry_or_fail(error, stage="speak", ticket=taken, services=services)
    assert [one.reason for one in failures] == ([reason] if reason else [])
    assert (row(services.engine, taken)["next_attempt_at"] is not None) == (reason is None)


def test_without_durable_retries_all_fail_at_once(services: Services) -> None:
    once = Services(replace(services.settings, durable_retries="off"))
    taken = claimed(once.ledger)
    (failure,) = retry_or_fail(TransientError("away"), stage="speak", ticket=taken, services=once)
    assert failure.reason == "transient_exhausted"
    once.close()


def test_nothing_is_said_twice_while_the_database_is_away(services: Services) -> None:
    away = Services(
        replace(services.settings, database_url="postgresql://postgres@127.0.0.1:1/away")
    )
    away.retry_policy = replace(away.retry_policy, schedule_wait=0.1)
    taken = claimed(services.ledger)
    assert retry_or_fail(TransientError("a"), stage="speak", ticket=taken, services=away) == []


# -- notifications published again ------------------------------------------------------------


@pytest.fixture
def careful(ledger: Ledger) -> Ledger:
    """A ledger whose owner marks requests as notified."""
    ledger.marks_notified = True
    return ledger


def untold(ledger: Ledger, sent: Ticket) -> Mapping[str, Any]:
    row = ledger.claim_unnotified(sent.request.request_id)
    assert row is not None
    return row


def test_what_was_told_is_not_told_again(careful: Ledger, engine: Engine) -> None:
    done = claimed(careful)
    assert careful.claim_unnotified(done.request.request_id) is None, "it has not ended"
    careful.finish(done, "completed", message="", details={})
    other = Ledger(engine, owner="other")
    other.marks_notified = True
    assert other.mark_notified() == 0
    assert untold(other, done)["lease_owner"] == "other", "it is the other's to tell now"
    assert careful.mark_notified() == 0
    assert other.mark_notified() == 1
    assert careful.claim_unnotified(done.request.request_id) is None


def test_a_runner_that_loses_nothing_needs_no_confirmation(ledger: Ledger) -> None:
    done = claimed(ledger)
    ledger.finish(done, "completed", message="", details={})
    assert ledger.claim_unnotified(done.request.request_id) is None


def test_the_end_of_a_request_can_be_told_from_its_row(careful: Ledger) -> None:
    ledger = careful
    done = claimed(ledger, preferred_modality="audio")
    ledger.text_ready(done, "text")
    ledger.finish(done, "completed", message="", details={"video_url": "gs://b/v.mp4"})
    told = [json.loads(data) for data, _ in repeat_notifications(untold(ledger, done))]
    assert [one["event"] for one in told] == ["text_ready", "completed"]
    assert [one["preferred_modality"] for one in told] == ["audio", "audio"]
    assert told[1]["video_url"] == "gs://b/v.mp4"
    asked = claimed(ledger)
    ledger.finish(asked, "clarification_needed", message="Which?", details={"questions": ["a"]})
    ((data, attributes),) = repeat_notifications(untold(ledger, asked))
    assert attributes["event"] == "clarification_needed"
    assert "preferred_modality" not in json.loads(data)
    assert (json.loads(data)["message"], json.loads(data)["questions"]) == ("Which?", ["a"])


def test_the_failure_of_a_request_can_be_told_from_its_row(careful: Ledger) -> None:
    ledger = careful
    failed = claimed(ledger)
    fail(ledger, failed)
    found = repeat_failure(untold(ledger, failed))
    assert found.message == failed.message
    assert (found.stage, found.reason, found.tries) == ("speak", "transient_exhausted", 3)
    assert (found.attempt, found.error_message) == (1, "the voice is away")
    assert ledger.fail(found), "written before, and perhaps not told"
