"""Holds `beam_pipeline.local.runner` to each promise of its docstring.

It mends private parts of Beam, so every promise is tried on a real pipeline in a
process of its own, against the real emulator.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from google.api_core.exceptions import AlreadyExists, DeadlineExceeded
from google.pubsub_v1 import PubsubMessage

from beam_pipeline.local.emulator import PubSubEmulator, find_emulator
from beam_pipeline.local.processes import free_port
from beam_pipeline.pubsub import Resources
from beam_pipeline.subscriber import subscriber_client

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 40.0
ACK_DEADLINE_S = 10  # the shortest that Pub/Sub allows

PROGRAM = """
import json, os, signal, sys, threading, time
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

runner.install(**install)
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
    """The program above, at work."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def lines(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def names(self, verb: str) -> list[str]:
        return [line.split()[1] for line in self.lines if line.startswith(verb)]

    def await_line(self, line: str) -> None:
        until(lambda: line in self.lines, f"{line!r} in {self.lines}")

    def stop(self) -> tuple[bool, dict[str, int]]:
        """Have it drain: whether all was done, and its counters by step."""
        self.process.terminate()
        self.process.wait(PATIENCE_S)
        word, drained, counters = self.lines[-1].split(maxsplit=2)
        assert word == "left", self.lines
        return drained == "True", json.loads(counters.replace("'", '"'))


class Bench:
    """A topic with a subscription to read from, and one for what comes out."""

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
        """`count` messages, or as many as came within `wait` seconds; acknowledged."""
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
        """The names of messages that wait for a reader."""
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


@pytest.fixture
def bench(pubsub: str, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(pubsub, tmp_path)
    yield bench
    bench.close()


def test_nothing_is_lost_when_the_process_is_killed(bench: Bench) -> None:
    bench.send("a", "b", "c", "d", second=0.2)
    killed = bench.job(lease=2)
    killed.await_line("second b")  # a has been through both steps, the bundle has not
    killed.process.kill()
    assert killed.process.wait() == -9

    next_run = bench.job(lease=2)
    until(lambda: set(next_run.names("second")) == set("abcd"), "all four, done again")
    drained, _ = next_run.stop()
    assert drained
    assert bench.unclaimed(1, wait=3) == set()  # longer than the lease: they are done


def test_a_lease_outlives_the_subscriptions_own_deadline(bench: Bench) -> None:
    bench.send("slow", first=ACK_DEADLINE_S + 2)
    job = bench.job(lease=6)
    job.await_line("first slow")
    assert bench.unclaimed(1, wait=ACK_DEADLINE_S + 1) == set()
    job.await_line("second slow")
    drained, counters = job.stop()
    assert drained
    assert counters == {"First": 1, "Second": 1}


def test_messages_are_given_back_when_the_pipeline_dies(bench: Bench) -> None:
    bench.send("good", first=1)
    job = bench.job(max_messages=2, lease=600)
    job.await_line("first good")
    bench.send("bad", **{"raise": True})
    job.await_line("died ValueError")
    bench.send("late")
    assert bench.unclaimed(2) == {"bad", "late"}
    assert job.process.wait(PATIENCE_S) == 1
    assert len(bench.pull(bench.answered, 1)) == 1


def test_draining_finishes_what_was_pulled_and_leaves_the_rest(bench: Bench) -> None:
    bench.send(*"abcde", first=1)
    job = bench.job(max_messages=2)
    until(lambda: len(job.names("first")) == 1, "a message at work")
    drained, counters = job.stop()
    done = set(job.names("second"))
    assert drained
    assert len(done) == 2
    assert counters == {"First": 2, "Second": 2}
    assert len(bench.pull(bench.answered, 2)) == 2
    assert bench.unclaimed(3) == set("abcde") - done


def test_draining_gives_back_what_takes_too_long(bench: Bench) -> None:
    bench.send("endless", first=3600)
    job = bench.job(grace=0.2, lease=600)
    job.await_line("first endless")
    drained, _ = job.stop()
    assert not drained
    assert bench.unclaimed(1) == {"endless"}


def test_bundles_add_up_and_any_message_can_be_published(bench: Bench) -> None:
    names = {"timeout": "1", "retry": "no", "data": "d", "topic": "t", "ordering_key": "k"}
    job = bench.job(max_messages=1, poll=0.5)
    bench.send("odd", attributes=names)
    bench.send("large", bytes=9_900_000, attributes=names)
    bench.send("small")
    answers = bench.pull(bench.answered, 3)
    assert sorted(len(answer.data) for answer in answers) == [1, 1, 9_900_000]
    assert [dict(a.attributes) for a in answers].count(names) == 2
    # The pull that waits now ends by itself: a stock one would outlast the grace.
    drained, counters = job.stop()
    assert drained
    assert counters == {"First": 3, "Second": 3}


def test_pubsub_may_go_away_and_come_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_emulator()
    if isinstance(found, str):
        pytest.skip(found)
    port = free_port()
    emulator = PubSubEmulator(*found, log=tmp_path / "emulator.log")
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", emulator.start(port))
    bench = Bench("test-away", tmp_path)
    try:
        job = bench.job(lease=10, poll=0.5)
        bench.send("before", second=1)
        job.await_line("second before")
        emulator.stop()  # in mid-bundle: what is published next finds nobody
        until(lambda: b"is away" in job.log.with_suffix(".err").read_bytes(), "its notice")
        emulator.start(port)
        until(lambda: b"404" in job.log.with_suffix(".err").read_bytes(), "another")
        bench.create()
        bench.send("after")
        job.await_line("second after")
        assert len(bench.pull(bench.answered, 2)) == 2
        assert job.stop() == (True, {"First": 2, "Second": 2})
    finally:
        bench.close()
        emulator.stop()
