"""Claims: one winner of every race, and no late write (real Postgres)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from tests.support.ledgers import (
    ANSWERS,
    at_once,
    claim,
    complete,
    expire,
    fail,
    row,
    start,
    subscribe,
)
from tests.support.requests import claimed, ticket
from vividly.execution.claiming import WorkersLost
from vividly.execution.failures import ticket_failure
from vividly.model.errors import Superseded
from vividly.model.ticket import Ticket
from vividly.platform.ledger import Claim, Ledger, queries
from vividly.platform.ledger.engine import make_engine
from vividly.platform.ledger.schema import ENDED


@contextmanager
def another(ledger: Ledger, owner: str) -> Iterator[Ledger]:
    """A ledger as in another process: with its own pool and owner name."""
    engine = make_engine(ledger.engine.url.render_as_string(hide_password=False))
    yield Ledger(engine, owner=owner)
    engine.dispose()


# -- claims -----------------------------------------------------------------------------------


def test_of_fifty_racing_claims_one_wins(ledger: Ledger) -> None:
    sent = ticket()
    results = at_once(50, lambda _: claim(ledger, sent).result)
    assert sorted(results) == ["claimed"] + ["in_progress"] * 49


def test_of_two_processes_that_race_for_many_requests_each_is_claimed_once(
    ledger: Ledger,
) -> None:
    sent = [ticket() for _ in range(20)]
    with another(ledger, "other") as other:
        results = at_once(
            2, lambda index: [claim((ledger, other)[index], one).result for one in sent]
        )
    assert all(sorted(pair) == ["claimed", "in_progress"] for pair in zip(*results, strict=True))


def test_of_ten_racing_for_an_expired_lease_one_takes_over(ledger: Ledger, engine: Engine) -> None:
    first = claimed(ledger)
    expire(engine, first)
    results = at_once(10, lambda _: claim(ledger, first))
    assert results.count(Claim("claimed", 2)) == 1
    assert results.count(Claim("in_progress")) == 9


def test_a_claim_writes_all_that_is_known(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger, requested_modalities=["video", "text"], language="en-GB")
    found = row(engine, sent)
    expected = {
        "correlation_id": sent.request.correlation_id,
        "student_id": "student-1",
        "student_query": "Explain photosynthesis",
        "grade_level": 9,
        "interest": "basketball",
        "language": "en-GB",
        "requested_modalities": ["text", "video"],
        "status": "validating",
        "progress_percentage": 5,
        "attempt": 1,
        "retry_count": 0,
        "lease_owner": "test",
        "message_data": sent.message.data,
        "message_attributes": {"trace": "t-1"},
    }
    assert {name: found[name] for name in expected} == expected
    assert found["started_at"] is not None
    assert found["current_stage"]


def test_a_pending_row_is_written_once_and_then_claimed(ledger: Ledger, engine: Engine) -> None:
    sent = ticket()
    assert ledger.submit(sent.request, sent.message, {"from": "console"})
    assert not ledger.submit(sent.request, sent.message, {"from": "elsewhere"})
    pending = row(engine, sent)
    assert (pending["status"], pending["progress_percentage"]) == ("pending", 0)
    assert claim(ledger, sent) == Claim("claimed", 1)
    assert row(engine, sent)["request_metadata"] == {"from": "console"}
    assert row(engine, sent)["created_at"] == pending["created_at"]


def test_a_redelivery_while_the_lease_lasts_changes_nothing(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    before = row(engine, sent)
    assert claim(ledger, sent) == Claim("in_progress")
    assert row(engine, sent) == before


def test_a_running_stage_holds_the_claim(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    expire(engine, sent)
    start(ledger, sent)
    assert claim(ledger, sent) == Claim("in_progress")


def test_an_expired_lease_is_taken_over(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    start(ledger, sent)
    expire(engine, sent)
    with another(ledger, "other") as other:
        assert claim(other, sent) == Claim("claimed", 2)
    found = row(engine, sent)
    assert (found["lease_owner"], found["retry_count"]) == ("other", 1)
    # The student's progress does not go back in another attempt.
    assert (found["status"], found["progress_percentage"]) == ("validating", 50)


@pytest.mark.parametrize("max_attempts", [1, 2, 5])
def test_a_request_that_loses_every_worker_is_given_up(
    ledger: Ledger, engine: Engine, max_attempts: int
) -> None:
    sent = ticket()
    for attempt in range(1, max_attempts + 1):
        assert claim(ledger, sent, max_attempts=max_attempts) == Claim("claimed", attempt)
        expire(engine, sent)
    assert claim(ledger, sent, max_attempts=max_attempts) == Claim("exhausted", max_attempts)


def test_a_request_that_was_given_up_can_be_ended_as_failed(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    expire(engine, sent)
    error = WorkersLost("every worker was lost", attempt=sent.attempt)
    unclaimed = replace(sent, attempt=0)
    assert ledger.fail(ticket_failure(error, stage="claim", ticket=unclaimed))
    assert row(engine, sent)["status"] == "failed"


def test_a_failed_request_can_be_claimed_again(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    expire(engine, sent)
    sent = replace(sent, attempt=claim(ledger, sent).attempt)
    start(ledger, sent)
    assert fail(ledger, sent)
    assert claim(ledger, sent) == Claim("claimed", 3)
    found = row(engine, sent)
    for column in ("error_message", "error_stage", "error_details", "failed_at"):
        assert found[column] is None
    assert (found["status"], found["retry_count"]) == ("validating", 0)


def test_a_completed_request_cannot_be_claimed_again(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    ledger.finish(sent, "completed", message="", details={"video_url": "gs://b/v.mp4"})
    expire(engine, sent)
    assert claim(ledger, sent) == Claim("completed")
    assert row(engine, sent)["video_url"] == "gs://b/v.mp4"


@pytest.mark.parametrize("status", ANSWERS)
def test_an_answered_request_cannot_be_claimed_again(ledger: Ledger, status: str) -> None:
    sent = claimed(ledger)
    ledger.finish(sent, status, message="Which kind?", details={})
    assert claim(ledger, sent) == Claim("answered")


def test_a_cancelled_request_is_let_go_of(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    with engine.begin() as connection:
        connection.execute(text("UPDATE content_requests SET status = 'cancelled'"))
    assert claim(ledger, sent) == Claim("cancelled")
    with pytest.raises(Superseded):
        start(ledger, sent)
    assert not fail(ledger, sent)


# -- fencing ----------------------------------------------------------------------------------

LATE_WRITES: dict[str, Callable[[Ledger, Ticket], object]] = {
    "stage_started": start,
    "stage_completed": complete,
    "progress": lambda ledger, late: ledger.progress(late, 94),
    "text_ready": lambda ledger, late: ledger.text_ready(late, "late text"),
    "subscribe": subscribe,
}
LATE_ENDS: dict[str, Callable[[Ledger, Ticket], bool]] = {
    "fail": fail,
} | {
    status: lambda ledger, late, status=status: ledger.finish(  # type: ignore[misc]
        late, status, message="late", details={}
    )
    for status in ("completed", *ANSWERS)
}


@pytest.fixture(params=["taken over", "completed", "failed", "answered"])
def late(request: pytest.FixtureRequest, ledger: Ledger, engine: Engine) -> Ticket:
    """A ticket whose request has gone on, or ended, without it."""
    old = claimed(ledger)
    if request.param == "taken over":
        expire(engine, old)
        claim(ledger, old)
    elif request.param == "failed":
        fail(ledger, old)
    elif request.param == "answered":
        ledger.finish(old, "out_of_scope", message="That is not a school subject", details={})
    else:
        ledger.finish(old, "completed", message="", details={})
    return old


def everything(engine: Engine, sent: Ticket) -> object:
    request_id = sent.request.request_id
    return row(engine, sent), queries.stages(engine, request_id), queries.events(engine, request_id)


@pytest.mark.parametrize("write", LATE_WRITES.values(), ids=LATE_WRITES.keys())
def test_a_late_write_is_refused(
    ledger: Ledger, engine: Engine, late: Ticket, write: Callable[[Ledger, Ticket], object]
) -> None:
    before = everything(engine, late)
    with pytest.raises(Superseded, match=late.request.request_id):
        write(ledger, late)
    assert everything(engine, late) == before


@pytest.mark.parametrize("end", LATE_ENDS.values(), ids=LATE_ENDS.keys())
def test_a_late_end_does_nothing(
    request: pytest.FixtureRequest,
    ledger: Ledger,
    engine: Engine,
    late: Ticket,
    end: Callable[[Ledger, Ticket], bool],
) -> None:
    before = everything(engine, late)
    # The same end may be written again: its notification may not have been published.
    kind = request.node.callspec.id.split("-")[-1]
    found = row(engine, late)
    written = {"failed": "fail"}.get(found["status"], found["status"])
    again = (kind, late.attempt) == (written, found["attempt"])
    assert end(ledger, late) == again
    assert everything(engine, late) == before


def test_of_twenty_racing_ends_one_is_written(ledger: Ledger, engine: Engine) -> None:
    sent = claimed(ledger)
    ends = itertools.cycle(LATE_ENDS[name] for name in ("fail", "completed", *ANSWERS))
    chosen = list(itertools.islice(ends, 20))
    assert 1 <= at_once(20, lambda index: chosen[index](ledger, sent)).count(True) <= 4
    assert row(engine, sent)["status"] in ENDED
    assert len(queries.events(engine, sent.request.request_id)) == 2


def test_a_write_about_an_unknown_request_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Superseded):
        ledger.progress(replace(ticket(), attempt=1), 50)
    assert not fail(ledger, replace(ticket(), attempt=1))


# -- waiting for a lesson -----------------------------------------------------------------------


def test_a_request_that_waits_for_its_lesson_is_not_begun_again(
    ledger: Ledger, engine: Engine
) -> None:
    sent = claimed(ledger)
    subscribe(ledger, sent)
    assert claim(ledger, sent) == Claim("in_progress")
    assert row(engine, sent)["lease_owner"] is None


def test_a_request_that_waited_for_a_lesson_and_failed_can_be_begun_again(
    ledger: Ledger, engine: Engine
) -> None:
    sent = claimed(ledger)
    subscribe(ledger, sent)
    fail(ledger, sent)
    assert claim(ledger, sent) == Claim("claimed", 2)
    assert row(engine, sent)["lesson_key"] is None


def test_what_its_owner_lets_go_of_can_be_taken_over_at_once(engine: Engine) -> None:
    mine, other = Ledger(engine, owner="mine"), Ledger(engine, owner="other")
    kept, left = claimed(other), claimed(mine)
    assert mine.release_claims() == 1
    assert claim(other, left).result == "claimed"
    assert claim(mine, kept).result == "in_progress"
    with pytest.raises(Superseded):
        mine.progress(left, 50)
