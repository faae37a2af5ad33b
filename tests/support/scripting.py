"""Requests with Gemini as the writer, for tests of scripts."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from tests.support.google_server import Call, GoogleServer, Json
from tests.support.google_understand import understands
from tests.support.google_vertex import asks_for
from tests.support.judge_server import JudgeModel
from tests.support.requests import ticket
from tests.support.script_server import Fault, ScriptModel
from vividly.execution.claiming import claim
from vividly.execution.services import Services
from vividly.execution.stages import FIND_LESSON, RETRIEVE, UNDERSTAND, WRITE_SCRIPT
from vividly.execution.stages.execute import StageFailed, execute
from vividly.lesson.grounding import DOUBT, check
from vividly.model.lesson import Answer, Retrieved, Script, from_json
from vividly.model.ticket import Ticket
from vividly.platform.ledger import queries

QUERY = "How do electric circuits work?"


@contextmanager
def gemini_services(services: Services, server: GoogleServer) -> Iterator[Services]:
    """The services of a job whose scripts Gemini writes."""
    understands(server)
    settings = replace(
        services.settings,
        script_provider="gemini",
        vertex_project="demo",
        vertex_endpoint=server.url,
        # The model repeats the corpus, whose words are plain: see the tests of reading levels.
        reading_level_tolerance=4.0,
    )
    with_gemini = Services(settings)
    yield with_gemini
    with_gemini.close()


def model(
    server: GoogleServer,
    *draft: Fault,
    repaired: tuple[Fault, ...] = (),
    judged: Mapping[str, Json] | None = None,
) -> ScriptModel:
    """A Gemini with these faults in the draft and in the repair, and these recorded judgements."""
    writer = ScriptModel(draft=draft, repaired=repaired)
    server.generates(asks_for("scenes"), writer)
    server.generates(asks_for("statements"), JudgeModel(judged or {}))
    return writer


def asked_to_write(server: GoogleServer) -> list[Call]:
    """The calls in which Gemini was asked for scenes."""
    return server.called(asks_for("scenes"))


def retrieved(services: Services, **changes: object) -> Ticket:
    """A ticket after retrieval, as the writer gets it."""
    fields = {"request_id": str(uuid.uuid4()), "student_query": QUERY, "interest": "basketball"}
    at = claim(ticket(**(fields | changes)), services)
    for stage in (UNDERSTAND, FIND_LESSON, RETRIEVE):
        assert isinstance(at, Ticket)
        at = execute(stage, at, services)
    assert isinstance(at, Ticket)
    return at


def written(services: Services, at: Ticket) -> Script:
    """The script that the request gets."""
    after = execute(WRITE_SCRIPT, at, services, sleep=lambda seconds: None)
    assert isinstance(after, Ticket)
    return from_json(Script, services.temp.read(after.results["write_script"]))


def failed(services: Services, at: Ticket) -> StageFailed:
    with pytest.raises(StageFailed) as caught:
        execute(WRITE_SCRIPT, at, services, sleep=lambda seconds: None)
    return caught.value


def no_lesson(services: Services, at: Ticket) -> str:
    """The stage metadata of a request that ended without a lesson."""
    ended = execute(WRITE_SCRIPT, at, services, sleep=lambda seconds: None)
    assert isinstance(ended, Answer)
    assert (ended.status, ended.category) == ("out_of_scope", "no_lesson_yet")
    why: str = record(services, at)["stage_metadata"]["why"]
    return why


def record(services: Services, at: Ticket) -> dict[str, Any]:
    rows = queries.stages(services.engine, at.request.request_id)
    return next(dict(row) for row in rows if row["stage_name"] == "write_script")


def assert_rests_on(script: Script, services: Services, at: Ticket) -> None:
    """Assert that the rules refute nothing in a script, by the retrieved passages."""
    found = from_json(Retrieved, services.temp.read(at.results["retrieve"]))
    findings = check(script, found.passages, bridge_interest="basketball")
    assert [finding for finding in findings if finding.kind != DOUBT] == []
