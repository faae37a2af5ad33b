"""Reads the sound of a Text-to-Speech response, strictly: no noise may get into a lesson."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence

import numpy as np

from vividly.lesson.speech.expected_sounds import Expected, expected_seconds
from vividly.lesson.speech.synthesizer import Samples
from vividly.model.errors import UnusableAnswer

_LOUD = 0.02
# Limits of the ratio of actual to expected duration. Languages and styles differ by a factor of
# two, spellings by another half.
_SHORTEST, _LONGEST = 0.25, 4.0
_GRACE = 0.6
_FAINTEST = 200


def read_wav(data: bytes, sample_rate: int) -> Samples:
    """The samples of a mono 16-bit WAV file, shape (n,).

    Args:
        sample_rate: the samples per second that the file must have.

    Raises:
        UnusableAnswer: it is no WAV file, is cut off, or has another format.
    """
    try:
        with wave.open(io.BytesIO(data)) as file:
            form = (file.getnchannels(), 8 * file.getsampwidth(), file.getframerate())
            samples = file.readframes(file.getnframes())
            missing = file.getnframes() - len(samples) // (file.getsampwidth() * form[0])
    except (wave.Error, EOFError) as error:
        raise UnusableAnswer(
            f"Text-to-Speech answered with {len(data)} bytes that are no whole WAV file"
            f" ({str(error) or 'it ends early'}); they begin with {data[:12]!r}"
        ) from error
    if form != (1, 16, sample_rate):
        raise UnusableAnswer(
            f"the sound of Text-to-Speech has {form[0]} channels of {form[1]} bits at {form[2]} Hz,"
            f" not 1 of 16 bits at {sample_rate} Hz"
        )
    if missing or not samples:
        raise UnusableAnswer(
            f"the sound of Text-to-Speech is cut off: {missing} samples are missing, and"
            f" {len(samples) // 2} are there"
        )
    return np.frombuffer(samples, "<i2").astype(np.int16)


def check_plausible(
    samples: Samples, sample_rate: int, words: Sequence[Expected], rate: float
) -> None:
    """Check that a sound can be these words.

    Args:
        rate: the requested pace, as a multiple of the voice's own.

    Raises:
        UnusableAnswer: it is silent, or far too short or too long.
    """
    size = np.abs(samples.astype(np.int32))
    peak = int(size.max(initial=0))
    if peak < _FAINTEST:
        raise UnusableAnswer(f"Text-to-Speech answered with silence for {len(words)} words")
    loud = np.flatnonzero(size > _LOUD * peak)
    seconds = float(loud[-1] - loud[0] + 1) / sample_rate
    expected = expected_seconds(words) / rate
    if not _SHORTEST * expected - _GRACE <= seconds <= _LONGEST * expected + _GRACE:
        raise UnusableAnswer(
            f"Text-to-Speech answered with {seconds:.1f} s of sound for {len(words)} words,"
            f" which take about {expected:.1f} s"
        )
