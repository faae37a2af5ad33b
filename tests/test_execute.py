"""The mechanism of all stages: reuse, retries, deadlines, records."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.requests import ticket
from vividly.execution.claiming import claim
from vividly.execution.services import Services
from vividly.execution.stages import UNDERSTAND, StageContext, StageSpec
from vividly.execution.stages.execute import StageFailed, execute
from vividly.model.errors import (
    DeadlineExceeded,
    PermanentError,
    Superseded,
    TransientError,
)
from vividly.model.lesson import Answer, Understanding
from vividly.model.ticket import Ticket
from vividly.platform import retry
from vividly.platform.ledger import queries

FOUND = Understanding("photosynthesis", "Photosynthesis", "biology", 0.9)


def stage(run: Callable[[StageContext], object], **changes: object) -> StageSpec:
    return replace(UNDERSTAND, run=lambda context, prefix: run(context), **changes)


@pytest.fixture
def taken(services: Services) -> Ticket:
    claimed = claim(ticket(), services)
    assert isinstance(claimed, Ticket)
    return claimed


def record(services: Services, of: Ticket) -> dict:
    return dict(queries.stages(services.engine, of.request.request_id)[0])


def test_the_same_inputs_are_not_paid_for_twice(services: Services, taken: Ticket) -> None:
    calls = []

    def run(context: StageContext) -> Understanding:
        calls.append(1)
        return FOUND

    first = execute(stage(run), taken, services)
    again = execute(stage(run), taken, services)
    other = claim(ticket(student_id="another"), services)
    assert isinstance(other, Ticket)
    shared = execute(stage(run), other, services)
    assert len(calls) == 1
    assert first.results == again.results == shared.results
    assert record(services, other)["stage_metadata"]["reused"] is True
    assert record(services, other)["stage_metadata"]["topic"] == "Photosynthesis"


def test_a_transient_error_is_tried_again(services: Services, taken: Ticket) -> None:
    errors = [TransientError("busy"), TransientError("busy"), KeyError("unforeseen")]
    slept: list[float] = []

    def run(context: StageContext) -> Understanding:
        if errors:
            raise errors.pop()
        return FOUND

    execute(stage(run), taken, services, sleep=slept.append)
    assert len(slept) == 3
    assert record(services, taken)["retry_count"] == 3


def test_a_service_that_says_when_is_waited_for(services: Services, taken: Ticket) -> None:
    errors = [TransientError("busy", retry_after=7.5)]
    slept: list[float] = []

    def run(context: StageContext) -> Understanding:
        if errors:
            raise errors.pop()
        return FOUND

    execute(stage(run), taken, services, sleep=slept.append)
    assert slept == [7.5]


def test_a_permanent_error_is_not_tried_again(services: Services, taken: Ticket) -> None:
    def run(context: StageContext) -> Understanding:
        raise PermanentError("no such model")

    with pytest.raises(StageFailed) as failed:
        execute(stage(run), taken, services)
    assert failed.value.tries == 1
    assert isinstance(failed.value.__cause__, PermanentError)


def test_what_nobody_foresaw_is_tried_a_few_times(services: Services, taken: Ticket) -> None:
    def run(context: StageContext) -> Understanding:
        raise KeyError("unforeseen")

    with pytest.raises(StageFailed) as failed:
        execute(stage(run), taken, services, sleep=lambda seconds: None)
    assert failed.value.tries == services.settings.max_attempts


def test_a_service_that_stays_away_uses_up_the_stages_time(
    services: Services, taken: Ticket
) -> None:
    def run(context: StageContext) -> Understanding:
        raise TransientError("busy")

    with pytest.raises(StageFailed) as failed:
        execute(stage(run, time_limit=2.0), taken, services)
    assert failed.value.tries > 2
    assert isinstance(failed.value.__cause__, TransientError)


def test_no_wait_goes_beyond_the_stages_time(services: Services, taken: Ticket) -> None:
    def run(context: StageContext) -> Understanding:
        raise TransientError("busy", retry_after=3600)

    slept: list[float] = []
    with pytest.raises(StageFailed) as failed:
        execute(stage(run, time_limit=5.0), taken, services, sleep=slept.append)
    assert (failed.value.tries, slept) == (1, [])


def test_a_request_out_of_time_is_not_begun(services: Services, taken: Ticket) -> None:
    late = replace(taken, deadline=time.time() - 1)
    with pytest.raises(StageFailed) as failed:
        execute(stage(lambda context: FOUND), late, services)
    assert isinstance(failed.value.__cause__, DeadlineExceeded)


def test_time_that_a_service_used_up_is_told_as_its_failure(
    services: Services, taken: Ticket
) -> None:
    errors: list[Exception] = [DeadlineExceeded("late"), TransientError("the model is away")]

    def run(context: StageContext) -> Understanding:
        raise errors.pop()

    with pytest.raises(StageFailed) as failed:
        execute(stage(run), taken, services, sleep=lambda seconds: None)
    assert failed.value.tries == 2
    assert str(failed.value.__cause__) == "the model is away"


def test_an_answer_is_not_stored_as_a_result(services: Services, taken: Ticket) -> None:
    answer = Answer("out_of_scope", "No.", category="test")
    assert execute(stage(lambda context: answer), taken, services) == answer
    assert record(services, taken)["status"] == "completed"


def test_progress_stops_work_that_is_somebody_elses(
    services: Services, taken: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vividly.execution.stages.execute.REPORT_EVERY_S", 0.0)

    def run(context: StageContext) -> Understanding:
        context.report(0.5)
        services.ledger.finish(taken, "out_of_scope", message="meanwhile", details={})
        context.report(0.9)
        raise AssertionError("went on")

    with pytest.raises(Superseded):
        execute(stage(run), taken, services)


def test_waits_are_random_and_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    def fail() -> None:
        raise TransientError("busy")

    for _ in range(20):
        with pytest.raises(TransientError):
            retry.call(fail, seconds=1e6, tries=6, sleep=slept.append)
    last = slept[4::5]
    assert len(set(last)) > 15
    assert max(slept[0::5]) <= 0.5
    assert 2 < max(last) <= 8
