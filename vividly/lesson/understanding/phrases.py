"""Finding fixed phrases in a text, singular or plural, the longest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from vividly.text.words import QUESTION, singular, words

T = TypeVar("T")


@dataclass(frozen=True)
class Found(Generic[T]):
    """A phrase at the words `start` to `end` (not included), and what it stands for."""

    start: int
    end: int
    value: T


class Phrases(Generic[T]):
    """Phrases and what each stands for. Immutable once made, safe between threads."""

    def __init__(self, values: Mapping[str, T]) -> None:
        self._values = {
            tuple(map(singular, words(phrase, QUESTION))): value for phrase, value in values.items()
        }
        self._longest = max(map(len, self._values), default=0)
        self.words = frozenset(word for phrase in values for word in words(phrase, QUESTION))
        """Every word of the phrases."""

    def find(self, sentence: Sequence[str]) -> Iterator[Found[T]]:
        """The phrases among the words of a sentence, in order, without overlap."""
        plain = tuple(map(singular, sentence))
        start = 0
        while start < len(plain):
            for end in range(min(start + self._longest, len(plain)), start, -1):
                value = self._values.get(plain[start:end])
                if value is not None:
                    yield Found(start, end, value)
                    start = end - 1
                    break
            start += 1
