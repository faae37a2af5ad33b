"""What neural voices share: the model with its durations, and word times made from them."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from vividly.model.errors import SettingsError

Floats = NDArray[np.float64]

# Fitted to the word times of a speech recogniser on 60 lines of lessons, at five speeds.
_EARLY_S = 0.043
_ONSET_S = 0.03
"""Seconds that the soft beginning of a word after a pause lasts."""
_BEFORE_S, _AFTER_S = 0.3, 0.15
_QUIET = 0.01
_FEATURES = re.compile(r"^(?:fma|avx.*|amx.*|sse4_2|asimd.*|sve.*|i8mm|bf16)$")


def load_model(
    name: str, model: bytes, sha256: str, durations: str
) -> onnxruntime.InferenceSession:
    """Load a voice's model on one thread.

    Args:
        name: of the voice, for the message.
        sha256: of the model, in hex digits.
        durations: the tensor with the length of each phoneme; it becomes the last output.

    Raises:
        SettingsError: it is another model.
    """
    found = hashlib.sha256(model).hexdigest()
    if found != sha256:
        raise SettingsError(
            f"{name}: the model has the SHA-256 {found[:12]}…, and {sha256[:12]}… is expected:"
            " install the version in constraints.txt"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        _with_output(model, durations), options, providers=["CPUExecutionProvider"]
    )


def _with_output(model: bytes, tensor: str) -> bytes:
    """The model with one more output. Protobuf merges repeated messages, so bytes are appended."""
    value = _field(1, tensor.encode())
    return model + _field(7, _field(12, value))


def _field(number: int, payload: bytes) -> bytes:
    return bytes((number << 3 | 2, len(payload))) + payload


def word_times(
    samples: Floats,
    sample_rate: int,
    durations: Floats,
    words: Sequence[tuple[int, int]],
) -> list[tuple[float, float]]:
    """Start and end of each word in seconds, from the durations of the phonemes.

    Args:
        samples: the sound of a sentence, shape (n,).
        durations: of each phoneme, in any unit, shape (phonemes,).
        words: (first, beyond the last) phoneme of each word, without its punctuation.
    """
    edges = np.r_[0.0, np.cumsum(durations)]
    edges *= len(samples) / sample_rate / edges[-1]
    size = np.abs(samples)
    loud = np.flatnonzero(size > _QUIET * size.max()) / sample_rate
    starts: list[float] = []
    for at, (first, _) in enumerate(words):
        if at and words[at - 1][1] == first - 1:
            # A sound begins with the space before its phonemes, and a little earlier.
            starts.append(max(starts[-1], float(edges[first - 1]) - _EARLY_S))
        else:
            after = _end_of_pause(loud, float(edges[first]))
            starts.append(max(starts[-1] if starts else 0.0, after - _ONSET_S))
    spans = []
    for start, beyond in zip(starts, [*starts[1:], len(samples) / sample_rate], strict=True):
        last = int(np.searchsorted(loud, beyond)) - 1
        end = float(loud[last]) + 1 / sample_rate if last >= 0 else beyond
        spans.append((start, min(beyond, max(start, end))))
    return spans


def _end_of_pause(loud: Floats, near: float) -> float:
    """The end of the longest pause around a time, in seconds."""
    low, high = near - _BEFORE_S, near + _AFTER_S
    around = np.r_[low, loud[(loud >= low) & (loud <= high)]]
    if len(around) < 2:
        return near
    return float(around[1 + int(np.diff(around).argmax())])


@cache
def machine() -> str:
    """Versions and processor features that change the samples of a neural voice.

    Example: `onnxruntime-1.32.0/numpy-2.4.6/x86_64-1f0c2a9b`. The last part is a hash of the
    processor's vector instructions.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    flags = next((line for line in lines if re.match(r"flags|Features", line)), "")
    features = sorted(flag for flag in flags.split() if _FEATURES.match(flag))
    digest = hashlib.sha256(" ".join(features).encode()).hexdigest()[:8]
    return (
        f"onnxruntime-{onnxruntime.__version__}/numpy-{np.__version__}"
        f"/{platform.machine()}-{digest}"
    )
