"""Forced alignment: finds the time of each word of a known text, without a speech recogniser.

For voices that report no word times. Three clues come from the sound: a voice pauses at
punctuation, the spelling of a word predicts its duration, and syllables and hissing can be
counted. A Viterbi search over frames of 10 ms sets the word boundaries so that the total cost is
least. Costs are for words that differ from what their spelling predicts, pauses without
punctuation, punctuation without a pause, and boundaries in the middle of a steady sound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from vividly.lesson.speech.align_sound import FRAME, Floats, Sound
from vividly.lesson.speech.expected_sounds import Expected
from vividly.lesson.speech.synthesizer import Samples

__all__ = ["Expected", "align"]

Places = NDArray[np.int64]

# A boundary may differ by this many seconds from the one that the word lengths predict.
_BAND = 3.0
_LONGEST_WORD = 2.5
_PAUSE = 0.06
# A known time at most this many frames before a pause belongs to the word after the pause.
_BEFORE_PAUSE = 3
_UNMARKED_PAUSE = 0.12
# The closure of a stop (p, t, k) inside a word is a pause of up to this many seconds.
_CLOSURE = 0.07

# Weights of the costs, tuned on the word times of four offline voices and 80 sentences.
_LENGTH_COST, _SPREAD, _RELATIVE_SPREAD = 3.0, 0.04, 0.22
_SYLLABLE_SPREAD, _HISS_SPREAD = 0.4, 0.04
_INNER_COST, _UNMARKED_COST, _STEADY_COST = 30.0, 25.0, 1.2
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
    sound = Sound.of(samples, sample_rate)
    anchors = {0: sound.first} | _believed(known or {}, sound)
    firsts = sorted(anchors)
    found: list[tuple[int, int]] = []
    for first, beyond in zip(firsts, [*firsts[1:], len(words)], strict=True):
        end = anchors[beyond] if beyond < len(words) else sound.last
        found += _between(sound, words[first:beyond], anchors[first], end)
    return [(start * FRAME, max(start, end) * FRAME) for start, end in found]


def _believed(known: Mapping[int, float], sound: Sound) -> dict[int, int]:
    believed: dict[int, int] = {}
    latest = sound.first
    for at in sorted(known.keys() - {0}):
        frame = round(known[at] / FRAME)
        pauses = ((begin - _BEFORE_PAUSE, end) for begin, end in sound.pauses)
        frame = next((end for begin, end in pauses if begin <= frame < end), frame)
        if latest < frame < sound.last:
            believed[at] = latest = frame
    return believed


def _between(
    sound: Sound, words: Sequence[Expected], start: int, end: int
) -> list[tuple[int, int]]:
    """(start, end) in frames of each word; the words fill the frames from `start` to `end`."""
    cuts = _Cuts.of(sound, start, end)
    if len(words) == 1:
        return [(start, int(cuts.ends[-1]))]
    if len(cuts.ends) <= len(words):
        edges = np.linspace(start, end, len(words) + 1).round().astype(int)
        return [(int(a), int(b)) for a, b in pairwise(edges)]
    last_of = _Search(sound, cuts, words, start).run()
    begins = [start, *(int(cuts.starts[at]) for at in last_of[:-1])]
    return [(begin, int(cuts.ends[at])) for begin, at in zip(begins, last_of, strict=True)]


@dataclass(frozen=True, eq=False)
class _Cuts:
    """Candidate boundaries between two words; the last one is the end of the stretch.

    Attributes:
        ends, starts: frame where the word before ends, and where the word after starts.
        pauses: seconds of the pause between the two, 0 if there is none.
        steady: 0 to 1; 1 is a steady sound, unlike a boundary.
    """

    ends: Places
    starts: Places
    pauses: Floats
    steady: Floats

    @classmethod
    def of(cls, sound: Sound, start: int, end: int) -> _Cuts:
        ends: list[int] = []
        starts: list[int] = []
        at = start + 1
        inside = [pause for pause in sound.pauses if start < pause[0] and pause[1] < end]
        # A pause that reaches the end follows the last word.
        close = next((begin for begin, until in sound.pauses if start < begin < end <= until), end)
        for begin, until in [*inside, (close, end)]:
            ends += [*range(at, begin), begin]
            starts += [*range(at, begin), until]
            at = until + 1
        one, other = np.array(ends), np.array(starts)
        pauses = (other - one) * FRAME
        steady = np.where(pauses > 0, 0.0, sound.steady[np.minimum(one, len(sound.steady) - 1)])
        return cls(one, other, pauses, steady)


class _Search:
    """A Viterbi search for the places where the words of a stretch of sound end.

    Place 0 is the start of the stretch; place n is the cut n - 1. All times are in seconds: a word
    that follows a place begins at `begins`, one before it ends at `ends`, and speech of `passed`
    lies before it. `lengths` are those that the words should have at the pace of this sound.
    """

    def __init__(self, sound: Sound, cuts: _Cuts, words: Sequence[Expected], start: int) -> None:
        self.cuts, self.words = cuts, words
        self.begins = np.r_[start, cuts.starts] * FRAME
        self.ends = np.r_[start, cuts.ends] * FRAME
        pauses = np.r_[0.0, cuts.pauses]
        # The cost of pauses inside words so far; of the pause at a place, only a word through it.
        self.inner = np.cumsum(_INNER_COST * np.maximum(0.0, pauses - _CLOSURE))
        self.passed = self.ends - self.ends[0] - np.r_[0.0, np.cumsum(pauses)[:-1]]
        speech = self.ends[-1] - self.ends[0] - pauses[pauses > _UNMARKED_PAUSE].sum()
        lengths = np.array([word.seconds for word in words])
        self.lengths = lengths * max(float(speech), FRAME) / lengths.sum()
        frames = np.clip(np.r_[start, cuts.ends] - 1, 0, len(sound.hiss) - 1)
        # What is counted up to each place, is predicted for each word, and its usual deviation.
        self.clues: list[tuple[Floats, Floats, float]] = []
        for counted, said, spread in (
            (sound.syllables, [word.syllables for word in words], _SYLLABLE_SPREAD),
            (sound.hiss, [word.hiss for word in words], _HISS_SPREAD),
        ):
            so_far, each = counted[frames], np.array(said)
            scale = (so_far[-1] - so_far[0]) / max(float(each.sum()), FRAME)
            self.clues.append((so_far, each * scale, spread))

    def run(self) -> list[int]:
        """The index of the cut where each word ends."""
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
        return [place - 1 for place in reversed(found)]

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
        cost += np.r_[0.0, self.inner][targets][:, None] - self.inner[origins][None, :]
        for so_far, expected, spread in self.clues:
            counted = so_far[targets][:, None] - so_far[origins][None, :]
            cost += np.hypot(1, (counted - expected[at]) / spread) - 1
        cost[lasts > max(_LONGEST_WORD, 3 * length)] += _TOO_LONG
        cost[lasts < FRAME / 2] = _IMPOSSIBLE
        chosen = cost.argmin(axis=1)
        costs = cost[np.arange(len(targets)), chosen]
        if at + 1 < len(self.words):
            costs = costs + self._boundary(targets - 1, self.words[at].closing)
        return costs, origins[chosen]

    def _boundary(self, cuts: Places, closing: str) -> Floats:
        pauses, steady = self.cuts.pauses[cuts], _STEADY_COST * self.cuts.steady[cuts]
        if closing:
            return np.asarray(steady + np.where(pauses >= _PAUSE, 0.0, _MISSING_COST[closing]))
        return np.asarray(steady + _UNMARKED_COST * np.maximum(0.0, pauses - _UNMARKED_PAUSE))
