"""Where spans are exported: OTLP on loopback, Cloud Trace with credentials, a file, nowhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import google.auth
import pytest
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from beam_pipeline import preflight
from tests.support.requests import ticket
from tests.test_graph import endpoints
from vividly.execution.services import Services
from vividly.model.errors import SettingsError
from vividly.model.settings import Settings
from vividly.platform.telemetry import exporters
from vividly.platform.telemetry.exporters import open_exporter
from vividly.platform.telemetry.traces import flush, request_span, stage_span, trace_id


class Collector:
    """The received spans, and their senders."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.requests: list[ExportTraceServiceRequest] = []
        self.authorizations: list[str | None] = []


@pytest.fixture
def collector() -> Iterator[Collector]:
    """An OTLP collector on loopback, which decodes what it receives."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.requests.append(ExportTraceServiceRequest.FromString(body))
            found.authorizations.append(self.headers.get("Authorization"))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Collector(f"http://127.0.0.1:{server.server_port}/v1/traces")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


class Token(Credentials):
    """Credentials that somebody has already fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.token = "a-token"

    def refresh(self, request: object) -> None:
        raise AssertionError("the token is good")


def trace_one(export: str) -> str:
    """The id of the trace of a request with one stage."""
    sent = replace(ticket(), attempt=1, deadline=time.time() + 50)
    with stage_span(export, sent, "speak"):
        pass
    request_span(export, sent, "completed", budget=60.0)
    flush(export)
    return trace_id(sent.request.request_id, sent.message.attributes)


def spans_of(collector: Collector) -> dict[str, str]:
    """Name of each span -> the trace that it is in."""
    return {
        span.name: span.trace_id.hex()
        for request in collector.requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    }


def test_a_collector_gets_the_spans(collector: Collector) -> None:
    trace = trace_one(collector.address)
    assert spans_of(collector) == {"speak": trace, "request": trace}
    assert set(collector.authorizations) == {None}


def test_cloud_trace_gets_them_with_credentials_and_project(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google.auth, "default", lambda **_: (Token(), "school"))
    monkeypatch.setattr(exporters, "CLOUD_ENDPOINT", collector.address)
    trace = trace_one("cloud")
    assert spans_of(collector) == {"speak": trace, "request": trace}
    assert set(collector.authorizations) == {"Bearer a-token"}
    (resource, *_) = collector.requests[0].resource_spans
    attributes = {one.key: one.value.string_value for one in resource.resource.attributes}
    assert attributes["gcp.project_id"] == "school"
    assert attributes["service.name"] == "vividly"


def test_a_request_that_was_never_claimed_spoils_no_others(collector: Collector) -> None:
    request_span(collector.address, ticket(), "failed", budget=60.0)
    trace = trace_one(collector.address)
    found = spans_of(collector)
    assert found["speak"] == trace
    assert len(collector.requests[0].resource_spans[0].scope_spans[0].spans) == 3


def no_credentials(**_: object) -> None:
    raise DefaultCredentialsError("none were found")


def test_where_spans_cannot_go_is_named_at_launch(
    settings: Settings, services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(google.auth, "default", no_credentials)
    for where, told in (("cloud", "none were found"), (f"{tmp_path}/file/x", "cannot be written")):
        traced = replace(settings, trace_export=where)
        ends = endpoints(tmp_path, input_file="requests.jsonl")
        with pytest.raises(SettingsError, match=rf"trace_export: .*{told}"):
            preflight.require(traced, ends)


def test_what_goes_later_costs_the_traces_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "traces"
    open_exporter(str(folder / "spans.jsonl"))
    (folder / "spans.jsonl").unlink()
    folder.rmdir()
    folder.touch()
    trace_one(str(folder / "spans.jsonl"))
    assert "Nothing is traced" in caplog.text
