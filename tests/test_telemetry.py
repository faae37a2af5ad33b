"""Metrics as documented, logs with Google's field names, and no student text."""

from __future__ import annotations

import ast
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args, get_type_hints

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import fn_runner
from prometheus_client.parser import text_string_to_metric_families

from beam_pipeline.graph import build
from tests.support.beam import outputs_of
from tests.support.requests import fields, ticket
from tests.test_graph import endpoints
from transforms.claim import Claim
from transforms.hand_over import HandOver, ReadTokens
from transforms.lesson import CompleteLesson, TakeLesson
from transforms.parse import Parse
from transforms.stage import Stage, StageDoFn
from vividly.execution.claiming import claim
from vividly.execution.services import Services
from vividly.execution.stages import STAGES
from vividly.lesson.safety import CATEGORIES
from vividly.library.oer.load import Change
from vividly.model.request import Message
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket, Token
from vividly.platform.ledger.claims import Claim as Claimed
from vividly.platform.telemetry import names, prometheus
from vividly.platform.telemetry.logs import JsonFormatter, configure, log_context
from vividly.platform.telemetry.traces import flush, trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
ROOT = Path(__file__).parent.parent


# -- metrics ----------------------------------------------------------------------------------


def test_the_table_knows_every_step() -> None:
    assert set(names.STAGE_STEPS) == STAGES.keys()
    steps = {step for metric in names.METRICS for step in metric.steps}
    assert steps == {*names.STEPS, names.INGEST}
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


def counted(node: ast.Call) -> Iterator[str]:
    """The names that a call counts, as far as they are written out: in `Emitted(...)`,
    `Emitted.one(...)`, `_count(...)`, `Metrics.counter(...)` and `counts.append(...)`."""
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    given: list[ast.expr] = []
    if called == "one" or (called == "_count" and node.args):
        given = [node.args[-1]]
    elif called == "counter":
        given = [node.args[1]]
    elif called == "append" and getattr(getattr(node.func, "value", None), "attr", "") == "counts":
        given = node.args
    elif called == "Emitted":
        given = [*node.args[1:2], *(k.value for k in node.keywords if k.arg == "counts")]
    for expression in given:
        inner = expression.elts if isinstance(expression, ast.List) else [expression]
        for one in inner:
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                yield one.value
            elif isinstance(one, ast.IfExp):
                yield from (
                    branch.value
                    for branch in (one.body, one.orelse)
                    if isinstance(branch, ast.Constant)
                )


def test_every_name_in_the_code_is_in_the_table() -> None:
    """Names that a run hardly ever meets: read out of the steps themselves."""
    known = {metric.name for metric in names.METRICS}
    found: set[str] = set()
    for path in sorted((ROOT / "transforms").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                said = set(counted(node))
                assert said <= known, (path.name, said - known)
                found |= said
    assert {"superseded", "row_not_written", "over_cost", "unreadable", "invalid"} <= found
    assert set(get_args(Change)) <= known


def test_no_name_in_the_table_is_never_counted() -> None:
    text = "".join(path.read_text() for path in sorted((ROOT / "transforms").glob("*.py")))
    made_up = {
        *names.ANSWERS,
        *names.REASONS,
        *(f"failed_{reason}" for reason in names.REASONS),
        *(f"duplicate_{result}" for result in get_args(get_type_hints(Claimed)["result"])),
        *get_args(Change),
    }
    modules = (path.read_text() for path in (ROOT / "vividly").rglob("*.py"))
    tallied = "".join(module for module in modules if "import tally" in module)
    for metric in names.METRICS:
        counted = f'"{metric.name}"' in text or f"{metric.name}=" in tallied
        assert metric.name in made_up or counted, metric.name


def test_a_stage_that_fails_counts_its_tries(settings: Settings, services: Services) -> None:
    taken = claim(ticket(), services)
    assert isinstance(taken, Ticket)
    stage = StageDoFn(replace(settings, max_attempts=2), "retrieve")
    stage.setup()
    emitted = stage.work(taken.with_result("find_lesson", "find_lesson/00/gone.json"))
    assert sorted(emitted.counts) == ["failed_transient_exhausted", "retries"]
    assert "duration_ms" not in emitted.values_by_name, "means are of stages that came to an end"


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
    with log_context(sent, "speak"):
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
    with log_context(traced(), "speak"):
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


OWN = "d0805d49-5b84-4a88-8537-448a97871960"


@pytest.mark.parametrize(
    ("attributes", "trace"),
    [
        ({"traceparent": PARENT}, TRACE),
        ({"googclient_traceparent": PARENT}, TRACE),
        ({"traceparent": "nonsense"}, OWN.replace("-", "")),
        ({"traceparent": "00-short-b-01"}, OWN.replace("-", "")),
        ({"traceparent": f"00-{'0' * 32}-00f067aa0ba902b7-01"}, OWN.replace("-", "")),
        ({}, OWN.replace("-", "")),
    ],
)
def test_a_trace_is_the_messages_or_the_requests_own(
    attributes: dict[str, str], trace: str
) -> None:
    assert trace_id(OWN, attributes) == trace


def test_one_trace_goes_through_both_jobs(
    settings: Settings, services: Services, tmp_path: Path
) -> None:
    """The hand-over brings the attributes along, and with them the trace."""
    services.index_library()
    path = tmp_path / "traces" / "spans.jsonl"
    own = replace(settings, trace_export=str(path))
    request = fields(requested_modalities=["audio"], student_query="my own words about gravity")
    sent = Message(json.dumps(request).encode(), {"traceparent": PARENT})
    parsed = outputs_of(Parse("dev"), [sent], Message, "main", "failures")["main"]
    tickets = outputs_of(Claim(own), parsed, Ticket, "main", "failures")["main"]
    for name in ("understand", "find_lesson", "retrieve", "write_script"):
        tickets = outputs_of(Stage(name, own), tickets, Ticket, "main", "answers")["main"]
    handed = outputs_of(HandOver(own), tickets, Ticket, "main", "answers", "failures")["main"]
    received = [Message(one.data, one.attributes) for one in handed]
    tokens = outputs_of(ReadTokens(), received, Message, "main", "failures")["main"]
    tickets = outputs_of(TakeLesson(own), tokens, Token, "main", "failures")["main"]
    for name in ("speak", "render", "deliver"):
        tickets = outputs_of(Stage(name, own), tickets, Ticket, "main", "answers")["main"]
    outputs_of(CompleteLesson(own), tickets, Ticket, "main", "notifications", "failures")
    flush(own.trace_export)
    exported = [json.loads(line) for line in path.read_text().splitlines()]
    assert {span["context"]["trace_id"] for span in exported} == {f"0x{TRACE}"}
    # Except the calls of stages: tests/test_call_spans.py.
    spans = {span["name"]: span for span in exported if "request_id" in span["attributes"]}
    assert spans.keys() == (STAGES.keys() - {"render"}) | {"request"}
    assert {span["context"]["trace_id"] for span in spans.values()} == {f"0x{TRACE}"}
    root = spans["request"]
    assert root["parent_id"] == "0x00f067aa0ba902b7", "below whoever published it"
    parents = {span["parent_id"] for name, span in spans.items() if name != "request"}
    assert parents == {root["context"]["span_id"]}
    assert root["start_time"] <= min(span["start_time"] for span in spans.values())
    assert spans["speak"]["attributes"]["tries"] == 1
    assert "my own words" not in path.read_text()


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
