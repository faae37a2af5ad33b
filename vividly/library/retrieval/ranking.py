"""The two rankings of passages that retrieval joins: by shared words, and by vectors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import CTE, Connection, Float, Subquery, and_, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, REAL, TSQUERY, TSVECTOR
from sqlalchemy.sql import ColumnElement, Select

from vividly.platform.ledger.library import passage_embeddings, passages
from vividly.text.locales import primary_subtag

P = passages.c
E = passage_embeddings.c

MOST_MATCHES = 1_000
"""Passages that are ranked for one question; beyond, its commonest words only add to the
score of those that its rarer ones find."""
MOST_LEXEMES = 24
_PLACES = (0.0, 0.0, 1.0, 1.0)
"""What a word counts by where it stands (Postgres's D, C, B, A): in the body and in the heading
alike, for what is in the heading counts in addition."""
_DIGITS = 5
_OVERSHOOT = 4
"""How many more of the nearest are filtered than are wanted."""
_BY_LENGTH = 1
"""ts_rank divides by 1 + log of the passage's length."""


@dataclass(frozen=True)
class Scope:
    """Which passages may be found. None and empty mean: any.

    Attributes:
        grade_level: school grade; passages for other grades only are left out.
        language: BCP 47; its region does not matter.
        topic_id: of one topic alone.
    """

    language: str = "en"
    subject: str | None = None
    grade_level: int | None = None
    corpora: Collection[str] = ()
    kinds: Collection[str] = ()
    topic_id: str | None = None
    books_only: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """The scope as conditions on the table `passages`."""
        language = primary_subtag(self.language)
        found: list[ColumnElement[bool]] = [
            or_(P.language == language, P.language.startswith(language + "-", autoescape=True))
        ]
        if self.subject:
            found.append(P.subject == self.subject)
        if self.grade_level is not None:
            found.append(and_(P.grade_low <= self.grade_level, P.grade_high >= self.grade_level))
        if self.corpora:
            found.append(P.corpus.in_(sorted(self.corpora)))
        if self.kinds:
            found.append(P.kind.in_(sorted(self.kinds)))
        if self.topic_id is not None:
            found.append(P.topic_id == self.topic_id)
        if self.books_only:
            found.append(P.topic_id.contains("/"))
        return found


def by_words(
    connection: Connection,
    weights: Mapping[str, float],
    found_in: Mapping[str, int],
    scope: Scope,
    limit: int,
) -> list[tuple[str, float]]:
    """(key, score) of the passages that share words with a question, best first.

    The score is the sum over shared lexemes of rarity times Postgres's `ts_rank` of that
    lexeme alone, which rises with its frequency and levels off: BM25 out of Postgres's own parts.
    """
    heaviest = sorted(weights, key=lambda lexeme: (-weights[lexeme], lexeme))[:MOST_LEXEMES]
    if not heaviest:
        return []
    any_of = literal(" | ".join(map(quoted, _finding(heaviest, found_in)))).cast(TSQUERY)
    # Joined to nothing, which unpacks the stored vector once and not for every lexeme.
    unpacked = P.search.op("||")(literal("").cast(TSVECTOR)).label("search")
    matches = (
        select(P.key, unpacked)
        .where(P.search.bool_op("@@")(any_of), *scope.conditions())
        .cte("matches")
        .prefix_with("MATERIALIZED")
    )
    score: ColumnElement[Any] = literal(0.0, Float)
    places = literal(list(_PLACES), ARRAY(REAL))
    for lexeme in heaviest:
        one = literal(quoted(lexeme)).cast(TSQUERY)
        rank = func.ts_rank(places, matches.c.search, one, _BY_LENGTH)
        score = score + rank.cast(Float) * weights[lexeme]
    ranked = score.label("score")
    statement = select(matches.c.key, ranked).order_by(ranked.desc(), matches.c.key).limit(limit)
    return [(row.key, float(row.score)) for row in connection.execute(statement)]


def by_vector(
    connection: Connection, model: str, vector: Sequence[float], scope: Scope, limit: int
) -> list[tuple[str, float]]:
    """(key, cosine) of the passages nearest to a question, nearest first.

    An exact scan: it finds the true nearest under any filter, which an approximate index does
    not, and takes some ten milliseconds for ten thousand passages. The nearest of all are
    filtered first; only where too few of them are in the scope is all of it looked at.
    """
    if not vector:
        return []
    # Rounded, for a long message would go out in two packets.
    wanted = literal([round(part, _DIGITS) for part in vector], VECTOR)
    distance = E.embedding.op("<=>", return_type=Float)(wanted).label("distance")
    of_model = select(E.passage_key, distance).where(E.model == model)
    if scope.topic_id is None:
        near = of_model.order_by(distance).limit(limit * _OVERSHOOT).cte("near")
        near = near.prefix_with("MATERIALIZED")
        found = _in_scope(connection, near, scope, limit)
        if len(found) == limit:
            return found
    return _in_scope(connection, of_model.subquery("near"), scope, limit)


def _in_scope(
    connection: Connection, near: CTE | Subquery, scope: Scope, limit: int
) -> list[tuple[str, float]]:
    statement = (
        select(P.key, near.c.distance)
        .join(near, P.key == near.c.passage_key)
        .where(*scope.conditions())
        .order_by(near.c.distance, P.key)
        .limit(limit)
    )
    return [(row.key, 1.0 - float(row.distance)) for row in connection.execute(statement)]


def whole(scope: Scope) -> Select[Any]:
    """All passages of a scope."""
    return select(passages).where(*scope.conditions())


def fuse(
    rankings: Sequence[tuple[float, Sequence[str]]], *, smoothing: float
) -> list[tuple[str, float]]:
    """Join rankings by reciprocal rank: (key, score between 0 and 1), best first.

    Ranks, not scores, since those of words and vectors share no scale.

    Args:
        rankings: each with what it counts, best first.
        smoothing: the higher, the less the very first places stand out.
    """
    total = sum(weight for weight, _ in rankings) or 1.0
    scores: dict[str, float] = {}
    for weight, keys in rankings:
        for place, key in enumerate(keys):
            share = weight / total * (smoothing + 1) / (smoothing + 1 + place)
            scores[key] = scores.get(key, 0.0) + share
    return sorted(scores.items(), key=lambda scored: (-scored[1], scored[0]))


def _finding(lexemes: Sequence[str], found_in: Mapping[str, int]) -> list[str]:
    """The lexemes that passages are looked up by: the rarest, and more while those find few."""
    chosen: list[str] = []
    matches = 0
    for lexeme in sorted(lexemes, key=lambda lexeme: (found_in.get(lexeme, 0), lexeme)):
        matches += found_in.get(lexeme, 0)
        if chosen and matches > MOST_MATCHES:
            break
        chosen.append(lexeme)
    return chosen


def quoted(lexeme: str) -> str:
    """A lexeme as a text query: quoted, so that nothing in it is an operator."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
