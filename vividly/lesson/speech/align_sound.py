"""Acoustic features of a sound, without its words: pauses, syllables, hissing, changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vividly.lesson.speech.synthesizer import Samples

Floats = NDArray[np.float64]

FRAME = 0.01
"""Length of a frame in seconds."""
_WINDOW = 0.025
_BANDS = 20
_LOWEST_HZ, _HIGHEST_HZ = 150.0, 7000.0
# Slices of the bands, which are spaced logarithmically. Vowels are in 330 to 2700 Hz; a hissing
# sound has more energy above 2700 Hz than below 1500 Hz.
_VOWELS, _LOW, _HIGH = slice(4, 15), slice(0, 12), slice(15, 20)
_QUIET_DB = 35.0
_SHORTEST_PAUSE = 5
_SYLLABLE_DB, _FAINTEST_SYLLABLE_DB = 2.0, 25.0
_REACH = 3


@dataclass(frozen=True, eq=False)
class Sound:
    """A sound in frames of 10 ms.

    Attributes:
        first, last: the first frame with sound, and the frame after the last.
        pauses: (begin, end) of the quiet runs of 50 ms or more between them, in order.
        steady: per frame, 0 (the sound changes or fades) to 1 (steady, unlike a boundary).
        syllables: per frame, the number of syllables so far.
        hiss: per frame, the seconds of hissing so far.
    """

    first: int
    last: int
    pauses: tuple[tuple[int, int], ...]
    steady: Floats
    syllables: Floats
    hiss: Floats

    @classmethod
    def of(cls, samples: Samples, sample_rate: int) -> Sound:
        """Analyse mono samples of shape (n,), at least one."""
        loudness, bands = _spectrum(samples, sample_rate)
        quiet = loudness < np.percentile(loudness, 95) - _QUIET_DB
        loud = np.flatnonzero(~quiet)
        if not len(loud):
            none = np.zeros(len(loudness))
            return cls(0, len(loudness), (), none, none, none)
        first, last = int(loud[0]), int(loud[-1]) + 1
        edges = np.flatnonzero(np.diff(np.r_[0, quiet[first:last].astype(np.int8), 0])) + first
        pauses = tuple(
            (int(begin), int(end))
            for begin, end in edges.reshape(-1, 2)
            if end - begin >= _SHORTEST_PAUSE
        )
        energy = np.exp(bands)
        hissing = (energy[:, _HIGH].sum(axis=1) > energy[:, _LOW].sum(axis=1)) & ~quiet
        return cls(
            first,
            last,
            pauses,
            1.0 - _change(loudness, bands),
            np.cumsum(_syllable_peaks(energy[:, _VOWELS].sum(axis=1))),
            np.cumsum(hissing) * FRAME,
        )


def _spectrum(samples: Samples, sample_rate: int) -> tuple[Floats, Floats]:
    """Loudness in dB, shape (frames,), and log energies of bands, shape (frames, bands)."""
    hop, width = round(FRAME * sample_rate), round(_WINDOW * sample_rate)
    signal = np.pad(samples.astype(np.float64), (width // 2, width))
    windows = np.lib.stride_tricks.sliding_window_view(signal, width)[::hop]
    windows = windows[: max(1, -(-len(samples) // hop))]
    power = np.abs(np.fft.rfft(windows * np.hanning(width), axis=1)) ** 2
    edges = np.geomspace(_LOWEST_HZ, min(_HIGHEST_HZ, sample_rate / 2), _BANDS + 1)
    # Each band gets at least one line of the spectrum, also the narrow low ones.
    lines = np.round(edges * width / sample_rate).astype(int)
    for at in range(1, len(lines)):
        lines[at] = max(lines[at], lines[at - 1] + 1)
    bands = np.add.reduceat(power[:, : lines[-1]], lines[:-1], axis=1)
    return 10 * np.log10(power.sum(axis=1) + 1.0), np.log(bands + 1e3)


def _change(loudness: Floats, bands: Floats) -> Floats:
    """Per frame, 0 to 1: how much the sound changes there, and how faint it is."""
    padded = np.pad(bands, ((_REACH, _REACH), (0, 0)), mode="edge")
    count = len(bands)
    before = np.mean([padded[_REACH - k : _REACH - k + count] for k in range(1, _REACH + 1)], 0)
    after = np.mean([padded[_REACH + k : _REACH + k + count] for k in range(_REACH)], 0)
    change = np.sqrt(((after - before) ** 2).mean(axis=1))
    change /= np.percentile(change, 95) + 1e-9
    faint = np.clip((np.percentile(loudness, 90) - loudness) / 30.0, 0, 1)
    return np.asarray(np.clip(0.7 * change + 0.3 * faint, 0, 1))


def _syllable_peaks(vowels: Floats) -> Floats:
    """1 at the frame of each syllable (a rise and fall of the vowels' energy), 0 elsewhere."""
    kernel = np.hanning(9)
    level = np.pad(10 * np.log10(vowels), 4, mode="edge")
    level = np.convolve(level, kernel / kernel.sum(), "valid")
    peaks = np.zeros(len(level))
    faintest = np.percentile(level, 95) - _FAINTEST_SYLLABLE_DB
    top = bottom = float(level[0])
    at, rising = 0, True
    for frame, now in enumerate(level):
        if rising:
            if now > top:
                top, at = now, frame
            elif now < top - _SYLLABLE_DB:
                peaks[at] = float(top > faintest)
                rising, bottom = False, now
        elif now < bottom:
            bottom = now
        elif now > bottom + _SYLLABLE_DB:
            rising, top, at = True, now, frame
    return peaks
