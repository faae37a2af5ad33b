"""The whole job as a process of its own, on a database and an emulator of the test's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beam_pipeline.options import dead_letter_topic
from beam_pipeline.pubsub import Resources, subscription_of
from beam_pipeline.requeue import Topics, requeue
from tests.support.command_line import ROOT
from vividly.execution.services import Services
from vividly.platform.ledger import queries
from vividly.platform.retry import RetryPolicy
from vividly.platform.storage import open_store

SOON = RetryPolicy(pending_after=1_000, republish_after=2, withdraw_after=0.0)


class System:
    """A project with all topics, a database, two buckets; jobs come and go.

    Of the environment that ENVIRONMENT names, as the jobs are.
    """

    def __init__(self, project: str, services: Services, folder: Path) -> None:
        self.project, self.services, self.folder = project, services, folder
        self.resources = Resources()
        self._notes: list[dict[str, str]] = []
        names = (
            "content-generation-requests",
            "content-media",
            "content-notifications",
            dead_letter_topic(os.environ.get("ENVIRONMENT", "dev")),
        )
        self.topics = Topics(*(f"projects/{project}/topics/{name}" for name in names))
        self.letters = self.topics.dead_letters
        for topic in (self.topics.requests, self.topics.notifications, self.letters):
            self.resources.check_topic(topic, create=True)
        self.resources.check_subscription(
            f"projects/{project}/subscriptions/content-generation-worker-sub",
            topic=self.topics.requests,
            create=True,
        )
        for topic in (self.topics.notifications, self.letters):
            self.resources.check_has_subscription(topic, create=True)

    @contextmanager
    def job(self, *options: str, dies_after: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """The job for all stages, killed at the end if it has not ended."""
        settings = self.services.settings
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        arguments = [
            f"--project={self.project}",
            "--input_subscription=content-generation-worker-sub",
            f"--generated_content_bucket={settings.generated_content_bucket}",
            f"--temp_files_bucket={settings.temp_files_bucket}",
            "--lease=3",
            "--max_attempts=20",
            f"--local_ready_file={ready}",
            *options,
        ]
        with (self.folder / "job.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.mortal_job", *arguments],
                env=os.environ | {"DATABASE_URL": settings.database_url, "DIES_AFTER": dies_after},
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            self.until(lambda: ready.exists() or process.poll() is not None)
            yield process
        finally:
            process.kill()
            process.wait()

    def publish(self, fields: Mapping[str, Any]) -> str:
        """Straight to Pub/Sub, without a row."""
        data = json.dumps(fields).encode()
        self.resources.publish(self.topics.requests, data, {"request_id": fields["request_id"]})
        return str(fields["request_id"])

    def requeue(self) -> None:
        """One pass of what a scheduler does."""
        requeue(
            self.services.ledger,
            self.resources,
            self.topics,
            generated=open_store(self.services.settings.generated_content_bucket),
            policy=SOON,
        )

    def row(self, request_id: str) -> Mapping[str, Any]:
        """A request's row, without the time of reading; empty where there is none yet."""
        row = queries.by_id(self.services.engine, [request_id]).get(request_id, {})
        return {name: value for name, value in row.items() if name != "read_at"}

    def stage(self, request_id: str, name: str) -> Mapping[str, Any]:
        """A stage of a request; empty where there is none yet."""
        found = queries.stages(self.services.engine, request_id)
        return next((one for one in found if one["stage_name"] == name), {})

    def until(self, condition: Callable[[], bool], seconds: float = 600.0) -> None:
        """Wait for it, with what a scheduler does meanwhile."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, (self.folder / "job.log").read_text()[-3000:]
            self.requeue()
            time.sleep(0.2)

    def told(self, request_id: str) -> set[str]:
        """The events that the student was told so far."""
        name = subscription_of(self.topics.notifications)
        while batch := self.resources.pull(name, limit=100, wait=0.5):
            self.resources.acknowledge(name, [one.ack_id for one in batch])
            self._notes += [dict(one.attributes) for one in batch]
        return {note["event"] for note in self._notes if note["request_id"] == request_id}

    def close(self) -> None:
        """Close the connections."""
        self.resources.close()
