"""The topics that can be asked for in one language, shipped and ingested."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from sqlalchemy import Engine, func, select

from vividly.lesson.understanding.index import Entry, TopicIndex, book_entry, shipped_entry
from vividly.lesson.understanding.reading import Reader, Wording
from vividly.library.corpus import corpus_languages, load_topics
from vividly.library.encoder import Floats
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.library import passage_embeddings, passages, topics
from vividly.platform.ledger.queries import library_digest
from vividly.text.locales import locale_for, primary_subtag

_E = passage_embeddings.c
CHECK_S = 10.0
"""Seconds between checks for changes of the library."""


class Library(Protocol):
    """A source of ingested topics. Every method raises `TransientError` without its database."""

    def version(self) -> str:
        """Return a value that changes whenever the topics change. Called every few seconds."""

    def topics(self) -> Mapping[str, Sequence[Entry]]:
        """Return all ingested topics by the primary subtag of their language."""

    def vectors(self) -> Mapping[str, Floats]:
        """Return the sentence encoder's passage vectors (passages × 384) by topic id.

        Topics without vectors are left out.
        """


class DatabaseLibrary:
    """Reads topics and passages from the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self) -> str:
        """Digest of `corpus_versions` and of the number of vectors, which are added later."""
        counted = select(func.count()).where(_E.model == SentenceEmbedder.identity)
        with database_errors(self._engine), self._engine.connect() as connection:
            vectors = connection.execute(counted).scalar_one()
        listed = f"{library_digest(self._engine)} {vectors}"
        return hashlib.sha256(listed.encode()).hexdigest()

    def topics(self) -> Mapping[str, Sequence[Entry]]:
        """Return all rows of `topics` that have passages, ordered by id."""
        texts = (
            select(
                passages.c.topic_id,
                func.array_agg(passages.c.heading.distinct()).label("headings"),
                func.array_agg(passages.c.body).label("texts"),
            )
            .group_by(passages.c.topic_id)
            .subquery()
        )
        query = (
            select(topics, texts.c.headings, texts.c.texts)
            .join(texts, texts.c.topic_id == topics.c.id)
            .order_by(topics.c.id)
        )
        with database_errors(self._engine), self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        found: dict[str, list[Entry]] = {}
        for row in rows:
            entry = book_entry(
                row["id"], row["title"], row["subject"],
                terms=row["terms"], headings=row["headings"], texts=row["texts"],
            )  # fmt: skip
            found.setdefault(primary_subtag(row["language"]), []).append(entry)
        return found

    def vectors(self) -> Mapping[str, Floats]:
        """Return the vectors that `--embedding_provider=offline` put in `passage_embeddings`."""
        query = (
            select(passages.c.topic_id, _E.embedding)
            .join(passage_embeddings, _E.passage_key == passages.c.key)
            .join(topics, topics.c.id == passages.c.topic_id)
            .where(_E.model == SentenceEmbedder.identity)
            .order_by(passages.c.topic_id, passages.c.key)
        )
        found: dict[str, list[Floats]] = {}
        with database_errors(self._engine), self._engine.connect() as connection:
            for topic_id, vector in connection.execute(query):
                found.setdefault(topic_id, []).append(np.asarray(vector, np.float32))
        return {topic_id: np.stack(vectors) for topic_id, vectors in found.items()}


@dataclass(frozen=True)
class Shelf:
    """The topics of one language, and the reader of questions about them.

    Attributes:
        vectors: passage vectors (passages × 384) of ingested topics, by id.
    """

    language: str
    index: TopicIndex
    reader: Reader
    vectors: Mapping[str, Floats]


@cache
def shipped_shelf(language: str) -> Shelf:
    """Return the topics that ship in a language (primary subtag). Read once per process."""
    return _shelf(language, (), {})


class Catalogue:
    """The shipped and ingested topics of each language; reloads them after a change.

    Thread-safe: while one thread reloads, the others use the previous state.
    """

    def __init__(self, library: Library, *, check_s: float = CHECK_S) -> None:
        """Reads nothing yet: the first question loads the library."""
        self._library = library
        self._check_s = check_s
        self._reading = threading.Lock()
        self._stock: _Stock | None = None

    @property
    def version(self) -> str:
        """Version of the library, at most `check_s` seconds old."""
        return self._current().version

    @property
    def corpora(self) -> frozenset[str]:
        """First parts of the ingested topics' ids (`openstax-physics`)."""
        shelves = self._current().shelves.values()
        return frozenset(
            id.split("/")[0]
            for shelf in shelves
            for id, topic in shelf.index.topics.items()
            if not topic.shipped
        )

    def shelf(self, language: str) -> Shelf:
        """Return the topics of a language (primary subtag).

        Raises:
            TransientError: the database is unavailable.
        """
        return self._current().shelves.get(language) or shipped_shelf(language)

    def _current(self) -> _Stock:
        stock = self._stock
        if stock and time.monotonic() - stock.checked_at < self._check_s:
            return stock
        if not self._reading.acquire(blocking=stock is None):
            assert stock  # for the type checker  # nosec B101
            return stock
        try:
            return self._renewed(self._stock)
        finally:
            self._reading.release()

    def _renewed(self, stock: _Stock | None) -> _Stock:
        now = time.monotonic()
        if stock and now - stock.checked_at < self._check_s:
            return stock
        version = self._library.version()
        if stock and stock.version == version:
            self._stock = _Stock(version, stock.shelves, now)
        else:
            self._stock = _Stock(version, _shelves(self._library), now)
        return self._stock


@dataclass(frozen=True)
class _Stock:
    version: str
    shelves: Mapping[str, Shelf]
    checked_at: float


def _shelves(library: Library) -> dict[str, Shelf]:
    found = library.topics()
    vectors = library.vectors() if found else {}
    readable = set(found).intersection(corpus_languages())
    return {language: _shelf(language, found[language], vectors) for language in sorted(readable)}


def _shelf(language: str, ingested: Sequence[Entry], vectors: Mapping[str, Floats]) -> Shelf:
    clues = locale_for(language).hints.thesaurus
    shipped = [
        shipped_entry(topic, clues.get(id, "")) for id, topic in load_topics(language).items()
    ]
    wording = Wording(language)
    index = TopicIndex([*shipped, *ingested], wording.content, wording.fast_content(), wording.weak)
    return Shelf(
        language,
        index,
        Reader(wording, index.words, index.names, index.hints, index.teaches),
        {topic.id: vectors[topic.id] for topic in ingested if topic.id in vectors},
    )
