"""What Vividly has no lesson on, by the words of `questions.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from vividly.lesson.understanding.phrases import Phrases
from vividly.text.locales import DEFAULT, locale_for
from vividly.text.locales.sections import Questions


@dataclass(frozen=True)
class Area:
    """What a phrase belongs to.

    Attributes:
        name: in words that can be shown to the student ("history").
        school: whether it is taught in school.
    """

    name: str
    school: bool


@cache
def outside_phrases(language: str = DEFAULT) -> Phrases[Area]:
    """The phrases of a language (BCP 47), read once per process."""
    return Phrases(dict(_areas(locale_for(language).questions)))


def _areas(table: Questions) -> Iterator[tuple[str, Area]]:
    for school, areas in ((False, table.not_school), (True, table.no_lesson_yet)):
        for name, phrases in areas.items():
            yield from ((phrase, Area(name, school)) for phrase in phrases)
