"""Hybrid retrieval: full-text search and vectors, fused by rank.

Each finds what the other misses: full text finds rare terms, vectors find the topic of a question
that avoids them. `docs/retrieval.md` has the measurements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from vividly.library.retrieval.embedding import ANSWERING, Embedder
from vividly.library.retrieval.ranking import P, Scope, by_vector, by_words, fuse, whole
from vividly.library.retrieval.vocabulary import Query, Vocabulary, Words
from vividly.model.errors import PermanentError
from vividly.model.lesson import (
    Passage,
    PassageFigure,
    PassageSentence,
    Retrieved,
    Source,
    Understanding,
)
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.library import documents, passages

CANDIDATES = 50
"""Passages from each ranking."""
SMOOTHING = 20.0
FROM_BOOKS = 4
"""Passages of books to add to a topic of the package's own corpus."""
FROM_WHOLE_BOOK = 6
"""Passages of other sections to add to a section of a book."""
ALL = 10_000
"""More passages than any topic has: the whole topic is returned, by relevance."""


@dataclass(frozen=True)
class _Asked:
    """A question prepared for the rankings. The vector is empty if there is none."""

    words: Words
    query: Query
    model: str
    vector: list[float]


class HybridRetriever:
    """Full-text search and vectors over the table `passages`. Thread-safe.

    Passages without a vector are found by full text only.
    """

    def __init__(
        self, engine: Engine, embedder: Embedder | None, *, words_weight: float = 1.0
    ) -> None:
        """
        Args:
            embedder: None for full text only, for comparison.
            words_weight: weight of full text; 0 for vectors only, for comparison.
        """
        self._engine = engine
        self._embedder = embedder
        self._words_weight = words_weight
        self._vocabulary = Vocabulary(engine)

    @property
    def identity(self) -> str:
        """Changes when the same question may find other passages in the same library."""
        by = self._embedder.identity if self._embedder else "words"
        return f"hybrid/2/{by}/{self._words_weight:g}"

    def search(
        self,
        query: str,
        *,
        subject: str | None = None,
        grade_level: int | None = None,
        language: str = "en",
        corpora: Collection[str] | None = None,
        kinds: Collection[str] | None = None,
        limit: int = 5,
    ) -> list[Passage]:
        """The passages that best answer a question, best first; empty if none is similar.

        Args:
            grade_level: leave out passages for other school grades only.
            corpora: search only these, such as `openstax-physics`.
            kinds: kinds of passages; by default `ANSWERING`.

        Raises:
            TransientError: the database or the embedding model cannot be reached.
        """
        scope = Scope(
            language=language,
            subject=subject,
            grade_level=grade_level,
            corpora=tuple(corpora or ()),
            kinds=tuple(kinds or ANSWERING),
        )
        return self._search(self._asked(query, language), ((scope, limit),))[0]

    def of_topic(self, topic_id: str, query: str, *, language: str = "en") -> list[Passage]:
        """All passages of a topic, scored for a question, best first.

        Raises:
            TransientError: the database or the embedding model cannot be reached.
        """
        scope = Scope(language=language, topic_id=topic_id)
        return self._search(self._asked(query, language), ((scope, ALL),))[0]

    def retrieve(
        self, understanding: Understanding, query: str, *, grade_level: int, language: str = "en"
    ) -> Retrieved:
        """All passages of the topic, ranked, then the best other passages that support it.

        For a topic of the package's own corpus these come from books, for a section of a book from
        the rest of that book.

        Raises:
            PermanentError: there are no passages on the topic.
            TransientError: the database or the embedding model cannot be reached.
        """
        topic = Scope(language=language, topic_id=understanding.topic_id)
        if "/" in understanding.topic_id:
            corpus = understanding.topic_id.split("/")[0]
            others = Scope(language=language, corpora=(corpus,), kinds=ANSWERING)
            number = FROM_WHOLE_BOOK
        else:
            others = Scope(
                language=language,
                subject=understanding.subject,
                grade_level=grade_level,
                kinds=ANSWERING,
                books_only=True,
            )
            number = FROM_BOOKS
        found, support = self._search(
            self._asked(query, language), ((topic, ALL), (others, number))
        )
        if not found:
            raise PermanentError(
                f"there are no passages on {understanding.topic_id!r} in {language!r}; load the "
                "corpus with `vividly verify --create`, a book with `vividly ingest`"
            )
        have = {passage.key for passage in found}
        return Retrieved((*found, *(p for p in support if p.key not in have)))

    def _asked(self, query: str, language: str) -> _Asked:
        words = self._vocabulary.words(language)
        understood = words.query(query)
        if self._embedder is None:
            return _Asked(words, understood, "", [])
        # Hold no connection during this call, which may go over the network.
        vector = self._embedder.embed_query(understood.text)
        return _Asked(words, understood, self._embedder.identity, vector)

    def _search(self, asked: _Asked, wanted: Iterable[tuple[Scope, int]]) -> list[list[Passage]]:
        """The best passages for each (scope, limit)."""
        results = []
        with database_errors(self._engine), self._engine.connect() as connection:
            for scope, limit in wanted:
                empty = scope.books_only and not _has_books(connection)
                results.append([] if empty else self._ranked(connection, asked, scope, limit))
        return results

    def _ranked(
        self, connection: Connection, asked: _Asked, scope: Scope, limit: int
    ) -> list[Passage]:
        candidates = max(limit, CANDIDATES)
        rankings = []
        if self._words_weight:
            worded = by_words(
                connection, asked.query.weights, asked.words.found_in, scope, candidates
            )
            rankings.append((self._words_weight, [key for key, _ in worded]))
        if self._embedder:
            near = by_vector(connection, asked.model, asked.vector, scope, candidates)
            rankings.append((self._embedder.weight_in(scope.language), [key for key, _ in near]))
        return _fetch(connection, dict(fuse(rankings, smoothing=SMOOTHING)), scope, limit)


def _has_books(connection: Connection) -> bool:
    """Whether any book was ingested: without one, four searches of books are saved."""
    return connection.execute(select(documents.c.key).limit(1)).first() is not None


def _fetch(
    connection: Connection, scores: dict[str, float], scope: Scope, limit: int
) -> list[Passage]:
    if limit < ALL:
        best = list(scores)[:limit]
        rows = connection.execute(select(passages).where(P.key.in_(best))).all() if best else []
    else:
        rows = connection.execute(whole(scope)).all()
    ranked = sorted(rows, key=lambda row: (-scores.get(row.key, 0.0), row.position, row.key))
    return [to_passage(row, scores.get(row.key, 0.0)) for row in ranked]


def to_passage(row: Row[Any], score: float) -> Passage:
    """Convert a row of the table `passages` to a passage."""
    return Passage(
        key=row.key,
        topic_id=row.topic_id,
        kind=row.kind,
        heading=row.heading,
        position=row.position,
        sentences=tuple(PassageSentence(**sentence) for sentence in row.sentences),
        source=Source(**row.source),
        score=score,
        figures=tuple(
            PassageFigure(figure["image"], figure["alt"], figure["caption"], figure["credit"])
            for figure in row.details.get("figures", ())
            if figure.get("image")
        ),
    )
