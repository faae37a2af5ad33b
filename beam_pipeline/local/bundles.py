"""Passes a bundle of elements through all steps of a graph, on the calling thread.

A worker of Dataflow does the same: each DoFn is set up once, a step sees a bundle only if it has
elements for it, and nothing is kept of a bundle that is through.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping

import apache_beam as beam
from apache_beam.internal import pickler
from apache_beam.metrics.execution import MetricsContainer
from apache_beam.pipeline import AppliedPTransform
from apache_beam.runners.common import DoFnRunner, DoFnState, Receiver
from apache_beam.runners.direct.direct_metrics import DirectMetrics
from apache_beam.runners.direct.transform_evaluator import _TaggedReceivers
from apache_beam.runners.worker import statesampler
from apache_beam.transforms.userstate import is_stateful_dofn
from apache_beam.utils.counters import CounterFactory
from apache_beam.utils.windowed_value import WindowedValue

LOG = logging.getLogger(__name__)
TRIES = 4
"""How often a step is tried with a bundle, as on Dataflow, before the pipeline fails."""

_committing = threading.Lock()

Consumers = Mapping[beam.pvalue.PValue, Iterable[AppliedPTransform]]
Waiting = list[WindowedValue]


class Bundles:
    """The steps of a graph, set up for one thread. Every thread needs its own.

    Args:
        source: the transform whose output is passed to `process`.
        transforms: all transforms, each after those that it reads from.
        consumers: PCollection -> the transforms that read it.

    Raises:
        NotImplementedError: a transform is neither a stateless ParDo nor a Flatten.
    """

    def __init__(
        self,
        source: AppliedPTransform,
        transforms: Iterable[AppliedPTransform],
        consumers: Consumers,
        metrics: DirectMetrics,
    ) -> None:
        self._consumers = consumers
        sampler = statesampler.StateSampler("", CounterFactory())
        statesampler.set_current_tracker(sampler)  # of this thread
        steps = [one for one in transforms if one is not source and not _is_flatten(one)]
        self._waiting: dict[AppliedPTransform, Waiting] = {one: [] for one in steps}
        self._first = self._readers(source, None)
        self._steps = [
            _Step(
                one,
                self._waiting[one],
                {tag: self._readers(one, tag) for tag in one.outputs},
                sampler,
                metrics,
            )
            for one in steps
        ]

    def _readers(self, producer: AppliedPTransform, tag: str | None) -> list[Waiting]:
        """What waits for each step that reads this output, through any Flatten."""
        output = beam.pvalue.PCollection(None, tag=tag)
        output.producer = producer
        found: list[Waiting] = []
        for consumer in self._consumers.get(output, ()):
            if _is_flatten(consumer):
                found += self._readers(consumer, None)
            else:
                found.append(self._waiting[consumer])
        return found

    def process(self, elements: Iterable[WindowedValue]) -> None:
        """Pass the elements through the graph.

        Raises:
            Exception: a step failed `TRIES` times.
        """
        for waiting in self._first:
            waiting.extend(elements)
        for step in self._steps:
            step.run()


def _is_flatten(transform: AppliedPTransform) -> bool:
    return isinstance(transform.transform, beam.Flatten)


class _Output(Receiver):  # type: ignore[misc]
    """What a step has emitted with one tag."""

    def __init__(self) -> None:
        self.elements: Waiting = []

    def receive(self, element: WindowedValue) -> None:
        self.elements.append(element)


class _Step:
    """A ParDo, its DoFn, and what waits for it."""

    def __init__(
        self,
        applied: AppliedPTransform,
        waiting: Waiting,
        readers: Mapping[str | None, list[Waiting]],
        sampler: statesampler.StateSampler,
        metrics: DirectMetrics,
    ) -> None:
        transform = applied.transform
        if (
            not isinstance(transform, beam.ParDo)
            or is_stateful_dofn(transform.dofn)
            or applied.side_inputs
        ):
            raise NotImplementedError(f"the local runner has only stateless ParDos: {applied}")
        self._applied, self._waiting, self._readers = applied, waiting, readers
        self._outputs = _TaggedReceivers(None)
        self._outputs.update({tag: _Output() for tag in readers})
        self._metrics = metrics
        self._counted = MetricsContainer(applied.full_label)
        self._state = sampler.scoped_state(
            applied.full_label, "process", metrics_container=self._counted
        )
        self._runner: DoFnRunner | None = None

    def run(self) -> None:
        """Process what waits, and hand the results to the readers.

        Raises:
            Exception: the step failed `TRIES` times.
        """
        if not self._waiting:
            return
        for left in reversed(range(TRIES)):
            try:
                self._try()
                break
            except Exception:
                LOG.exception("%s failed, %d tries are left", self._applied.full_label, left)
                self._runner = None  # the next try gets a new DoFn
                if not left:
                    raise
        self._waiting.clear()
        for tag, output in self._outputs.items():
            for reader in self._readers[tag]:
                reader.extend(output.elements)
            output.elements.clear()
        counted = self._counted.get_cumulative()
        with _committing:
            self._metrics.commit_logical(None, counted)
            self._metrics.commit_physical(None, counted)

    def _try(self) -> None:
        self._counted.reset()
        for output in self._outputs.values():
            output.elements.clear()
        with self._state:
            if self._runner is None:
                self._runner = self._set_up()
            self._runner.start()
            for element in self._waiting:
                self._runner.process(element)
            self._runner.finish()

    def _set_up(self) -> DoFnRunner:
        transform = self._applied.transform
        runner = DoFnRunner(
            pickler.roundtrip(transform.dofn),
            transform.args,
            transform.kwargs,
            [],
            self._applied.inputs[0].windowing,
            tagged_receivers=self._outputs,
            step_name=self._applied.full_label,
            state=DoFnState(CounterFactory()),
        )
        runner.setup()
        return runner
