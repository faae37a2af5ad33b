"""Forced alignment: finds the time of each word of a known text, without a speech recogniser.

For voices that report no word times. A voice pauses at punctuation, and the spelling of a word
predicts its duration. A Viterbi search over frames of 10 ms sets the word boundaries so that the
total cost is least. Costs are for words that differ from what their spelling predicts, pauses
without punctuation, punctuation without a pause, and boundaries in the middle of a steady sound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vividly.lesson.speech.expected_sounds import Expected
from vividly.lesson.speech.synthesizer import Floats, Samples

__all__ = ["Expected", "align"]

Places = NDArray[np.int64]

_FRAME = 0.01
_WINDOW = 0.025
_BANDS, _LOWEST_HZ, _HIGHEST_HZ = 20, 150.0, 7000.0
_QUIET_DB = 35.0
_SHORTEST_PAUSE = 5
_REACH = 3
# A boundary may differ by this many seconds from the one that the word lengths predict.
_BAND = 3.0
_LONGEST_WORD = 2.5
_PAUSE, _UNMARKED_PAUSE = 0.06, 0.12
# A known time at most this many frames before a pause belongs to the word after the pause.
_BEFORE_PAUSE = 3

# Weights of the costs, tuned on the word times of four offline voices and 80 sentences.
_LENGTH_COST, _SPREAD, _RELATIVE_SPREAD = 3.0, 0.04, 0.22
_UNMARKED_COST, _STEADY_COST = 25.0, 1.2
_MISSING_COST: Mapping[str, float] = {",": 2.5, ".": 5.0, "?": 5.0, "!": 5.0}
_IMPOSSIBLE, _TOO_LONG = 1e9, 1e3


def align(
    samples: Samples,
    sample_rate: int,
    words: Sequence[Expected],
    known: Mapping[int, float] | None = None,
) -> list[tuple[float, float]]:
    """Start and end in seconds of every word, in order, without overlap.

    Args:
        samples: mono, shape (n,), at least one.
        words: all words of the sound, at least one.
        known: word position -> start in seconds, for words whose start is known. A time in a
            pause is moved to the end of the pause. Position 0 is ignored (the first word begins
            with the sound), as are times that run backwards or lie outside the sound.
    """
    sound = _Sound.of(samples, sample_rate)
    anchors = {0: sound.first} | _believed(known or {}, sound)
    firsts = sorted(anchors)
    found: list[tuple[int, int]] = []
    for first, beyond in zip(firsts, [*firsts[1:], len(words)], strict=True):
        end = anchors[beyond] if beyond < len(words) else sound.last
        found += _between(sound, words[first:beyond], anchors[first], end)
    return [(start * _FRAME, max(start, end) * _FRAME) for start, end in found]


@dataclass(frozen=True, eq=False)
class _Sound:
    """A sound in frames of 10 ms.

    Attributes:
        first, last: the first frame with sound, and the frame after the last.
        pauses: (begin, end) of the quiet runs of 50 ms or more between them, in order.
        steady: per frame, 0 (the sound changes or fades) to 1 (steady, unlike a boundary).
    """

    first: int
    last: int
    pauses: tuple[tuple[int, int], ...]
    steady: Floats

    @classmethod
    def of(cls, samples: Samples, sample_rate: int) -> _Sound:
        loudness, bands = _spectrum(samples, sample_rate)
        quiet = loudness < np.percentile(loudness, 95) - _QUIET_DB
        loud = np.flatnonzero(~quiet)
        if not len(loud):
            return cls(0, len(loudness), (), np.zeros(len(loudness)))
        first, last = int(loud[0]), int(loud[-1]) + 1
        edges = np.flatnonzero(np.diff(np.r_[0, quiet[first:last].astype(np.int8), 0])) + first
        runs = [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]
        pauses = tuple(run for run in runs if run[1] - run[0] >= _SHORTEST_PAUSE)
        return cls(first, last, pauses, 1.0 - _change(loudness, bands))


def _spectrum(samples: Samples, sample_rate: int) -> tuple[Floats, Floats]:
    """Loudness in dB, shape (frames,), and log energies of bands, shape (frames, bands)."""
    hop, width = round(_FRAME * sample_rate), round(_WINDOW * sample_rate)
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
    means = np.lib.stride_tricks.sliding_window_view(padded, _REACH, axis=0).mean(axis=-1)
    change = np.sqrt(((means[_REACH:-1] - means[: -_REACH - 1]) ** 2).mean(axis=1))
    change /= np.percentile(change, 95) + 1e-9
    faint = np.clip((np.percentile(loudness, 90) - loudness) / 30.0, 0, 1)
    return np.asarray(np.clip(0.7 * change + 0.3 * faint, 0, 1))


def _believed(known: Mapping[int, float], sound: _Sound) -> dict[int, int]:
    believed: dict[int, int] = {}
    latest = sound.first
    for at in sorted(known.keys() - {0}):
        frame = round(known[at] / _FRAME)
        pauses = ((begin - _BEFORE_PAUSE, end) for begin, end in sound.pauses)
        frame = next((end for begin, end in pauses if begin <= frame < end), frame)
        if latest < frame < sound.last:
            believed[at] = latest = frame
    return believed


def _between(
    sound: _Sound, words: Sequence[Expected], start: int, end: int
) -> list[tuple[int, int]]:
    """(start, end) in frames of each word; the words fill the frames from `start` to `end`."""
    ends, starts = _cuts(sound, start, end)
    if len(words) == 1:
        return [(start, int(ends[-1]))]
    if len(ends) - 1 <= len(words):
        edges = np.linspace(start, end, len(words) + 1).round().astype(int)
        return [(int(a), int(b)) for a, b in pairwise(edges)]
    found = _Search(sound, words, ends, starts).run()
    return [(int(starts[a]), int(ends[b])) for a, b in pairwise([0, *found])]


def _cuts(sound: _Sound, start: int, end: int) -> tuple[Places, Places]:
    """The places of boundaries: the frame where the word before ends, and where the next starts.

    The first is the start of the stretch, the last its end.
    """
    ends, starts = [start], [start]
    inside = [pause for pause in sound.pauses if start < pause[0] and pause[1] < end]
    # A pause that reaches the end follows the last word.
    close = next((begin for begin, until in sound.pauses if start < begin < end <= until), end)
    for begin, until in [*inside, (close, end)]:
        ends += [*range(starts[-1] + 1, begin), begin]
        starts += [*range(starts[-1] + 1, begin), until]
    return np.array(ends), np.array(starts)


class _Search:
    """A Viterbi search for the places where the words of a stretch of sound end.

    All times are in seconds: a word that follows a place begins at `begins`, one before it ends at
    `ends`, and speech of `passed` lies before it. `lengths` are those that the words should have
    at the pace of this sound.
    """

    def __init__(
        self, sound: _Sound, words: Sequence[Expected], ends: Places, starts: Places
    ) -> None:
        self.words = words
        self.begins, self.ends = starts * _FRAME, ends * _FRAME
        self.pauses = self.begins - self.ends
        self.steady = sound.steady[np.minimum(ends, len(sound.steady) - 1)] * (ends == starts)
        self.passed = self.ends - self.ends[0] - np.r_[0.0, np.cumsum(self.pauses)[:-1]]
        long = self.pauses[:-1][self.pauses[:-1] > _UNMARKED_PAUSE].sum()
        lengths = np.array([word.seconds for word in words])
        speech = self.ends[-1] - self.ends[0] - long
        self.lengths = lengths * max(float(speech), _FRAME) / lengths.sum()

    def run(self) -> list[int]:
        """The place where each word ends."""
        best = np.full(len(self.ends), np.inf)
        best[0] = 0.0
        came: list[Places] = []
        for at in range(len(self.words)):
            targets = self._targets(at)
            costs, origins = self._step(best, targets, at)
            best = np.full(len(self.ends), np.inf)
            best[targets] = costs
            came.append(np.zeros(len(self.ends), np.int64))
            came[-1][targets] = origins
        found = [len(self.ends) - 1]
        for back in reversed(came[1:]):
            found.append(int(back[found[-1]]))
        return found[::-1]

    def _targets(self, at: int) -> Places:
        """The places where word `at` may end: near the end that the expected lengths predict."""
        after = len(self.words) - 1 - at
        if not after:
            return np.array([len(self.ends) - 1])
        reached = float(self.lengths[: at + 1].sum())
        low, high = np.searchsorted(self.passed, [reached - _BAND, reached + _BAND])
        # Leave one place for each word before and after.
        first = min(max(int(low), at + 1), len(self.ends) - 1 - after)
        return np.arange(first, max(first + 1, min(int(high) + 1, len(self.ends) - after)))

    def _step(self, best: Floats, targets: Places, at: int) -> tuple[Floats, Places]:
        """The least cost of word `at` ending at each target, and the place where it then begins."""
        origins = np.flatnonzero(np.isfinite(best))
        length = float(self.lengths[at])
        lasts = self.ends[targets][:, None] - self.begins[origins][None, :]
        off = (lasts - length) / (_SPREAD + _RELATIVE_SPREAD * length)
        # The cost is linear for large deviations: one bad guess must not shift its neighbours.
        cost = best[origins][None, :] + _LENGTH_COST * (np.hypot(1, off) - 1)
        cost[lasts > max(_LONGEST_WORD, 3 * length)] += _TOO_LONG
        cost[lasts < _FRAME / 2] = _IMPOSSIBLE
        chosen = cost.argmin(axis=1)
        costs = cost[np.arange(len(targets)), chosen]
        if at + 1 < len(self.words):
            costs = costs + self._boundary(targets, self.words[at].closing)
        return costs, origins[chosen]

    def _boundary(self, places: Places, closing: str) -> Floats:
        pauses, steady = self.pauses[places], _STEADY_COST * self.steady[places]
        if closing:
            return np.asarray(steady + np.where(pauses >= _PAUSE, 0.0, _MISSING_COST[closing]))
        return np.asarray(steady + _UNMARKED_COST * np.maximum(0.0, pauses - _UNMARKED_PAUSE))
