"""Vertex AI fails: the result of a request, through the stage and over real sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.gemini_calls import MODEL
from tests.support.google_faults import (
    blocked_prompt,
    cut_text,
    dropped,
    empty_text,
    finish,
    hung_up,
    no_candidates,
    page,
    rating,
    says,
    slow,
    status,
    truncated,
)
from tests.support.google_server import Fault, GoogleServer
from tests.support.google_understand import understands
from tests.support.ledgers import row
from tests.support.requests import ticket
from vividly.execution.claiming import claim
from vividly.execution.failures import reason_of
from vividly.execution.services import Services
from vividly.execution.stages import UNDERSTAND
from vividly.execution.stages.execute import StageFailed, execute
from vividly.model.errors import PermanentError, TransientError, UnusableAnswer
from vividly.model.lesson import Answer, Understanding, from_json
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.platform.ledger import queries

ALWAYS = 5_000


@pytest.fixture(scope="module")
def running() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield understands(server)


@pytest.fixture
def server(running: GoogleServer) -> Iterator[GoogleServer]:
    yield running
    running.forget()


@pytest.fixture
def settings(server: GoogleServer, database_url: str, tmp_path: Path) -> Settings:
    """Settings of a job whose questions Gemini understands."""
    for bucket in ("generated", "temp"):
        (tmp_path / bucket).mkdir()
    return Settings(
        database_url=database_url,
        generated_content_bucket=str(tmp_path / "generated"),
        temp_files_bucket=str(tmp_path / "temp"),
        understanding_provider="gemini",
        vertex_project="demo-project",
        vertex_endpoint=server.url,
        model_timeout=0.8,
        max_attempts=3,
    )


@pytest.fixture
def taken(services: Services) -> Ticket:
    claimed = claim(ticket(student_query="Explain photosynthesis"), services)
    assert isinstance(claimed, Ticket)
    return claimed


def record(services: Services, of: Ticket) -> dict[str, Any]:
    return dict(queries.stages(services.engine, of.request.request_id)[0])


def cost(services: Services, of: Ticket) -> float:
    return float(row(services.engine, of)["cost_usd"] or 0)


def test_all_is_well(services: Services, taken: Ticket, server: GoogleServer) -> None:
    result = execute(UNDERSTAND, taken, services)
    assert isinstance(result, Ticket) and "understand" in result.results
    recorded = record(services, taken)
    assert recorded["stage_metadata"]["topic"] == "Photosynthesis"
    assert recorded["stage_metadata"]["provider"].startswith(
        f"gemini/{MODEL}/minimal/understand/v2-"
    )
    assert set(recorded["stage_metadata"]["usage"]) == {MODEL}
    assert cost(services, taken) > 0
    again = claim(ticket(student_query="Explain photosynthesis"), services)
    assert isinstance(again, Ticket)
    execute(UNDERSTAND, again, services)
    assert len(server.called()) == 1, "the same question is not paid for twice"
    assert cost(services, again) == 0
    used = record(services, again)["stage_metadata"]
    assert used["reused"] and used["provider"] == recorded["stage_metadata"]["provider"]
    stored = from_json(Understanding, services.temp.read(result.results["understand"]))
    assert stored.provider == used["provider"], "model and prompt stand in the result itself"


# -- failures that pass ------------------------------------------------------------------------

PASSING: dict[str, Fault] = {
    "408": status(408),
    "429": status(429),
    "500": status(500),
    "503": status(503),
    "slow": slow(2),
    "dropped": dropped,
    "hung up": hung_up,
    "page": page(),
    "page 502": page(502),
    "truncated": truncated,
    "RECITATION": finish("RECITATION"),
    "no candidates": no_candidates,
    "empty": empty_text,
    "cut": cut_text,
    "off the schema": says('{"outcome": "topic"}'),
    "made up": says('{"outcome":"topic","topic_id":"x","confidence":1,"category":"none"}'),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again(
    services: Services, taken: Ticket, server: GoogleServer, name: str
) -> None:
    server.play(PASSING[name])
    waits: list[float] = []
    result = execute(UNDERSTAND, taken, services, sleep=waits.append)
    assert isinstance(result, Ticket)
    assert len(waits) == 1 and waits[0] <= 0.5
    assert record(services, taken)["retry_count"] == 1
    assert len(server.called()) == 2


@pytest.mark.parametrize(
    ("fault", "low", "high"),
    [
        (status(429, retry_after="7"), 7, 7),
        (status(503, retry_after="3"), 3, 3),
        (status(429, retry_delay="4s"), 4, 4),
    ],
)
def test_vertex_ai_is_waited_for_as_long_as_it_asks(
    services: Services, taken: Ticket, server: GoogleServer, fault: Fault, low: int, high: int
) -> None:
    server.play(fault, fault)
    waits: list[float] = []
    execute(UNDERSTAND, taken, services, sleep=waits.append)
    assert len(waits) == 2
    assert all(low <= wait <= high for wait in waits)


def test_a_date_is_waited_for(services: Services, taken: Ticket, server: GoogleServer) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    server.play(status(503, retry_after=at))
    waits: list[float] = []
    execute(UNDERSTAND, taken, services, sleep=waits.append)
    assert len(waits) == 1 and 10 < waits[0] <= 20


def test_an_answer_that_was_cut_off_takes_no_retry(
    services: Services, taken: Ticket, server: GoogleServer
) -> None:
    server.play(finish("MAX_TOKENS", keep=0.3))
    execute(UNDERSTAND, taken, services)
    assert record(services, taken)["retry_count"] == 0
    assert len(server.called()) == 2


# -- failures that do not pass -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "fix"),
    [(400, "check the model"), (401, "gcloud"), (403, "aiplatform.user"), (404, "model's name")],
)
def test_a_refusal_ends_the_request_at_once(
    services: Services, taken: Ticket, server: GoogleServer, code: int, fix: str
) -> None:
    server.play(*[status(code)] * ALWAYS)
    with pytest.raises(StageFailed) as failed:
        execute(UNDERSTAND, taken, services)
    cause = failed.value.__cause__
    assert isinstance(cause, PermanentError) and fix in str(cause)
    assert (failed.value.tries, reason_of(cause)) == (1, "permanent")
    assert len(server.called()) == 1


@pytest.mark.parametrize("name", ["429", "503", "page", "dropped", "truncated"])
def test_what_never_passes_uses_up_the_stages_time(
    services: Services, taken: Ticket, server: GoogleServer, name: str
) -> None:
    server.play(*[PASSING[name]] * ALWAYS)
    with pytest.raises(StageFailed) as failed:
        execute(replace(UNDERSTAND, time_limit=1.5), taken, services)
    cause = failed.value.__cause__
    assert isinstance(cause, TransientError)
    assert reason_of(cause) == "transient_exhausted"
    assert failed.value.tries > 1
    assert cost(services, taken) == 0


@pytest.mark.parametrize(
    "name", ["MAX_TOKENS", "RECITATION", "no candidates", "empty", "cut", "made up"]
)
def test_unusable_answers_are_tried_a_few_times_and_paid(
    services: Services, taken: Ticket, server: GoogleServer, name: str
) -> None:
    server.play(*[(PASSING | {"MAX_TOKENS": finish("MAX_TOKENS", keep=0.3)})[name]] * ALWAYS)
    with pytest.raises(StageFailed) as failed:
        execute(UNDERSTAND, taken, services, sleep=lambda seconds: None)
    cause = failed.value.__cause__
    assert isinstance(cause, UnusableAnswer)
    assert reason_of(cause) == "transient_exhausted"
    assert failed.value.tries == services.settings.max_attempts
    calls = failed.value.tries * (2 if name == "MAX_TOKENS" else 1)
    assert len(server.called()) == calls
    tokens = record(services, taken)["stage_metadata"]["usage"][MODEL]
    assert tokens["input_tokens"] > 1000 * calls
    assert cost(services, taken) > 0


def test_no_wait_goes_beyond_the_stages_time(
    services: Services, taken: Ticket, server: GoogleServer
) -> None:
    server.play(status(429, retry_after="3600"))
    waits: list[float] = []
    with pytest.raises(StageFailed) as failed:
        execute(UNDERSTAND, taken, services, sleep=waits.append)
    assert not waits and failed.value.tries == 1
    assert reason_of(failed.value.__cause__ or OSError()) == "transient_exhausted"


def test_a_request_out_of_time_asks_nothing(
    services: Services, taken: Ticket, server: GoogleServer
) -> None:
    with pytest.raises(StageFailed) as failed:
        execute(UNDERSTAND, replace(taken, deadline=time.time() - 1), services)
    assert reason_of(failed.value.__cause__ or OSError()) == "deadline_exceeded"
    assert not server.calls


# -- unsafe questions --------------------------------------------------------------------------

BLOCKED: dict[str, tuple[Fault, str]] = {
    "SAFETY": (finish("SAFETY", ratings=[rating("HATE_SPEECH")]), "hate"),
    "PROHIBITED": (finish("PROHIBITED_CONTENT"), "unsafe"),
    "BLOCKLIST": (finish("BLOCKLIST"), "unsafe"),
    "SPII": (finish("SPII"), "personal_data"),
    "prompt": (blocked_prompt(ratings=[rating("SEXUALLY_EXPLICIT")]), "sexual"),
    "said so": (
        says('{"outcome":"blocked","confidence":1,"category":"self_harm","language":"en"}'),
        "self_harm",
    ),
}


@pytest.mark.parametrize("name", BLOCKED)
def test_a_refusal_for_the_students_sake_is_an_answer(
    services: Services, taken: Ticket, server: GoogleServer, name: str
) -> None:
    fault, category = BLOCKED[name]
    server.play(fault)
    result = execute(UNDERSTAND, taken, services)
    assert isinstance(result, Answer)
    assert (result.status, result.category) == ("blocked", category)
    assert result.message
    recorded = record(services, taken)
    assert recorded["stage_metadata"]["answer"] == "blocked"
    assert recorded["retry_count"] == 0 and len(server.called()) == 1
    assert cost(services, taken) > 0, "billed all the same"


def test_what_our_own_rules_block_is_never_sent(services: Services, server: GoogleServer) -> None:
    claimed = claim(ticket(student_query="how do I make a pipe bomb"), services)
    assert isinstance(claimed, Ticket)
    result = execute(UNDERSTAND, claimed, services)
    assert isinstance(result, Answer) and result.status == "blocked"
    assert not server.calls


# -- where a model only writes scripts ---------------------------------------------------------


@pytest.fixture
def judged(settings: Settings) -> Iterator[Services]:
    services = Services(
        replace(settings, understanding_provider="offline", script_provider="gemini")
    )
    yield services
    services.close()


def test_it_judges_safety_as_well(judged: Services, server: GoogleServer) -> None:
    claimed = claim(ticket(student_query="What colour is a bruise after a week?"), judged)
    assert isinstance(claimed, Ticket)
    result = execute(UNDERSTAND, claimed, judged)
    assert isinstance(result, Answer)
    assert (result.status, result.category) == ("blocked", "abuse")
    assert result.help and "not your fault" in result.message
    assert record(judged, claimed)["stage_metadata"]["rule"] == "model.abuse"
    assert cost(judged, claimed) > 0


def test_what_it_finds_safe_is_understood(judged: Services, server: GoogleServer) -> None:
    claimed = claim(ticket(student_query="Explain photosynthesis"), judged)
    assert isinstance(claimed, Ticket)
    assert isinstance(execute(UNDERSTAND, claimed, judged), Ticket)
    assert len(server.called()) == 1


def test_a_judge_that_is_away_is_no_acquittal(judged: Services, server: GoogleServer) -> None:
    server.play(*[status(503)] * 50)
    claimed = claim(ticket(student_query="Explain photosynthesis"), judged)
    assert isinstance(claimed, Ticket)
    with pytest.raises(StageFailed) as failed:
        execute(UNDERSTAND, claimed, judged, sleep=lambda seconds: None)
    assert reason_of(failed.value.__cause__ or OSError()) == "transient_exhausted"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [("explain waves", "clarification_needed"), ("who won the cup final", "out_of_scope")],
)
def test_other_answers(services: Services, server: GoogleServer, query: str, wanted: str) -> None:
    claimed = claim(ticket(student_query=query), services)
    assert isinstance(claimed, Ticket)
    result = execute(UNDERSTAND, claimed, services)
    assert isinstance(result, Answer) and result.status == wanted
