"""Steps that work on many elements of a bundle at once, on every runner.

`process` hands each element to a thread pool of the process; `finish_bundle` waits for the
results and emits them. So all work is done when the bundle is committed or acknowledged, an
element's failure does not affect the others, and metrics are updated on Beam's thread, where
they are attributed to the step (docs/decisions/0002-bundle-pool.md).
"""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.utils.windowed_value import WindowedValue

from transforms.worker_logs import add_request_to_logs
from vividly.execution.failures import retry_or_fail
from vividly.execution.services import Services, services_for
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.platform.taxonomy import is_foreseen
from vividly.platform.telemetry import prometheus
from vividly.platform.telemetry.logs import log_context

MAIN = "main"
FAILURES = "failures"
ANSWERS = "answers"
NOTIFICATIONS = "notifications"

_pools: dict[tuple[str, int], ThreadPoolExecutor] = {}
_lock = threading.Lock()


def _pool(name: str, size: int) -> ThreadPoolExecutor:
    """The process's pool of that name and size, shared by all steps that use it."""
    with _lock:
        if (name, size) not in _pools:
            _pools[name, size] = ThreadPoolExecutor(size, thread_name_prefix=f"vividly-{name}")
        return _pools[name, size]


@dataclass
class Emitted:
    """What a step emits for one element: (tag, value) pairs, and metrics.

    Attributes:
        throttled_s: seconds spent waiting because a service's quota was used up.
    """

    values: list[tuple[str, object]] = field(default_factory=list)
    counts: list[str] = field(default_factory=list)
    values_by_name: Mapping[str, int | list[int]] = field(default_factory=dict)
    throttled_s: float = 0.0

    @classmethod
    def one(cls, tag: str, value: object, count: str) -> Emitted:
        """One value and one count."""
        return cls([(tag, value)], [count])


class ConcurrentDoFn(beam.DoFn):  # type: ignore[misc]
    """Base of the steps that call services. A subclass implements `work`.

    Args:
        settings: of the job.
        name: the step's name; its metrics are in the namespace `vividly.{name}`.
        pool: steps with the same pool and size share its threads.
        size: number of elements that this process works on at once; 0 for
            `settings.stage_concurrency`.
    """

    def __init__(self, settings: Settings, name: str, *, pool: str = "io", size: int = 0) -> None:
        self.settings = settings
        self.name = name
        self.pool_name = pool
        self.size = size or settings.stage_concurrency

    def setup(self) -> None:
        add_request_to_logs()
        self.services: Services = services_for(self.settings)
        self._executor = _pool(self.pool_name, self.size)
        self._throttled = 0.0

    def start_bundle(self) -> None:
        self._pending: list[tuple[Future[Emitted], Any, Any, Any]] = []

    def process(  # type: ignore[no-untyped-def]
        self,
        element,
        timestamp=beam.DoFn.TimestampParam,
        window=beam.DoFn.WindowParam,
        pane=beam.DoFn.PaneInfoParam,
    ):
        future = self._executor.submit(self._work, element)
        self._pending.append((future, timestamp, window, pane))

    def finish_bundle(self):  # type: ignore[no-untyped-def]
        for future, timestamp, window, pane in self._pending:
            emitted = future.result()
            self._count(emitted)
            # Elements wait at the same time, so the average is the bundle's delay.
            self._throttled += emitted.throttled_s / len(self._pending)
            for tag, value in emitted.values:
                windowed = WindowedValue(value, timestamp, [window], pane)
                yield windowed if tag == MAIN else TaggedOutput(tag, windowed)
        self._signal_throttling()

    def _signal_throttling(self) -> None:
        """Report waits for a quota to Dataflow in whole seconds; keep the rest for next time."""
        seconds = int(self._throttled)
        self._throttled -= seconds
        if seconds:
            Metrics.counter(f"vividly.{self.name}", "cumulativeThrottlingSeconds").inc(seconds)
            prometheus.count(self.name, "cumulativeThrottlingSeconds", seconds)

    def _work(self, element: Any) -> Emitted:
        ticket = element if isinstance(element, Ticket) else getattr(element, "ticket", None)
        if not isinstance(ticket, Ticket):
            return self.work(element)
        with log_context(ticket, self.name):
            return self.work(element)

    @abstractmethod
    def work(self, element: Any) -> Emitted:
        """Process one element, on a thread of the pool.

        If it raises, the whole bundle fails and the runner retries it.
        """

    def retry_or_fail(self, error: BaseException, ticket: Ticket, *, tries: int = 1) -> Emitted:
        """Schedule a retry of what the step failed for, or emit its failures."""
        failures = retry_or_fail(
            error, stage=self.name, ticket=ticket, services=self.services, tries=tries
        )
        counts = [] if is_foreseen(error) else ["unforeseen"]
        counts += [f"failed_{failure.reason}" for failure in failures] or ["later"]
        return Emitted([(FAILURES, failure) for failure in failures], counts)

    def since_claim_ms(self, ticket: Ticket) -> int:
        """Milliseconds since the request was claimed."""
        budget = self.settings.request_budget
        return max(0, int((time.time() - ticket.deadline + budget) * 1000))

    def _count(self, emitted: Emitted) -> None:
        namespace = f"vividly.{self.name}"
        for count in emitted.counts:
            Metrics.counter(namespace, count).inc()
            prometheus.count(self.name, count)
        for name, values in emitted.values_by_name.items():
            for value in values if isinstance(values, list) else [values]:
                Metrics.distribution(namespace, name).update(value)
                prometheus.measure(self.name, name, value)

    def display_data(self) -> dict[str, object]:
        return {"stage": self.name, "environment": self.settings.environment}


class FromSettings(beam.PTransform):  # type: ignore[misc]
    """Base of the transforms whose only argument is the settings."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings


def step(dofn: ConcurrentDoFn, main: type, **tagged: type) -> beam.ParDo:
    """The step as a ParDo with typed outputs, so that each output gets its row coder."""
    return beam.ParDo(dofn).with_output_types(main, **tagged).with_outputs(*tagged, main=MAIN)
