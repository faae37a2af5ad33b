"""What Vividly has no lesson on, by the words of `scope.yaml`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from vividly.understanding.data import load
from vividly.understanding.words import stems, words


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    no_lesson_yet: Mapping[str, tuple[str, ...]]
    not_school: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Outside:
    """A phrase of a question that belongs to no lesson.

    Attributes:
        area: what it belongs to, in words that can be shown ("history").
        school: whether that is taught in school.
        start: the place of its first word in the question.
        end: the place after its last word.
    """

    area: str
    school: bool
    start: int
    end: int


class Scope:
    """Finds such phrases. Immutable once made, safe between threads."""

    def __init__(self, table: _Table) -> None:
        self._phrases: dict[tuple[str, ...], tuple[str, bool]] = {}
        for school, areas in ((False, table.not_school), (True, table.no_lesson_yet)):
            for area, phrases in areas.items():
                for phrase in phrases:
                    self._phrases[tuple(stems(words(phrase)))] = (area, school)
        self.words = {
            word
            for areas in (table.not_school, table.no_lesson_yet)
            for phrases in areas.values()
            for phrase in phrases
            for word in words(phrase)
        }
        """Every word of the phrases."""
        self._longest = max(map(len, self._phrases))

    def find(self, sentence: Sequence[str]) -> list[Outside]:
        """The phrases in a question, longest first where they overlap, in order.

        Args:
            sentence: the stems of all its words, filler included.
        """
        found: list[Outside] = []
        at = 0
        while at < len(sentence):
            for length in range(min(self._longest, len(sentence) - at), 0, -1):
                area = self._phrases.get(tuple(sentence[at : at + length]))
                if area:
                    found.append(Outside(*area, at, at + length))
                    at += length - 1
                    break
            at += 1
        return found


@cache
def scope() -> Scope:
    """The table that ships with the package, read once per process."""
    return Scope(_Table.model_validate(load("scope.yaml")))
