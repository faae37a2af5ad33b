"""Finds fixed phrases in a text, singular or plural. The longest match wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from vividly.text.words import QUESTION, singular, words

T = TypeVar("T")


@dataclass(frozen=True)
class Found(Generic[T]):
    """A phrase at the words `start` to `end` (exclusive), and its value."""

    start: int
    end: int
    value: T


class Phrases(Generic[T]):
    """A map from phrases to values. Immutable and thread-safe."""

    def __init__(self, values: Mapping[str, T]) -> None:
        self._values = {
            tuple(map(singular, words(phrase, QUESTION))): value for phrase, value in values.items()
        }
        self._longest = max(map(len, self._values), default=0)
        self.words = frozenset(word for phrase in values for word in words(phrase, QUESTION))
        """All words of the phrases."""

    def find(self, sentence: Sequence[str]) -> Iterator[Found[T]]:
        """Yield the phrases in a sentence, in order, without overlap."""
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
