"""The local stack: Postgres, Pub/Sub, buckets and the job, started and stopped together.

Everything lies below one directory (`.vividly` here, or VIVIDLY_HOME):

    postgres/   the database        generated/  finished lessons
    temp/       stage results       oer/        source material
    logs/       of every process    stack.json  how to reach a running stack
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipeline import preflight
from beam_pipeline.local.emulator import PubSubEmulator, find_emulator
from beam_pipeline.local.postgres import EmbeddedPostgres
from beam_pipeline.local.processes import Child
from beam_pipeline.options import (
    MEDIA_SUBSCRIPTION,
    MEDIA_TOPIC,
    NOTIFICATION_TOPIC,
    REQUEST_SUBSCRIPTION,
    REQUEST_TOPIC,
    read_options,
)
from beam_pipeline.pubsub import Resources
from vividly.errors import SettingsError

PROJECT = "vividly-local"
JOB_START_S = 90.0
MAX_RESTARTS = 10
Say = Callable[[str], None]


def home() -> Path:
    """Where the stack keeps its files."""
    return Path(os.environ.get("VIVIDLY_HOME", ".vividly")).absolute()


def use_unpacked_flite() -> None:
    """Let the speech provider find a flite that was unpacked here without being root."""
    for library in home().glob("flite/usr/lib/*/libflite.so.1"):
        os.environ.setdefault("VIVIDLY_FLITE_DIR", str(library.parent))


@dataclass(frozen=True)
class Running:
    """How to reach a running stack. `pubsub` is empty where requests come from a file."""

    pid: int
    database_url: str
    pubsub: str
    arguments: list[str]

    @property
    def alive(self) -> bool:
        """Whether the process that started the stack is still there."""
        try:
            os.kill(self.pid, 0)
        except OSError:
            return False
        return True


def running() -> Running | None:
    """The stack that is up, if one is."""
    try:
        found = Running(**json.loads((home() / "stack.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if found.alive else None


class LocalStack:
    """Starts what is needed, and stops what it started.

    A DATABASE_URL or PUBSUB_EMULATOR_HOST in the environment is used as it is.
    """

    def __init__(self, say: Say, *, speech_provider: str = "") -> None:
        self._say = say
        self._home = home()
        self._speech = speech_provider
        self._postgres: EmbeddedPostgres | None = None
        self._emulator: PubSubEmulator | None = None
        self._jobs: list[Child] = []
        self._restarts = 0
        self.database_url = ""
        self.pubsub = ""

    def __enter__(self) -> LocalStack:
        if already := running():
            raise SettingsError(
                f"a stack is up already (process {already.pid}); stop it with Ctrl-C there, "
                "or use it: vividly submit, vividly requests"
            )
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for job in self._jobs:
            job.ask_to_stop()
        for job in self._jobs:
            job.stop(seconds=40)
        if self._emulator:
            self._emulator.stop()
        if self._postgres:
            self._postgres.stop()
        (self._home / "stack.json").unlink(missing_ok=True)

    def _start(self) -> None:
        self._home.mkdir(parents=True, exist_ok=True)
        self._start_postgres()
        self._start_pubsub()
        self.prepare()
        state = Running(os.getpid(), self.database_url, self.pubsub, self.arguments())
        (self._home / "stack.json").write_text(json.dumps(asdict(state), indent=1))

    def _start_postgres(self) -> None:
        if given := os.environ.get("DATABASE_URL"):
            self.database_url = given
            self._say("Postgres: the one of DATABASE_URL")
            return
        self._postgres = EmbeddedPostgres(self._home / "postgres")
        self.database_url = self._postgres.start()
        self._say(f"Postgres: {self.database_url}")

    def _start_pubsub(self) -> None:
        if given := os.environ.get("PUBSUB_EMULATOR_HOST"):
            self.pubsub = given
            self._say(f"Pub/Sub emulator: {given}, the one of PUBSUB_EMULATOR_HOST")
            return
        found = find_emulator()
        if isinstance(found, str):
            self._say(f"{found}. Requests are read from a file instead.")
            return
        self._emulator = PubSubEmulator(*found, log=self._home / "logs" / "pubsub.log")
        self.pubsub = self._emulator.start()
        os.environ["PUBSUB_EMULATOR_HOST"] = self.pubsub
        self._say(f"Pub/Sub emulator: {self.pubsub}")

    def arguments(self, stages: str = "all", *, input_file: str = "") -> list[str]:
        """The job's command line for this stack."""
        arguments = [
            f"--stages={stages}",
            f"--project={PROJECT}",
            f"--database_url={self.database_url}",
            f"--generated_content_bucket={self._home / 'generated'}",
            f"--temp_files_bucket={self._home / 'temp'}",
            f"--oer_content_bucket={self._home / 'oer'}",
            "--environment=dev",
        ]
        if self._speech:
            arguments.append(f"--speech_provider={self._speech}")
        if input_file or not self.pubsub:
            return [
                *arguments,
                f"--input_file={input_file}",
                f"--dead_letter_topic={self._home / 'dead-letters.jsonl'}",
                f"--notification_topic={self._home / 'notifications.jsonl'}",
            ]
        return [
            *arguments,
            f"--input_subscription={REQUEST_SUBSCRIPTION}",
            f"--input_topic={REQUEST_TOPIC}",
            f"--notification_topic={NOTIFICATION_TOPIC}",
            f"--media_topic={MEDIA_TOPIC}",
            f"--media_subscription={MEDIA_SUBSCRIPTION}",
        ]

    def prepare(self) -> None:
        """Create tables, corpus, buckets, topics and subscriptions.

        Raises:
            SettingsError: one of them cannot be made, or a provider is missing.
        """
        variants = ("all", "text", "media") if self.pubsub else ("all",)
        for stages in variants:
            # Without Pub/Sub the job reads a file; which one does not matter yet.
            arguments = self.arguments(stages, input_file="" if self.pubsub else __file__)
            settings, endpoints = read_options(PipelineOptions(arguments))
            for check in preflight.checks(settings, endpoints, create=True):
                if not check.passed:
                    raise SettingsError(f"{check.subject}: {check.problem}")
        if self.pubsub:
            resources = Resources()
            for topic in (REQUEST_TOPIC, NOTIFICATION_TOPIC):
                name = f"projects/{PROJECT}/topics/{topic}"
                resources.check_topic(name, create=True)
                resources.check_has_subscription(name, create=True)
            resources.close()

    def start_jobs(self) -> None:
        """Start the text job and the media job, and wait until both read."""
        logs = self._home / "logs"
        for stages, at_once in (("text", 10), ("media", 2)):
            ready = logs / f"{stages}.ready"
            logs.mkdir(parents=True, exist_ok=True)
            ready.unlink(missing_ok=True)
            self._jobs.append(
                Child(
                    f"The {stages} job",
                    [
                        *(sys.executable, "-m", "beam_pipeline.main"),
                        *self.arguments(stages),
                        f"--job_name=vividly-local-{stages}",
                        f"--local_max_messages={at_once}",
                        f"--local_ready_file={ready}",
                    ],
                    log=logs / f"{stages}.log",
                    env=os.environ | {"PUBSUB_EMULATOR_HOST": self.pubsub},
                )
            )
        for stages, job in zip(("text", "media"), self._jobs, strict=True):
            ready = logs / f"{stages}.ready"
            job.wait_until(ready.exists, seconds=JOB_START_S)
            self._say(f"{job.name}: reading (log: {os.path.relpath(job.log)})")

    def write_requests(self, messages: list[bytes]) -> Path:
        """Put messages into a file for the job to read, one a line."""
        path = self._home / "requests.jsonl"
        path.write_bytes(b"".join(message + b"\n" for message in messages))
        return path

    def run_file(self, path: Path) -> Child:
        """Start the job on a file of requests; it ends by itself."""
        job = Child(
            "The job",
            [
                *(sys.executable, "-m", "beam_pipeline.main"),
                *self.arguments(input_file=str(path)),
            ],
            log=self._home / "logs" / "job.log",
        )
        self._jobs.append(job)
        return job

    def check(self) -> None:
        """Start a job that has died again, a few times.

        Raises:
            SettingsError: it does not stay up.
        """
        for at, job in enumerate(self._jobs):
            if job.running or job.process.returncode == 0:
                continue
            self._restarts += 1
            if self._restarts > MAX_RESTARTS:
                raise SettingsError(
                    f"{job.name} does not stay up; {job.log} ends with:\n{job.last_lines()}"
                )
            self._say(f"{job.name} died (exit {job.process.returncode}) and is started again")
            self._jobs[at] = job.again()
