"""The canary and the checklist, against the real job: all up, and with each service down."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from beam_pipeline.cli.probe import Question
from beam_pipeline.pubsub import subscription_of
from tests.support.command_line import vividly
from tests.support.google_faults import status
from tests.support.google_server import GoogleServer
from tests.support.google_understand import understands
from tests.support.google_vertex import asks_for
from tests.support.real_job import System
from tests.support.requests import fields, ticket
from tests.support.script_server import ScriptModel
from tests.support.tts_server import speech_server
from vividly.execution.claiming import claim
from vividly.execution.services import Services
from vividly.execution.stages import STAGES
from vividly.execution.stages.execute import execute
from vividly.model.request import MARK
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket

pytestmark = pytest.mark.slow
QUESTION = Question("Explain photosynthesis", 9, "basketball")


def files_of(system: System) -> list[str]:
    """The objects in both buckets."""
    return [
        path.name
        for bucket in ("generated", "temp")
        for path in (system.folder / bucket).rglob("*")
        if path.is_file()
    ]


@pytest.mark.parametrize("system", ["prod"], indirect=True)
def test_in_production_both_make_their_lesson_anew_and_leave_nothing(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beam_pipeline.cli.canary.draw", lambda: QUESTION)
    with system.job():
        sung = vividly("canary", "--modality", "audio", "--json")
        checked = vividly("smoke", "--modality", "audio", "--json")
    assert sung.code == 0, sung.out
    assert (sung.json["passed"], sung.json["status"]) == (True, "completed")
    stages = sung.json["stages"]
    assert {name: part["how"] for name, part in stages.items()} == dict.fromkeys(STAGES, "made") | {
        "render": "skipped"
    }
    assert stages["speak"]["by"].startswith("hibari/")
    assert 0 < sung.json["seconds_to_text"] <= sung.json["seconds_to_end"]
    # The same question once more.
    assert checked.code == 0, checked.out
    assert len(checked.json) == 9
    assert all(one["passed"] for one in checked.json)
    assert files_of(system) == []
    assert "No requests" in vividly("requests").out
    assert vividly("dlq", "list").out.strip() == "No dead letters."
    with system.services.engine.connect() as connection:
        for table in ("lessons", "request_stages", "request_events", "work_leases"):
            count = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            assert count == 0, table
    name = subscription_of(system.topics.notifications)
    told = system.resources.pull(name, limit=100, wait=1.0)
    assert {one.attributes[MARK] for one in told} == {"canary", "smoke"}
    assert vividly("purge", "--test-data", "--yes").code == 2, "all of it, by accident"


def test_where_no_job_runs_the_checklist_says_so(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beam_pipeline.cli.canary.LETTER_S", 1.0)
    asleep = vividly("smoke", "--modality", "text", "--patience", "1", "--json")
    assert asleep.code == 1
    failed = {one["check"]: one["detail"] for one in asleep.json if not one["passed"]}
    assert "is the job running?" in failed["its parts are made, not found"]
    assert failed["a bad message is a dead letter"] == "none came"
    late = failed["what it left is removed"]
    assert late.startswith("Removed: 1 request; a dead letter has not come yet. Later: vividly")
    with system.job():
        # The first message is a dead letter now; the second starts nothing.
        system.until(lambda: len(vividly("dlq", "list", "--json").json) == 1)
    assert vividly(*late.partition("Later: vividly ")[2].split(), "--yes").code == 0
    assert vividly("dlq", "list").out.strip() == "No dead letters."
    assert "No requests" in vividly("requests").out


# -- with a service down -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("away", "modality", "stage"),
    [
        ("model", "text", "understand"),
        ("voice", "audio", "speak"),
        ("renderer", "video", "render"),
    ],
)
def test_it_is_red_where_something_is_away_though_students_find_their_lesson_made(
    system: System, monkeypatch: pytest.MonkeyPatch, away: str, modality: str, stage: str
) -> None:
    monkeypatch.setattr("beam_pipeline.cli.canary.draw", lambda: QUESTION)
    asked = fields(requested_modalities=[modality])
    assert asked["student_query"] == QUESTION.query
    with ExitStack() as stack, ExitStack() as voice:
        vertex = stack.enter_context(GoogleServer())
        understands(vertex)
        vertex.generates(asks_for("scenes"), ScriptModel())
        speech = voice.enter_context(speech_server("rest"))
        providers = {
            "understanding_provider": "gemini",
            "script_provider": "gemini",
            "vertex_project": "school",
            "vertex_endpoint": vertex.url,
            "speech_provider": "google",
            "tts_transport": "rest",
            "tts_endpoint": speech.url,
        }
        make(replace(system.services.settings, **providers), asked)
        if away == "model":
            vertex.play(*[status(503)] * 1_000)
        if away == "voice":
            voice.close()  # no server listens there now
        options = [f"--{name}={value}" for name, value in providers.items()]
        job = stack.enter_context(
            system.job(
                *options,
                "--launch_checks=settings",
                "--durable_retries=off",
                f"--stage_deadlines={stage}=4",
            )
        )
        if away == "renderer":
            stack.enter_context(renders_killed(job.pid))
        student = system.publish(asked | {"request_id": fields()["request_id"]})
        system.until(lambda: system.row(student).get("status") == "completed")
        sung = vividly("canary", "--modality", modality, "--json")
    assert sung.code == 1, sung.out
    (fault,) = sung.json["faults"]
    assert fault.startswith(f"it failed in {stage}: ")
    made = {name: part["how"] for name, part in sung.json["stages"].items()}
    assert made[stage] == "failed"
    assert "found" not in made.values()
    assert sung.json["problem"] == ""
    assert sung.json["removed"]["dead letters"] == 1
    assert not [name for name in files_of(system) if name.startswith(sung.json["request_id"])]
    assert system.row(sung.json["request_id"]) == {}


def make(settings: Settings, asked: Mapping[str, Any]) -> None:
    """Make a student's lesson, for others to find."""
    services = Services(settings)
    held = claim(ticket(**asked), services)
    for stage in STAGES.values():
        assert isinstance(held, Ticket)
        if stage.applies(held.request):
            done = execute(stage, held, services)
            assert isinstance(done, Ticket), done
            held = done
    assert isinstance(held, Ticket)
    services.ledger.finish(held, "completed", message="", details={})
    services.close()


@contextmanager
def renders_killed(job: int) -> Iterator[None]:
    """No process lives that the job renders in."""
    over = threading.Event()

    def kill() -> None:
        while not over.wait(0.02):
            for process in children_of(job):
                with suppress(OSError):  # it has ended by itself
                    if b"render_process" in Path(f"/proc/{process}/cmdline").read_bytes():
                        os.kill(process, signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    try:
        yield
    finally:
        over.set()
        killer.join()


def children_of(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(folder.name))
    return found
