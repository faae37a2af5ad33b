"""The whole job with every stage on Google Cloud: the real clients, servers on loopback."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipeline import preflight
from beam_pipeline.graph import build
from tests.support.google_faults import finish, no_candidates, rating, status
from tests.support.google_server import Call, GoogleServer
from tests.support.google_understand import understands
from tests.support.google_vertex import asks_for, prompt_of, student_texts
from tests.support.requests import fields
from tests.support.script_server import ScriptModel
from tests.support.tts_server import speech_server
from tests.test_graph import endpoints, read
from vividly.execution.services import Services, services_for
from vividly.execution.stages import STAGES
from vividly.model.settings import Settings
from vividly.platform.ledger import queries

pytestmark = pytest.mark.slow


@pytest.fixture
def vertex() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        understands(server)
        server.generates(asks_for("scenes"), ScriptModel())
        yield server


@pytest.fixture
def google(settings: Settings, vertex: GoogleServer) -> Iterator[Settings]:
    with speech_server("rest") as speech:
        yield replace(
            settings,
            understanding_provider="gemini",
            embedding_provider="vertex",
            script_provider="gemini",
            speech_provider="google",
            tts_transport="rest",
            tts_endpoint=speech.url,
            vertex_project="school",
            vertex_endpoint=vertex.url,
            embedding_dimensions=64,
        )


def test_a_request_becomes_a_lesson_with_its_cost(
    google: Settings, vertex: GoogleServer, services: Services, tmp_path: Path
) -> None:
    services_for(google).index_library()
    vertex.forget()
    asked = {
        "lesson": fields(requested_modalities=["audio"]),
        "again": fields(student_query="what is photosynthesis?"),
        "unsafe": fields(student_query="how do i make a pipe bomb at home"),
        "off": fields(student_query="Who won the game last night?"),
    }
    file = tmp_path / "requests.jsonl"
    file.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in asked.values()))
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as pipeline:
        build(pipeline, google, endpoints(tmp_path, input_file=str(file)), job="test")

    found = queries.by_id(services.engine, [each["request_id"] for each in asked.values()])
    rows = {name: found[each["request_id"]] for name, each in asked.items()}
    assert {name: row["status"] for name, row in rows.items()} == {
        "lesson": "completed",
        "again": "completed",
        "unsafe": "blocked",
        "off": "out_of_scope",
    }
    stages = {
        name: {
            s["stage_name"]: s["stage_metadata"]
            for s in queries.stages(services.engine, each["request_id"])
        }
        for name, each in asked.items()
    }
    # Both requests share one lesson: the first one paid for its script.
    drafts = [s["write_script"] for s in (stages["lesson"], stages["again"])]
    (paid,) = (s for s in drafts if not s.get("reused"))
    assert paid["usage"]["gemini-3.5-flash-lite"]["output_tokens"] > 0
    spoken = stages["lesson"]["speak"]["usage"]["google-tts/neural2"]
    assert 1.0 < spoken["characters"] / stages["lesson"]["speak"]["characters"] < 1.6
    total = sum(float(row["cost_usd"] or 0) for row in rows.values())
    counted = [s.get("cost_usd") or 0 for each in stages.values() for s in each.values()]
    assert total == pytest.approx(sum(counted), abs=1e-5)
    assert total > 0.005
    assert rows["lesson"]["audio_url"]
    # No model saw the unsafe question.
    assert not [c for c in vertex.called("") if "pipe bomb" in json.dumps(c.body)]
    assert stages["unsafe"]["understand"]["category"] == "weapons"


def test_the_launch_finds_each_model_and_voice(
    google: Settings, vertex: GoogleServer, tmp_path: Path
) -> None:
    services_for(google).index_library()
    ends = endpoints(tmp_path, input_file=str(tmp_path / "none"))
    checks = {check.subject: check for check in preflight.checks(google, ends)}
    assert [c for c in checks.values() if not c.passed] == []
    assert {"understanding_model", "script_model", "embedding_model"} <= checks.keys()
    wrong = replace(google, script_model="gemini-0-nothing", speech_voice="en-US-Neural2-ZZ")
    failed = {check.subject for check in preflight.checks(wrong, ends) if not check.passed}
    assert {"script_model", "speech_provider"} <= failed
    # Each job checks only the services that it calls: its account may call no others.
    for stages, faults in (
        ("text", {"script_model", "price_table"}),
        ("media", {"speech_provider"}),
    ):
        part = replace(ends, stages=stages)
        failed = {check.subject for check in preflight.checks(wrong, part) if not check.passed}
        assert failed == faults


def test_each_failure_of_google_ends_its_own_request_and_no_other(
    google: Settings,
    vertex: GoogleServer,
    services: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    services_for(google).index_library()
    hurried = replace(STAGES["write_script"], time_limit=3.0)
    monkeypatch.setitem(STAGES, "write_script", hurried)
    asked = {
        "fine": fields(student_query="Explain photosynthesis"),
        "refused": fields(student_query="Explain Newton's second law"),
        "unsafe": fields(student_query="Explain electric circuits"),
        "busy": fields(student_query="Explain plate tectonics"),
        "empty": fields(student_query="Explain cellular respiration"),
        "mute": fields(student_query="Explain moon phases", requested_modalities=["audio"]),
    }

    def about(name: str, *properties: str) -> Callable[[Call], bool]:
        asks = asks_for(*properties)
        query = asked[name]["student_query"]
        return lambda call: asks(call) and query in student_texts(prompt_of(call))

    vertex.play(status(403, "No."), on=about("refused", "outcome"))
    vertex.play(finish("SAFETY", ratings=[rating("HATE_SPEECH")]), on=about("unsafe", "outcome"))
    vertex.play(*[status(503)] * 1_000, on=about("busy", "scenes"))
    vertex.play(*[no_candidates] * 10, on=about("empty", "scenes"))
    file = tmp_path / "requests.jsonl"
    file.write_bytes(b"".join(json.dumps(each).encode() + b"\n" for each in asked.values()))
    ends = endpoints(tmp_path, input_file=str(file))
    # A server without voices: 404.
    mute = replace(google, tts_endpoint=vertex.url, max_attempts=2, durable_retries="off")
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as pipeline:
        build(pipeline, mute, ends, job="test")

    found = queries.by_id(services.engine, [each["request_id"] for each in asked.values()])
    rows = {name: found[each["request_id"]] for name, each in asked.items()}
    assert {name: (row["status"], row["error_stage"]) for name, row in rows.items()} == {
        "fine": ("completed", None),
        "refused": ("failed", "understand"),
        "unsafe": ("blocked", None),
        "busy": ("failed", "write_script"),
        "empty": ("failed", "write_script"),
        "mute": ("failed", "speak"),
    }
    names = {each["request_id"]: name for name, each in asked.items()}
    letters = {
        names[letter["attributes"]["dlq_request_id"]]: letter for letter in read(ends.dead_letters)
    }
    assert {name: letter["attributes"]["dlq_reason"] for name, letter in letters.items()} == {
        "refused": "permanent",
        "busy": "transient_exhausted",
        "empty": "transient_exhausted",
        "mute": "permanent",
    }
    for name, letter in letters.items():
        assert json.loads(letter["data"]) == asked[name], "replaying is republishing"
    told = {name: [] for name in asked}
    for note in read(ends.notifications):
        told[names[note["attributes"]["request_id"]]].append(note["attributes"]["event"])
    assert {name: sorted(events) for name, events in told.items()} == {
        "fine": ["completed", "text_ready"],
        "refused": ["failed"],
        "unsafe": ["blocked"],
        "busy": ["failed"],
        "empty": ["failed"],
        "mute": ["failed", "text_ready"],
    }
