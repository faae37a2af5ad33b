"""The interface of a voice: text in, sound and word times out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vividly.model.errors import PermanentError
from vividly.model.lesson import Word

Samples = NDArray[np.int16]
Floats = NDArray[np.float64]

USUAL_GRADE = 8


class LanguageNotSpoken(PermanentError):
    """A provider has no voice for a language; another provider may have one."""


@dataclass(frozen=True, eq=False)
class Utterance:
    """A spoken text.

    Attributes:
        samples: mono signed 16-bit samples, shape (n,).
        sample_rate: samples per second.
        words: one per whitespace token of the text, in order and as written there. Times are
            seconds from the start of `samples`; words never overlap. A token that has no sound
            (a dash, an emoji) stands for the pause between its neighbours and may last 0 s.
    """

    samples: Samples
    sample_rate: int
    words: tuple[Word, ...]

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


class SpeechSynthesizer(Protocol):
    """A voice. Thread-safe."""

    @property
    def identity(self) -> str:
        """Provider, voice, version and settings. It changes whenever the sound may change."""
        ...

    @property
    def sku(self) -> str:
        """The SKU that its characters are billed as (see `prices.yaml`); empty if they are free."""
        ...

    @property
    def at_once(self) -> int:
        """How many texts it should be given at once: more than 1 if it uses one core for each, or
        only waits."""
        ...

    @property
    def uses_all_cores(self) -> bool:
        """Whether a lesson takes it minutes of all cores, so that nothing is drawn beside it."""
        ...

    def synthesize(self, text: str, grade: int = USUAL_GRADE) -> Utterance:
        """Speak a text of one or a few sentences.

        The same text, grade and identity give the same samples, in any thread and process.

        Args:
            text: as written.
            grade: school grade of the listeners, 1 to 12. Some voices speak slower to the
                younger; the others ignore it.

        Raises:
            PermanentError: nothing in the text can be spoken, or it is too long.
            SettingsError: the voice is not installed.
            TransientError: the voice is temporarily unavailable.
        """
        ...


def by_grade(grade: float, slowest: float, slow: float, fast: float) -> float:
    """The pace for a grade: `slowest` below grade 5, `slow` at grade 5, `fast` at grade 12."""
    return slowest if grade < 5 else round(slow + (fast - slow) * (min(grade, 12) - 5) / 7, 3)


def timed_words(
    written: Sequence[str], spans: Mapping[int, tuple[float, float]], duration: float
) -> tuple[Word, ...]:
    """Time all tokens of a text, from the (start, end) of those that were spoken.

    Args:
        written: the whitespace tokens of the text.
        spans: token position -> (start, end) in seconds; at least one.
        duration: length of the sound in seconds.
    """
    starts = [spans[at][0] if at in spans else None for at in range(len(written))]
    words: list[Word] = []
    now = min(start for start, _ in spans.values())
    for at, text in enumerate(written):
        following = next((start for start in starts[at + 1 :] if start is not None), None)
        limit = duration if following is None else min(following, duration)
        # A silent token between two words takes the pause between them; one at the end lasts 0 s.
        silent = (now, now if following is None else limit)
        start, end = spans.get(at, silent)
        start = max(now, start)
        end = max(start, min(end, limit))
        words.append(Word(text, round(start, 3), round(end, 3)))
        now = end
    return tuple(words)
