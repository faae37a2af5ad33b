"""Brings a library into the database: read, store what changed, drop what is gone."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from sqlalchemy import Engine

from vividly.library.oer.load import Change, corpus_turn, finish_corpus, store_document
from vividly.library.oer.model import Entry, ParsedDocument, UnreadableDocument
from vividly.library.oer.plan import Plan
from vividly.library.oer.read import read_entry
from vividly.platform.storage import ObjectStore

CHANGES: tuple[Change, ...] = ("new", "changed", "unchanged")


@dataclass
class Report:
    """What an ingestion did.

    Attributes:
        documents: how many were `new`, `changed`, `unchanged`, `removed`.
        pictures: how many of the figures have their picture in the OER bucket.
        problems: message per document that could not be read, by its key.
        left_out: how many parts of which kind did not become passages.
        seconds: how long it took.
    """

    documents: Counter[str] = field(default_factory=Counter)
    passages: Counter[str] = field(default_factory=Counter)
    topics: int = 0
    equations: int = 0
    figures: int = 0
    pictures: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    problems: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def count(self, document: ParsedDocument, change: Change | None) -> None:
        """Add a document; `change` is None where nothing was to be stored."""
        if change:
            self.documents[change] += 1
        self.passages.update(passage.kind for passage in document.passages)
        self.topics += document.topic is not None
        self.equations += document.equations
        self.figures += document.figures
        self.pictures += document.pictures
        self.left_out.update(document.left_out)


def read_plan(
    plan: Plan, report: Report, figures: ObjectStore | None = None
) -> Iterator[tuple[Entry, ParsedDocument | None]]:
    """Each entry with its document, or None where it cannot be read: the report says why."""
    for key, problem in plan.problems.items():
        report.problems[key] = str(problem)
    for entry in plan.entries:
        try:
            yield entry, read_entry(entry, figures)
        except UnreadableDocument as error:
            report.problems[f"{entry.origin.corpus}/{entry.origin.module}"] = str(error)
            yield entry, None


def ingest(
    engine: Engine | None,
    plan: Plan,
    *,
    figures: ObjectStore | None = None,
    after: Callable[[Engine], None] | None = None,
    progress: Callable[[str], None] = lambda path: None,
) -> Report:
    """Read a plan, and store it where there is an engine.

    A document that cannot be read keeps what was stored of it before. What was done stays
    where this is broken off; running it again does the rest.

    Args:
        figures: the OER bucket, where pictures are kept; None to leave them.
        after: called with the engine when all is stored, such as to make vectors.
        progress: called with the path of each document that is done.

    Raises:
        TransientError: the database or the bucket is away.
    """
    started = time.monotonic()
    report = Report()
    corpora = plan.corpora
    with ExitStack() as turns:
        if engine is not None:
            for corpus in sorted(corpora):
                turns.enter_context(corpus_turn(engine, corpus))
        for entry, document in read_plan(plan, report, figures):
            if document is not None:
                change = store_document(engine, document).change if engine is not None else None
                report.count(document, change)
            progress(entry.path)
        if engine is not None:
            for corpus, keys in corpora.items():
                report.documents["removed"] += finish_corpus(engine, corpus, keys)
    if engine is not None and after is not None:
        after(engine)
    report.seconds = time.monotonic() - started
    return report
