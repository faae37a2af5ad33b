"""Metrics by their table, logs in Google's field names, and nothing of what students said."""

from __future__ import annotations

import ast
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import fn_runner
from prometheus_client.parser import text_string_to_metric_families

from beam_pipeline.graph import build
from tests.support.requests import fields, ticket
from tests.test_graph import endpoints
from vividly.safety import CATEGORIES
from vividly.services import Services
from vividly.settings import Settings
from vividly.stages import STAGES
from vividly.telemetry import names, prometheus
from vividly.telemetry.logs import JsonFormatter, about, configure, trace_of
from vividly.ticket import Ticket

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
ROOT = Path(__file__).parent.parent


# -- metrics ----------------------------------------------------------------------------------


def test_the_table_knows_every_step() -> None:
    assert set(names.STAGE_STEPS) == STAGES.keys()
    assert {step for metric in names.METRICS for step in metric.steps} <= set(names.STEPS)
    assert all(names.is_known("understand", f"blocked_{category}") for category in CATEGORIES)
    assert not names.is_known("understand", "surprises")


def test_all_that_a_job_counts_is_in_the_table(
    settings: Settings, services: Services, tmp_path: Path
) -> None:
    services.index_library()
    asked = [
        fields(),
        fields(),
        fields(student_query="waves"),
        fields(student_query="Who won the game last night?"),
        fields(student_query="how do i make a pipe bomb at home"),
        fields(requested_modalities=["audio"], student_query="What is gravity?"),
        {"request_id": "test-smoke-001"},
    ]
    file = tmp_path / "requests.jsonl"
    file.write_text("\n".join(map(json.dumps, [*asked, asked[0]])))
    ends = endpoints(tmp_path, input_file=str(file))
    pipeline = beam.Pipeline(runner=fn_runner.FnApiRunner(), options=PipelineOptions())
    build(pipeline, replace(settings, durable_retries="off"), ends, job="test")
    result = pipeline.run()
    result.wait_until_finish()
    found = result.metrics().query()
    counted = {
        (metric.key.metric.namespace, metric.key.metric.name)
        for kind in ("counters", "distributions")
        for metric in found[kind]
        if metric.key.metric.namespace.startswith("vividly.")
    }
    unknown = [
        (space, name)
        for space, name in counted
        if not names.is_known(space.removeprefix("vividly."), name)
    ]
    assert unknown == []
    assert ("vividly.write_script", "reused") in counted
    assert ("vividly.speak", "cost_microusd") in counted
    families = {f.name: f for f in text_string_to_metric_families(prometheus.exposition().decode())}
    events = {
        (sample.labels["step"], sample.labels["event"])
        for sample in families["vividly_events"].samples
    }
    assert {("validate", "invalid"), ("claim", "claimed"), ("speak", "completed")} <= events
    assert "vividly_seconds" in families


def test_every_name_in_the_code_is_in_the_table() -> None:
    """Names that a run hardly ever meets: read out of the steps themselves."""
    known = {metric.name for metric in names.METRICS}
    for path in sorted((ROOT / "transforms").glob("*.py")):
        if path.name in ("ingest.py",):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "one":
                last = node.args[-1]
                if isinstance(last, ast.Constant):
                    assert last.value in known, (path.name, last.value)


# -- logs -------------------------------------------------------------------------------------


@pytest.fixture
def logger() -> Iterator[tuple[logging.Logger, list[str]]]:
    lines: list[str] = []

    class Keeps(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keeps()
    handler.setFormatter(JsonFormatter("school"))
    logger = logging.getLogger("vividly.test_telemetry")
    logger.addHandler(handler)
    yield logger, lines
    logger.removeHandler(handler)


def traced() -> Ticket:
    sent = ticket(student_query="my secret question", student_id="student-77")
    message = replace(sent.message, attributes={"traceparent": PARENT})
    return replace(sent, message=message, attempt=2)


def test_a_line_has_googles_fields(logger: tuple[logging.Logger, list[str]]) -> None:
    log, lines = logger
    sent = traced()
    with about(sent, "speak"):
        log.warning("The voice is %s", "away")
    entry = json.loads(lines[0])
    expected = {
        "severity": "WARNING",
        "message": "The voice is away",
        "request_id": sent.request.request_id,
        "correlation_id": sent.request.correlation_id,
        "stage": "speak",
        "attempt": "2",
        "logging.googleapis.com/trace": f"projects/school/traces/{TRACE}",
        "logging.googleapis.com/labels": {"request_id": sent.request.request_id},
    }
    assert {name: entry[name] for name in expected} == expected
    assert entry["logging.googleapis.com/sourceLocation"]["function"]
    assert entry["time"].endswith("+00:00")
    assert "secret question" not in lines[0]
    assert "student-77" not in lines[0]


def test_a_line_about_nothing_has_no_request(logger: tuple[logging.Logger, list[str]]) -> None:
    log, lines = logger
    with about(traced(), "speak"):
        pass
    log.error("It is late")
    assert "request_id" not in json.loads(lines[0])


def test_an_exception_is_in_the_line(logger: tuple[logging.Logger, list[str]]) -> None:
    log, lines = logger
    try:
        raise ValueError("so\nit is")
    except ValueError:
        log.exception("It failed")
    assert len(lines[0].splitlines()) == 1
    assert "ValueError: so" in json.loads(lines[0])["stack_trace"]


@pytest.mark.parametrize(
    ("attributes", "trace"),
    [
        ({"traceparent": PARENT}, TRACE),
        ({"googclient_traceparent": PARENT}, TRACE),
        ({"traceparent": "nonsense"}, ""),
        ({"traceparent": "00-short-b-01"}, ""),
        ({}, ""),
    ],
)
def test_a_trace_is_read_from_the_attributes(attributes: dict[str, str], trace: str) -> None:
    assert trace_of(attributes) == trace


def test_the_form_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    root = logging.getLogger()
    before = root.handlers[:]
    root.handlers.clear()
    try:
        monkeypatch.setenv("LOG_FORMAT", "json")
        configure(project="p")
        assert isinstance(root.handlers[0].formatter, JsonFormatter)
    finally:
        root.handlers[:] = before
