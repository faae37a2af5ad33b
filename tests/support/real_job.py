"""The whole job as a process, with the test's database and emulator."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from beam_pipeline.options import dead_letter_topic
from beam_pipeline.pubsub import Resources, subscription_of
from beam_pipeline.requeue import Topics, requeue
from tests.support import mortal_job
from tests.support.forks import start
from vividly.execution.services import Services
from vividly.platform.ledger import queries
from vividly.platform.retry import RetryPolicy
from vividly.platform.storage import open_store

SOON = RetryPolicy(pending_after=1_000, republish_after=2, withdraw_after=0.0)


class System:
    """A project with all topics, a database and two buckets, for one job after another.

    It has the environment that ENVIRONMENT names, as the jobs do.
    """

    def __init__(self, project: str, services: Services, folder: Path) -> None:
        self.project, self.services, self.folder = project, services, folder
        self.resources = Resources()
        self._numbers = itertools.count()
        self._notes: list[dict[str, str]] = []
        names = (
            "content-generation-requests",
            "content-media",
            "content-notifications",
            dead_letter_topic(os.environ.get("ENVIRONMENT", "dev")),
        )
        self.topics = Topics(*(f"projects/{project}/topics/{name}" for name in names))
        self.letters = self.topics.dead_letters
        for topic in (self.topics.notifications, self.letters):
            self.resources.check_topic(topic, create=True)
        for topic, name in (
            (self.topics.requests, "content-generation-worker-sub"),
            (self.topics.media, "content-media-worker-sub"),
        ):
            self.resources.check_topic(topic, create=True)
            self.resources.check_subscription(
                f"projects/{project}/subscriptions/{name}", topic=topic, create=True
            )
        for topic in (self.topics.notifications, self.letters):
            self.resources.check_has_subscription(topic, create=True)

    @contextmanager
    def job(self, *options: str, dies_after: str = "") -> Iterator[BaseProcess]:
        """Run the job for all stages; it is killed at the end of the `with` block."""
        with self.jobs(options, dies_after=dies_after) as (process,):
            yield process

    @contextmanager
    def jobs(self, *every: Sequence[str], dies_after: str = "") -> Iterator[list[BaseProcess]]:
        """Run a job with each of these options, all at once; they are killed at the end."""
        with ExitStack() as stack:
            started = [self._start(stack, options, dies_after) for options in every]
            self.until(lambda: all(ready.exists() or not job.is_alive() for job, ready in started))
            yield [job for job, _ in started]

    def _start(
        self, stack: ExitStack, options: Sequence[str], dies_after: str
    ) -> tuple[BaseProcess, Path]:
        """A job, and the file that it writes once it reads."""
        settings = self.services.settings
        ready = self.folder / f"ready-{next(self._numbers)}"
        arguments = [
            f"--project={self.project}",
            f"--generated_content_bucket={settings.generated_content_bucket}",
            f"--temp_files_bucket={settings.temp_files_bucket}",
            "--lease=3",
            "--max_attempts=20",
            f"--local_ready_file={ready}",
            *options,
        ]
        if "--stages=media" not in options:
            arguments.insert(1, "--input_subscription=content-generation-worker-sub")
        process = start(
            mortal_job.run,
            arguments,
            dies_after,
            env=os.environ | {"DATABASE_URL": settings.database_url},
            log=self.folder / "job.log",
        )
        stack.callback(process.join)
        stack.callback(process.kill)
        return process, ready

    def publish(self, fields: Mapping[str, Any]) -> str:
        """Publish to Pub/Sub directly, without a row."""
        data = json.dumps(fields).encode()
        self.resources.publish(self.topics.requests, data, {"request_id": fields["request_id"]})
        return str(fields["request_id"])

    def requeue(self) -> None:
        """One pass of the requeue, as a scheduler runs it."""
        requeue(
            self.services.ledger,
            self.resources,
            self.topics,
            generated=open_store(self.services.settings.generated_content_bucket),
            policy=SOON,
        )

    def row(self, request_id: str) -> Mapping[str, Any]:
        """A request's row, without the time of reading; empty if there is none yet."""
        row = queries.by_id(self.services.engine, [request_id]).get(request_id, {})
        return {name: value for name, value in row.items() if name != "read_at"}

    def stage(self, request_id: str, name: str) -> Mapping[str, Any]:
        """The row of a request's stage; empty if there is none yet."""
        found = queries.stages(self.services.engine, request_id)
        return next((one for one in found if one["stage_name"] == name), {})

    def until(self, condition: Callable[[], bool], seconds: float = 600.0) -> None:
        """Wait for a condition, and run the requeue meanwhile."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.folder / "job.log").read_text()[-3000:]
            self.requeue()
            time.sleep(0.2)

    def told(self, request_id: str) -> set[str]:
        """The events of the notifications published so far."""
        name = subscription_of(self.topics.notifications)
        while batch := self.resources.pull(name, limit=100, wait=0.5):
            self.resources.acknowledge(name, [one.ack_id for one in batch])
            self._notes += [dict(one.attributes) for one in batch]
        return {note["event"] for note in self._notes if note["request_id"] == request_id}

    def close(self) -> None:
        """Close the connections."""
        self.resources.close()
