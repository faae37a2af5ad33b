"""One client of each kind per process: the database, the buckets, the providers.

A Beam worker sets up its steps repeatedly and on many threads. Expensive clients are created
here, once, on first use.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from vividly.lesson.safety.help_lines import HelpLines, load_help_lines
from vividly.lesson.scripting import ScriptWriter, make_script_writer
from vividly.lesson.speech import SpeechSynthesizer, make_synthesizer, speaks
from vividly.lesson.understanding import Understander, make_understander
from vividly.lesson.understanding.catalogue import Catalogue, DatabaseLibrary
from vividly.library.retrieval import (
    Embedder,
    Progress,
    Retriever,
    index_library,
    make_embedder,
    make_retriever,
)
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.platform.cost import Prices, load_prices
from vividly.platform.heartbeat import Heartbeat
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.engine import make_engine
from vividly.platform.ledger.leases import WorkLeases
from vividly.platform.ledger.lesson_work import LessonWork
from vividly.platform.ledger.lessons import Lessons
from vividly.platform.ledger.queries import library_digest
from vividly.platform.retry import RetryPolicy
from vividly.platform.storage import ObjectStore, open_store
from vividly.platform.telemetry.traces import trace_statements

if TYPE_CHECKING:
    from vividly.lesson.safety.judge import Judge

LIBRARY_S = 10.0
"""Seconds until a job notices that a book was ingested, at most."""


class Services:
    """The clients that the stages use, created from the settings. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.RLock()
        self._synthesizers: dict[str, SpeechSynthesizer] = {}
        self._library = ("", 0.0)
        self._slots = {
            "io": threading.BoundedSemaphore(settings.stage_concurrency),
            "render": threading.BoundedSemaphore(settings.render_concurrency),
        }

    @cached_property
    def engine(self) -> Engine:
        """The connection pool."""
        engine = make_engine(self.settings.database_url)
        trace_statements(self.settings.trace_export, engine)
        return engine

    def close(self) -> None:
        """Stop renewing claims and close the connections. The next use opens new ones."""
        for name in ("heartbeat", "lesson_heartbeat"):
            if name in self.__dict__:
                getattr(self, name).stop()
        if "engine" in self.__dict__:
            self.engine.dispose()

    @cached_property
    def ledger(self) -> Ledger:
        """The record of every request."""
        return Ledger(self.engine, owner=f"{socket.gethostname()}:{os.getpid()}")

    @cached_property
    def lesson_work(self) -> LessonWork:
        """The work on lessons, which requests subscribe to."""
        work = LessonWork(self.engine, owner=self.ledger.owner)
        work.marks_notified = self.ledger.marks_notified
        return work

    @cached_property
    def heartbeat(self) -> Heartbeat:
        """Renews the claims of this process on requests."""
        return Heartbeat(self.ledger, lease=self.settings.lease)

    @cached_property
    def lesson_heartbeat(self) -> Heartbeat:
        """Renews the claims of this process on lessons."""
        return Heartbeat(self.lesson_work, lease=self.settings.lease)

    def ledger_of(self, ticket: Ticket) -> Ledger | LessonWork:
        """Where the progress of a ticket is written: of a lesson, or of one request."""
        return self.lesson_work if ticket.lesson else self.ledger

    def heartbeat_of(self, ticket: Ticket) -> Heartbeat:
        """What renews the claim of a ticket."""
        return self.lesson_heartbeat if ticket.lesson else self.heartbeat

    @cached_property
    def retry_policy(self) -> RetryPolicy:
        """When to retry, and how often."""
        return RetryPolicy.of(self.settings)

    @cached_property
    def leases(self) -> WorkLeases:
        """The leases by which one worker computes a shared result."""
        return WorkLeases(self.engine, owner=self.ledger.owner)

    @cached_property
    def lessons(self) -> Lessons:
        """The existing lessons, by topic, interest, grade band and language."""
        return Lessons(self.engine, owner=self.ledger.owner)

    def library_digest(self) -> str:
        """Digest of all passages in the database, at most `LIBRARY_S` seconds old."""
        with self._lock:
            digest, at = self._library
            if not digest or time.monotonic() - at > LIBRARY_S:
                digest = library_digest(self.engine)
                self._library = (digest, time.monotonic())
            return digest

    @cached_property
    def prices(self) -> Prices:
        """The prices of the services."""
        return load_prices(self.settings.price_table)

    @cached_property
    def safety_judge(self) -> Judge | None:
        """The model that checks questions for safety. None if Gemini understands
        questions, which includes the check, or if no Gemini writes scripts."""
        settings = self.settings
        if settings.understanding_provider == "gemini" or settings.script_provider != "gemini":
            return None
        # Imported here because Google's library takes a second to load.
        from vividly.lesson.safety.judge import Judge
        from vividly.platform.google.gemini import script_model

        return Judge(script_model(settings))

    @cached_property
    def help_lines(self) -> HelpLines:
        """Help lines for children, by country."""
        return load_help_lines(self.settings.help_lines)

    def slots(self, pool: str) -> threading.BoundedSemaphore:
        """Limits how many stages of a pool this process runs at once."""
        return self._slots[pool]

    @cached_property
    def temp(self) -> ObjectStore:
        """The bucket of intermediate results."""
        return open_store(self.settings.temp_files_bucket)

    @cached_property
    def oer(self) -> ObjectStore | None:
        """The bucket of source material with the books' pictures, or None if not set."""
        address = self.settings.oer_content_bucket
        return open_store(address) if address else None

    @cached_property
    def generated(self) -> ObjectStore:
        """The bucket of finished lessons."""
        return open_store(self.settings.generated_content_bucket)

    @cached_property
    def understander(self) -> Understander:
        """Finds what a question is about."""
        return make_understander(self.settings, self.catalogue)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The ingested topics, searchable by question."""
        return Catalogue(DatabaseLibrary(self.engine))

    @cached_property
    def embedder(self) -> Embedder:
        """Computes the vectors of passages and questions."""
        return make_embedder(self.settings)

    @cached_property
    def retriever(self) -> Retriever:
        """Finds the passages that a lesson rests on."""
        embedder = self.embedder if self.settings.retrieval_provider == "hybrid" else None
        return make_retriever(self.settings, self.engine, embedder)

    def index_library(
        self, engine: Engine | None = None, progress: Progress = lambda done, total: None
    ) -> None:
        """Update the retrieval index for new and changed passages.

        Args:
            progress: called with the number of vectors made, and of all to be made.

        Raises:
            TransientError: the database or the model is unavailable. The next call continues
                where this one stopped.
        """
        if self.settings.retrieval_provider == "hybrid":
            index_library(engine or self.engine, self.embedder, progress)

    @cached_property
    def script_writer(self) -> ScriptWriter:
        """Writes scripts from passages."""
        return make_script_writer(self.settings)

    def speaks(self, language: str) -> bool:
        """Whether there is a voice for a language. Does not load it."""
        return speaks(self.settings, language)

    def synthesizer(self, language: str) -> SpeechSynthesizer:
        """The voice for a language."""
        with self._lock:
            if language not in self._synthesizers:
                self._synthesizers[language] = make_synthesizer(self.settings, language)
            return self._synthesizers[language]


_services: dict[Settings, Services] = {}
_lock = threading.Lock()


def services_for(settings: Settings) -> Services:
    """The process's services for these settings, created at the first call."""
    with _lock:
        if settings not in _services:
            _services[settings] = Services(settings)
        return _services[settings]


def close_services(database_url: str) -> None:
    """Close and discard this process's services for a database."""
    with _lock:
        closed = [settings for settings in _services if settings.database_url == database_url]
        for settings in closed:
            _services.pop(settings).close()
