"""Reads the sound of a Text-to-Speech response, strictly: no noise may get into a lesson."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from vividly.lesson.speech.expected_sounds import Expected, expected_seconds
from vividly.lesson.speech.synthesizer import Samples
from vividly.model.errors import UnusableAnswer

_PCM, _EXTENSIBLE = 1, 0xFFFE
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
    if not data:
        raise UnusableAnswer("Text-to-Speech answered without any sound")
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise UnusableAnswer(f"Text-to-Speech answered with {_kind(data)} instead of a WAV file")
    form: tuple[int, ...] | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int(struct.unpack_from("<I", data, at + 4)[0])
        body = data[at + 8 : at + 8 + size]
        if len(body) < size:
            raise UnusableAnswer(
                f"the sound of Text-to-Speech is cut off: {len(body)} of {size} bytes of"
                f" {name.decode('latin-1')!r}"
            )
        if name == b"fmt " and size >= 16:
            form = struct.unpack_from("<HHIIHH", body)
        if name == b"data":
            _check_form(form, sample_rate)
            if not size or size % 2:
                raise UnusableAnswer(f"the sound of Text-to-Speech has {size} bytes of samples")
            return np.frombuffer(body, "<i2").astype(np.int16)
        at += 8 + size + size % 2
    raise UnusableAnswer("the sound of Text-to-Speech is cut off: it has no samples")


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


def _check_form(form: tuple[int, ...] | None, sample_rate: int) -> None:
    if form is None:
        raise UnusableAnswer("the sound of Text-to-Speech does not say what form it has")
    coding, channels, rate, _, _, bits = form
    if coding not in (_PCM, _EXTENSIBLE) or (channels, rate, bits) != (1, sample_rate, 16):
        raise UnusableAnswer(
            f"the sound of Text-to-Speech has {channels} channels of {bits} bits at {rate} Hz"
            f" (coding {coding}), not 1 of 16 bits at {sample_rate} Hz (coding 1)"
        )


def _kind(data: bytes) -> str:
    start = data[:64].lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<")):
        return "a web page"
    if start.startswith((b"id3", b"\xff\xfb", b"\xff\xf3")):
        return "an MP3 file"
    if start.startswith(b"oggs"):
        return "an Ogg file"
    return f"{len(data)} unknown bytes"
