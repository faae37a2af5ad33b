"""How near a question is to each topic in meaning, whatever its words.

A topic lies where its passages lie, and where its names do, if it ships with the package:
`vividly.library.encoder` makes the vectors. What is near is not yet what was meant; `by_meaning`
weighs it against the words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vividly.library.corpus import Topic
from vividly.library.corpus.passages import topic_passages
from vividly.library.encoder import Floats, sentence_encoder
from vividly.library.retrieval.passage_text import passage_text
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder

NAMES = 0.4
"""Share of the nearest name in a topic's nearness; the rest is that of its passages."""
NEAREST = 3
"""Passages of a topic that count, on average."""
OF_A_BOOK = 0.05
"""How much nearer a section of a book has to be than a lesson that ships."""


@dataclass(frozen=True)
class Near:
    """A topic and how near it is: the cosine, about 0.2 for anything and 0.7 for the same."""

    topic_id: str
    nearness: float


class Meaning:
    """The topics that ship, as vectors. Immutable once made, safe between threads."""

    identity = f"{SentenceEmbedder.identity}/1"

    def __init__(self, topics: Mapping[str, Topic], *, encoder_folder: str = "") -> None:
        """
        Args:
            topics: by id.
            encoder_folder: see `vividly.library.encoder.sentence_encoder`.

        Raises:
            SettingsError: the encoder is not there.
        """
        embedder = SentenceEmbedder(encoder_folder)
        self._encoder = sentence_encoder(encoder_folder)
        self._names = {
            id: np.array(embedder.embed_documents([topic.title, *topic.aliases]), np.float32)
            for id, topic in topics.items()
        }
        self._passages = {
            id: np.array(
                embedder.embed_documents(
                    [passage_text(p.heading, p.source.section, p.text) for p in topic_passages(t)]
                ),
                np.float32,
            )
            for id, t in topics.items()
        }

    def rank(self, text: str, books: Mapping[str, Floats] | None = None) -> list[Near]:
        """All topics, nearest first.

        Args:
            books: topics that were ingested, and the vectors of their passages (passages × 384).
        """
        asked = self._encoder.encode([text])[0]
        near = [
            Near(id, NAMES * float((names @ asked).max()) + (1 - NAMES) * _nearest(vectors, asked))
            for (id, names), vectors in zip(
                self._names.items(), self._passages.values(), strict=True
            )
        ]
        near += [Near(id, _nearest(v, asked) - OF_A_BOOK) for id, v in (books or {}).items()]
        return sorted(near, key=lambda one: (-one.nearness, one.topic_id))


def _nearest(vectors: Floats, asked: Floats) -> float:
    return float(np.sort(vectors @ asked)[-NEAREST:].mean())


def lead(ranked: Sequence[Near]) -> float:
    """How much nearer the first is than the second."""
    return ranked[0].nearness - (ranked[1].nearness if len(ranked) > 1 else 0.0)
