"""Ranks topics by semantic nearness to a question.

`vividly.library.encoder` makes the vectors of each topic's passages and, for shipped topics,
of its names. `by_meaning` adds the match by words.
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
from vividly.text.locales import DEFAULT, locale_for

NAMES = 0.3
"""Weight of the nearest name in a topic's nearness; its passages have the rest."""
NEAREST = 3
"""Number of nearest passages of a topic. Its nearness is the mean of the best single passage and of
their average."""
OF_A_BOOK = 0.03
"""Subtracted from the nearness of a book's section, so that shipped lessons win close calls."""


@dataclass(frozen=True)
class Near:
    """A topic and its cosine similarity: about 0.2 if unrelated, 0.7 if the same."""

    topic_id: str
    nearness: float


class Meaning:
    """The shipped topics as vectors. Immutable and thread-safe."""

    identity = f"{SentenceEmbedder.identity}/3"

    def __init__(self, topics: Mapping[str, Topic], *, encoder_folder: str = "") -> None:
        """
        Args:
            topics: by id.
            encoder_folder: see `vividly.library.encoder.sentence_encoder`.

        Raises:
            SettingsError: the encoder is missing.
        """
        embedder = SentenceEmbedder(encoder_folder)
        self._encoder = sentence_encoder(encoder_folder)
        self._names = {
            id: np.array(embedder.embed_documents([topic.title, *topic.aliases]), np.float32)
            for id, topic in topics.items()
        }
        self._without_lesson = np.array(
            embedder.embed_documents(locale_for(DEFAULT).questions.topics_without_lesson),
            np.float32,
        )
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
        """Return all topics, nearest first.

        Args:
            books: passage vectors (passages × 384) of each ingested topic, by topic id.
        """
        asked = self._encoder.encode_query(text)
        near = [
            Near(id, NAMES * float((names @ asked).max()) + (1 - NAMES) * _nearest(vectors, asked))
            for (id, names), vectors in zip(
                self._names.items(), self._passages.values(), strict=True
            )
        ]
        near += [Near(id, _nearest(v, asked) - OF_A_BOOK) for id, v in (books or {}).items()]
        return sorted(near, key=lambda one: (-one.nearness, one.topic_id))

    def without_lesson(self, text: str) -> float:
        """Return how near the nearest name of a topic without a lesson is."""
        return float((self._without_lesson @ self._encoder.encode_query(text)).max())


def _nearest(vectors: Floats, asked: Floats) -> float:
    nearest = np.sort(vectors @ asked)[-NEAREST:]
    return float(nearest[-1] + nearest.mean()) / 2


def lead(ranked: Sequence[Near]) -> float:
    """Return how much nearer the first topic is than the second; 0 if there is none."""
    first, second = ([near.nearness for near in ranked] + [0.0, 0.0])[:2]
    return first - second
