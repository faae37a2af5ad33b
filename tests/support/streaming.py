"""A streaming pipeline as a process, on the patched runner, with its topics."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from google.api_core.exceptions import AlreadyExists, DeadlineExceeded
from google.pubsub_v1 import PubsubMessage

from beam_pipeline.pubsub import Resources, subscriber_client
from tests.support import streaming_job
from tests.support.forks import start

PATIENCE_S = 40.0
ACK_DEADLINE_S = 10  # the shortest deadline that Pub/Sub allows


@dataclass
class Job:
    """A running `streaming_job`."""

    process: BaseProcess
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
        self.send_signal(signal.SIGUSR1)
        until(lambda: len(self.names("objects")) > before, "a count of objects")
        return int(self.names("objects")[-1])

    def stop(self) -> tuple[bool, dict[str, int]]:
        """Drain it. Returns whether all work was done, and its counters by step."""
        self.process.terminate()
        self.ended()
        word, drained, counters = self.lines[-1].split(maxsplit=2)
        assert word == "left", self.lines
        return drained == "True", json.loads(counters)

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        assert self.process.pid
        os.kill(self.process.pid, number)

    def ended(self) -> int | None:
        """Its exit code, once it has ended by itself; None if it does not."""
        self.process.join(PATIENCE_S)
        return self.process.exitcode


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
        process = start(
            streaming_job.run,
            self.answers,
            self.waiting,
            log,
            install,
            grace,
            env=os.environ,
            log=log.with_suffix(".err"),
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
            job.process.join()
        self.resources.close()
        self.subscriber.close()


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.02)
