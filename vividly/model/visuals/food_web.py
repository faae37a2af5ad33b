"""A food web: who is eaten by whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.pictures import MaybePicture
from vividly.model.visuals.base import BaseVisual, Label


@dataclass(frozen=True)
class Eater:
    """A living thing on a level, from 1 for plants. `eats`: the numbers of others, from 1."""

    label: Label
    level: Annotated[int, Field(ge=1, le=4)]
    picture: MaybePicture = ""
    eats: Annotated[tuple[int, ...], Field(max_length=4)] = ()


@dataclass(frozen=True)
class FoodWeb(BaseVisual):
    """Living things in levels; arrows run from the eaten to the eater. Parts: the living things."""

    members: Annotated[tuple[Eater, ...], Field(min_length=2, max_length=8)]
    kind: Literal["food_web"] = "food_web"

    use: ClassVar[str] = (
        "who is eaten by whom: level 1 for plants; eats: the numbers of members that stand "
        "before it in the list and on a lower level; at most 3 on a level"
    )

    def labels(self) -> tuple[str, ...]:
        return tuple(member.label for member in self.members)

    def in_words(self) -> tuple[str, ...]:
        return tuple(
            f"{', '.join(self.members[n - 1].label for n in member.eats)} → {member.label}"
            if member.eats
            else member.label
            for member in self.members
        )

    def _texts(self) -> Iterable[str]:
        return self.labels()

    def problem(self) -> str | None:
        for number, member in enumerate(self.members, 1):
            if any(not 1 <= n <= len(self.members) for n in member.eats):
                return f"{member.label} eats a member that the web does not have"
            if any(n >= number for n in member.eats):
                return f"{member.label} comes before what it eats"
            if any(self.members[n - 1].level >= member.level for n in member.eats):
                return f"{member.label} is not above what it eats"
        levels = [member.level for member in self.members]
        if any(levels.count(level) > 3 for level in levels):
            return "more than three on one level have no room"
        return None

    def _stated(self) -> Iterable[str]:
        return self.labels()


EXAMPLE = FoodWeb(
    (
        Eater("Grass", 1, "grass"),
        Eater("Insects", 2, "insect", (1,)),
        Eater("Mice", 2, "mouse", (1,)),
        Eater("Birds", 3, "bird", (2,)),
        Eater("Fox", 4, "fox", (3, 4)),
    )
)
