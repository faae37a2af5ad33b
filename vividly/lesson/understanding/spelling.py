"""Misspelt words of a question, put right where only one word can be meant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from vividly.text.words import stems

SWAP_FROM, ONE_FROM, TWO_FROM, THREE_FROM = 4, 6, 8, 11
"""Lengths from which two swapped letters, one, two and three wrong letters are put right.

A letter too many or too few is put right from one letter less than a wrong one.
"""


class Speller:
    """Corrects towards the words that name topics. Immutable, safe between threads."""

    def __init__(
        self,
        known: Collection[str],
        names: Collection[str],
        stems_of: Callable[[Iterable[str]], list[str]] = stems,
    ) -> None:
        """`known` words are left alone; misspelt ones are taken for one of `names`.

        Args:
            known: words in any form; other forms of them are left alone too.
            names: what a question may be about, and the words that ask for it.
            stems_of: the stem of each word, in the language of the words.
        """
        self._stems = stems_of
        self._known = frozenset(known) | frozenset(stems_of(known))
        self._names = sorted(name for name in names if len(name) >= SWAP_FROM)

    def correct(self, word: str) -> str:
        """The word meant, or the word itself if it is known, short or too unlike any."""
        if word in self._known or len(word) < SWAP_FROM or word.isdigit():
            return word
        if self._stems([word])[0] in self._known:
            return word
        allowed = _allowed(len(word))
        found = process.extract(
            word, self._names, scorer=OSA.distance, score_cutoff=allowed, limit=5
        )
        fitting = [
            (distance, name[0] != word[0], name)
            for name, distance, _ in found
            if _plausible(word, name)
        ]
        return min(fitting)[2] if fitting else word


def _allowed(length: int) -> int:
    return 3 if length >= THREE_FROM else 2 if length >= TWO_FROM else 1


def _plausible(word: str, name: str) -> bool:
    if len(word) < ONE_FROM and len(word) == len(name):
        return sorted(word) == sorted(name)
    if len(word) < ONE_FROM - 1:
        return False
    return word[0] == name[0] or len(word) >= TWO_FROM
