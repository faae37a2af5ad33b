"""What Vividly has no lesson on, by the words of `scope.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pydantic import BaseModel, ConfigDict

from vividly.lesson.understanding.data import load
from vividly.lesson.understanding.phrases import Phrases


@dataclass(frozen=True)
class Area:
    """What a phrase belongs to.

    Attributes:
        name: in words that can be shown to the student ("history").
        school: whether it is taught in school.
    """

    name: str
    school: bool


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    no_lesson_yet: Mapping[str, tuple[str, ...]]
    not_school: Mapping[str, tuple[str, ...]]


@cache
def outside_phrases() -> Phrases[Area]:
    """The phrases that ship with the package, read once per process."""
    return Phrases(dict(_areas(_Table.model_validate(load("scope.yaml")))))


def _areas(table: _Table) -> Iterator[tuple[str, Area]]:
    for school, areas in ((False, table.not_school), (True, table.no_lesson_yet)):
        for name, phrases in areas.items():
            yield from ((phrase, Area(name, school)) for phrase in phrases)
