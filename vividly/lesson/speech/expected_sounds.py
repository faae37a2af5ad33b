"""Predicts the duration of a word from its spelling alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from anyascii import anyascii

from vividly.text.syllables import vowel_sounds

# Seconds for each part of a spelling: a least-squares fit to the word times of two older offline
# voices, whose rhythm comes from recordings. On two voices outside the fit (another one and
# espeak-ng) the median error of a word's length is 17 % and 13 %.
_WORD, _NUCLEUS, _LONG_VOWEL = 0.053, 0.095, 0.04
_FRICATIVE, _STOP, _SONORANT = 0.062, 0.054, 0.053
_SPOKEN_DIGIT, _LETTER, _UNSTRESSED, _BEFORE_PAUSE = 0.3, 0.06, -0.055, 0.09
_SHORTEST = 0.06
# fmt: off
_UNSTRESSED_WORDS = frozenset(
    (
        "a", "an", "the", "of", "to", "in", "on", "at", "and", "or", "is", "are", "was", "it",
        "its", "as", "by", "for", "from", "with", "that", "than", "be", "this", "but", "not",
        "so", "if", "you", "your", "el", "la", "los", "las", "un", "una", "de", "del", "en", "y",
        "o", "que", "se", "su", "al", "con", "por", "le", "les", "des", "du", "et", "est", "une",
        "der", "die", "das", "und", "ist", "ein",
    )
)
# fmt: on


@dataclass(frozen=True)
class Expected:
    """A written word to find in a sound.

    Attributes:
        said: the words that are spoken for it ("25", "degrees", "Celsius").
        closing: the mark after it, "", "," or one of ".?!"; a pause is likely after a mark.
    """

    said: tuple[str, ...]
    closing: str = ""

    @property
    def seconds(self) -> float:
        """Expected duration at about 155 words a minute."""
        total = sum(_seconds(word) for word in self.said)
        return max(_SHORTEST, total + (_BEFORE_PAUSE if self.closing else 0.0))


def expected_seconds(words: Sequence[Expected]) -> float:
    """Expected seconds of a text at about 155 words a minute, pauses excluded."""
    return sum(word.seconds for word in words)


@lru_cache(maxsize=10_000)
def _seconds(word: str) -> float:
    letters = anyascii(word).lower()
    if any(c.isdigit() for c in letters):
        return _seconds_of_number(letters)
    if len(letters) == 1 and letters.isalpha() and word != "a":
        return _WORD + _NUCLEUS + _LETTER
    return (
        _WORD
        + _NUCLEUS * vowel_sounds(letters)
        + _LONG_VOWEL * len(re.findall(r"[aeiouy]{2}|[aeiou][^aeiouy]e$", letters))
        + _FRICATIVE * len(re.findall(r"[szfvhjx]|c(?=[eiyh])", letters))
        + _STOP * len(re.findall(r"[ptkbdgqx]|c(?![eiyh])", letters))
        + _SONORANT * len(re.findall(r"[mnlrw]", letters))
        + (_UNSTRESSED if letters in _UNSTRESSED_WORDS else 0.0)
    )


def _seconds_of_number(letters: str) -> float:
    """Seconds of "1,700" or "0.71": a word for each digit, hundred, thousand and point."""
    whole, _, part = re.sub(r"[^\d.]", "", letters).partition(".")
    digits = whole.strip("0")
    said = len(digits or "0") - digits.count("0")
    said += sum(1 for at, digit in enumerate(reversed(whole)) if digit != "0" and at % 3 == 2)
    said += max(0, len(whole) - 1) // 3 + (1 + len(part) if part else 0)
    return _WORD + _SPOKEN_DIGIT * said + 0.1 * len(re.findall(r"[a-z]", letters))
