"""A worker's logs as the runner receives them: Beam's handler, over its real connection."""

from __future__ import annotations

import logging
import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from apache_beam.portability.api import (
    beam_fn_api_pb2,
    beam_fn_api_pb2_grpc,
    endpoints_pb2,
)
from apache_beam.runners.worker.log_handler import FnApiLogRecordHandler

from tests.support.requests import ticket
from transforms.concurrent import ConcurrentDoFn, Emitted
from transforms.worker_logs import add_request_to_logs
from vividly.execution.services import Services
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.platform.telemetry.logs import log_context

LOG = logging.getLogger("vividly.test_worker_logs")


class Runner(beam_fn_api_pb2_grpc.BeamFnLoggingServicer):
    """The logging service that a worker finds at the runner."""

    def __init__(self) -> None:
        self.entries: queue.Queue[beam_fn_api_pb2.LogEntry] = queue.Queue()

    def Logging(self, lists: Iterator[beam_fn_api_pb2.LogEntry.List], context: object) -> Iterator:
        for entries in lists:
            for entry in entries.log_entries:
                self.entries.put(entry)
        yield from ()

    def next(self) -> beam_fn_api_pb2.LogEntry:
        return self.entries.get(timeout=300)


@pytest.fixture
def runner() -> Iterator[Runner]:
    service = Runner()
    server = grpc.server(ThreadPoolExecutor(2))
    beam_fn_api_pb2_grpc.add_BeamFnLoggingServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    handler = FnApiLogRecordHandler(endpoints_pb2.ApiServiceDescriptor(url=f"127.0.0.1:{port}"))
    handler.addFilter(lambda record: record.name == LOG.name)
    root = logging.getLogger()
    root.addHandler(handler)
    yield service
    root.removeHandler(handler)
    handler.close()
    server.stop(None)


def test_a_step_that_is_set_up_tells_requests(
    runner: Runner, settings: Settings, services: Services
) -> None:
    class Says(ConcurrentDoFn):
        def work(self, element: Ticket) -> Emitted:
            LOG.warning("So it is")
            return Emitted()

    sent = ticket()
    says = Says(settings, "speak")
    says.setup()
    says._work(sent)
    assert runner.next().custom_data["request_id"] == sent.request.request_id


def test_a_line_tells_its_request(runner: Runner) -> None:
    add_request_to_logs()
    add_request_to_logs()
    sent = ticket(
        student_query="my secret question", student_id="student-77", correlation_id="gateway-7"
    )
    with log_context(sent, "speak"):
        LOG.warning("The voice is %s", "away")
    LOG.warning("It is late")
    entry, other = runner.next(), runner.next()
    request = sent.request
    trace = request.request_id.replace("-", "")
    assert dict(entry.custom_data) == {
        "request_id": request.request_id,
        "correlation_id": request.correlation_id,
        "stage": "speak",
        "attempt": str(sent.attempt),
        "logging.googleapis.com/trace": trace,
    }
    assert entry.severity == beam_fn_api_pb2.LogEntry.Severity.WARN
    assert entry.message == (
        f"The voice is away [request_id={request.request_id} correlation_id=gateway-7"
        f" stage=speak attempt={sent.attempt}]"
    )
    assert other.message == "It is late"
    assert not dict(other.custom_data)
    assert "secret" not in str(entry)
    assert "student-77" not in str(entry)


def test_an_id_writes_no_line_of_its_own(runner: Runner) -> None:
    add_request_to_logs()
    with log_context(ticket(correlation_id="a\n2026-11-27 ERROR all is lost"), "speak"):
        LOG.warning("So it is")
    assert "\n" not in runner.next().message


def test_an_error_keeps_its_traceback(runner: Runner) -> None:
    add_request_to_logs()
    with log_context(ticket(), "render"):
        try:
            raise ValueError("so it is")
        except ValueError:
            LOG.exception("It failed")
    entry = runner.next()
    assert "ValueError: so it is" in entry.trace
    assert entry.custom_data["stage"] == "render"
