"""How a bundle passes through a graph on one thread (`beam_pipeline.local.bundles`)."""

from __future__ import annotations

import gc
from collections import Counter

import apache_beam as beam
import pytest

from beam_pipeline.local.bundles import TRIES
from tests.support.bundles import Fed

seen: Counter[str] = Counter()
"""What happened in the DoFns, which are copies of those in the graph."""


class Halve(beam.DoFn):
    """Even numbers are halved, odd ones go to `odd`; the first `failures` tries of 13 fail."""

    def __init__(self, name: str, failures: int = 0) -> None:
        self.name, self.failures = name, failures
        self.halved = beam.metrics.Metrics.counter("test", name)

    def setup(self) -> None:
        seen[f"{self.name} set up"] += 1

    def start_bundle(self) -> None:
        seen[f"{self.name} bundles"] += 1

    def process(self, number: int):
        self.halved.inc()
        if number == 26:
            seen["tries"] += 1
            if seen["tries"] <= self.failures:
                raise ValueError("26")
        if number % 2:
            yield beam.pvalue.TaggedOutput("odd", number)
        else:
            yield number // 2


def collect(number: int) -> None:
    seen[f"out {number}"] += 1


def graph(failures: int = 0) -> Fed:
    def build(_: beam.Pipeline, read: beam.PCollection) -> None:
        once = read | "Once" >> beam.ParDo(Halve("once", failures)).with_outputs("odd", main="even")
        twice = once.even | "Twice" >> beam.ParDo(Halve("twice")).with_outputs("odd", main="even")
        _ = (once.odd, twice.odd) | beam.Flatten() | "Collect" >> beam.Map(collect)

    seen.clear()
    return Fed(build)


def test_a_step_is_set_up_once_and_runs_only_with_elements() -> None:
    fed = graph()
    fed.feed(1, 3)
    assert seen["once bundles"] == 1
    assert seen["twice bundles"] == seen["twice set up"] == 0
    fed.feed(5, 14)
    fed.feed(8)
    assert seen["once set up"] == seen["twice set up"] == 1
    assert (seen["once bundles"], seen["twice bundles"]) == (3, 2)
    assert {name for name in seen if name.startswith("out")} == {"out 1", "out 3", "out 5", "out 7"}
    assert fed.counted == {("test", "once"): 5, ("test", "twice"): 2}


def test_a_failed_try_leaves_nothing_behind() -> None:
    fed = graph(failures=TRIES - 1)
    fed.feed(5, 26)
    assert seen["tries"] == seen["once set up"] == TRIES
    assert (seen["out 5"], seen["out 13"]) == (1, 1)
    assert fed.counted == {("test", "once"): 2, ("test", "twice"): 1}


def test_a_step_that_always_fails_ends_the_pipeline() -> None:
    fed = graph(failures=TRIES)
    with pytest.raises(ValueError, match="26"):
        fed.feed(5, 26)
    assert seen["tries"] == TRIES
    assert seen["out 5"] == 0


def test_nothing_is_kept_of_a_bundle() -> None:
    fed = graph()

    def objects_after(bundles: int) -> int:
        for _ in range(bundles):
            fed.feed(1, 14)
        gc.collect()
        return len(gc.get_objects())

    few = objects_after(10)
    # Less than one a bundle. Threads that other tests left make some, too.
    assert objects_after(500) - few < 400


def test_a_graph_with_state_is_refused() -> None:
    def build(_: beam.Pipeline, read: beam.PCollection) -> None:
        _ = read | beam.Map(lambda x: (x, x)) | beam.GroupByKey()

    with pytest.raises(NotImplementedError):
        Fed(build)
