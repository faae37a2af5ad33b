"""A student's words are in the request's row and its message, and nowhere else."""

from __future__ import annotations

import base64
import json
import logging
import uuid
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from sqlalchemy import text

from beam_pipeline.graph import build
from beam_pipeline.options import Endpoints
from tests.support.requests import fields
from vividly.execution.services import Services
from vividly.model.settings import Settings
from vividly.platform.ledger import queries

SECRETS = ("Zorbleflax", "qwubbit")
"""In every question and every interest; no program has a word for them."""
ASIDE = f" for my friend {SECRETS[0]}"
INTEREST = f"basketball with {SECRETS[1]}"
OURS = ("vividly", "transforms", "beam_pipeline")


def sent(query: str, **changes: Any) -> dict[str, Any]:
    return fields(**({"student_query": query + ASIDE, "interest": INTEREST} | changes))


def run(settings: Settings, folder: Path, *lines: bytes) -> dict[str, int]:
    """Run the text part of the job with these messages.

    Returns:
        Its counters, by step and name.
    """
    file = folder / f"{uuid.uuid4()}.jsonl"
    file.write_bytes(b"\n".join(lines) + b"\n")
    ends = Endpoints(
        input_subscription="",
        input_file=str(file),
        dead_letters=str(folder / "dead-letters.jsonl"),
        notifications=str(folder / "notifications.jsonl"),
        media_topic="",
        media_subscription="",
        stages="all",
    )
    pipeline = beam.Pipeline(options=PipelineOptions(["--runner=FnApiRunner"]))
    build(pipeline, settings, ends, job="test")
    result = pipeline.run()
    result.wait_until_finish()
    return {
        f"{counter.key.metric.namespace}/{counter.key.metric.name}": counter.committed
        for counter in result.metrics().query()["counters"]
    }


def letters(folder: Path) -> list[dict[str, Any]]:
    file = folder / "dead-letters.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def told(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "notifications.jsonl").read_text().splitlines()
    return [json.loads(base64.b64decode(json.loads(line)["data"])) for line in lines]


def row_of(services: Services, request: Mapping[str, Any]) -> Mapping[str, Any]:
    request_id = request["request_id"]
    return queries.by_id(services.engine, [request_id])[request_id]


def assert_private(caplog: pytest.LogCaptureFixture, services: Services, folder: Path) -> None:
    """Nothing that operators read holds a word of a student."""
    places = {"logs": caplog.text + repr([(r.msg, r.args) for r in caplog.records])}
    for at, letter in enumerate(letters(folder)):
        places[f"attributes of dead letter {at}"] = repr(letter["attributes"])
    tables = {
        "content_requests": (
            "error_message, error_stage, error_details, request_metadata, current_stage, topic, "
            "message_attributes"
        ),
        "request_stages": "to_jsonb(request_stages)",
        "request_events": "to_jsonb(request_events)",
        "work_leases": "to_jsonb(work_leases)",
    }
    with services.engine.connect() as connection:
        for table, columns in tables.items():
            rows = connection.execute(text(f"SELECT {columns} FROM {table}")).all()
            places[table] = repr(rows)
    for place, written in places.items():
        for secret in SECRETS:
            at = written.casefold().find(secret.casefold())
            assert at < 0, f"{place}: …{written[max(0, at - 300) : at + 60]}…"


@pytest.fixture
def caplog_all(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All log records: ours from DEBUG on, those of libraries from INFO on."""
    caplog.set_level(logging.INFO)
    for name in OURS:
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


def test_every_answer_is_private(
    settings: Settings,
    services: Services,
    tmp_path: Path,
    caplog_all: pytest.LogCaptureFixture,
) -> None:
    requests = {
        "completed": sent("Explain photosynthesis"),
        "clarification_needed": sent("waves", student_query=f"waves {SECRETS[0]}"),
        "out_of_scope": sent("Who won the game last night?"),
        "blocked": sent("i want to kill myself"),
    }
    interest = sent("Explain photosynthesis", interest=f"guns and {SECRETS[1]}")
    everything = [*requests.values(), interest]
    counted = run(settings, tmp_path, *(json.dumps(r).encode() for r in everything))
    assert {name: row_of(services, r)["status"] for name, r in requests.items()} == {
        name: name for name in requests
    }
    assert row_of(services, interest)["status"] == "blocked"
    assert counted["vividly.understand/blocked_self_harm"] == 1
    assert counted["vividly.find_lesson/blocked_weapons"] == 1
    assert not letters(tmp_path)
    blocked = [note for note in told(tmp_path) if note["event"] == "blocked"]
    assert sorted(note["category"] for note in blocked) == ["self_harm", "weapons"]
    assert all(not any(s in json.dumps(note) for s in SECRETS) for note in told(tmp_path))
    assert any("988" in note["message"] for note in blocked)
    (outside,) = (note for note in told(tmp_path) if note["event"] == "out_of_scope")
    assert "988" in outside["message"] and any("988" in line for line in outside["help"])
    assert counted["vividly.understand/help_offered"] == 2
    assert any(record.name.startswith(OURS) for record in caplog_all.records)
    assert_private(caplog_all, services, tmp_path)


def test_invalid_messages_are_private(
    settings: Settings,
    services: Services,
    tmp_path: Path,
    caplog_all: pytest.LogCaptureFixture,
) -> None:
    words = f"tell {SECRETS[0]} about {SECRETS[1]}"
    faulty: list[bytes] = [
        json.dumps(sent("hi", grade_level=words)).encode(),
        json.dumps(sent("x" * 600)).encode(),
        json.dumps(sent("hi", interest=words * 9)).encode(),
        json.dumps(sent("hi", request_id=words)).encode(),
        json.dumps(sent("hi", language=words)).encode(),
        json.dumps(sent("hi", environment=words)).encode(),
        json.dumps(sent("hi", requested_modalities=[words])).encode(),
        json.dumps(sent("hi", student_query=[words])).encode(),
        json.dumps(sent("hi\0")).encode(),
        json.dumps(words).encode(),
        f'{{"student_query": "{words}", "student_query": "{words}"}}'.encode(),
        f'{{"student_query": "{words}'.encode(),
        words.encode() + b"\xff",
    ]
    counted = run(settings, tmp_path, *faulty)
    assert counted["vividly.validate/invalid"] == len(faulty)
    assert len(letters(tmp_path)) == len(faulty)
    assert_private(caplog_all, services, tmp_path)


@pytest.mark.parametrize(
    ("breakage", "stage", "retriever"),
    [
        # The statement that ranks passages contains the question.
        ("ALTER TABLE passages RENAME COLUMN search TO gone", "retrieve", "postgres"),
        ("ALTER TABLE passages RENAME COLUMN search TO gone", "retrieve", "hybrid"),
        # PostgreSQL's error contains the whole row that it refuses.
        ("ALTER TABLE content_requests ADD CHECK (student_query = '')", "claim", "hybrid"),
    ],
)
def test_failures_are_private(
    settings: Settings,
    services: Services,
    tmp_path: Path,
    caplog_all: pytest.LogCaptureFixture,
    breakage: str,
    stage: str,
    retriever: str,
) -> None:
    settings = replace(settings, retrieval_provider=retriever)
    with services.engine.begin() as connection:
        connection.execute(text(breakage))
    run(settings, tmp_path, json.dumps(sent("Explain photosynthesis")).encode())
    (letter,) = letters(tmp_path)
    assert letter["attributes"]["dlq_stage"] == stage
    assert letter["attributes"]["dlq_error_message"]
    assert any(record.levelno >= logging.ERROR for record in caplog_all.records)
    assert_private(caplog_all, services, tmp_path)
