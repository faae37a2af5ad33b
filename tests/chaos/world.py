"""The system under chaos: the real jobs, a real Postgres, the emulator, and observers."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pg8000.native
from google.api_core import exceptions as api

from beam_pipeline.local.emulator import PubSubEmulator, find_emulator
from beam_pipeline.local.postgres import EmbeddedPostgres
from beam_pipeline.local.processes import Child
from beam_pipeline.pubsub import Received, Resources
from tests.chaos.disk import Disk
from tests.chaos.proxy import Proxy
from tests.chaos.services import Weather, model_and_voice
from vividly.library.retrieval import index_library
from vividly.library.retrieval.corpus_loader import load_corpus
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder
from vividly.model.errors import VividlyError
from vividly.platform.ledger import Ledger, migrate
from vividly.platform.ledger.engine import make_engine

PROJECT = "chaos-school"
REQUESTS, MEDIA, NOTES, LETTERS = (
    f"projects/{PROJECT}/topics/{name}"
    for name in (
        "content-generation-requests",
        "content-media",
        "content-notifications",
        "content-requests-dev-dlq",
    )
)
SUBSCRIPTIONS = {
    REQUESTS: f"projects/{PROJECT}/subscriptions/content-generation-worker-sub",
    MEDIA: f"projects/{PROJECT}/subscriptions/content-media-worker-sub",
    NOTES: f"projects/{PROJECT}/subscriptions/content-notifications-sub",
    LETTERS: f"projects/{PROJECT}/subscriptions/content-requests-dev-dlq-sub",
}
LEASE_S = 8
START_S = 120.0
JOBS = ("text", "text", "media", "media")
HISTORY = """
CREATE TABLE chaos_history (
    n bigserial PRIMARY KEY, request_id uuid, lesson text, attempt int, status text, progress int,
    held boolean, served text[], at timestamptz DEFAULT clock_timestamp());
CREATE FUNCTION chaos_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos_history (request_id, lesson, attempt, status, progress, held)
    VALUES (NEW.id, NEW.lesson_key, NEW.attempt, NEW.status, NEW.progress_percentage,
            NEW.lease_owner IS NOT NULL);
    RETURN NULL; END $$;
CREATE TRIGGER chaos_note AFTER INSERT OR UPDATE ON content_requests
    FOR EACH ROW EXECUTE FUNCTION chaos_note();
CREATE FUNCTION chaos_note_lesson() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO chaos_history (lesson, attempt, status, served)
    VALUES (NEW.key, NEW.attempt, NEW.status, NEW.served);
    RETURN NULL; END $$;
CREATE TRIGGER chaos_note_lesson AFTER INSERT OR UPDATE ON lesson_work
    FOR EACH ROW EXECUTE FUNCTION chaos_note_lesson();
"""
"""Every state that a request or a lesson was ever in, recorded by the database itself.

Rows without a `request_id` are of lessons. Writes that concern the same lesson lock its row, so
the order of `n` is the order in which they happened.
"""


class World:
    """All processes and servers. A context manager that starts and stops them."""

    def __init__(self, folder: Path, *, budget: float) -> None:
        self.folder = folder
        self.budget = budget
        self.jobs: list[Child] = []
        self.skews = [0.0] * len(JOBS)
        self.stopping = threading.Event()
        self.held: Callable[[], list[tuple[bytes, dict[str, str]]]] = lambda: []
        self.collected: dict[str, list[Received]] = {NOTES: [], LETTERS: []}
        self._seen: set[tuple[str, bytes, str]] = set()
        self._collecting = threading.Lock()
        self._to_start: queue.Queue[tuple[Callable[[], object], threading.Event]] = queue.Queue()

    def __enter__(self) -> World:
        with ExitStack() as stack:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o755)
            self.disk = Disk(self.folder / "disk")
            stack.callback(self.disk.close)
            for name in ("generated", "temp", "scratch"):
                (self.disk.root / name).mkdir()
            self.postgres = EmbeddedPostgres(self.folder / "postgres")
            self.database_url = self.postgres.start()
            stack.callback(self.postgres.stop)
            self._make_tables()
            found = find_emulator()
            if isinstance(found, str):
                raise SystemExit(found)
            self.emulator = PubSubEmulator(*found, log=self.folder / "logs" / "pubsub.log")
            self.emulator_host = self.emulator.start()
            stack.callback(self.emulator.stop)
            os.environ["PUBSUB_EMULATOR_HOST"] = self.emulator_host
            self.postgres_proxy = Proxy(int(self.database_url.split(":")[-1].split("/")[0]))
            self.pubsub_proxy = Proxy(int(self.emulator_host.split(":")[1]))
            for proxy in (self.postgres_proxy, self.pubsub_proxy):
                stack.callback(proxy.close)
            self.model: Weather
            self.voice: Weather
            self.model, self.voice = stack.enter_context(model_and_voice())
            self.resources = Resources()
            self.make_topics()
            stack.callback(self._stop_processes)
            self.requeue = self._start_requeue()
            self.jobs = [self.start_job(at) for at in range(len(JOBS))]
            for at, job in enumerate(self.jobs):
                job.wait_until((self.folder / f"job-{at}.ready").exists, seconds=START_S)
            threading.Thread(target=self._collect_for_ever, daemon=True).start()
            stack.callback(self.stopping.set)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # -- parts -----------------------------------------------------------------------------

    def _make_tables(self) -> None:
        engine = make_engine(self.database_url)
        migrate(engine)
        load_corpus(engine)
        index_library(engine, SentenceEmbedder())
        with engine.begin() as connection:
            connection.exec_driver_sql(HISTORY)
        engine.dispose()

    def make_topics(self) -> None:
        """Create the topics and subscriptions, which the emulator loses when it stops."""
        for topic, subscription in SUBSCRIPTIONS.items():
            self.resources.check_topic(topic, create=True)
            self.resources.check_subscription(subscription, topic=topic, create=True)

    def sql(self) -> pg8000.native.Connection:
        """A database connection that bypasses the proxy; waits until Postgres accepts it."""
        host, port = "127.0.0.1", self.postgres_proxy.target
        while True:
            try:
                return pg8000.native.Connection(
                    "postgres", host=host, port=port, database="vividly"
                )
            except (pg8000.native.InterfaceError, pg8000.native.DatabaseError):
                if self.stopping.wait(0.5):  # it is being restarted
                    raise

    def start_job(self, at: int) -> Child:
        """Start a job, with the present clock skew of its machine."""
        stages = JOBS[at]
        arguments = [
            f"--stages={stages}",
            f"--project={PROJECT}",
            f"--generated_content_bucket={self.disk.root / 'generated'}",
            f"--temp_files_bucket={self.disk.root / 'temp'}",
            "--environment=dev",
            "--understanding_provider=gemini",
            "--script_provider=gemini",
            "--speech_provider=google",
            "--tts_transport=rest",
            f"--tts_endpoint={self.voice.url}",
            "--vertex_project=school",
            f"--vertex_endpoint={self.model.url}",
            "--model_timeout=5",
            "--speech_timeout=8",
            f"--request_budget={self.budget:.0f}",
            f"--lease={LEASE_S}",
            "--lease_margin=5",
            "--retry_patience=6",
            "--stage_deadlines=understand=40,write_script=60,speak=90,render=120,deliver=60",
            "--job_name=chaos",
            f"--local_ready_file={self.folder / f'job-{at}.ready'}",
            f"--local_max_messages={10 if stages == 'text' else 1}",
            "--local_bundles=2",
        ]
        if stages == "text":
            arguments.append("--input_subscription=content-generation-worker-sub")
        return Child(
            f"job {at} ({stages})",
            [sys.executable, "-m", "tests.chaos.job", *arguments],
            log=self.folder / "logs" / f"job-{at}-{stages}.log",
            env=self._environment() | {"CHAOS_CLOCK_SKEW": str(self.skews[at])},
        )

    def _start_requeue(self) -> Child:
        arguments = ["--every=1", "--pending-after=20", "--again-after=15", "--withdraw-after=5"]
        return Child(
            "requeue",
            [sys.executable, "-m", "beam_pipeline", "requeue", *arguments],
            log=self.folder / "logs" / "requeue.log",
            env=self._environment()
            | {
                "GCS_GENERATED_CONTENT_BUCKET": str(self.disk.root / "generated"),
                "GCS_TEMP_FILES_BUCKET": str(self.disk.root / "temp"),
                "GCP_PROJECT_ID": PROJECT,
                "VIVIDLY_HOME": str(self.folder / "home"),
            },
        )

    def _environment(self) -> dict[str, str]:
        return dict(os.environ) | {
            "DATABASE_URL": f"postgresql://postgres@127.0.0.1:{self.postgres_proxy.port}/vividly",
            "PUBSUB_EMULATOR_HOST": f"127.0.0.1:{self.pubsub_proxy.port}",
            "TMPDIR": str(self.disk.root / "scratch"),
            "OPENBLAS_NUM_THREADS": "1",
        }

    def on_main(self, start: Callable[[], object]) -> None:
        """Have the main thread start a process, and wait until it has.

        The kernel ends a child when the thread that started it ends, not the process.
        """
        done = threading.Event()
        self._to_start.put((start, done))
        while not done.wait(1.0) and not self.stopping.is_set():
            pass

    def keep_up(self) -> None:
        """Restart processes that died, as a supervisor does. Called by the main thread."""
        while not self._to_start.empty():
            start, done = self._to_start.get()
            start()
            done.set()
        for at, job in enumerate(self.jobs):
            if not job.running:
                self.jobs[at] = self.start_job(at)
        if not self.requeue.running:
            self.requeue = self._start_requeue()

    def _stop_processes(self) -> None:
        for child in (*self.jobs, self.requeue):
            child.ask_to_stop()
        for child in (*self.jobs, self.requeue):
            child.stop(seconds=20)

    # -- what others would see -------------------------------------------------------------

    def publish(self, data: bytes, attributes: dict[str, str]) -> None:
        """Publish a request, and retry until it succeeds."""
        while not self.stopping.is_set():
            try:
                self.resources.publish(REQUESTS, data, attributes)
                return
            except VividlyError:
                time.sleep(0.5)

    def cancel(self, request_id: str) -> None:
        """Cancel a request, and retry until the database answers."""
        engine = make_engine(self.database_url)
        while not self.stopping.is_set():
            try:
                Ledger(engine, owner="gateway").cancel(request_id, by="its student")
                break
            except VividlyError:
                time.sleep(0.5)
        engine.dispose()

    def _collect_for_ever(self) -> None:
        while not self.stopping.wait(0.3):
            self.collect()

    def collect(self) -> int:
        """Pull the messages on the topics of notifications and dead letters."""
        number = 0
        with self._collecting:
            for topic, kept in self.collected.items():
                try:
                    for one in self.resources.pull(SUBSCRIPTIONS[topic], limit=100, wait=0.3):
                        kept.append(one)
                        number += 1
                        self.resources.acknowledge(SUBSCRIPTIONS[topic], [one.ack_id])
                except (VividlyError, api.GoogleAPICallError):
                    continue  # it is being restarted
        return number

    def restart_pubsub(self) -> None:
        """Restart the emulator.

        Unlike Pub/Sub it keeps nothing. Notifications and dead letters are collected before.
        Requests that Pub/Sub might still hold, since nobody acknowledged them, are published
        again afterwards (`held`). Hand-overs are lost.
        """
        self.pubsub_proxy.cut()
        while self.collect():
            pass
        with self._collecting:
            self.emulator.stop()
            self.on_main(self.emulator.start)
            while True:
                try:
                    self.make_topics()
                    break
                except VividlyError:
                    time.sleep(0.2)
        self.pubsub_proxy.mend()
        for data, attributes in self.held():
            self.publish(data, attributes)

    def save(self) -> None:
        """Write the collected messages to files, for later inspection."""
        for topic, kept in self.collected.items():
            with (self.folder / f"{topic.rsplit('/', 1)[-1]}.jsonl").open("w") as file:
                for one in kept:
                    record = {
                        "data": one.data.decode("utf-8", "replace"),
                        "attributes": dict(one.attributes),
                    }
                    file.write(json.dumps(record) + "\n")
