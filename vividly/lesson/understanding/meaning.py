"""How near topics are to a question in meaning, by the sentence encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np

from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.library.encoder import Floats, sentence_encoder
from vividly.library.retrieval.passage_text import passage_text
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder
from vividly.text.locales import DEFAULT, locale_for

NAMES = 0.3
"""Weight of the nearest name in a topic's nearness; its passages have the rest."""
NEAREST = 2
"""Number of nearest passages of a topic. Its nearness is the mean of the best single passage and of
their average."""


class Meaning:
    """The shipped topics as vectors. Immutable and thread-safe."""

    identity = f"{SentenceEmbedder.identity}/4"
    language = DEFAULT
    """The language that the encoder knows."""

    def __init__(self, encoder_folder: str = "") -> None:
        """
        Args:
            encoder_folder: see `vividly.library.encoder.sentence_encoder`.

        Raises:
            SettingsError: the encoder is missing.
        """
        self._encoder = sentence_encoder(encoder_folder)
        embedder = SentenceEmbedder(encoder_folder)

        def vectors(texts: Sequence[str]) -> Floats:
            return np.array(embedder.embed_documents(texts), np.float32)

        topics = load_topics(self.language)
        self._names = {id: vectors([t.title, *t.aliases]) for id, t in topics.items()}
        self._passages = {
            id: vectors(
                [passage_text(p.heading, p.source.section, p.text) for p in topic_passages(t)]
            )
            for id, t in topics.items()
        }
        self._without_lesson = vectors(locale_for(self.language).questions.topics_without_lesson)

    def nearness(self, text: str, books: Mapping[str, Floats] | None = None) -> dict[str, float]:
        """Return the cosine similarity of each topic: about 0.2 if unrelated, 0.7 if the same.

        Args:
            books: passage vectors (passages × 384) of ingested topics, by id.
        """
        asked = self._encoder.encode_query(text)
        near = {
            id: NAMES * float((names @ asked).max())
            + (1 - NAMES) * _nearest(self._passages[id], asked)
            for id, names in self._names.items()
        }
        return near | {id: _nearest(of, asked) for id, of in (books or {}).items()}

    def without_lesson(self, text: str) -> float:
        """Return how near the nearest name of a topic without a lesson is."""
        return float((self._without_lesson @ self._encoder.encode_query(text)).max())


@cache
def shipped_meaning(encoder_folder: str) -> Meaning:
    """The vectors, made once per process."""
    return Meaning(encoder_folder)


def _nearest(vectors: Floats, asked: Floats) -> float:
    nearest = np.sort(vectors @ asked)[-NEAREST:]
    return float(nearest[-1] + nearest.mean()) / 2
