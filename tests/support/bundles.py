"""A graph that is given its messages bundle by bundle, as a worker of the local runner does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import apache_beam as beam
from apache_beam.runners.direct.consumer_tracking_pipeline_visitor import (
    ConsumerTrackingPipelineVisitor,
)
from apache_beam.runners.direct.direct_metrics import DirectMetrics
from apache_beam.transforms.window import GlobalWindows

from beam_pipeline.local.bundles import Bundles


class Fed:
    """A graph on this thread; it reads what `feed` is given."""

    def __init__(self, build: Callable[[beam.Pipeline, beam.PCollection], object]) -> None:
        pipeline = beam.Pipeline()
        build(pipeline, pipeline | "Messages" >> beam.Impulse())
        graph = ConsumerTrackingPipelineVisitor()
        pipeline.visit(graph)
        (source,) = graph.root_transforms
        self.metrics = DirectMetrics()
        self.bundles = Bundles(source, graph.step_names, graph.value_to_consumers, self.metrics)

    def feed(self, *elements: object) -> None:
        """Pass one bundle through the graph."""
        self.bundles.process([GlobalWindows.windowed_value(one) for one in elements])

    @property
    def counted(self) -> Mapping[tuple[str, str], Any]:
        """(namespace, name) of each counter -> its value."""
        found = self.metrics.query()["counters"]
        return {(c.key.metric.namespace, c.key.metric.name): c.committed for c in found}
