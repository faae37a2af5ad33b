"""Which of the ingested topics a question is about, judged by the passages that answer it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, func, literal, select
from sqlalchemy.dialects.postgresql import TSQUERY

from vividly.ledger.engine import database_errors
from vividly.ledger.library import topics
from vividly.retrieval.embedding import Embedder
from vividly.retrieval.hybrid import CANDIDATES, SMOOTHING
from vividly.retrieval.ranking import P, Scope, by_vector, by_words, fuse, quoted
from vividly.retrieval.vocabulary import Query, Vocabulary, Words
from vividly.retrieval.words import content_words, stems

_KINDS = ("section", "definition", "summary", "worked_example", "objectives")
_LOOKED_AT = 12
"""Topics that are looked at closely."""
_FEWEST, _MOST = 2, 5
"""How many of a topic's passages count for its share."""


@dataclass(frozen=True)
class TopicHit:
    """A topic that a question may be about.

    Attributes:
        score: between 0 and 1: how likely it is that the question is about this topic.
        coverage: share of the question's words, by rarity, that the topic's passages have;
            words that no passage of the library has count as missing.
        share: of the best passages for the question, how much lies in this topic.
        named: how much of the topic's title, or of the best matching of its terms, is in
            the question, by rarity.
        similarity: the cosine of the question and the topic's nearest passage; how high it
            is for a match depends on the embedder.
    """

    topic_id: str
    title: str
    subject: str
    score: float
    coverage: float
    share: float
    named: float
    similarity: float


class TopicSearch:
    """Searches the table `topics`. Safe to use from many threads."""

    def __init__(
        self, engine: Engine, embedder: Embedder, vocabulary: Vocabulary | None = None
    ) -> None:
        self._engine = engine
        self._embedder = embedder
        self._vocabulary = vocabulary or Vocabulary(engine)

    def find_topics(
        self, query: str, limit: int = 5, *, language: str = "en", grade_level: int | None = None
    ) -> list[TopicHit]:
        """The topics that a question may be about, the likeliest first.

        Raises:
            TransientError: the database or the embedding model is away.
        """
        of = self._vocabulary.words(language)
        understood = of.query(query)
        if not understood.weights:
            return []
        vector = self._embedder.embed_query(understood.text)
        scope = Scope(language=language, kinds=_KINDS, books_only=True, grade_level=grade_level)
        with database_errors(self._engine), self._engine.connect() as connection:
            worded = by_words(connection, understood.weights, of.found_in, scope, CANDIDATES)
            near = by_vector(connection, self._embedder.identity, vector, scope, CANDIDATES)
            scored = fuse(
                (
                    (1.0, [key for key, _ in worded]),
                    (self._embedder.weight_in(language), [key for key, _ in near]),
                ),
                smoothing=SMOOTHING,
            )
            shares, alike = _by_topic(connection, dict(scored), dict(near))
            best = sorted(shares, key=lambda topic: (-shares[topic], topic))[:_LOOKED_AT]
            rows = _topics(connection, best)
            have = _lexemes_of(connection, list(rows), list(understood.weights))
        hits = [
            _hit(
                row,
                shares[topic_id],
                alike.get(topic_id, 0.0),
                have.get(topic_id, set()),
                understood,
                of,
            )
            for topic_id, row in rows.items()
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.topic_id))[:limit]


def likelihood(coverage: float, share: float, named: float) -> float:
    """How likely a question is about a topic with these features, 0 to 1.

    Fitted by logistic regression to questions about one book and to questions about
    nothing in it (`docs/retrieval.md`).
    """
    return 1 / (1 + math.exp(-(_BIAS + _COVERAGE * coverage + _SHARE * share + _NAMED * named)))


_BIAS, _COVERAGE, _SHARE, _NAMED = -8.4, 2.4, 6.5, 0.9


def _by_topic(
    connection: Connection, scores: Mapping[str, float], cosines: Mapping[str, float]
) -> tuple[dict[str, float], dict[str, float]]:
    """By topic: its best passages' scores as a part of the best of all, and its highest cosine.

    As many are compared as the topic has, within bounds: a short note shall not lose to a long
    section for its length, nor win by a single passage.
    """
    rows = connection.execute(select(P.key, P.topic_id).where(P.key.in_(list(scores)))).all()
    of_topic: dict[str, list[float]] = {}
    alike: dict[str, float] = {}
    for key, topic_id in rows:
        of_topic.setdefault(topic_id, []).append(scores[key])
        alike[topic_id] = max(alike.get(topic_id, 0.0), cosines.get(key, 0.0))
    counted = connection.execute(
        select(P.topic_id, func.count())
        .where(P.topic_id.in_(list(of_topic)), P.kind.in_(_KINDS))
        .group_by(P.topic_id)
    )
    sizes = {topic_id: int(number) for topic_id, number in counted}
    best = sorted(scores.values(), reverse=True)
    shares = {}
    for topic_id, of in of_topic.items():
        number = min(max(sizes.get(topic_id, 0), _FEWEST), _MOST)
        shares[topic_id] = sum(sorted(of, reverse=True)[:number]) / sum(best[:number])
    return shares, alike


def _topics(connection: Connection, ids: Sequence[str]) -> dict[str, Any]:
    rows = connection.execute(select(topics).where(topics.c.id.in_(list(ids)))).all()
    return {row.id: row for row in rows}


def _lexemes_of(
    connection: Connection, ids: Sequence[str], lexemes: Sequence[str]
) -> dict[str, set[str]]:
    """By topic, which of the lexemes its passages have."""
    if not ids or not lexemes:
        return {}
    has = [
        func.bool_or(P.search.bool_op("@@")(literal(quoted(lexeme)).cast(TSQUERY)))
        for lexeme in lexemes
    ]
    rows = connection.execute(
        select(P.topic_id, *has).where(P.topic_id.in_(list(ids))).group_by(P.topic_id)
    )
    return {
        row[0]: {lexeme for lexeme, there in zip(lexemes, row[1:], strict=True) if there}
        for row in rows
    }


def _hit(
    row: Any, share: float, similarity: float, have: set[str], query: Query, of: Words
) -> TopicHit:
    heaviest = max(query.weights.values())
    total = sum(query.weights.values()) + heaviest * query.unknown
    coverage = sum(w for lexeme, w in query.weights.items() if lexeme in have) / total
    named = max(_named(name, query, of) for name in (row.title, *row.terms))
    return TopicHit(
        topic_id=row.id,
        title=row.title,
        subject=row.subject,
        score=likelihood(coverage, share, named),
        coverage=coverage,
        share=share,
        named=named,
        similarity=similarity,
    )


def _named(name: str, query: Query, of: Words) -> float:
    """How much of a name is in the question."""
    lexemes = set(stems(content_words(name, of.language), of.language))
    weights = {lexeme: of.rarity(lexeme) for lexeme in lexemes}
    total = sum(weights.values())
    return (
        sum(w for lexeme, w in weights.items() if lexeme in query.weights) / total if total else 0
    )
