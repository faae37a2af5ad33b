"""Requests of test tools share no results, and only these tools can ask for that."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.support.ledgers import expire, row
from tests.support.requests import ticket
from vividly.execution.claiming import claim
from vividly.execution.failures import ticket_failure
from vividly.execution.outcomes import fail, finish
from vividly.execution.services import Services
from vividly.execution.shared_lesson import join
from vividly.execution.shared_lesson import take as take_lesson
from vividly.execution.stages import FIND_LESSON, RETRIEVE, UNDERSTAND, WRITE_SCRIPT
from vividly.execution.stages.execute import execute
from vividly.model.errors import TransientError
from vividly.model.request import FRESH, MARK, Message
from vividly.model.settings import Settings
from vividly.model.ticket import Outcome, Ticket, own_results
from vividly.platform.ledger import Claim, Ledger, queries

MARKS = {MARK: "canary", FRESH: "true"}
TEXT = (UNDERSTAND, FIND_LESSON, RETRIEVE, WRITE_SCRIPT)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, retrieval_provider="postgres")


def sent(ledger: Ledger, *, row_says: dict[str, str], attributes: dict[str, str]) -> Ticket:
    """A request whose row a tool wrote, and its message."""
    found = ticket()
    message = Message(found.message.data, attributes)
    ledger.submit(found.request, message, row_says)
    return replace(found, message=message)


def taken(services: Services, unclaimed: Ticket) -> Ticket:
    held = claim(unclaimed, services)
    assert isinstance(held, Ticket)
    return held


def fresh(services: Services) -> Ticket:
    return taken(services, sent(services.ledger, row_says=MARKS, attributes=MARKS))


def with_text(services: Services, held: Ticket) -> Ticket:
    for stage in TEXT:
        done = execute(stage, held, services)
        assert isinstance(done, Ticket)
        held = done
    return held


def reused(services: Services, of: Ticket) -> dict[str, bool]:
    return {
        one["stage_name"]: bool(one["stage_metadata"].get("reused"))
        for one in queries.stages(services.engine, of.request.request_id)
        if one["status"] == "completed"
    }


def lessons(services: Services) -> int:
    with services.engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM lessons")).scalar_one()


# -- who may ask for it ------------------------------------------------------------------------


def test_a_tool_asks_by_the_row(services: Services) -> None:
    for attributes in (MARKS, {}):  # as in a replay from a file
        held = taken(services, sent(services.ledger, row_says=MARKS, attributes=attributes))
        assert held.fresh
        assert held.message.attributes[MARK] == "canary"


def test_a_publisher_cannot_ask_for_it(services: Services) -> None:
    published = ticket(**{FRESH: True, "request_metadata": MARKS, "attributes": MARKS})
    assert not taken(services, published).fresh, "what the message's JSON says"
    recorded = sent(services.ledger, row_says={"from": "the API"}, attributes=MARKS)
    held = taken(services, recorded)
    assert not held.fresh, "what its attributes say"
    assert FRESH not in held.message.attributes


def test_what_says_so_without_a_row_begins_nothing(services: Services) -> None:
    """Whoever purges a test takes its row away, and its message may still come, or come again."""
    found = ticket()
    answered = claim(replace(found, message=Message(found.message.data, MARKS)), services)
    assert isinstance(answered, Claim)
    assert answered.result == "unknown"
    assert queries.by_id(services.engine, [found.request.request_id]) == {}


def test_the_media_job_has_it_from_the_row_too(services: Services) -> None:
    for row_says in (MARKS, {}):
        held = with_text(
            services, taken(services, sent(services.ledger, row_says=row_says, attributes=MARKS))
        )
        token = join(held, services).token
        assert token is not None
        work = take_lesson(token, services)
        assert work is not None
        assert work.fresh is (row_says is MARKS)
        own = work.lesson.startswith(own_results(held.request.request_id))
        assert own is work.fresh, "nobody else is served the lesson of a fresh request"


# -- what it does ------------------------------------------------------------------------------


def test_it_is_made_though_there_is_all_of_it(services: Services) -> None:
    with_text(services, taken(services, ticket()))
    again = with_text(services, taken(services, ticket()))
    assert reused(services, again) == {
        "understand": True, "find_lesson": False, "retrieve": True, "write_script": True,
    }  # fmt: skip
    made = with_text(services, fresh(services))
    assert reused(services, made) == {stage.name: False for stage in TEXT}
    another = with_text(services, fresh(services))
    assert reused(services, another) == {stage.name: False for stage in TEXT}


def test_nobody_is_served_what_was_made_for_it(services: Services) -> None:
    made = with_text(services, fresh(services))
    assert lessons(services) == 0
    own = own_results(made.request.request_id)
    assert all(name.startswith(own) for name in made.results.values())
    assert set(services.temp.sizes()) == set(made.results.values()), "and nothing else"
    student = with_text(services, taken(services, ticket()))
    assert not any(reused(services, student).values())
    found = queries.stages(services.engine, student.request.request_id)
    assert found[1]["stage_metadata"]["cache"] == "miss"


def test_a_further_attempt_goes_on_from_its_own(services: Services) -> None:
    unclaimed = sent(services.ledger, row_says=MARKS, attributes=MARKS)
    first = with_text(services, taken(services, unclaimed))
    assert claim(unclaimed, services) == Claim("in_progress"), "a duplicate does nothing"
    expire(services.engine, first)
    second = with_text(services, taken(services, unclaimed))
    assert second.attempt == 2
    assert second.results == first.results
    assert all(reused(services, second).values())
    stages = queries.stages(services.engine, second.request.request_id)
    assert all(one["stage_metadata"]["fresh"] for one in stages[:4])


def test_what_it_causes_carries_the_mark(services: Services) -> None:
    done, failed, student = fresh(services), fresh(services), taken(services, ticket())
    error = TransientError("the voice is away")
    told = [
        finish(Outcome(done, "completed"), services),
        fail(ticket_failure(error, stage="speak", ticket=failed), services),
        finish(Outcome(student, "completed"), services),
    ]
    marks = [note[1].get(MARK) for note in told if note]
    assert marks == ["canary", "canary", None]


def test_its_row_is_told_from_others(services: Services) -> None:
    held = fresh(services)
    assert row(services.engine, held)["request_metadata"] == MARKS
    (found,) = services.ledger.test_requests()
    assert (found.id, found.fresh, found.open) == (held.request.request_id, True, True)
