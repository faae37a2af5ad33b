"""Phrases of `questions.yaml` for areas in which Vividly has no lessons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from vividly.lesson.understanding.phrases import Phrases
from vividly.text.locales import DEFAULT, locale_for
from vividly.text.locales.sections import Questions


@dataclass(frozen=True)
class Area:
    """An area without lessons.

    Attributes:
        name: a name to show to the student ("history").
        school: whether the area is taught in school.
    """

    name: str
    school: bool


@cache
def outside_phrases(language: str = DEFAULT) -> Phrases[Area]:
    """Return the phrases of a language (BCP 47). Read once per process."""
    return Phrases(dict(_areas(locale_for(language).questions)))


def _areas(table: Questions) -> Iterator[tuple[str, Area]]:
    for school, areas in ((False, table.not_school), (True, table.no_lesson_yet)):
        for name, phrases in areas.items():
            yield from ((phrase, Area(name, school)) for phrase in phrases)
