"""One of each client per process: the database, the buckets, the providers.

A Beam worker sets its steps up again and again and on many threads; whatever
is dear to make is made here, once, on first use.
"""

from __future__ import annotations

import os
import socket
import threading
from functools import cached_property

from sqlalchemy import Engine

from vividly.ledger import Ledger
from vividly.ledger.engine import make_engine
from vividly.retrieval import Retriever, make_retriever
from vividly.scripting import ScriptWriter, make_script_writer
from vividly.settings import Settings
from vividly.speech import SpeechSynthesizer, make_synthesizer
from vividly.storage import ObjectStore, open_store
from vividly.understanding import Understander, make_understander


class Services:
    """What the stages work with, made from the settings. Safe to use from many threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = threading.RLock()
        self._synthesizers: dict[str, SpeechSynthesizer] = {}

    @cached_property
    def engine(self) -> Engine:
        """The connection pool."""
        return make_engine(self.settings.database_url)

    @cached_property
    def ledger(self) -> Ledger:
        """The record of every request."""
        return Ledger(self.engine, owner=f"{socket.gethostname()}:{os.getpid()}")

    @cached_property
    def temp(self) -> ObjectStore:
        """The bucket of intermediate results."""
        return open_store(self.settings.temp_files_bucket)

    @cached_property
    def generated(self) -> ObjectStore:
        """The bucket of finished lessons."""
        return open_store(self.settings.generated_content_bucket)

    @cached_property
    def understander(self) -> Understander:
        """Finds what a question is about."""
        return make_understander(self.settings.understanding_provider)

    @cached_property
    def retriever(self) -> Retriever:
        """Finds the passages that a lesson rests on."""
        return make_retriever(self.settings.retrieval_provider, self.engine)

    @cached_property
    def script_writer(self) -> ScriptWriter:
        """Turns passages into a script."""
        return make_script_writer(self.settings.script_provider)

    def synthesizer(self, language: str) -> SpeechSynthesizer:
        """The voice for a language."""
        with self._lock:
            if language not in self._synthesizers:
                self._synthesizers[language] = make_synthesizer(
                    self.settings.speech_provider, self.settings.speech_voice or None, language
                )
            return self._synthesizers[language]


_services: dict[Settings, Services] = {}
_lock = threading.Lock()


def services_for(settings: Settings) -> Services:
    """The process's services for these settings, made at the first call."""
    with _lock:
        if settings not in _services:
            _services[settings] = Services(settings)
        return _services[settings]
