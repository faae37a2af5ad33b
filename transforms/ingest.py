"""Ingestion as a pipeline: list, read and store documents, then remove deleted ones.

Every step may run again: a document is stored in one transaction and only if it has changed,
and a corpus is finished when all its documents have been stored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import AsIter, TaggedOutput
from sqlalchemy import Engine

from vividly.execution.services import services_for
from vividly.library.oer import (
    Choices,
    DocumentChange,
    Entry,
    Omitted,
    ParsedDocument,
    UnreadableDocument,
    finish_corpus,
    omitted,
    plan_library,
    read_entry,
    refuse_omissions,
    store_document,
)
from vividly.model.settings import Settings

FAILURES = "failures"
LEFT_OUT = "left_out"
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
    """Entry -> document, or why it cannot be read; and (kind, what was left out of that kind)."""

    def __init__(self, settings: Settings, *, strict: bool) -> None:
        self.settings = settings
        self.strict = strict

    def process(self, entry: Entry) -> Iterator[ParsedDocument | TaggedOutput]:
        try:
            document = read_entry(entry, services_for(self.settings).oer)
            for kind, parts in omitted(document).items():
                Metrics.counter(NAMESPACE, "left_out").inc(parts.count)
                yield TaggedOutput(LEFT_OUT, (kind, parts))
            if self.strict:
                refuse_omissions(entry, document)
        except UnreadableDocument as error:
            Metrics.counter(NAMESPACE, "unreadable").inc()
            key = f"{entry.origin.corpus}/{entry.origin.module}"
            yield TaggedOutput(FAILURES, Unreadable(key, str(error)))
            return
        Metrics.counter(NAMESPACE, "passages").inc(len(document.passages))
        Metrics.counter(NAMESPACE, "words").inc(document.words)
        Metrics.counter(NAMESPACE, "words_kept").inc(document.kept)
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
    """PCollection[address] -> (changes, corpora: (name, removed), failures, left_out: (kind, …)).

    Args:
        strict: whether a document of which something would be left out is a failure.
        after: called with the engine, on a worker, after each corpus is finished.
    """

    def __init__(
        self,
        settings: Settings,
        choices: Choices,
        after: Callable[[Engine], None] | None = None,
        *,
        strict: bool = False,
    ) -> None:
        super().__init__()
        self.settings = settings
        self.choices = choices
        self.after = after
        self.strict = strict

    def expand(self, addresses: beam.PCollection) -> dict[str, beam.PCollection]:
        planned = addresses | "Plan" >> beam.ParDo(_PlanDoFn(self.choices)).with_outputs(
            FAILURES, CORPORA, main=MAIN
        )
        read = (
            planned[MAIN]
            | "Spread" >> beam.Reshuffle()
            | "Read"
            >> beam.ParDo(_ReadDoFn(self.settings, strict=self.strict)).with_outputs(
                FAILURES, LEFT_OUT, main=MAIN
            )
        )
        stored = read[MAIN] | "Store" >> beam.ParDo(_StoreDoFn(self.settings))
        finished = planned[CORPORA] | "Finish" >> beam.ParDo(
            _FinishDoFn(self.settings, self.after), AsIter(stored)
        )
        failures = (planned[FAILURES], read[FAILURES]) | "Failures" >> beam.Flatten()
        left_out = read[LEFT_OUT] | "LeftOut" >> beam.CombinePerKey(_together)
        return {MAIN: stored, CORPORA: finished, FAILURES: failures, LEFT_OUT: left_out}


def _together(parts: Iterable[Omitted]) -> Omitted:
    return reduce(Omitted.add, parts)
