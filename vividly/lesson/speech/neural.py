"""What neural voices share: the model with its durations, and the way from phonemes to a sound."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import onnxruntime

from vividly.lesson.speech.assemble import Part, join, until_silent
from vividly.lesson.speech.english import Phonemes
from vividly.lesson.speech.synthesizer import Floats, Utterance
from vividly.model.errors import SettingsError

RATE = 24_000
"""Samples per second of hibari and of Kokoro, which also share their alphabet."""
_MOST_PHONEMES = 400

# Fitted to the word times of a speech recogniser on 60 lines of lessons, at five speeds.
_EARLY_S = 0.043
_ONSET_S = 0.03
"""Seconds that the soft beginning of a word after a pause lasts."""
_BEFORE_S, _AFTER_S = 0.3, 0.15
_QUIET = 0.01
_FEATURES = re.compile(r"^(?:fma|avx.*|amx.*|sse4_2|asimd.*|sve.*|i8mm|bf16)$")


def speak(
    text: str,
    sentences: Iterable[Sequence[Phonemes]],
    run: Callable[[list[int]], tuple[Floats, Floats]],
) -> Utterance:
    """Speak the sentences of a text.

    Args:
        run: gives the sound of a sentence, -1 to 1, and the length of each of its phonemes in any
            unit, for the numbers of the phonemes. The first and the last number are 0.
    """
    parts = [_spoken(words, run) for sentence in sentences for words in _pieces(sentence)]
    return join(text, parts)


def _spoken(
    words: Sequence[Phonemes], run: Callable[[list[int]], tuple[Floats, Floats]]
) -> Part | None:
    numbers = _vocabulary()
    ids, places = [0], []
    for at, word in enumerate(words):
        if at:
            ids.append(numbers[" "])
        signs = "".join(sign for sign in word.text if sign in numbers)
        places.append((len(ids), len(ids) + len(signs.rstrip(",.?!"))))
        ids += [numbers[sign] for sign in signs]
    sound, durations = run([*ids, 0])
    times = word_times(sound, RATE, durations, places)
    spans = [(word.source, *span) for word, span in zip(words, times, strict=True)]
    samples = np.rint(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    return Part.trimmed(samples, RATE, spans)


def _pieces(words: Sequence[Phonemes]) -> Iterator[Sequence[Phonemes]]:
    """Cut a sentence that is too long for a model, after its last comma or else a word."""
    begin = size = 0
    for at, word in enumerate(words):
        if at > begin and size + len(word.text) > _MOST_PHONEMES:
            commas = [n for n in range(begin, at) if words[n].text[-1] in ",.?!"]
            cut = commas[-1] + 1 if commas else at
            yield words[begin:cut]
            begin = cut
            size = sum(len(left.text) + 1 for left in words[begin:at])
        size += len(word.text) + 1
    if words[begin:]:
        yield words[begin:]


@cache
def _vocabulary() -> dict[str, int]:
    found: dict[str, int] = json.loads((files("hibari") / "assets" / "vocab.json").read_text())
    return found


def check_model(name: str, model: bytes, sha256: str) -> None:
    """Check that a model is the expected one.

    Args:
        name: of the voice, for the message.
        sha256: of the expected model, in hex digits.

    Raises:
        SettingsError: it is another model.
    """
    found = hashlib.sha256(model).hexdigest()
    if found != sha256:
        raise SettingsError(
            f"{name}: the model has the SHA-256 {found[:12]}…, and {sha256[:12]}… is expected:"
            " install the version in constraints.txt"
        )


def load_model(
    name: str, model: bytes, sha256: str, durations: str
) -> onnxruntime.InferenceSession:
    """Load a voice's model on one thread.

    Args:
        name, sha256: see `check_model`.
        durations: the tensor with the length of each phoneme; it becomes the last output.

    Raises:
        SettingsError: it is another model.
    """
    check_model(name, model, sha256)
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
    return until_silent(starts, loud, len(samples) / sample_rate)


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
