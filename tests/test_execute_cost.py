"""The cost of a stage: counted for every result, and limited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.support.ledgers import row
from tests.support.requests import ticket
from vividly.execution.claiming import claim
from vividly.execution.services import Services
from vividly.execution.stages import UNDERSTAND, StageContext, StageSpec
from vividly.execution.stages.execute import OverCost, Record, StageFailed, execute
from vividly.model.errors import ContentBlocked, TransientError, UnusableAnswer
from vividly.model.lesson import Answer, Understanding
from vividly.model.settings import Settings
from vividly.model.ticket import Outcome, Ticket
from vividly.platform.cost import Usage, charge
from vividly.platform.ledger import queries

FOUND = Understanding("photosynthesis", "Photosynthesis", "biology", 0.9)
PENCE = 0.30e-6 * 100_000
"""What `used` costs."""


def used() -> None:
    charge("gemini-2.5-flash", input_tokens=100_000)


def stage(run: Callable[[StageContext], object], **changes: Any) -> StageSpec:
    return replace(UNDERSTAND, run=lambda context, prefix: run(context), **changes)


@pytest.fixture
def taken(services: Services) -> Ticket:
    claimed = claim(ticket(), services)
    assert isinstance(claimed, Ticket)
    return claimed


def cost(services: Services, of: Ticket) -> float:
    return float(row(services.engine, of)["cost_usd"] or 0)


def metadata(services: Services, of: Ticket) -> dict[str, Any]:
    return dict(queries.stages(services.engine, of.request.request_id)[0]["stage_metadata"])


def test_what_a_stage_used_is_on_its_record_and_its_request(
    services: Services, taken: Ticket
) -> None:
    def run(context: StageContext) -> Understanding:
        used()
        return FOUND

    execute(stage(run), taken, services)
    assert cost(services, taken) == pytest.approx(PENCE)
    recorded = metadata(services, taken)
    assert recorded["usage"] == {"gemini-2.5-flash": {"input_tokens": 100_000}}
    assert recorded["cost_usd"] == pytest.approx(PENCE)


def test_what_is_reused_costs_nothing(services: Services, taken: Ticket) -> None:
    def run(context: StageContext) -> Understanding:
        used()
        return FOUND

    execute(stage(run), taken, services)
    other = claim(ticket(student_id="another"), services)
    assert isinstance(other, Ticket)
    execute(stage(run), other, services)
    assert cost(services, other) == 0
    assert metadata(services, other)["reused"] is True


def test_all_tries_are_paid_for(services: Services, taken: Ticket) -> None:
    errors = [TransientError("busy"), UnusableAnswer("truncated")]

    def run(context: StageContext) -> Understanding:
        used()
        if errors:
            raise errors.pop()
        return FOUND

    execute(stage(run), taken, services, sleep=lambda seconds: None)
    assert cost(services, taken) == pytest.approx(3 * PENCE)


def test_a_failure_is_paid_for_too(services: Services, taken: Ticket) -> None:
    def run(context: StageContext) -> Understanding:
        used()
        raise UnusableAnswer("truncated")

    record = Record()
    with pytest.raises(StageFailed) as failed:
        execute(stage(run), taken, services, sleep=lambda seconds: None, record=record)
    assert failed.value.tries == services.settings.max_attempts
    assert record.cost_usd == pytest.approx(failed.value.tries * PENCE), "metrics know of it"
    assert cost(services, taken) == pytest.approx(failed.value.tries * PENCE)
    assert metadata(services, taken)["cost_usd"] == pytest.approx(failed.value.tries * PENCE)


def test_the_workers_own_seconds_cost_where_it_computes(services: Services, taken: Ticket) -> None:
    execute(stage(lambda context: FOUND, computes=True), taken, services)
    assert metadata(services, taken)["usage"]["worker"]["seconds"] >= 0


def test_what_a_provider_refuses_is_an_answer(services: Services, taken: Ticket) -> None:
    def run(context: StageContext) -> Understanding:
        used()
        raise ContentBlocked("SAFETY", category="weapons")

    answer = execute(stage(run), taken, services)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.category) == ("blocked", "weapons")
    assert answer.message
    assert cost(services, taken) == pytest.approx(PENCE)
    assert metadata(services, taken)["category"] == "weapons"


# -- the limit ---------------------------------------------------------------------------------


@pytest.fixture
def limited(settings: Settings) -> Iterator[Callable[..., Services]]:
    opened: list[Services] = []

    def make(**changes: Any) -> Services:
        opened.append(Services(replace(settings, **changes)))
        return opened[-1]

    yield make
    for services in opened:
        services.close()


def dear(context: StageContext) -> Iterator[Usage]:
    yield Usage("google-tts/studio", "characters", 1000)  # 16 cents


def never(context: StageContext) -> Understanding:
    pytest.fail("it ran all the same")


@pytest.mark.parametrize(
    ("changes", "follows_text", "ends"),
    [
        ({"max_cost_usd": 0.1}, True, "text only"),
        ({"max_cost_usd": 0.1}, False, "fails"),
        ({"max_cost_usd": 0.1, "over_cost": "fail"}, True, "fails"),
    ],
)
def test_what_would_cost_too_much_is_not_begun(
    limited: Callable[..., Services], changes: dict[str, Any], follows_text: bool, ends: str
) -> None:
    services = limited(**changes)
    taken = claim(ticket(), services)
    assert isinstance(taken, Ticket)
    spec = stage(never, estimate=dear, follows_text=follows_text)
    if ends == "fails":
        with pytest.raises(StageFailed) as failed:
            execute(spec, taken, services)
        assert isinstance(failed.value.__cause__, OverCost)
        assert "may cost 0.1000 USD (--max_cost_usd)" in str(failed.value.__cause__)
        return
    outcome = execute(spec, taken, services)
    assert isinstance(outcome, Outcome)
    assert outcome.status == "completed"
    assert "text" in outcome.message
    events = queries.events(services.engine, taken.request.request_id)
    assert [e["event_type"] for e in events].count("over_cost") == 1


def test_what_was_spent_before_counts(limited: Callable[..., Services]) -> None:
    services = limited(max_cost_usd=0.18)
    taken = claim(ticket(), services)
    assert isinstance(taken, Ticket)
    spec = stage(lambda context: FOUND, estimate=dear)
    assert isinstance(execute(spec, taken, services), Ticket)
    services.ledger.record_cost(taken, "understand", 0.03, metadata={})
    with pytest.raises(StageFailed, match="gave up"):
        execute(stage(never, estimate=dear, name="retrieve"), taken, services)


def test_what_exists_already_is_served_over_the_limit(limited: Callable[..., Services]) -> None:
    services = limited()
    first = claim(ticket(), services)
    assert isinstance(first, Ticket)
    execute(stage(lambda context: FOUND, estimate=dear), first, services)
    poor = limited(max_cost_usd=0.0001)
    second = claim(ticket(), poor)
    assert isinstance(second, Ticket)
    assert isinstance(execute(stage(never, estimate=dear), second, poor), Ticket)
