"""Retrieval by words and by meaning: full text and vectors, joined by rank.

Each finds what the other misses: words find the rare term, vectors the question that
avoids it. `docs/retrieval.md` has the measurements.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from vividly.library.retrieval.embedding import Embedder
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
from vividly.platform.ledger.library import passages

ANSWERING = (
    "section",
    "definition",
    "summary",
    "worked_example",
    "misconception",
    "takeaways",
)
"""The kinds of passages that can answer a question, unlike a bridge or a check question."""
CANDIDATES = 50
"""Passages that each ranking brings in."""
SMOOTHING = 20.0
FROM_BOOKS = 4
"""Passages of books that come with a topic that ships with the package."""
FROM_WHOLE_BOOK = 6
"""Passages of other sections that come with a section of a book."""
ALL = 10_000
"""More than a topic has: it is given whole, in the order of its relevance."""


@dataclass(frozen=True)
class _Asked:
    """A question as the rankings take it. The vector is empty where there is none."""

    words: Words
    query: Query
    model: str
    vector: list[float]


class HybridRetriever:
    """Full text and vectors over the table `passages`. Safe to use from many threads.

    Passages that have no vector yet are found by their words alone.
    """

    def __init__(
        self, engine: Engine, embedder: Embedder | None, *, words_weight: float = 1.0
    ) -> None:
        """For comparison: without an embedder it goes by words alone, and by vectors alone
        where words weigh nothing."""
        self._engine = engine
        self._embedder = embedder
        self._words_weight = words_weight
        self._vocabulary = Vocabulary(engine)

    @property
    def identity(self) -> str:
        """Changes when the same question would find others, the library being the same."""
        by = self._embedder.identity if self._embedder else "words"
        return f"hybrid/1/{by}/{self._words_weight:g}"

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
        """The passages that best answer a question, best first; none if nothing is like it.

        Args:
            grade_level: leave out what is for other school grades only.
            corpora: look in these alone, such as `openstax-physics`.
            kinds: of passages; by default those that can answer a question.

        Raises:
            TransientError: the database or the embedding model is away.
        """
        scope = Scope(
            language=language,
            subject=subject,
            grade_level=grade_level,
            corpora=tuple(corpora or ()),
            kinds=tuple(kinds or ANSWERING),
        )
        return self._search(self._asked(query, language), ((scope, limit),))[0]

    def retrieve(
        self, understanding: Understanding, query: str, *, grade_level: int, language: str = "en"
    ) -> Retrieved:
        """All passages of the topic, ranked, and after them the best of others that support it.

        With a topic that ships with the package come some of the books' passages on the
        question; with a section of a book, the best of the rest of that book.

        Raises:
            PermanentError: there is nothing on the topic.
            TransientError: the database or the embedding model is away.
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
        # No connection is held meanwhile: the model may be far away.
        vector = self._embedder.embed_query(understood.text)
        return _Asked(words, understood, self._embedder.identity, vector)

    def _search(self, asked: _Asked, wanted: Iterable[tuple[Scope, int]]) -> list[list[Passage]]:
        """For each scope the best passages, as many as the number beside it says."""
        results = []
        with database_errors(self._engine), self._engine.connect() as connection:
            for scope, limit in wanted:
                results.append(self._ranked(connection, asked, scope, limit))
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
    """A row of the table `passages` as a passage."""
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
