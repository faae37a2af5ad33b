"""The two rankings of passages, by shared words and by vectors, and their fusion."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import Connection, Float, and_, func, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, REAL, TSQUERY, TSVECTOR
from sqlalchemy.sql import ColumnElement, Select

from vividly.platform.ledger.library import INDEXED_LENGTHS, passage_embeddings, passages
from vividly.text.locales import primary_subtag

P = passages.c
E = passage_embeddings.c

MOST_MATCHES = 1_000
"""About how many passages to rank for a question. Beyond that its most common words find no
further passages, and only add to the score of those that its rarer words find."""
MOST_LEXEMES = 24
_PLACES = (0.0, 0.0, 1.0, 1.0)
"""Weight of a word by its place (Postgres's D, C, B, A). Body and heading have the same weight,
since a word in the heading counts in addition."""
_DIGITS = 5
_SEARCH_ON = select(
    func.set_config("hnsw.iterative_scan", "strict_order", True),
    func.set_config("hnsw.ef_search", "100", True),
)
"""Lets pgvector search an index on, in this transaction, until enough rows pass the filters."""
_BY_LENGTH = 1
"""ts_rank divides by 1 + log of the passage's length."""


@dataclass(frozen=True)
class Scope:
    """Which passages may be found. None and empty mean any.

    Attributes:
        grade_level: school grade; leaves out passages for other grades only.
        language: BCP 47; its region is ignored.
        topic_id: only passages of this topic.
        books_only: only passages of books.
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

    The score is the sum, over shared lexemes, of rarity times Postgres's `ts_rank` for that lexeme
    alone, which rises with its frequency and levels off: an approximation of BM25 in Postgres.
    """
    heaviest = sorted(weights, key=lambda lexeme: (-weights[lexeme], lexeme))[:MOST_LEXEMES]
    if not heaviest:
        return []
    any_of = literal(" | ".join(map(quoted, _finding(heaviest, found_in)))).cast(TSQUERY)
    # Concatenating an empty vector unpacks the stored one once, instead of for every lexeme.
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

    Inside a topic, and for vectors of a length without an index, all vectors of the scope are
    compared. Else an index gives the passages in their order, and the search goes on until enough
    of them are in scope. An index is approximate: it may miss a passage that is hardly nearer than
    others. Where it finds too few, all vectors of the scope are compared.
    """
    if not vector:
        return []
    length = len(vector)
    # Rounded, so that the message fits in one packet.
    wanted = [round(part, _DIGITS) for part in vector]
    if scope.topic_id is None and length in INDEXED_LENGTHS:
        connection.execute(_SEARCH_ON)
        indexed = E.embedding.cast(VECTOR(length)).op("<=>", return_type=Float)(
            literal(wanted, VECTOR(length))
        )
        of_length = func.vector_dims(E.embedding) == literal_column(str(length))
        found = _nearest(connection, indexed, (E.model == model, of_length), scope, limit)
        if len(found) == limit:
            return found
    distance = E.embedding.op("<=>", return_type=Float)(literal(wanted, VECTOR))
    return _nearest(connection, distance, (E.model == model,), scope, limit)


def _nearest(
    connection: Connection,
    distance: ColumnElement[float],
    conditions: Collection[ColumnElement[bool]],
    scope: Scope,
    limit: int,
) -> list[tuple[str, float]]:
    """The first passages of a scope by distance: ordered by it alone, or no index would serve."""
    statement = (
        select(P.key, distance.label("distance"))
        .join(passage_embeddings, P.key == E.passage_key)
        .where(*conditions, *scope.conditions())
        .order_by(distance)
        .limit(limit)
    )
    rows = connection.execute(statement).all()
    ordered = sorted((float(row.distance), str(row.key)) for row in rows)
    return [(key, 1.0 - distance) for distance, key in ordered]


def whole(scope: Scope) -> Select[Any]:
    """All passages of a scope."""
    return select(passages).where(*scope.conditions())


def fuse(
    rankings: Sequence[tuple[float, Sequence[str]]], *, smoothing: float
) -> list[tuple[str, float]]:
    """Fuse rankings by reciprocal rank: (key, score between 0 and 1), best first.

    It uses ranks, since the scores of words and vectors have different scales.

    Args:
        rankings: (weight, keys, best first).
        smoothing: the higher it is, the less the first places stand out.
    """
    total = sum(weight for weight, _ in rankings) or 1.0
    scores: dict[str, float] = {}
    for weight, keys in rankings:
        for place, key in enumerate(keys):
            share = weight / total * (smoothing + 1) / (smoothing + 1 + place)
            scores[key] = scores.get(key, 0.0) + share
    return sorted(scores.items(), key=lambda scored: (-scored[1], scored[0]))


def _finding(lexemes: Sequence[str], found_in: Mapping[str, int]) -> list[str]:
    """The lexemes to look up passages by: the rarest, and more while they find few."""
    chosen: list[str] = []
    matches = 0
    for lexeme in sorted(lexemes, key=lambda lexeme: (found_in.get(lexeme, 0), lexeme)):
        matches += found_in.get(lexeme, 0)
        if chosen and matches > MOST_MATCHES:
            break
        chosen.append(lexeme)
    return chosen


def quoted(lexeme: str) -> str:
    """A lexeme as a quoted text query, so that nothing in it is an operator."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"
