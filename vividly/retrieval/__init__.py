"""Finding the passages that a lesson rests on."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Engine

from vividly.errors import SettingsError
from vividly.lesson import Retrieved, Understanding


class Retriever(Protocol):
    """Finds passages. `identity` changes when the same question would find others."""

    identity: str

    def retrieve(self, understanding: Understanding, query: str, *, grade_level: int) -> Retrieved:
        """The passages for a question about a topic, each with its relevance.

        Raises:
            PermanentError: there is nothing on the topic.
            TransientError: the database is away.
        """


def make_retriever(provider: str, engine: Engine) -> Retriever:
    """The retriever of that name: `postgres`."""
    if provider == "postgres":
        from vividly.retrieval.postgres import PostgresRetriever

        return PostgresRetriever(engine)
    raise SettingsError(f"--retrieval_provider={provider!r}: there is no such retriever")
