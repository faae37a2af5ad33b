"""Retrieval by Postgres full text over the table `passages`.

The words of a question are combined with OR. `websearch_to_tsquery` combines them with AND, which
finds nothing for half of the students' questions.
"""

from __future__ import annotations

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import TSQUERY

from vividly.library.retrieval.hybrid import to_passage
from vividly.model.errors import PermanentError
from vividly.model.lesson import Passage, Retrieved, Understanding
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.schema import passages
from vividly.text.locales import locale_for

_P = passages.c


class PostgresRetriever:
    """Returns all passages of the topic, ranked by the words that they share with the question."""

    identity = "postgres/or-ts_rank/2"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_topic(self, topic_id: str, query: str, *, language: str = "en") -> list[Passage]:
        """See `Retriever.of_topic`."""
        # Postgres quotes each lexeme, so no word of a student can be query syntax.
        config = locale_for(language).search.snowball
        lexeme = func.unnest(func.tsvector_to_array(func.to_tsvector(config, query))).column_valued(
            "lexeme"
        )
        words = select(func.string_agg(func.quote_literal(lexeme), " | ")).scalar_subquery()
        rank = func.ts_rank(_P.search, words.cast(TSQUERY), 1)
        statement = (
            select(passages, func.coalesce(rank, 0.0).label("score"))
            .where(_P.topic_id == topic_id)
            .order_by(func.coalesce(rank, 0.0).desc(), _P.position)
        )
        with database_errors(self._engine), self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [to_passage(row, float(row.score)) for row in rows]

    def retrieve(
        self, understanding: Understanding, query: str, *, grade_level: int, language: str = "en"
    ) -> Retrieved:
        """See `Retriever.retrieve`."""
        found = self.of_topic(understanding.topic_id, query, language=language)
        if not found:
            raise PermanentError(
                f"there are no passages on {understanding.topic_id!r}; "
                "load the corpus with `vividly verify --create`"
            )
        return Retrieved(tuple(found))
