"""Gemini writes a wrong script or none: the result of a request."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support import script_server as faults
from tests.support.google_faults import cut_text, dropped, finish, status
from tests.support.google_server import GoogleServer
from tests.support.google_vertex import asks_for, prompt_of
from tests.support.script_server import Fault, insert
from tests.support.scripting import (
    QUERY,
    asked_to_write,
    assert_rests_on,
    failed,
    gemini_services,
    model,
    record,
    retrieved,
    written,
)
from vividly.execution.services import Services
from vividly.execution.stages import WRITE_SCRIPT
from vividly.execution.stages.execute import StageFailed, execute
from vividly.lesson.scripting import Brief, make_script_writer
from vividly.model.errors import NoLesson, PermanentError, TransientError, UnusableAnswer
from vividly.model.lesson import Answer, Retrieved, Script, Understanding, from_json
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.text.interests import EVERYDAY

INVENTED = insert("In 1831 Michael Faraday saw it in London.")


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield server


@pytest.fixture
def gemini(services: Services, server: GoogleServer) -> Iterator[Services]:
    with gemini_services(services, server) as with_gemini:
        yield with_gemini


# -- drafts that break the schema -------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (faults.wrong_order, "the scenes are title, explanation"),
        (faults.too_long_line, "characters"),
        (faults.markup, "markup"),
        (faults.far_too_short, "seconds, not of two to three minutes"),
        (faults.empty_scene, "has 0 lines"),
        (faults.said_twice, "was said before"),
        (faults.long_show, "shows 90 characters"),
    ],
)
def test_a_draft_off_its_form_is_asked_for_anew(
    gemini: Services, server: GoogleServer, fault: Fault, says: str
) -> None:
    writer, at = model(server, fault), retrieved(gemini)
    failure = failed(gemini, at)
    assert isinstance(failure.__cause__, UnusableAnswer)
    assert says in str(failure.__cause__) and "resistance" not in str(failure.__cause__)
    assert writer.drafts == failure.tries <= gemini.settings.max_attempts
    assert writer.repairs == 0


def test_a_repair_off_its_form_leaves_the_draft_without_its_faults(
    gemini: Services, server: GoogleServer
) -> None:
    writer = model(server, INVENTED, repaired=(faults.wrong_order,))
    at = retrieved(gemini)
    script = written(gemini, at)
    assert (writer.drafts, writer.repairs) == (1, 1)
    assert "the repaired script was off its form" in script.notes
    assert "Faraday" not in script.text
    assert_rests_on(script, gemini, at)


def test_a_cut_answer_is_asked_for_anew(gemini: Services, server: GoogleServer) -> None:
    writer = model(server)
    server.play(cut_text, on=asks_for("scenes"))
    written(gemini, retrieved(gemini))
    assert writer.drafts == 2


def test_an_answer_that_does_not_fit_gets_more_room(gemini: Services, server: GoogleServer) -> None:
    model(server)
    server.play(finish("MAX_TOKENS", keep=0.5), on=asks_for("scenes"))
    at = retrieved(gemini)
    written(gemini, at)
    limits = [c.body["generationConfig"]["maxOutputTokens"] for c in asked_to_write(server)]
    assert limits[1] == 2 * limits[0]
    assert record(gemini, at)["retry_count"] == 0


def test_a_judge_that_is_away_is_a_transient_failure_of_the_stage(
    gemini: Services, server: GoogleServer
) -> None:
    doubted = insert("Lightning heats the air to a plasma.")
    model(server, doubted)
    server.play(status(503), on=asks_for("statements"))
    at = retrieved(gemini)
    assert "plasma" not in written(gemini, at).text
    assert record(gemini, at)["retry_count"] == 1
    assert "judged: 1 statements, 1 refused" in record(gemini, at)["stage_metadata"]["notes"]


# -- the service ------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [status(503), status(429, retry_after="1"), dropped])
def test_a_service_that_stumbles_is_asked_again(
    gemini: Services, server: GoogleServer, fault: object
) -> None:
    writer = model(server)
    server.play(fault, on=asks_for("scenes"))  # type: ignore[arg-type]
    at = retrieved(gemini)
    written(gemini, at)
    # The server composes an answer even when it then drops the connection.
    assert writer.drafts >= 1 and record(gemini, at)["retry_count"] == 1


def test_a_missing_model_fails_for_good(gemini: Services, server: GoogleServer) -> None:
    model(server)
    at = retrieved(gemini)
    server.models.discard("gemini-3.5-flash-lite")
    failure = failed(gemini, at)
    assert isinstance(failure.__cause__, PermanentError) and failure.tries == 1


def test_a_service_that_stumbles_at_the_repair_is_asked_again(
    gemini: Services, server: GoogleServer
) -> None:
    writer = model(server, INVENTED)
    server.play(status(503), on=lambda call: "What is wrong with it" in str(call.body))
    at = retrieved(gemini)
    written(gemini, at)
    assert writer.drafts == 2 and record(gemini, at)["retry_count"] == 1


def test_a_refusal_as_unsafe_blocks_the_request(gemini: Services, server: GoogleServer) -> None:
    model(server)
    server.play(finish("SAFETY"), on=asks_for("scenes"))
    ended = execute(WRITE_SCRIPT, retrieved(gemini), gemini, sleep=lambda seconds: None)
    assert isinstance(ended, Answer) and ended.status == "blocked"


# -- the writer itself ------------------------------------------------------------------------


def test_passages_in_another_language_are_refused_before_anything_is_paid(
    gemini: Services, server: GoogleServer
) -> None:
    model(server)
    at = retrieved(gemini)
    with pytest.raises(NoLesson, match="'en' and the lesson is to be in 'es'"):
        gemini.script_writer.write(
            Brief(
                QUERY,
                grade_level=9,
                interest=None,
                language="es-MX",
                understanding=from_json(Understanding, gemini.temp.read(at.results["understand"])),
                retrieved=from_json(Retrieved, gemini.temp.read(at.results["retrieve"])),
            )
        )
    assert asked_to_write(server) == []


def test_no_passages_are_refused(gemini: Services, server: GoogleServer) -> None:
    with pytest.raises(PermanentError, match="no passages on 'none'"):
        gemini.script_writer.write(
            Brief(
                QUERY,
                grade_level=9,
                interest=None,
                language="en",
                understanding=Understanding("none", "None", "physics", 1.0),
                retrieved=Retrieved(()),
            )
        )


def test_without_an_interest_the_lesson_begins_with_everyday_life(
    gemini: Services, server: GoogleServer
) -> None:
    model(server)
    script = written(gemini, retrieved(gemini, interest=None))
    assert script.bridge == EVERYDAY
    prompt = prompt_of(asked_to_write(server)[0])
    assert "named no interest" in prompt and "] bridge: Connection to everyday life" in prompt


def test_the_identity_changes_with_what_the_script_depends_on(server: GoogleServer) -> None:
    base = Settings(
        "postgresql://u@h/d",
        "g",
        "t",
        script_provider="gemini",
        vertex_project="demo",
        vertex_endpoint=server.url,
    )
    changes: list[dict[str, object]] = [
        {},
        {"script_model": "gemini-3.8-flash"},
        {"script_temperature": 0.0},
        {"script_thinking": "high"},
        {"reading_level_tolerance": 1.0},
    ]
    names = [make_script_writer(replace(base, **c)).identity for c in changes]  # type: ignore[arg-type]
    assert len(set(names)) == len(names)
    assert all(
        f"{part}-" in names[0] for part in ("grounding/4", "repair_script/v5", "judge_grounding/v1")
    )


def test_many_threads_write_with_one_writer(gemini: Services, server: GoogleServer) -> None:
    model(server)
    tickets = [retrieved(gemini, interest=interest) for interest in ("music", "cars", "soccer")]
    scripts: dict[str, Script] = {}

    def run(at: Ticket) -> None:
        scripts[at.request.interest or ""] = written(gemini, at)

    threads = [threading.Thread(target=run, args=(at,)) for at in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: script.bridge for name, script in scripts.items()} == {
        "music": "music",
        "cars": "cars",
        "soccer": "soccer",
    }


def test_a_dead_service_is_no_fault_of_the_script(gemini: Services, server: GoogleServer) -> None:
    model(server)
    at = retrieved(gemini)
    slow = replace(WRITE_SCRIPT, time_limit=1.5)
    server.play(*[status(503)] * 50)
    with pytest.raises(StageFailed) as caught:
        execute(slow, at, gemini)
    assert isinstance(caught.value.__cause__, TransientError)
