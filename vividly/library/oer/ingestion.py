"""Ingests a library: read it, store changed documents, remove missing ones."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

from sqlalchemy import Engine

from vividly.library.oer.load import Change, corpus_turn, finish_corpus, store_document
from vividly.library.oer.model import Entry, Omission, ParsedDocument, UnreadableDocument
from vividly.library.oer.plan import Plan
from vividly.library.oer.read import read_entry, refuse_omissions
from vividly.platform.storage import ObjectStore

CHANGES: tuple[Change, ...] = ("new", "changed", "unchanged")


@dataclass
class Omitted:
    """What was left out of one kind; `first` is an example."""

    first: Omission
    count: int = 0
    words: int = 0

    def add(self, other: Omitted) -> Omitted:
        """Both together, with the example of this one."""
        return Omitted(self.first, self.count + other.count, self.words + other.words)


def omitted(document: ParsedDocument) -> dict[str, Omitted]:
    """Kind -> what was left out of a document."""
    found: dict[str, Omitted] = {}
    for omission in document.omissions:
        one = Omitted(omission, 1, omission.words)
        found[omission.kind] = found[omission.kind].add(one) if omission.kind in found else one
    return found


@dataclass
class Report:
    """The result of an ingestion.

    Attributes:
        documents: number of documents by `new`, `changed`, `unchanged`, `removed`.
        pictures: number of figures with a picture in the OER bucket.
        problems: key of an unreadable document -> message.
        omissions: kind -> what was left out of that kind: how often, how many words, and the
            first of them.
        words: of all documents; a formula is one. `kept` of them are in passages.
        seconds: duration.
    """

    documents: Counter[str] = field(default_factory=Counter)
    passages: Counter[str] = field(default_factory=Counter)
    topics: int = 0
    equations: int = 0
    figures: int = 0
    pictures: int = 0
    omissions: dict[str, Omitted] = field(default_factory=dict)
    words: int = 0
    kept: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def count(self, document: ParsedDocument, change: Change | None) -> None:
        """Add a document; `change` is None if nothing was stored."""
        if change:
            self.documents[change] += 1
        self.passages.update(passage.kind for passage in document.passages)
        self.topics += document.topic is not None
        self.equations += document.equations
        self.figures += document.figures
        self.pictures += document.pictures
        self.words += document.words
        self.kept += document.kept
        self.leave_out(document)

    def leave_out(self, document: ParsedDocument) -> None:
        """Add what was left out of a document."""
        for kind, more in omitted(document).items():
            known = self.omissions.get(kind)
            self.omissions[kind] = known.add(more) if known else more


def read_plan(
    plan: Plan, report: Report, figures: ObjectStore | None = None, *, strict: bool = False
) -> Iterator[tuple[Entry, ParsedDocument | None]]:
    """Each entry with its document, or None if it is unreadable: the report says why.

    Args:
        strict: whether a document of which something is left out is unreadable.
    """
    for key, problem in plan.problems.items():
        report.problems[key] = str(problem)
    for entry in plan.entries:
        try:
            document = read_entry(entry, figures)
            if strict and document.omissions:
                report.leave_out(document)
                refuse_omissions(entry, document)
            yield entry, document
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
    strict: bool = False,
    look: Callable[[ParsedDocument], None] | None = None,
) -> Report:
    """Read the documents of a plan, and store them if there is an engine.

    A document that cannot be read keeps its stored passages. After an interruption, run it
    again: finished documents are kept.

    Args:
        figures: the OER bucket for pictures; None to copy no pictures.
        after: called with the engine when everything is stored, for example to make vectors.
        progress: called with the path of each finished document.
        look: called with each document that was read.
        strict: do not store a document of which something would be left out; it is a problem.

    Raises:
        TransientError: the database or the bucket is unreachable.
    """
    started = time.monotonic()
    report = Report()
    corpora = plan.corpora
    with ExitStack() as turns:
        if engine is not None:
            for corpus in sorted(corpora):
                turns.enter_context(corpus_turn(engine, corpus))
        for entry, document in read_plan(plan, report, figures, strict=strict):
            if document is not None:
                change = store_document(engine, document).change if engine is not None else None
                report.count(document, change)
                if look is not None:
                    look(document)
            progress(entry.path)
        if engine is not None:
            for corpus, keys in corpora.items():
                report.documents["removed"] += finish_corpus(engine, corpus, keys)
    if engine is not None and after is not None:
        after(engine)
    report.seconds = time.monotonic() - started
    return report
