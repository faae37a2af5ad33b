"""Measures messages a second that cost little: invalid, duplicate, and served from the cache.

    python -m bench.throughput                # about 6 minutes
    python -m bench.throughput --messages 30 --rounds 1

Four ways are measured in turn, each on messages of its own topic: the text job of the local
stack; a bare Beam pipeline (read, ParDo, write) on the same runner; the same with a row in
Postgres for each message; and a worker without Beam, by streaming pull, with the same functions.
An invalid message needs no row and is compared with the first, the others with the second. The
clock runs from the first message published to the
last one done: a dead letter that arrived, a duplicate counted, a request completed.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from google.cloud import pubsub
from sqlalchemy import text

from beam_pipeline.local import state
from beam_pipeline.local.processes import Child
from beam_pipeline.options import REQUEST_TOPIC, dead_letter_topic
from bench.report import aim, say, table
from bench.system import ROOT, START_S, Lesson, System, lessons

PATIENCE_S = 300.0
WARM_UP = 5
"""Messages of each kind before the clock runs, so that everything is loaded."""
OF_BARE = 0.6
OF_PLAIN = 1.0
DUPLICATE = re.compile(
    r'^vividly_events_total\{event="duplicate_\w+",step="claim"\} (\S+)$', re.MULTILINE
)


def main() -> None:
    """Measure, and print the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=500, help="of a round; half from the cache")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    letters = dead_letter_topic("dev")
    with System(f"--dead_letter_topic={letters}") as system, Ways(system, letters) as ways:
        say("making the lesson that is served from the cache")
        lesson = lessons(1, seed=2)[0]
        known = lesson.fields("student-0", "text")
        ways.publish(REQUEST_TOPIC, [json.dumps(known).encode()])
        system.wait([str(known["request_id"])], seconds=PATIENCE_S)
        kinds: dict[str, Callable[[], list[bytes]]] = {
            "invalid": lambda: [b'{"request_id": "test-smoke-001"}'] * given.messages,
            "duplicate": lambda: [json.dumps(known).encode()] * given.messages,
            "from the cache": partial(_hits, lesson, max(1, given.messages // 2)),
        }
        rows = [_row(kind, make, ways, given.rounds) for kind, make in kinds.items()]
    print(table(("message", "text job, /s", "bare Beam, /s", "Beam and a row, /s",
                 "without Beam, /s", "job / bare", "aim", "met", "job / without Beam", "aim",
                 "met"), rows))  # fmt: skip


def _hits(lesson: Lesson, number: int) -> list[bytes]:
    return [json.dumps(lesson.fields(f"student-{n}", "text")).encode() for n in range(number)]


def _row(kind: str, make: Callable[[], list[bytes]], ways: Ways, rounds: int) -> tuple[object, ...]:
    rates: dict[str, list[float]] = {"job": [], "bare": [], "row": [], "plain": []}
    for way in rates:
        ways.rate(way, kind, make()[:WARM_UP])
    for _ in range(rounds):
        for way, found in rates.items():
            say(f"{kind}: {way}")
            found.append(ways.rate(way, kind, make()))
    job, bare, row, plain = (statistics.median(found) for found in rates.values())
    of_bare = aim("", job / (bare if kind == "invalid" else row), at_least=OF_BARE)[1:]
    return (kind, job, bare, row, plain, *of_bare, *aim("", job / plain, at_least=OF_PLAIN)[1:])


class Ways:
    """The text job of a system and the three baselines, which read topics of their own."""

    def __init__(self, system: System, letters: str) -> None:
        self._system = system
        self._prefix = f"projects/{system.project}"
        self._publisher = pubsub.PublisherClient()
        self._letters = letters
        self._children: dict[str, Child] = {}

    def __enter__(self) -> Ways:
        resources = self._system.context.resources
        self._copy = f"{self._prefix}/subscriptions/bench-letters-sub"
        letters = f"{self._prefix}/topics/{self._letters}"
        resources.check_subscription(self._copy, topic=letters, create=True)
        with self._system.context.engine.begin() as connection:
            connection.execute(text("CREATE TABLE bench_rows (data text NOT NULL)"))
        self._out: dict[str, str] = {}
        for way in ("bare", "row", "plain"):
            topic = f"{self._prefix}/topics/bench-{way}"
            subscription = f"{self._prefix}/subscriptions/bench-{way}-sub"
            resources.check_subscription(subscription, topic=topic, create=True)
            out = f"{self._prefix}/topics/bench-{way}-out"
            resources.check_topic(out, create=True)
            if way != "plain":
                self._out[way] = f"{self._prefix}/subscriptions/bench-{way}-out-sub"
                resources.check_subscription(self._out[way], topic=out, create=True)
            command = [sys.executable, "-m", "bench.throughput_ways", way, subscription, out]
            log = self._system.home / "logs" / f"{way}.log"
            self._children[way] = Child(f"The {way} worker", command, log=log, cwd=ROOT)
        for child in self._children.values():
            child.wait_until(partial(_has_line, child, "reading"), seconds=START_S)
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children.values():
            child.stop()

    def publish(self, topic: str, messages: Sequence[bytes]) -> None:
        """Publish these messages."""
        name = f"{self._prefix}/topics/{topic}"
        for sent in [self._publisher.publish(name, data) for data in messages]:
            sent.result(timeout=60)

    def rate(self, way: str, kind: str, messages: Sequence[bytes]) -> float:
        """Messages a second; NaN if they are not all done in time."""
        topic = REQUEST_TOPIC if way == "job" else f"bench-{way}"
        with self._counted(way, kind, messages) as done:
            began = time.monotonic()
            self.publish(topic, messages)
            while (number := done()) < len(messages):
                self._system.check()
                if time.monotonic() > began + PATIENCE_S:
                    say(f"only {number} of {len(messages)} are done")
                    return float("nan")
                time.sleep(0.02)
            return len(messages) / (time.monotonic() - began)

    @contextmanager
    def _counted(
        self, way: str, kind: str, messages: Sequence[bytes]
    ) -> Iterator[Callable[[], int]]:
        """A function that counts those that are done since now."""
        count: Callable[[], int]
        if way == "plain":
            count = partial(_told, self._children[way])
        elif way in self._out:
            count = _Pulled(self._system.context.resources, self._out[way])
        elif kind == "invalid":
            count = _Pulled(self._system.context.resources, self._copy)
        elif kind == "duplicate":
            count = _duplicates
        else:
            ids = [json.loads(message)["request_id"] for message in messages]
            count = partial(self._completed, ids)
        before = count()
        yield lambda: count() - before

    def _completed(self, ids: Sequence[str]) -> int:
        query = text(
            "SELECT count(*) FROM content_requests "
            "WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'completed'"
        )
        with self._system.context.engine.connect() as connection:
            return int(connection.execute(query, {"ids": list(ids)}).scalar_one())


class _Pulled:
    """Counts the messages of a subscription."""

    def __init__(self, resources: Any, subscription: str) -> None:
        self._resources, self._subscription, self._number = resources, subscription, 0

    def __call__(self) -> int:
        if some := self._resources.pull(self._subscription, limit=1000, wait=0.2):
            self._resources.acknowledge(self._subscription, [one.ack_id for one in some])
        self._number += len(some)
        return self._number


def _has_line(child: Child, line: str) -> bool:
    return line in child.log.read_text().splitlines()


def _told(child: Child) -> int:
    numbers = [line for line in child.log.read_text().splitlines() if line.isdigit()]
    return int(numbers[-1]) if numbers else 0


def _duplicates() -> int:
    """How many duplicates the text job has counted."""
    job = state.reading("text")
    assert job is not None
    with urllib.request.urlopen(f"http://{job.health}/metrics", timeout=10) as response:
        return sum(int(float(number)) for number in DUPLICATE.findall(response.read().decode()))


if __name__ == "__main__":
    main()
