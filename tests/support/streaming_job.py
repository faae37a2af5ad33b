"""A streaming pipeline on the patched runner that notes what it does in a file."""

from __future__ import annotations

import gc
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub, WriteToPubSub
from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipeline.local import runner


class _Work(beam.DoFn):
    def __init__(self, verb: str, log: Path) -> None:
        self.verb, self.log = verb, log
        self.worked = beam.metrics.Metrics.counter("test", "worked")

    def process(self, message: PubsubMessage) -> Iterator[PubsubMessage]:
        order = json.loads(message.data)
        _note(self.log, self.verb, order["name"])
        time.sleep(order.get(self.verb, 0))
        if order.get("raise"):
            raise ValueError(order["name"])
        self.worked.inc()
        yield message


def _note(log: Path, *words: object) -> None:
    with log.open("a") as file:
        file.write(" ".join(map(str, words)) + "\n")


def _answer(message: PubsubMessage) -> PubsubMessage:
    order = json.loads(message.data)
    return PubsubMessage(b"x" * order.get("bytes", 1), order.get("attributes", {}))


def run(topic: str, subscription: str, log: Path, install: dict[str, Any], grace: float) -> None:
    """Be the pipeline, in a process of its own.

    SIGTERM drains it; SIGUSR1 counts the objects that it keeps.

    Args:
        topic: of the answers.
        install: arguments of `runner.install`.
        grace: seconds that draining may take.
    """
    runner.RECONNECT_S = 0.2
    runner.install(mark_notified=lambda: _note(log, "marked"), **install)
    pipeline = beam.Pipeline(
        options=PipelineOptions(["--runner=BundleBasedDirectRunner", "--streaming"])
    )
    _ = (
        pipeline
        | ReadFromPubSub(subscription=subscription, with_attributes=True)
        | "First" >> beam.ParDo(_Work("first", log))
        | "Second" >> beam.ParDo(_Work("second", log))
        | beam.Map(_answer)
        | WriteToPubSub(topic, with_attributes=True)
    )
    result = pipeline.run()

    def leave() -> None:
        drained = runner.drain(grace)
        counters = result.metrics().query()["counters"]
        worked = {c.key.step: c.committed for c in counters if c.key.metric.name == "worked"}
        _note(log, "left", drained, json.dumps(worked))
        os._exit(0)

    def count(*_: object) -> None:
        gc.collect()
        _note(log, "objects", len(gc.get_objects()))

    signal.signal(signal.SIGUSR1, count)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=leave).start())
    _note(log, "reading")
    try:
        result.wait_until_finish()
    except Exception as error:
        _note(log, "died", type(error).__name__)
    os._exit(1)
