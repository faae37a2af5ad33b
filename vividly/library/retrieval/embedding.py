"""Vectors of passages and questions: the embedders, and the table of vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy import Engine, delete, distinct, func, select, text
from sqlalchemy.dialects.postgresql import insert

from vividly.library.retrieval.passage_text import passage_text
from vividly.model.errors import SettingsError
from vividly.model.settings import Settings
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.library import passage_embeddings, passages

ANSWERING = (
    "section",
    "definition",
    "summary",
    "worked_example",
    "misconception",
    "takeaways",
)
"""Kinds of passages that can answer a question, and so get vectors. A bridge, a check question or
an objective cannot."""
BATCH = 100
"""Passages per batch; the vectors of a batch are committed together."""
Progress = Callable[[int, int], None]
"""Called with the number of passages that have been done, and of all that have to be."""
_E = passage_embeddings.c
_P = passages.c


class Embedder(Protocol):
    """Computes vectors whose cosine measures the similarity of texts. Thread-safe.

    Attributes:
        identity: identity of the model; only vectors of the same model are compared.
        dimensions: length of the vectors.
    """

    @property
    def identity(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def weight_in(self, language: str) -> float:
        """Weight of its ranking; the full-text ranking has weight 1."""

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question; empty if the model has none for it.

        Raises:
            TransientError: the model or the database cannot be reached.
        """

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """A vector for each passage; empty if the model has none for it."""


def make_embedder(settings: Settings) -> Embedder:
    """Make the embedder of `settings.embedding_provider`: `offline` or `vertex`.

    Raises:
        SettingsError: there is no such embedder.
    """
    if settings.embedding_provider == "offline":
        from vividly.library.retrieval.sentence_embedder import SentenceEmbedder

        return SentenceEmbedder(settings.sentence_encoder)
    if settings.embedding_provider == "vertex":
        from vividly.library.retrieval.vertex_embedder import VertexEmbedder

        return VertexEmbedder(settings)
    raise SettingsError(
        f"--embedding_provider={settings.embedding_provider!r}: there is no such embedder"
    )


def index_library(
    engine: Engine, embedder: Embedder, progress: Progress = lambda done, total: None
) -> int:
    """Update the index for retrieval after passages were added, changed or removed.

    Returns:
        Number of passages that got a vector.

    Raises:
        TransientError: the model or the database cannot be reached; another run continues.
    """
    from vividly.library.retrieval.vocabulary import Vocabulary

    Vocabulary(engine).refresh()
    return embed_missing(engine, embedder, progress=progress)


def embed_missing(
    engine: Engine,
    embedder: Embedder,
    *,
    batch: int = BATCH,
    progress: Progress = lambda done, total: None,
) -> int:
    """Compute the missing vectors of passages that can answer; delete those of other models.

    Each batch is committed separately, so an interrupted run is continued by the next. No
    connection is held while the model works. Concurrent runs are safe.

    Returns:
        Number of passages that got a vector.
    """
    model = embedder.identity
    missing = (
        select(_P.key, _P.heading, _P.source["section"].astext.label("section"), _P.body)
        .outerjoin(passage_embeddings, (_E.passage_key == _P.key) & (_E.model == model))
        .where(_E.passage_key.is_(None), _P.kind.in_(ANSWERING))
        .order_by(_P.key)
        .limit(batch)
    )
    after, made, done = "", 0, 0
    total = missing_vectors(engine, embedder)
    while True:
        with database_errors(engine), engine.connect() as connection:
            rows = connection.execute(missing.where(_P.key > after)).all()
        if not rows:
            break
        vectors = embedder.embed_documents(
            [passage_text(row.heading, row.section or "", row.body) for row in rows]
        )
        values = [
            {"model": model, "passage_key": row.key, "embedding": vector}
            for row, vector in zip(rows, vectors, strict=True)
            if vector
        ]
        if values:
            made += _store(engine, values)
        after = rows[-1].key
        done += len(rows)
        progress(done, max(done, total))
    with database_errors(engine), engine.begin() as connection:
        connection.execute(delete(passage_embeddings).where(_E.model != model))
    if made:
        with database_errors(engine), engine.begin() as connection:
            # With statistics of an empty table the query planner would make every search slow.
            connection.execute(text("ANALYZE passages, passage_embeddings"))
    return made


def missing_vectors(engine: Engine, embedder: Embedder) -> int:
    """Number of passages that can answer, but have no vector of this model."""
    have = (
        select(func.count(distinct(_E.passage_key)))
        .join(passages, _E.passage_key == _P.key)
        .where(_E.model == embedder.identity, _P.kind.in_(ANSWERING))
    )
    every = select(func.count()).select_from(passages).where(_P.kind.in_(ANSWERING))
    with database_errors(engine), engine.connect() as connection:
        total = connection.execute(every).scalar_one()
        return int(total) - int(connection.execute(have).scalar_one())


def _store(engine: Engine, values: list[dict[str, object]]) -> int:
    """Add vectors, except of passages removed in the meantime; returns how many were added."""
    with database_errors(engine), engine.begin() as connection:
        keys = [str(value["passage_key"]) for value in values]
        there = set(
            connection.execute(
                select(_P.key).where(_P.key.in_(keys)).with_for_update(read=True, key_share=True)
            ).scalars()
        )
        kept = [value for value in values if value["passage_key"] in there]
        if kept:
            connection.execute(insert(passage_embeddings).on_conflict_do_nothing(), kept)
    return len(kept)
