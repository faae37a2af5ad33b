"""A searchable index of the ingested topics that follows changes of the library."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np
from sqlalchemy import Engine, func, select

from vividly.lesson.understanding.catalogue_index import CatalogueIndex, CatalogueTopic, Hit
from vividly.lesson.understanding.index import names_of, texts_of
from vividly.lesson.understanding.phrasing import phrasing
from vividly.lesson.understanding.question import SUBJECTS, Reader
from vividly.library.corpus import load_topics
from vividly.library.encoder import Floats
from vividly.library.retrieval.hybrid import HybridRetriever
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.library import passage_embeddings, passages, topics
from vividly.platform.ledger.queries import library_digest
from vividly.text.locales import DEFAULT, locale_for, primary_subtag
from vividly.text.words import QUESTION, stems, words

_E = passage_embeddings.c
CHECK_S = 10.0
"""Seconds between checks for changes of the library."""
FOUND_AT_MOST = 10
"""Passages to search for a question."""
READ = (DEFAULT,)
"""Languages in which the library can be searched: those that `Phrasing` supports."""


class Library(Protocol):
    """A source of ingested topics."""

    def version(self) -> str:
        """Return a value that changes whenever the topics change. Called every few seconds.

        Raises:
            TransientError: the database is unavailable.
        """

    def topics(self) -> Sequence[CatalogueTopic]:
        """Return all ingested topics.

        Raises:
            TransientError: the database is unavailable.
        """

    def vectors(self) -> Mapping[str, Floats]:
        """Return the sentence encoder's passage vectors (passages × 384) by topic id.

        Topics without vectors are left out.

        Raises:
            TransientError: the database is unavailable.
        """

    def found(self, query: str, language: str) -> Mapping[str, float]:
        """Return the score (0 to 1) of the best passage by topic id, by a search for words.

        Raises:
            TransientError: the database is unavailable.
        """


class DatabaseLibrary:
    """Reads topics and passages from the database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._retriever = HybridRetriever(engine, None)

    def version(self) -> str:
        """Digest of `corpus_versions` and of the number of vectors, which are added later."""
        counted = select(func.count()).where(_E.model == SentenceEmbedder.identity)
        with database_errors(self._engine), self._engine.connect() as connection:
            vectors = connection.execute(counted).scalar_one()
        listed = f"{library_digest(self._engine)} {vectors}"
        return hashlib.sha256(listed.encode()).hexdigest()

    def topics(self) -> Sequence[CatalogueTopic]:
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
        return [
            CatalogueTopic(
                id=row["id"],
                title=row["title"],
                subject=row["subject"],
                language=primary_subtag(row["language"]),
                terms=tuple(row["terms"]),
                headings=tuple(row["headings"]),
                texts=tuple(row["texts"]),
            )
            for row in rows
        ]

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

    def found(self, query: str, language: str) -> Mapping[str, float]:
        """Search the passages of books and of the shipped topics."""
        best: dict[str, float] = {}
        for passage in self._retriever.search(query, language=language, limit=FOUND_AT_MOST):
            best.setdefault(passage.topic_id, passage.score)
        return best


@dataclass(frozen=True)
class _Shelf:
    """The topics of one language, and the reader of questions about them."""

    index: CatalogueIndex
    reader: Reader
    vectors: Mapping[str, tuple[CatalogueTopic, Floats]]


@dataclass(frozen=True)
class _Stock:
    version: str
    shelves: Mapping[str, _Shelf]
    checked_at: float


class Catalogue:
    """Searches the ingested topics, and reloads them after a change.

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
    def languages(self) -> tuple[str, ...]:
        """Primary subtags of the languages that can be searched."""
        return tuple(self._current().shelves)

    @property
    def corpora(self) -> frozenset[str]:
        """First parts of the topics' ids (`openstax-physics`)."""
        shelves = self._current().shelves.values()
        return frozenset(id.split("/")[0] for shelf in shelves for id in shelf.index.ids)

    def search(self, query: str, language: str) -> list[Hit]:
        """Return the topics for a question, best first; empty for a language without topics.

        Raises:
            TransientError: the database is unavailable.
        """
        shelf = self._current().shelves.get(primary_subtag(language))
        if shelf is None:
            return []
        return shelf.index.search(shelf.reader.read(query))

    def found(self, query: str, language: str) -> Mapping[str, float]:
        """Return the score (0 to 1) of the best passage by topic id, by a search for words.

        Raises:
            TransientError: the database is unavailable.
        """
        return self._library.found(query, primary_subtag(language))

    def plain(self, query: str, language: str) -> str:
        """Return a question without wrapping, its spelling corrected; "" without topics."""
        shelf = self._current().shelves.get(primary_subtag(language))
        return " ".join(shelf.reader.read(query).words) if shelf else ""

    def topic(self, topic_id: str, language: str) -> CatalogueTopic | None:
        """Return an ingested topic; None if it is unknown."""
        shelf = self._current().shelves.get(primary_subtag(language))
        return shelf.index.topic(topic_id) if shelf else None

    def vectors(self, language: str) -> Mapping[str, tuple[CatalogueTopic, Floats]]:
        """Return (topic, passage vectors) by topic id; vectors are passages × 384.

        Raises:
            TransientError: the database is unavailable.
        """
        shelf = self._current().shelves.get(primary_subtag(language))
        return shelf.vectors if shelf else {}

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


def _shelves(library: Library) -> dict[str, _Shelf]:
    found = library.topics()
    vectors = library.vectors() if found else {}
    languages = sorted({topic.language for topic in found}.intersection(READ))
    return {lang: _shelf([t for t in found if t.language == lang], vectors) for lang in languages}


def _shelf(found: Sequence[CatalogueTopic], vectors: Mapping[str, Floats]) -> _Shelf:
    shipped = _shipped()
    index = CatalogueIndex(
        found,
        content_of,
        _text_reader(),
        background=[topic.stems for topic in shipped],
        weak=phrasing().weak | frozenset(stems(SUBJECTS)),
    )
    names = index.names.union(*(topic.names for topic in shipped))
    known = index.words.union(*(topic.words for topic in shipped))
    return _Shelf(
        index=index,
        reader=Reader(known, names, (), teaches=index.has),
        vectors={t.id: (t, vectors[t.id]) for t in found if t.id in vectors},
    )


def content_of(text: str) -> tuple[str, ...]:
    """Return the stems of a text without wrapping and filler words."""
    return phrasing().read_plain(text).stems


def _text_reader() -> Callable[[str], list[str]]:
    """Return a fast `content_of` for running text: a book has ten thousand sentences.

    It caches stems and does not look for wrapping.
    """
    filler, known = phrasing().filler, dict[str, str]()

    def read(text: str) -> list[str]:
        found = [word for word in words(text, QUESTION) if word not in filler]
        for word in set(found).difference(known):
            known[word] = stems([word])[0]
        return [known[word] for word in found]

    return read


@dataclass(frozen=True)
class _Shipped:
    stems: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]


@cache
def _shipped() -> tuple[_Shipped, ...]:
    """Return the words of each shipped topic, with the thesaurus words that hint at it."""
    clues = locale_for(DEFAULT).hints.thesaurus
    return tuple(
        _Shipped(
            stems=frozenset(
                stem
                for text in (*texts_of(topic), clues.get(topic.id, ""))
                for stem in content_of(text)
            ),
            names=frozenset(word for name in names_of(topic) for word in words(name, QUESTION)),
            words=frozenset(word for text in texts_of(topic) for word in words(text, QUESTION)),
        )
        for topic in load_topics().values()
    )
