"""Ingestion as a pipeline: list, read and store documents, then remove deleted ones.

Every step may run again: a document is stored in one transaction and only if it has changed,
and a corpus is finished when all its documents have been stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import AsIter, TaggedOutput
from sqlalchemy import Engine

from vividly.execution.services import services_for
from vividly.library.oer import (
    Choices,
    DocumentChange,
    Entry,
    ParsedDocument,
    UnreadableDocument,
    finish_corpus,
    plan_library,
    read_entry,
    store_document,
)
from vividly.model.settings import Settings

FAILURES = "failures"
CORPORA = "corpora"
MAIN = "main"
NAMESPACE = "vividly.ingest"


@dataclass(frozen=True)
class Unreadable:
    """A document that could not be read, and why."""

    key: str
    error: str

    def as_json(self) -> str:
        """As a line of the failures file."""
        return json.dumps({"document": self.key, "error": self.error}, ensure_ascii=False)


@dataclass(frozen=True)
class Corpus:
    """A corpus, and the keys of all its documents, readable or not."""

    name: str
    keys: tuple[str, ...]


class _PlanDoFn(beam.DoFn):  # type: ignore[misc]
    """Address of a library -> entries, unreadable documents, corpora."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices

    def process(self, uri: str) -> Iterator[Entry | TaggedOutput]:
        plan = plan_library(uri, self.choices)
        for key, problem in plan.problems.items():
            Metrics.counter(NAMESPACE, "unreadable").inc()
            yield TaggedOutput(FAILURES, Unreadable(key, str(problem)))
        for name, keys in plan.corpora.items():
            yield TaggedOutput(CORPORA, Corpus(name, tuple(sorted(keys))))
        yield from plan.entries


class _ReadDoFn(beam.DoFn):  # type: ignore[misc]
    """Entry -> document, or why it cannot be read."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def process(self, entry: Entry) -> Iterator[ParsedDocument | TaggedOutput]:
        try:
            document = read_entry(entry, services_for(self.settings).oer)
        except UnreadableDocument as error:
            Metrics.counter(NAMESPACE, "unreadable").inc()
            key = f"{entry.origin.corpus}/{entry.origin.module}"
            yield TaggedOutput(FAILURES, Unreadable(key, str(error)))
            return
        Metrics.counter(NAMESPACE, "passages").inc(len(document.passages))
        yield document


class _StoreDoFn(beam.DoFn):  # type: ignore[misc]
    """Document -> the change that storing it made."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def process(self, document: ParsedDocument) -> Iterator[DocumentChange]:
        done = store_document(services_for(self.settings).engine, document)
        Metrics.counter(NAMESPACE, done.change).inc()
        yield done


class _FinishDoFn(beam.DoFn):  # type: ignore[misc]
    """Corpus -> (name, number of removed documents), once all others are stored."""

    def __init__(self, settings: Settings, after: Callable[[Engine], None] | None) -> None:
        self.settings = settings
        self.after = after

    def process(self, corpus: Corpus, stored: list[DocumentChange]) -> Iterator[tuple[str, int]]:
        for _ in stored:  # makes the runner store all documents first
            pass
        engine = services_for(self.settings).engine
        removed = finish_corpus(engine, corpus.name, corpus.keys)
        if self.after is not None:
            self.after(engine)
        Metrics.counter(NAMESPACE, "removed").inc(removed)
        yield corpus.name, removed


class Ingest(beam.PTransform):  # type: ignore[misc]
    """PCollection[address] -> (changes, corpora: (name, removed), failures).

    Args:
        after: called with the engine, on a worker, after each corpus is finished.
    """

    def __init__(
        self,
        settings: Settings,
        choices: Choices,
        after: Callable[[Engine], None] | None = None,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.choices = choices
        self.after = after

    def expand(self, addresses: beam.PCollection) -> dict[str, beam.PCollection]:
        planned = addresses | "Plan" >> beam.ParDo(_PlanDoFn(self.choices)).with_outputs(
            FAILURES, CORPORA, main=MAIN
        )
        read = (
            planned[MAIN]
            | "Spread" >> beam.Reshuffle()
            | "Read" >> beam.ParDo(_ReadDoFn(self.settings)).with_outputs(FAILURES, main=MAIN)
        )
        stored = read[MAIN] | "Store" >> beam.ParDo(_StoreDoFn(self.settings))
        finished = planned[CORPORA] | "Finish" >> beam.ParDo(
            _FinishDoFn(self.settings, self.after), AsIter(stored)
        )
        failures = (planned[FAILURES], read[FAILURES]) | "Failures" >> beam.Flatten()
        return {MAIN: stored, CORPORA: finished, FAILURES: failures}
