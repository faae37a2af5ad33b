"""The topics that were ingested, kept ready to be searched while the library changes."""

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
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.library import passage_embeddings, passages, topics
from vividly.platform.ledger.queries import library_digest
from vividly.text.locales import DEFAULT, locale_for, primary_subtag
from vividly.text.words import QUESTION, stems, words

_E = passage_embeddings.c
CHECK_S = 10.0
"""How long it may take until an ingested book is noticed."""
READ = (DEFAULT,)
"""Languages in which questions to the library can be read: those that `Phrasing` is for."""


class Library(Protocol):
    """Where ingested topics come from."""

    def version(self) -> str:
        """Changes whenever the topics do. Cheap: it is asked for every few seconds.

        Raises:
            TransientError: the database is away.
        """

    def topics(self) -> Sequence[CatalogueTopic]:
        """All topics that were ingested.

        Raises:
            TransientError: the database is away.
        """

    def vectors(self) -> Mapping[str, Floats]:
        """By topic, the sentence encoder's vectors of its passages (passages × 384).

        Topics without any are not among them.

        Raises:
            TransientError: the database is away.
        """


class DatabaseLibrary:
    """The `topics` of the database with their passages."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def version(self) -> str:
        """Digest over `corpus_versions`, and how many vectors there are: they come later."""
        counted = select(func.count()).where(_E.model == SentenceEmbedder.identity)
        with database_errors(self._engine), self._engine.connect() as connection:
            vectors = connection.execute(counted).scalar_one()
        listed = f"{library_digest(self._engine)} {vectors}"
        return hashlib.sha256(listed.encode()).hexdigest()

    def topics(self) -> Sequence[CatalogueTopic]:
        """All rows of `topics`, in the order of their ids."""
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
        """Those in `passage_embeddings`, where `--embedding_provider=offline` makes them."""
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
class _Shelf:
    """The topics of one language, and who reads the questions to them."""

    index: CatalogueIndex
    reader: Reader
    vectors: Mapping[str, tuple[CatalogueTopic, Floats]]


@dataclass(frozen=True)
class _Stock:
    version: str
    shelves: Mapping[str, _Shelf]
    checked_at: float


class Catalogue:
    """Searches the ingested topics; reads them again once they have changed.

    Safe between threads: while one reads, the others use what was there before.
    """

    def __init__(self, library: Library, *, check_s: float = CHECK_S) -> None:
        """Reads nothing yet: that happens at the first question."""
        self._library = library
        self._check_s = check_s
        self._reading = threading.Lock()
        self._stock: _Stock | None = None

    @property
    def version(self) -> str:
        """That of the library, at most `check_s` seconds old."""
        return self._current().version

    @property
    def languages(self) -> tuple[str, ...]:
        """Primary subtags of the languages that questions can be asked in."""
        return tuple(self._current().shelves)

    @property
    def corpora(self) -> frozenset[str]:
        """The first parts of the topics' ids (`openstax-physics`)."""
        shelves = self._current().shelves.values()
        return frozenset(id.split("/")[0] for shelf in shelves for id in shelf.index.ids)

    def search(self, query: str, language: str) -> list[Hit]:
        """The topics for a question, best first; none where there are none in that language.

        Raises:
            TransientError: the database is away.
        """
        shelf = self._current().shelves.get(primary_subtag(language))
        if shelf is None:
            return []
        return shelf.index.search(shelf.reader.read(query))

    def vectors(self, language: str) -> Mapping[str, tuple[CatalogueTopic, Floats]]:
        """By their ids, topics and the sentence encoder's vectors of their passages.

        Raises:
            TransientError: the database is away.
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
    """The stems of a text that say something about its topic."""
    return phrasing().read_plain(text).stems


def _text_reader() -> Callable[[str], list[str]]:
    """The same for running text, twenty times as fast: a book has ten thousand sentences."""
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
    """The words of each topic that ships with the package, and those that hint at it."""
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
