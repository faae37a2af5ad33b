"""Finds the passages that a lesson rests on."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Engine

from vividly.library.retrieval.embedding import (
    Embedder,
    Progress,
    embed_missing,
    index_library,
    make_embedder,
)
from vividly.model.errors import SettingsError
from vividly.model.lesson import Passage, Retrieved, Understanding
from vividly.model.settings import Settings

__all__ = [
    "Embedder",
    "Progress",
    "Retriever",
    "embed_missing",
    "index_library",
    "make_embedder",
    "make_retriever",
]


class Retriever(Protocol):
    """Finds passages. `identity` changes when the same question may find other passages."""

    @property
    def identity(self) -> str: ...

    def of_topic(self, topic_id: str, query: str, *, language: str = "en") -> list[Passage]:
        """All passages of a topic, scored for a question, best first; empty if it has none.

        Raises:
            TransientError: the database or the embedding model cannot be reached.
        """

    def retrieve(
        self, understanding: Understanding, query: str, *, grade_level: int, language: str = "en"
    ) -> Retrieved:
        """The passages for a question about a topic, each with its relevance.

        Raises:
            PermanentError: there are no passages on the topic.
            TransientError: the database or the embedding model cannot be reached.
        """


def make_retriever(
    settings: Settings, engine: Engine, embedder: Embedder | None = None
) -> Retriever:
    """Make the retriever of `settings.retrieval_provider`: `hybrid` or `postgres`.

    Args:
        embedder: an embedder to share; by default a new one.

    Raises:
        SettingsError: there is no such retriever.
    """
    if settings.retrieval_provider == "postgres":
        from vividly.library.retrieval.postgres import PostgresRetriever

        return PostgresRetriever(engine)
    if settings.retrieval_provider == "hybrid":
        from vividly.library.retrieval.hybrid import HybridRetriever

        return HybridRetriever(engine, embedder or make_embedder(settings))
    raise SettingsError(
        f"--retrieval_provider={settings.retrieval_provider!r}: there is no such retriever"
    )
