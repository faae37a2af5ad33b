"""Waits for an exhausted quota are reported to Dataflow, so that it adds no workers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import apache_beam as beam
import pytest
from apache_beam.metrics import MetricsFilter
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import fn_runner
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import PANE_INFO_UNKNOWN
from google.api_core import exceptions as cloud

import transforms.elements  # noqa: F401
from tests.support.google_faults import status
from tests.support.google_server import Fault, GoogleServer
from tests.support.google_understand import understands
from tests.support.requests import ticket
from transforms.concurrent import MAIN, ConcurrentDoFn, Emitted, step
from transforms.stage import Stage
from vividly.execution.claiming import claim
from vividly.execution.services import Services
from vividly.model.errors import PermanentError, TransientError
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.platform.breaker import Breaker, CircuitOpen
from vividly.platform.google.errors import google_errors
from vividly.platform.retry import RetryPolicy


@pytest.fixture
def server() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield understands(server)


def throttled(transform: beam.PTransform, tickets: list[Ticket]) -> int:
    """The waits counted while a bundle goes through a step."""
    pipeline = beam.Pipeline(runner=fn_runner.FnApiRunner(), options=PipelineOptions())
    _ = (
        pipeline
        | beam.Create(tickets, reshuffle=False).with_output_types(Ticket)
        | "UnderTest" >> transform
    )
    result = pipeline.run()
    result.wait_until_finish()
    found = result.metrics().query(MetricsFilter().with_name("cumulativeThrottlingSeconds"))
    assert all(c.key.metric.namespace == "vividly.understand" for c in found["counters"])
    return sum(counter.committed for counter in found["counters"])


@pytest.mark.parametrize(
    ("faults", "seconds"),
    [
        ([status(429, retry_after="2"), status(429, retry_after="2")], 2),
        ([status(429, retry_after="4")], 2),
        ([status(503, retry_after="2"), status(503, retry_after="2")], 0),
        ([], 0),
    ],
    ids=["both requests wait", "one of two waits", "away, not too often", "no trouble"],
)
def test_a_bundle_counts_what_its_requests_waited_for_a_quota(
    settings: Settings,
    services: Services,
    server: GoogleServer,
    faults: list[Fault],
    seconds: int,
) -> None:
    asked = ("Explain photosynthesis", "Explain friction")
    tickets = [claim(ticket(student_query=query), services) for query in asked]
    server.play(*faults)
    own = replace(
        settings,
        understanding_provider="gemini",
        vertex_project="demo-project",
        vertex_endpoint=server.url,
    )
    assert throttled(Stage("understand", own), [t for t in tickets if isinstance(t, Ticket)]) == (
        seconds
    )
    assert server.unplayed == 0


class Waits(ConcurrentDoFn):
    """A step whose elements each waited 0.75 seconds, in a bundle each."""

    def work(self, element: Ticket) -> Emitted:
        return Emitted([(MAIN, element)], throttled_s=0.75)


def test_parts_of_a_second_are_not_lost(settings: Settings) -> None:
    stage = Waits(settings, "understand")
    stage.setup()
    told: list[int] = []
    for _ in range(4):
        before = stage._throttled
        stage.start_bundle()
        stage.process(ticket(), Timestamp(0), GlobalWindow(), PANE_INFO_UNKNOWN)
        list(stage.finish_bundle())
        told.append(round(before + 0.75 - stage._throttled))
    assert told == [0, 1, 1, 1]
    together = [ticket(), ticket()]
    assert throttled(step(Waits(settings, "understand"), Ticket), together) == 0


@pytest.mark.parametrize(
    ("error", "quota"),
    [
        (cloud.ResourceExhausted("Quota exceeded"), True),
        (cloud.TooManyRequests("Quota exceeded"), True),
        (cloud.ServiceUnavailable("Away"), False),
    ],
)
def test_a_voices_quota_is_told_from_its_outage(error: Exception, quota: bool) -> None:
    with pytest.raises(TransientError) as caught, google_errors("Text-to-Speech"):
        raise error
    assert caught.value.quota is quota


def test_an_open_circuit_says_whether_it_is_a_quota() -> None:
    for quota in (True, False):
        breaker = Breaker("Speech")
        for _ in range(RetryPolicy().circuit_failures):
            with pytest.raises(TransientError), breaker.call():
                raise TransientError("It failed", quota=quota)
        with pytest.raises(CircuitOpen) as caught, breaker.call():
            raise PermanentError("it is not called")
        assert caught.value.quota is quota
