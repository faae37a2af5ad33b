"""Vectors by the sentence encoder, which find what words alone miss: that "thrown forward when the
bus brakes" is about inertia."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path

import numpy as np

from vividly.library.encoder import (
    DIMENSIONS,
    IDENTITY,
    Floats,
    SentenceEncoder,
    sentence_encoder,
)
from vividly.library.retrieval.passage_text import passage_text
from vividly.text.locales import DEFAULT, locale_for, primary_subtag

LONGEST = 4_000
"""Most characters of a text to pass on; the encoder reads 256 tokens of them."""
CARRIED = "corpus_vectors.npz"
"""Precomputed vectors of the package's own texts, which save each installation half a minute.
Made by `python -m vividly.library.retrieval.sentence_embedder`."""
_KEY = 16


class SentenceEmbedder:
    """Vectors by `vividly.library.encoder`: 6 ms per question, 30 ms per passage, on one core."""

    dimensions = DIMENSIONS
    identity = f"{IDENTITY}/1"

    def __init__(self, folder: str = "") -> None:
        """
        Args:
            folder: see `vividly.library.encoder.sentence_encoder`.
        """
        self._folder = folder

    @cached_property
    def _encoder(self) -> SentenceEncoder:
        return sentence_encoder(self._folder)

    def weight_in(self, language: str) -> float:
        """High for English, its training language; elsewhere it adds little to full text."""
        return 3.0 if primary_subtag(language) == "en" else 0.5

    def embed_query(self, text: str) -> list[float]:
        """The question's unit vector; empty for a blank text."""
        return self._encoder.encode_query(text[:LONGEST]).tolist() if text.strip() else []

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """The passages' unit vectors; empty for a blank text. Uses all cores, one text each."""
        read = [text[:LONGEST] for text in texts]
        carried = _carried()
        found = {text: carried[key] for text in read if (key := _key(text)) in carried}
        new = list(dict.fromkeys(text for text in read if text.strip() and text not in found))
        if new:
            encode = self._encoder.encode
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                made = pool.map(lambda text: encode([text])[0], new)
                found.update(zip(new, made, strict=True))
        return [found[text].tolist() if text.strip() else [] for text in read]


@cache
def _carried() -> Mapping[bytes, Floats]:
    """Digest of a text -> its precomputed vector; empty if they are of another model."""
    file = files("vividly.library.retrieval") / CARRIED
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        if str(arrays["model"]) != SentenceEmbedder.identity:
            return {}
        keys, vectors = arrays["keys"], arrays["vectors"].astype(np.float32)
    return {keys[_KEY * n : _KEY * (n + 1)].tobytes(): vector for n, vector in enumerate(vectors)}


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:_KEY]


def carry(texts: Sequence[str], target: Path) -> None:
    """Write the vectors of texts to a file in the format of `CARRIED`, at half precision."""
    ordered = sorted(dict.fromkeys(texts))
    vectors = sentence_encoder().encode(ordered)
    np.savez_compressed(
        target,
        model=np.array(SentenceEmbedder.identity),
        keys=np.frombuffer(b"".join(map(_key, ordered)), np.uint8),
        vectors=vectors.astype(np.float16),
    )


def shipped_texts() -> list[str]:
    """The package's own texts that get a vector: passages, and the names of topics with a lesson
    and without one."""
    from vividly.library.corpus import all_topics
    from vividly.library.corpus.passages import topic_passages

    every = all_topics().values()
    return [
        *(name for topic in every for name in (topic.title, *topic.aliases)),
        *(
            passage_text(passage.heading, passage.source.section, passage.text)
            for topic in every
            for passage in topic_passages(topic)
        ),
        *locale_for(DEFAULT).questions.topics_without_lesson,
    ]


if __name__ == "__main__":
    carry(shipped_texts(), Path(__file__).parent / CARRIED)
