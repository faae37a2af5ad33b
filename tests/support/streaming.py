"""A streaming pipeline as a process, on the patched runner, with its topics."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from google.api_core.exceptions import AlreadyExists, DeadlineExceeded
from google.pubsub_v1 import PubsubMessage

from beam_pipeline.pubsub import Resources, subscriber_client

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 40.0
ACK_DEADLINE_S = 10  # the shortest deadline that Pub/Sub allows

PROGRAM = """
import gc, json, os, signal, sys, threading, time
import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage, ReadFromPubSub, WriteToPubSub
from apache_beam.options.pipeline_options import PipelineOptions
from beam_pipeline.local import runner

topic, subscription, log, install, grace = json.loads(sys.argv[1])

def note(*words):
    with open(log, "a") as file:
        file.write(" ".join(map(str, words)) + "\\n")

class Work(beam.DoFn):
    def __init__(self, verb):
        self.verb = verb
        self.worked = beam.metrics.Metrics.counter("test", "worked")
    def process(self, message):
        order = json.loads(message.data)
        note(self.verb, order["name"])
        time.sleep(order.get(self.verb, 0))
        if order.get("raise"):
            raise ValueError(order["name"])
        self.worked.inc()
        yield message

def answer(message):
    order = json.loads(message.data)
    return PubsubMessage(b"x" * order.get("bytes", 1), order.get("attributes", {}))

runner.RECONNECT_S = 0.2
runner.install(mark_notified=lambda: note("marked"), **install)
pipeline = beam.Pipeline(
    options=PipelineOptions(["--runner=BundleBasedDirectRunner", "--streaming"]))
(pipeline
    | ReadFromPubSub(subscription=subscription, with_attributes=True)
    | "First" >> beam.ParDo(Work("first"))
    | "Second" >> beam.ParDo(Work("second"))
    | beam.Map(answer)
    | WriteToPubSub(topic, with_attributes=True))
result = pipeline.run()

def leave(*_):
    drained = runner.drain(grace)
    counters = result.metrics().query()["counters"]
    note("left", drained, {c.key.step: c.committed for c in counters
                           if c.key.metric.name == "worked"})
    os._exit(0)

def count(*_):
    gc.collect()
    note("objects", len(gc.get_objects()))

signal.signal(signal.SIGUSR1, count)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=leave).start())
note("reading")
try:
    result.wait_until_finish()
except Exception as error:
    note("died", type(error).__name__)
os._exit(1)
"""


@dataclass
class Job:
    """The running program above."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def lines(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def names(self, verb: str) -> list[str]:
        return [line.split()[1] for line in self.lines if line.startswith(verb)]

    def await_line(self, line: str) -> None:
        until(lambda: line in self.lines, f"{line!r} in {self.lines}")

    def objects(self) -> int:
        """The number of Python objects that the process keeps."""
        before = len(self.names("objects"))
        self.process.send_signal(signal.SIGUSR1)
        until(lambda: len(self.names("objects")) > before, "a count of objects")
        return int(self.names("objects")[-1])

    def stop(self) -> tuple[bool, dict[str, int]]:
        """Drain it. Returns whether all work was done, and its counters by step."""
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        word, drained, counters = self.lines[-1].split(maxsplit=2)
        assert word == "left", self.lines
        return drained == "True", json.loads(counters.replace("'", '"'))


class Bench:
    """An input topic with a subscription, and an output topic."""

    def __init__(self, project: str, folder: Path) -> None:
        self.project, self.folder = project, folder
        self.jobs: list[Job] = []
        self.resources = Resources()
        self.subscriber = subscriber_client()
        self.requests, self.waiting = self._names("requests")
        self.answers, self.answered = self._names("answers")
        self.create()

    def _names(self, name: str) -> tuple[str, str]:
        prefix = f"projects/{self.project}"
        return f"{prefix}/topics/{name}", f"{prefix}/subscriptions/{name}-sub"

    def create(self) -> None:
        for topic, subscription in (
            (self.requests, self.waiting),
            (self.answers, self.answered),
        ):
            self.resources.check_topic(topic, create=True)
            with suppress(AlreadyExists):
                self.subscriber.create_subscription(
                    name=subscription, topic=topic, ack_deadline_seconds=ACK_DEADLINE_S
                )

    def send(self, *names: str, **order: object) -> None:
        for name in names:
            data = json.dumps({"name": name, **order}).encode()
            self.resources.publish(self.requests, data, {})

    def job(self, *, grace: float = PATIENCE_S, **install: object) -> Job:
        log = self.folder / f"job-{len(self.jobs)}"
        given = json.dumps([self.answers, self.waiting, str(log), install, grace])
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, given],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stderr=log.with_suffix(".err").open("wb"),
        )
        self.jobs.append(Job(process, log))
        return self.jobs[-1]

    def pull(
        self, subscription: str, count: int, *, wait: float = PATIENCE_S
    ) -> list[PubsubMessage]:
        """Pull and acknowledge `count` messages, or those that came within `wait` seconds."""
        found: list[PubsubMessage] = []
        end = time.monotonic() + wait
        while len(found) < count and (left := end - time.monotonic()) > 0:
            try:
                some = self.subscriber.pull(
                    subscription=subscription, max_messages=count, timeout=left, retry=None
                ).received_messages
            except DeadlineExceeded:
                break
            if some:
                self.subscriber.acknowledge(
                    subscription=subscription, ack_ids=[one.ack_id for one in some]
                )
            found += [one.message for one in some]
        return found

    def unclaimed(self, count: int, *, wait: float = PATIENCE_S) -> set[str]:
        """The names of messages that no reader holds."""
        return {json.loads(m.data)["name"] for m in self.pull(self.waiting, count, wait=wait)}

    def close(self) -> None:
        for job in self.jobs:
            job.process.kill()
            job.process.wait()
        self.resources.close()
        self.subscriber.close()


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)
