"""Strips a question of its wrapping: stock phrases, style and interests.

"Explain photosynthesis like I'm five using basketball" is about photosynthesis.
The style and the interest are removed before the search for topics.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property

from vividly.lesson.understanding.phrases import Phrases
from vividly.text.interests import interest_table
from vividly.text.locales import DEFAULT, locale_for
from vividly.text.locales.sections import Questions
from vividly.text.words import QUESTION, stems, words


@dataclass(frozen=True)
class Wording:
    """The words of a text without its wrapping, in order, and the locale's filler words."""

    words: tuple[str, ...]
    filler: frozenset[str]

    @cached_property
    def content(self) -> tuple[str, ...]:
        """The words that are not filler."""
        return tuple(word for word in self.words if word not in self.filler)

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """The stems of the content, in order."""
        return tuple(stems(self.content))


class Phrasing:
    """The compiled patterns of a locale's `questions.yaml`. Immutable and thread-safe."""

    def __init__(self, table: Questions, interests: Iterable[str]) -> None:
        self.filler = frozenset(words(table.filler, QUESTION))
        self.weak = frozenset(stems(words(table.weak, QUESTION)))
        """Stems that carry little information about a topic."""
        self._idioms = tuple(re.compile(pattern) for pattern in table.idioms)
        longest_first = sorted(
            {" ".join(words(i, QUESTION)) for i in interests}, key=lambda i: (-len(i), i)
        )
        interest = f"(?:{'|'.join(map(re.escape, longest_first))})"
        self._interest_phrases = tuple(
            re.compile(rf"\b{pattern.replace('{interest}', interest)}\b")
            for pattern in table.interest_phrases
        )

    def read(self, text: str) -> Wording:
        """Read a question.

        A question that is all wrapping ("using basketball") keeps it.
        """
        whole = " ".join(words(text, QUESTION))
        plain = whole
        for pattern in self._interest_phrases:
            plain = pattern.sub(" ", plain)
        wording = self._without_idioms(plain)
        if wording.content:
            return wording
        wording = self._without_idioms(whole)
        return wording if wording.words else Wording(tuple(whole.split()), self.filler)

    def read_plain(self, text: str) -> Wording:
        """Read a text of the corpus. Interests are kept: there they are never wrapping."""
        return self._without_idioms(" ".join(words(text, QUESTION)))

    def _without_idioms(self, plain: str) -> Wording:
        for pattern in self._idioms:
            plain = pattern.sub(_without_drop, " ".join(plain.split()))
        return Wording(tuple(plain.split()), self.filler)


def _without_drop(match: re.Match[str]) -> str:
    start, end = (at - match.start() for at in match.span("drop"))
    return f"{match[0][:start]} {match[0][end:]}"


@cache
def phrasing() -> Phrasing:
    """The patterns for English, read once per process."""
    return Phrasing(locale_for(DEFAULT).questions, _interests())


@cache
def interest_phrases() -> Phrases[str]:
    """Maps each name of an interest to its slug, from `vividly/text/interests.yaml`."""
    return Phrases(_interests())


def _interests() -> dict[str, str]:
    table = interest_table()
    phrases = {slug.replace("-", " "): slug for slug in table}
    return phrases | {name: slug for slug, names in table.items() for name in names}
