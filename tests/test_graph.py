"""The whole graph, on a stream, and on a file."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipeline.graph import build
from beam_pipeline.local.bounded import bounded_runner
from beam_pipeline.options import Endpoints
from tests.support.bundles import Fed
from tests.support.requests import fields
from vividly.execution.services import Services
from vividly.model.request import Message
from vividly.model.settings import Settings
from vividly.platform.ledger import queries


def endpoints(folder: Path, **changes: str) -> Endpoints:
    paths = {
        "input_subscription": "",
        "input_file": "",
        "dead_letters": str(folder / "dead-letters.jsonl"),
        "notifications": str(folder / "notifications.jsonl"),
        "media_topic": "",
        "media_subscription": "",
        "stages": "all",
    }
    return Endpoints(**(paths | changes))


def read(path: str) -> list[dict]:
    """The messages of a file, data decoded."""
    records = [json.loads(line) for line in Path(path).read_text().splitlines()]
    return [r | {"data": base64.b64decode(r["data"])} for r in records]


def encoded(**changes: object) -> bytes:
    return json.dumps(fields(**changes)).encode()


def test_on_a_stream_each_message_comes_to_its_own_end(
    settings: Settings, services: Services, tmp_path: Path
) -> None:
    lesson, waves, game = (
        fields(student_query=q)
        for q in ("Explain photosynthesis", "waves", "Who won the game last night?")
    )
    sent = [json.dumps(f).encode() for f in (lesson, waves, game)]
    sent += [sent[0], b"not json", encoded(request_id="test-smoke-001")]
    ends = endpoints(tmp_path)
    graph = Fed(lambda to, read: build(to, settings, ends, job="test", messages=read))
    for at, data in enumerate(sent):
        graph.feed(Message(data, {"n": str(at)}))

    rows = queries.by_id(services.engine, [f["request_id"] for f in (lesson, waves, game)])
    assert {f["student_query"]: rows[f["request_id"]]["status"] for f in (lesson, waves, game)} == {
        "Explain photosynthesis": "completed",
        "waves": "clarification_needed",
        "Who won the game last night?": "out_of_scope",
    }
    letters = read(ends.dead_letters)
    assert sorted(letter["data"] for letter in letters) == sorted(sent[-2:])
    assert {letter["attributes"]["dlq_reason"] for letter in letters} == {"invalid"}
    assert {letter["attributes"]["n"] for letter in letters} == {"4", "5"}
    told = [json.loads(note["data"]) for note in read(ends.notifications)]
    assert sorted((note["event"], note["request_id"]) for note in told) == sorted(
        [
            ("text_ready", lesson["request_id"]),
            ("completed", lesson["request_id"]),
            ("clarification_needed", waves["request_id"]),
            ("out_of_scope", game["request_id"]),
        ]
    )
    assert graph.counted["vividly.validate", "invalid"] == 2
    assert graph.counted["vividly.claim", "claimed"] == 3
    assert graph.counted["vividly.write_script", "completed"] == 1


def test_text_alone_runs_neither_speech_nor_rendering(
    settings: Settings, services: Services, tmp_path: Path
) -> None:
    request = fields(requested_modalities=["text"])
    file = tmp_path / "requests.jsonl"
    file.write_bytes(json.dumps(request).encode() + b"\n\n")
    with beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"])) as pipeline:
        build(pipeline, settings, endpoints(tmp_path, input_file=str(file)), job="test")
    stages = queries.stages(services.engine, request["request_id"])
    assert {s["stage_name"]: s["status"] for s in stages} == {
        "understand": "completed",
        "find_lesson": "completed",
        "retrieve": "completed",
        "write_script": "completed",
        "speak": "skipped",
        "render": "skipped",
        "deliver": "skipped",
    }
    row = queries.by_id(services.engine, [request["request_id"]])[request["request_id"]]
    assert row["status"] == "completed"
    assert row["video_url"] is None


def test_several_worker_processes_need_nothing_but_what_is_pickled(
    settings: Settings, services: Services, tmp_path: Path
) -> None:
    requests = [fields(requested_modalities=["text"]) for _ in range(4)]
    file = tmp_path / "requests.jsonl"
    file.write_bytes(b"\n".join(json.dumps(r).encode() for r in requests))
    options = PipelineOptions(["--direct_running_mode=multi_processing", "--direct_num_workers=2"])
    with beam.Pipeline(runner=bounded_runner(options), options=options) as pipeline:
        build(
            pipeline,
            settings,
            endpoints(tmp_path, input_file=str(file)),
            job="test",
            rebalance=True,
        )
    rows = queries.by_id(services.engine, [r["request_id"] for r in requests])
    assert {row["status"] for row in rows.values()} == {"completed"}
