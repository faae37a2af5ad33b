"""The local stack: Postgres, Pub/Sub, buckets and the job, started and stopped together.

Everything lies below one directory (`.vividly` here, or VIVIDLY_HOME):

    postgres/   the database        generated/  finished lessons
    temp/       stage results       oer/        source material
    logs/       of every process    stack.json  how to reach a running stack
    dead-letters.jsonl              tokens.json of the API, to try it with
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions

from beam_pipeline import preflight
from beam_pipeline.local.doors import port_near, tokens_in
from beam_pipeline.local.emulator import PubSubEmulator, wanted_emulator
from beam_pipeline.local.postgres import EmbeddedPostgres
from beam_pipeline.local.processes import Child, listens
from beam_pipeline.local.pubsub_server import LocalPubSub
from beam_pipeline.local.state import (
    JOBS,
    LOW_DISK_BYTES,
    Running,
    home,
    lock,
    ready_file,
    shown,
    write_private,
)
from beam_pipeline.options import (
    MEDIA_SUBSCRIPTION,
    MEDIA_TOPIC,
    NOTIFICATION_TOPIC,
    REQUEST_SUBSCRIPTION,
    REQUEST_TOPIC,
    health_check_port,
    read_options,
)
from beam_pipeline.pubsub import Resources
from beam_pipeline.requeue import Topics, requeue
from vividly import __version__
from vividly.model.database_url import database_url_problem
from vividly.model.errors import PermanentError, SettingsError, TransientError
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.engine import make_engine
from vividly.platform.storage import open_store

LOG = logging.getLogger(__name__)
PROJECT = "vividly-local"
JOB_START_S = 300.0
"""Seconds for which a process may start: a busy machine is slow, and one that ended is seen at
once."""
MAX_RESTARTS = 10
RESTARTS_S = 600.0
DRAIN_S = 40.0
PROMPT_S = 3.0
REQUEUE_EVERY_S = 5.0
LESSONS_AT_ONCE = 2
"""Lessons that the media job makes at once, if the machine has as many cores."""
SPOKEN_IN_THE_CLOUD = 8
"""Lessons that it has in work where a service speaks: to wait for its voice costs no core."""
TEXT_BUNDLES = 2
"""Pulls that the text job processes at once: the next ones do not wait for a slow text."""
MEDIA_NICENESS = 10
POSTGRES_BYTES = 32_000_000
"""Free disk space that Postgres needs to start: two files of its write-ahead log."""
Say = Callable[[str], None]


def renders_at_once() -> int:
    """How many videos the media job renders at once on this machine."""
    return min(LESSONS_AT_ONCE, os.cpu_count() or 1)


def lessons_at_once(speech_provider: str) -> int:
    """How many lessons the media job has in work at once on this machine."""
    in_the_cloud = speech_provider.split(",")[0] == "google"
    return SPOKEN_IN_THE_CLOUD if in_the_cloud else renders_at_once()


def concurrency(stages: str, speech_provider: str) -> list[str]:
    """The options that say how much one of the stack's jobs does at once.

    Args:
        stages: `text` or `media`.
    """
    if stages == "text":
        return [f"--local_bundles={TEXT_BUNDLES}"]
    return [
        "--local_max_messages=1",  # a lesson does not wait for the others that are made
        f"--local_bundles={lessons_at_once(speech_provider)}",
        f"--render_concurrency={renders_at_once()}",
    ]


class LocalStack:
    """Starts the services that are needed, and stops those that it started.

    A DATABASE_URL or PUBSUB_EMULATOR_HOST in the environment is used as it is.
    """

    def __init__(self, say: Say, *, speech_provider: str = "") -> None:
        self._say = say
        self._home = home()
        self._dead_letters = self._home / "dead-letters.jsonl"
        self._speech = speech_provider
        self._postgres: EmbeddedPostgres | None = None
        self._wanted_emulator = wanted_emulator()
        self._pubsub: LocalPubSub | PubSubEmulator | None = None
        self._jobs: list[Child] = []
        self._restarts: list[float] = []
        self._stop = ExitStack()
        self._requeued = threading.Event()
        self._disk_is_low = False
        self.database_url = ""
        self.pubsub = ""
        self.api = ""
        self.tokens: dict[str, str] = {}

    def __enter__(self) -> LocalStack:
        health_check_port()  # report a bad port before anything is started
        with ExitStack() as stop:
            stop.enter_context(lock())
            (self._home / "stack.json").unlink(missing_ok=True)
            stop.callback(self._stop_servers)
            stop.callback(self._stop_jobs)
            stop.callback(self._requeued.set)
            self._start_postgres()
            self._start_pubsub()
            self.prepare()
            self._tell()
            self._stop = stop.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.close()

    def _stop_jobs(self) -> None:
        """Let the jobs finish their work; an interrupt ends them at once."""
        try:
            for job in self._jobs:
                job.ask_to_stop()
            end = time.monotonic() + PROMPT_S
            while any(job.running for job in self._jobs) and time.monotonic() < end:
                time.sleep(0.05)
            if any(job.running for job in self._jobs):
                self._say("Waiting for what the jobs have begun; Ctrl-C ends them at once")
            for job in self._jobs:
                job.stop(seconds=DRAIN_S)
        except KeyboardInterrupt:
            for job in self._jobs:
                job.kill()

    def _stop_servers(self) -> None:
        before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            # Ignore interrupts: this takes only a moment, and must be done.
            for stop in (signal.SIGINT, signal.SIGTERM):
                before[stop] = signal.signal(stop, signal.SIG_IGN)
        (self._home / "stack.json").unlink(missing_ok=True)
        if self._pubsub:
            self._pubsub.stop()
            os.environ.pop("PUBSUB_EMULATOR_HOST", None)
        if self._postgres:
            self._postgres.stop()
        for number, handler in before.items():
            signal.signal(number, handler)

    def _tell(self) -> None:
        """Write how to reach the stack, readable by the owner only: the URL may be secret."""
        state = Running(
            os.getpid(), self.database_url, self.pubsub, self.arguments(), __version__, self.api
        )
        write_private(self._home / "stack.json", json.dumps(asdict(state), indent=1))

    def _start_postgres(self) -> None:
        if given := os.environ.get("DATABASE_URL"):
            if problem := database_url_problem(given):
                raise SettingsError(f"DATABASE_URL {problem}")
            self.database_url = given
            self._say("Postgres: the one of DATABASE_URL")
            return
        self._postgres = EmbeddedPostgres(self._home / "postgres")
        self.database_url = self._postgres.start()
        self._say(f"Postgres: {self.database_url}")

    def _start_pubsub(self) -> None:
        if given := os.environ.get("PUBSUB_EMULATOR_HOST"):
            self.pubsub = given
            self._say(f"Pub/Sub: {given}, the one of PUBSUB_EMULATOR_HOST")
            return
        if self._wanted_emulator:
            log = self._home / "logs" / "pubsub.log"
            self._pubsub = PubSubEmulator(*self._wanted_emulator, log=log)
            kind = "Google's emulator, which forgets everything when it stops"
        else:
            self._pubsub = LocalPubSub(self.database_url)
            kind = "for this machine alone; its messages are kept in Postgres"
        try:
            self.pubsub = os.environ["PUBSUB_EMULATOR_HOST"] = self._pubsub.start()
        except (TransientError, PermanentError) as error:
            raise SettingsError(
                f"database: it cannot be reached, or not keep Pub/Sub's messages: {error}"
            ) from error
        self._say(f"Pub/Sub: {self.pubsub}, {kind}")

    def arguments(self, stages: str = "all") -> list[str]:
        """The job's command line for this stack."""
        arguments = [
            f"--stages={stages}",
            f"--project={PROJECT}",
            f"--database_url={self.database_url}",
            f"--generated_content_bucket={self._home / 'generated'}",
            f"--temp_files_bucket={self._home / 'temp'}",
            f"--oer_content_bucket={self._home / 'oer'}",
            "--environment=dev",
            # Not to a topic: an emulator loses everything when it stops.
            f"--dead_letter_topic={self._dead_letters}",
            f"--input_subscription={REQUEST_SUBSCRIPTION}",
            f"--input_topic={REQUEST_TOPIC}",
            f"--notification_topic={NOTIFICATION_TOPIC}",
            f"--media_topic={MEDIA_TOPIC}",
            f"--media_subscription={MEDIA_SUBSCRIPTION}",
        ]
        if self._speech:
            arguments.append(f"--speech_provider={self._speech}")
        return arguments

    def prepare(self) -> None:
        """Create tables, corpus, buckets, topics and subscriptions.

        Raises:
            SettingsError: one of them cannot be created, or a provider is missing.
        """
        # The text job and the media job together use everything that the whole graph uses.
        for stages in JOBS:
            settings, endpoints = read_options(PipelineOptions(self.arguments(stages)))
            for check in preflight.checks(settings, endpoints, create=True):
                if not check.passed:
                    raise SettingsError(f"{check.subject}: {check.problem}")
        resources = Resources()
        for topic in (REQUEST_TOPIC, NOTIFICATION_TOPIC):
            name = f"projects/{PROJECT}/topics/{topic}"
            resources.check_topic(name, create=True)
            resources.check_has_subscription(name, create=True)
        resources.close()

    def start_jobs(self) -> None:
        """Start the text job and the media job, and wait until both read requests."""
        self._say("Starting the text job and the media job ...")
        logs = self._home / "logs"
        port = health_check_port()
        for at, stages in enumerate(JOBS):
            ready = ready_file(stages)
            logs.mkdir(parents=True, exist_ok=True)
            ready.unlink(missing_ok=True)
            options = [f"--local_ready_file={ready}"]
            options += concurrency(stages, self._speech)
            # Two jobs need two ports: HEALTH_CHECK_PORT and the next one.
            options.append(f"--health_check_port={port + at if port else 0}")
            self._start_job(f"The {stages} job", stages, self.arguments(stages) + options)
        for stages, job in zip(JOBS, self._jobs, strict=True):
            job.wait_until(ready_file(stages).exists, seconds=JOB_START_S)
            self._say(f"{job.name}: reading (log: {shown(job.log)})")
        threading.Thread(target=self._requeue, name="vividly-requeue", daemon=True).start()

    def start_api(self, wanted_port: int) -> None:
        """Start the API and the pages, and find `tokens`: role -> a token to try them with.

        Args:
            wanted_port: another one is used if it is taken; 0 for any.
        """
        port, note = port_near(wanted_port)
        if note:
            self._say(f"The API: {note}")
        command = (sys.executable, "-m", "beam_pipeline", "api", "--port", str(port))
        api = Child(
            "The API",
            command,
            log=self._home / "logs" / "api.log",
            env=os.environ | {"DATABASE_URL": self.database_url, "VIVIDLY_HOME": str(self._home)},
        )
        self._jobs.append(api)
        api.wait_until(lambda: listens(port), seconds=JOB_START_S)
        self.api = f"http://127.0.0.1:{port}"
        engine = make_engine(self.database_url)
        self.tokens = tokens_in(self._home / "tokens.json", engine)
        engine.dispose()
        self._tell()

    def _requeue(self) -> None:
        """Run requeue passes until the stack stops."""
        engine = make_engine(self.database_url)
        resources = Resources()
        topic = f"projects/{PROJECT}/topics/{{}}".format
        topics = Topics(
            requests=topic(REQUEST_TOPIC),
            media=topic(MEDIA_TOPIC),
            notifications=topic(NOTIFICATION_TOPIC),
            dead_letters=str(self._dead_letters),
        )
        while not self._requeued.wait(REQUEUE_EVERY_S):
            try:
                requeue(
                    Ledger(engine, owner="vividly requeue"),
                    resources,
                    topics,
                    generated=open_store(str(self._home / "generated")),
                    late="text_only" if os.environ.get("VIVIDLY_LATE") == "text_only" else "fail",
                    at_once=lessons_at_once(self._speech),
                )
            except Exception as error:  # the next pass may succeed
                LOG.warning("Requests that wait were not looked for: %s", error)
        resources.close()
        engine.dispose()

    def _start_job(self, title: str, name: str, arguments: list[str]) -> Child:
        # Pass the URL in the environment: every user can see command lines.
        shown_to_all = [a for a in arguments if not a.startswith("--database_url=")]
        # Texts come first: a student reads while the media are made.
        first = ["nice", "-n", str(MEDIA_NICENESS)] if name == "media" else []
        job = Child(
            title,
            [
                *(*first, sys.executable, "-m", "beam_pipeline.main"),
                *shown_to_all,
                f"--job_name=vividly-local-{name}",
            ],
            log=self._home / "logs" / f"{name}.log",
            env=os.environ | {"DATABASE_URL": self.database_url},
            # Without this process it has no database and no Pub/Sub to finish its work with.
            orphan_signal=signal.SIGKILL,
        )
        self._jobs.append(job)
        return job

    def check(self) -> None:
        """Restart services that died, a few times; report a full disk.

        Raises:
            SettingsError: a service keeps dying.
        """
        self._check_disk()
        if self._postgres and not self._postgres.running:
            if shutil.disk_usage(self._home).free < POSTGRES_BYTES:
                return  # Postgres would end at once; the jobs wait for it
            self._count_restart("Postgres", self._home / "logs" / "postgres.log")
            self._postgres.start()
        if isinstance(self._pubsub, PubSubEmulator) and not self._pubsub.running:
            self._count_restart("The Pub/Sub emulator", self._home / "logs" / "pubsub.log")
            self._pubsub.start()
            self.prepare()  # its topics and their messages are lost
        for at, job in enumerate(self._jobs):
            if not job.running:
                self._count_restart(job.name, job.log, job.last_lines())
                self._jobs[at] = job.again()

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self._home).free
        low = free < LOW_DISK_BYTES
        if low and not self._disk_is_low:
            left = f"{free / 1e6:.0f} MB are free, too little for a video"
            self._say(f"The disk of {shown(self._home)}: {left}. Requests wait: free some space.")
        elif self._disk_is_low and not low:
            self._say(f"The disk of {shown(self._home)} has space again.")
        self._disk_is_low = low

    def _count_restart(self, name: str, log: Path, said: str = "") -> None:
        now = time.monotonic()
        self._restarts = [at for at in self._restarts if now - at < RESTARTS_S] + [now]
        if len(self._restarts) > MAX_RESTARTS:
            ends = f"; {shown(log)} ends with:\n{said}" if said else f"; see {shown(log)}"
            raise SettingsError(f"{name} does not stay up{ends}")
        self._say(f"{name} died and is started again (log: {shown(log)})")
