"""The system that the benchmarks measure: a local stack of its own, its requests and processes.

    with System() as system:
        ids = system.ask(lessons(30, seed=1))
        rows = system.wait(ids, seconds=600)

It is used as others use it: requests go in by its topic, results come out of its rows and files.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from beam_pipeline.cli.context import Context
from beam_pipeline.cli.requests import publish
from beam_pipeline.local import state
from beam_pipeline.local.processes import Child
from beam_pipeline.local.stack import concurrency
from beam_pipeline.options import MEDIA_TOPIC
from bench import slow_services
from bench.report import say
from vividly.library.corpus import load_topics
from vividly.model.wanted import BANDS
from vividly.platform.ledger.schema import ENDED

ROOT = Path(__file__).parent.parent
START_S = 300.0
FEW = 50
"""Requests whose rows are read so often as not to count."""
TOLD_S = 15.0
"""Seconds between two lines of progress."""
ROLES = ("text job", "media job", "Postgres", "Pub/Sub", "up", "loopback providers")


@dataclass(frozen=True)
class Lesson:
    """What a request asks for."""

    topic: str
    title: str
    grade: int
    interest: str

    def fields(self, student: str, modality: str) -> dict[str, object]:
        """The fields of a request for it."""
        return {
            "request_id": str(uuid.uuid4()),
            "student_id": student,
            "student_query": f"Explain {self.title}",
            "grade_level": self.grade,
            "interest": self.interest,
            "requested_modalities": [modality],
        }


def lessons(number: int, seed: int) -> list[Lesson]:
    """So many lessons, no two of which are the same: they differ in topic, grades or interest."""
    every = [
        Lesson(topic.id, topic.title, max(band[0], topic.grades[0]), bridge.interest)
        for topic in load_topics().values()
        for band in BANDS
        if band[0] <= topic.grades[1] and topic.grades[0] <= band[1]
        for bridge in topic.bridges
    ]
    random.Random(seed).shuffle(every)
    if number > len(every):
        raise SystemExit(f"the corpus has {len(every)} different lessons; {number} were asked for")
    # Different topics first, so that few lessons are as good as many.
    seen: dict[str, int] = {}
    order = []
    for lesson in every:
        seen[lesson.topic] = seen.get(lesson.topic, 0) + 1
        order.append(seen[lesson.topic])
    return [every[at] for at in sorted(range(len(every)), key=order.__getitem__)[:number]]


@dataclass(frozen=True)
class Row:
    """A request as its row tells it; times in seconds since it was created, or None."""

    id: str
    status: str
    created: float
    to_text: float | None
    to_end: float | None
    video: str | None
    reason: str


class System:
    """A local stack in a temporary folder, stopped and removed at the end.

    Args:
        options: further options of the jobs, such as `--request_budget=60`.
        slow: use model and voice servers that are as slow as the cloud's.
    """

    def __init__(self, *options: str, slow: bool = False) -> None:
        self._options, self._slow = list(options), slow
        self._stop = ExitStack()
        self.extra: list[Child] = []
        self.up: Child | None = None

    def __enter__(self) -> System:
        with ExitStack() as stop:
            folder = stop.enter_context(tempfile.TemporaryDirectory(prefix="vividly-bench-"))
            self.home = Path(folder)
            self.home.chmod(0o755)  # the database's user must enter it
            before = dict(os.environ)
            stop.callback(os.environ.update, before)
            stop.callback(os.environ.clear)
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # stop all in order
            os.environ.pop("DATABASE_URL", None)
            os.environ |= {"VIVIDLY_HOME": folder, "PYTHONPATH": str(ROOT)}
            self.providers = self._start_providers(stop) if self._slow else None
            stop.callback(self._stop_up)
            self.start_s = self._start()
            self.context = Context()
            stop.callback(self.context.engine.dispose)
            self._media_copy = f"projects/{self.project}/subscriptions/bench-media-sub"
            self._resources.check_subscription(
                self._media_copy,
                topic=f"projects/{self.project}/topics/{MEDIA_TOPIC}",
                create=True,
            )
            self._stop = stop.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        say("stopping the stack")
        self._stop.close()

    def _start_providers(self, stop: ExitStack) -> Child:
        child = Child(
            "The loopback providers",
            [sys.executable, "-m", "bench.slow_services"],
            log=self.home / "logs" / "providers.log",
            cwd=ROOT,
        )
        stop.callback(child.stop)
        child.wait_until(lambda: child.log.read_text().endswith("\n"), seconds=START_S)
        urls = json.loads(child.log.read_text().splitlines()[-1])
        self._options += slow_services.options(**urls)
        return child

    def start_again(self) -> float:
        """Stop the stack, and start it on the same data. Returns the seconds of its start."""
        self._stop_up()
        return self._start()

    def _start(self) -> float:
        say("starting the stack")
        os.environ.pop("PUBSUB_EMULATOR_HOST", None)  # of an emulator that was stopped
        began = time.monotonic()
        log = self.home / "logs" / f"up-{began:.0f}.log"
        self.up = Child(
            "The stack",
            [sys.executable, "-m", "bench.up", *self._options],
            log=log,
            cwd=ROOT,
        )
        self.up.wait_until(lambda: "Ready." in log.read_text(), seconds=START_S)
        return time.monotonic() - began

    def _stop_up(self) -> None:
        for child in self.extra:
            child.stop(seconds=60)
        self.extra.clear()
        if self.up:
            self.up.stop(seconds=60)

    @property
    def project(self) -> str:
        """The project of its topics."""
        return str(self.context.options.get_all_options()["project"])

    @property
    def _resources(self) -> Any:
        return self.context.resources

    # -- requests --------------------------------------------------------------------------

    def ask(
        self, wanted: Iterable[Lesson], modality: str = "video", *, fresh: bool = False
    ) -> list[str]:
        """Request lessons, as a gateway does: the row first, then the message.

        Args:
            fresh: make every part from scratch.

        Returns:
            The request ids.
        """
        return [
            publish(self.context, lesson.fields(f"student-{at}", modality), fresh=fresh)
            for at, lesson in enumerate(wanted)
        ]

    def rows(self, ids: Iterable[str] = ()) -> list[Row]:
        """The requests with these ids, or all; the oldest first."""
        chosen = list(ids)
        query = text(
            "SELECT id::text, status, extract(epoch FROM created_at)::float8, "
            "extract(epoch FROM text_ready_at - created_at)::float8, "
            "extract(epoch FROM coalesce(completed_at, failed_at) - created_at)::float8, "
            "video_url, coalesce(error_details->>'reason', '') "
            "FROM content_requests WHERE :every OR id = ANY(CAST(:ids AS uuid[])) "
            "ORDER BY created_at"
        )
        with self.context.engine.connect() as connection:
            found = connection.execute(query, {"ids": chosen, "every": not chosen}).all()
            return [Row(*row) for row in found]

    def wait(
        self,
        ids: Sequence[str],
        *,
        seconds: float,
        done: Callable[[Row], bool] = lambda row: row.status in ENDED,
    ) -> list[Row]:
        """Wait until all are done, for `seconds` at most; returns the rows as they are then."""
        end = time.monotonic() + seconds
        told = time.monotonic()
        while True:
            self.check()
            rows = self.rows(ids)
            left = len(ids) - sum(map(done, rows))
            if not left or time.monotonic() > end:
                return rows
            if time.monotonic() > told + TOLD_S:
                told = time.monotonic()
                say(f"{left} of {len(ids)} are awaited")
            time.sleep(0.25 if len(ids) <= FEW else 1.0)

    def check(self) -> None:
        """Stop with a message where the stack has ended."""
        if not self.up or not self.up.running:
            raise SystemExit(f"the stack has ended:\n{self.up.last_lines(20) if self.up else ''}")

    def events(self) -> dict[str, int]:
        """Type of event -> how often it happened."""
        query = text("SELECT event_type, count(*) FROM request_events GROUP BY 1")
        with self.context.engine.connect() as connection:
            return {str(kind): int(number) for kind, number in connection.execute(query)}

    def made(self, stage: str) -> int:
        """How often a stage made its result itself, instead of finding it."""
        query = text(
            "SELECT count(*) FROM request_stages WHERE stage_name = :stage "
            "AND status = 'completed' AND NOT coalesce((stage_metadata->>'reused')::bool, false)"
        )
        with self.context.engine.connect() as connection:
            return int(connection.execute(query, {"stage": stage}).scalar_one())

    def stage_seconds(self, ids: Iterable[str]) -> dict[str, dict[str, float]]:
        """Request id -> stage -> seconds, of the stages that ran."""
        query = text(
            "SELECT request_id::text, stage_name, duration_seconds FROM request_stages "
            "WHERE request_id = ANY(CAST(:ids AS uuid[])) AND duration_seconds IS NOT NULL"
        )
        found: dict[str, dict[str, float]] = {}
        with self.context.engine.connect() as connection:
            for id, stage, seconds in connection.execute(query, {"ids": list(ids)}):
                found.setdefault(str(id), {})[str(stage)] = float(seconds)
        return found

    def videos(self) -> int:
        """How many videos the bucket has that are not empty."""
        found = (self.home / "generated" / "videos").glob("*.mp4")
        return sum(file.stat().st_size > 0 for file in found)

    def media_messages(self) -> int:
        """How many messages came on the media topic since the last call."""
        number = 0
        while some := self._resources.pull(self._media_copy, limit=500, wait=1.0):
            self._resources.acknowledge(self._media_copy, [one.ack_id for one in some])
            number += len(some)
        return number

    def add_job(self, stages: str) -> Child:
        """Start one more job like the stack's own, and wait until it reads."""
        up = state.running()
        assert up is not None
        name = f"{stages}-{len(self.extra) + 2}"
        ready = self.home / "logs" / f"{name}.ready"
        stock = ("--stages=", "--database_url=")
        arguments = [one for one in up.arguments if not one.startswith(stock)]
        child = Child(
            f"The job {name}",
            [
                *(sys.executable, "-m", "beam_pipeline.main", f"--stages={stages}", *arguments),
                *concurrency(stages, "google" if self._slow else ""),
                *(f"--local_ready_file={ready}", f"--job_name={name}"),
            ],
            log=self.home / "logs" / f"{name}.log",
            env=os.environ | {"DATABASE_URL": up.database_url},
            cwd=ROOT,
        )
        self.extra.append(child)
        child.wait_until(ready.exists, seconds=START_S)
        return child

    # -- processes -------------------------------------------------------------------------

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Role -> its processes, without their children."""
        found: dict[str, list[psutil.Process]] = {role: [] for role in ROLES}
        assert self.up is not None
        up = psutil.Process(self.up.process.pid)
        found["up"].append(up)
        others = [psutil.Process(child.process.pid) for child in self.extra if child.running]
        for process in (*up.children(), *others):
            try:
                command = " ".join(process.cmdline())
            except psutil.Error:
                continue
            if "--stages=text" in command:
                found["text job"].append(process)
            elif "--stages=media" in command:
                found["media job"].append(process)
            elif "pubsub" in command:
                found["Pub/Sub"].append(process)
            elif "postgres" in command:
                found["Postgres"].append(process)
        if self.providers:
            found["loopback providers"].append(psutil.Process(self.providers.process.pid))
        return found


@dataclass
class Usage:
    """CPU seconds and memory of each role since `Watch` began.

    Attributes:
        cpu: role -> CPU seconds, with those of child processes.
        mib: role -> memory now, in MiB; pages that processes share are counted once.
        peak: role -> the highest of these.
        seconds: how long.
    """

    cpu: Mapping[str, float]
    mib: Mapping[str, float]
    peak: Mapping[str, float]
    seconds: float

    def share(self, *roles: str) -> float:
        """CPU seconds per second of these roles, in percent of a core."""
        return 100 * sum(self.cpu[role] for role in roles) / self.seconds


class Watch:
    """Samples the processes of a system from a thread, until `stop`."""

    def __init__(self, system: System, every: float = 5.0) -> None:
        self._system, self._every = system, every
        self._over = threading.Event()
        self._cpu: dict[tuple[str, int], float] = {}
        self._mib: dict[str, float] = {}
        self._peak = dict.fromkeys(ROLES, 0.0)
        self._sample()
        self._first = dict(self._cpu)
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> Usage:
        """The usage since the beginning."""
        self._over.set()
        self._thread.join()
        self._sample()
        cpu = dict.fromkeys(ROLES, 0.0)
        for (role, pid), seconds in self._cpu.items():
            cpu[role] += seconds - self._first.get((role, pid), 0.0)
        return Usage(cpu, self._mib, self._peak, time.monotonic() - self._began)

    def _run(self) -> None:
        while not self._over.wait(self._every):
            try:
                self._sample()
            except psutil.Error:
                continue  # a process has just ended

    def _sample(self) -> None:
        for role, roots in self._system.processes().items():
            mib = 0.0
            for root in roots:
                # The children of `up` have roles of their own.
                own = role == "up"
                tree = [root] if own else [root, *root.children(recursive=True)]
                cpu = 0.0
                for process in tree:
                    try:
                        cpu += sum(process.cpu_times()[: 2 if own else 4])
                        mib += _memory(process)
                    except psutil.Error:
                        continue  # the parent has its CPU time once it is reaped
                # A restarted process has another number: both count.
                key = (role, root.pid)
                self._cpu[key] = max(cpu, self._cpu.get(key, 0.0))
            self._mib[role] = mib
            self._peak[role] = max(self._peak[role], mib)


def _memory(process: psutil.Process) -> float:
    try:
        full = process.memory_full_info()
        return float(getattr(full, "pss", 0) or full.rss) / 2**20
    except psutil.AccessDenied:
        return float(process.memory_info().rss) / 2**20


def idle(system: System, seconds: float) -> Usage:
    """The usage while nothing is to be done."""
    say(f"measuring {seconds:.0f} s of idleness")
    watch = Watch(system, every=max(1.0, seconds / 4))
    time.sleep(seconds)
    return watch.stop()
