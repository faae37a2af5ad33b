"""Vectors by an embedding model on Vertex AI. Each call is billed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from vividly.model.settings import Settings

if TYPE_CHECKING:
    from vividly.platform.google.gemini import Gemini


class VertexEmbedder:
    """Vectors of `settings.embedding_model` with `settings.embedding_dimensions` dimensions."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.dimensions = settings.embedding_dimensions
        self.identity = f"vertex/{settings.embedding_model}/{self.dimensions}"

    @cached_property
    def _gemini(self) -> Gemini:
        from vividly.platform.google.gemini import make_embedding_gemini

        return make_embedding_gemini(self._settings)

    def weight_in(self, language: str) -> float:
        """A constant, tuned on questions about one English book."""
        return 1.5

    def embed_query(self, text: str) -> list[float]:
        """The question's vector.

        Raises:
            TransientError: Vertex AI is busy or unreachable.
            PermanentError: Vertex AI refuses the call.
        """
        return self._embed([text], "RETRIEVAL_QUERY")[0] if text.strip() else []

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """The passages' vectors."""
        return self._embed(texts, "RETRIEVAL_DOCUMENT") if texts else []

    def _embed(self, texts: Sequence[str], task: str) -> list[list[float]]:
        return self._gemini.embed(
            list(texts),
            model=self._settings.embedding_model,
            task=task,
            dimensions=self.dimensions,
            timeout=self._settings.model_timeout,
        )
