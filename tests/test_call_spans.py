"""Spans of the calls of stages: part of the request's trace, without a student's words."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from tests.support.google_faults import status
from tests.support.google_server import GoogleServer
from tests.support.google_understand import understands
from tests.support.requests import ticket
from vividly.execution.claiming import claim
from vividly.execution.services import Services
from vividly.execution.stages import UNDERSTAND
from vividly.execution.stages.execute import execute
from vividly.model.errors import PermanentError
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.platform.ledger.engine import database_errors
from vividly.platform.telemetry.traces import flush, stage_span, trace_id

WORDS = "zebrafish"
"""What the student says, in the question, the prompt, the model's errors, SQL and addresses."""


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        server.route("GET", "/page", lambda _: {"said": WORDS})
        yield understands(server)


@pytest.fixture
def settings(settings: Settings, server: GoogleServer, tmp_path: Path) -> Settings:
    """Settings of a traced job with Gemini for understanding."""
    return replace(
        settings,
        understanding_provider="gemini",
        vertex_project="demo-project",
        vertex_endpoint=server.url,
        trace_export=str(tmp_path / "spans.jsonl"),
    )


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that asks for all that the instrumentors can record."""
    for name, value in {
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "SPAN_AND_EVENT",
        "OTEL_INSTRUMENTATION_GENAI_EMIT_EVENT": "true",
        "OTEL_GOOGLE_GENAI_GENERATE_CONTENT_CONFIG_INCLUDES": "*",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_REQUEST": ".*",
        "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_RESPONSE": ".*",
    }.items():
        monkeypatch.setenv(name, value)


def spans(settings: Settings) -> list[dict[str, Any]]:
    flush(settings.trace_export)
    return [json.loads(line) for line in Path(settings.trace_export).read_text().splitlines()]


def claimed(services: Services) -> Ticket:
    taken = claim(ticket(student_query=f"Explain photosynthesis of my {WORDS}"), services)
    assert isinstance(taken, Ticket)
    return taken


def test_a_stages_calls_are_in_its_trace(settings: Settings, services: Services) -> None:
    taken = claimed(services)
    with stage_span(settings.trace_export, taken, "understand"):
        execute(UNDERSTAND, taken, services)
    found = spans(settings)
    trace = trace_id(taken.request.request_id, taken.message.attributes)
    assert {span["context"]["trace_id"] for span in found} == {f"0x{trace}"}
    (stage,) = (span for span in found if span["name"] == "understand")
    (model,) = (span for span in found if "gen_ai.request.model" in span["attributes"])
    assert model["parent_id"] == stage["context"]["span_id"]
    assert model["attributes"]["gen_ai.usage.input_tokens"] > 0
    (sent,) = (span for span in found if span["name"] == "POST")
    assert sent["parent_id"] == model["context"]["span_id"]
    statements = [span["attributes"].get("db.statement", "") for span in found]
    assert any("UPDATE content_requests" in statement for statement in statements)
    assert services.engine.url.password is None or services.engine.url.password not in str(found)


def test_no_span_holds_a_students_words(
    settings: Settings, services: Services, server: GoogleServer
) -> None:
    taken = claimed(services)
    said = f"The prompt about {WORDS} is too long"
    server.play(status(503, said), status(429, said, retry_after="0"))
    address = f"{server.url}/page?student={WORDS}"
    with stage_span(settings.trace_export, taken, "understand"):
        execute(UNDERSTAND, taken, services)
        with httpx.Client(headers={"X-Student": WORDS}) as client:
            assert client.get(address.replace("//", f"//{WORDS}:{WORDS}@")).json()["said"] == WORDS
            with pytest.raises(httpx.ConnectError):
                client.get(f"http://127.0.0.1:1/page?student={WORDS}")
        with services.engine.connect() as connection:
            found = connection.execute(text("SELECT :words"), {"words": WORDS}).scalar()
            assert found == WORDS
        with (
            pytest.raises(PermanentError),
            database_errors(services.engine),
            services.engine.connect() as connection,
        ):
            connection.execute(text("SELECT CAST(:words AS integer)"), {"words": WORDS})
    with (
        suppress(PermanentError),
        stage_span(settings.trace_export, taken, "retrieve"),
    ):
        raise PermanentError(f"Nothing is known of {WORDS}")
    assert WORDS in json.dumps([call.body for call in server.called()])
    assert server.unplayed == 0
    exported = spans(settings)
    statements = [span["attributes"].get("db.statement") for span in exported]
    assert {"SELECT %s", "SELECT CAST(%s AS integer)"} <= set(statements)
    assert len([span for span in exported if span["name"] == "POST"]) == 3
    addresses = {span["attributes"].get("http.url") for span in exported}
    assert f"{server.url}/page" in addresses
    assert "ERROR" in {span["status"]["status_code"] for span in exported}
    assert WORDS not in Path(settings.trace_export).read_text()


def test_what_is_called_outside_a_stage_is_not_traced(
    settings: Settings, services: Services
) -> None:
    taken = claimed(services)
    services.ledger.cost(taken)
    with stage_span(settings.trace_export, taken, "speak"):
        pass
    assert [span["name"] for span in spans(settings)] == ["speak"]


def test_nothing_is_instrumented_where_nothing_is_traced() -> None:
    program = """
import sys
from tests.support.requests import ticket
from vividly.platform.telemetry.traces import stage_span
with stage_span("", ticket(), "speak"):
    pass
print([name for name in sys.modules if name.startswith("opentelemetry.instrumentation")])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
