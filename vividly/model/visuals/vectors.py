"""Forces, velocities or fields at one body."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Label


@dataclass(frozen=True)
class Arrow:
    """A vector: its length relative to the others, and its direction in degrees.

    0 points right, 90 up, 180 left, 270 down.
    """

    label: Label
    magnitude: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    direction: Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)]


@dataclass(frozen=True)
class Vectors(BaseVisual):
    """Forces, velocities or fields at one body. Parts: the arrows, then the resultant if named.

    Attributes:
        resultant: label of the sum of all arrows; empty for no resultant.
    """

    arrows: Annotated[tuple[Arrow, ...], Field(min_length=1, max_length=5)]
    body: Annotated[str, Field(max_length=30)] = ""
    resultant: Annotated[str, Field(max_length=40)] = ""
    kind: Literal["vectors"] = "vectors"

    use: ClassVar[str] = (
        "velocities, fields, or forces without numbers at one body; direction in degrees: 0 "
        "right, 90 up, 180 left, 270 down; magnitude: the length beside the others; resultant "
        "only where it is not zero"
    )

    def labels(self) -> tuple[str, ...]:
        resultant = (self.resultant,) if self.resultant else ()
        return (*(arrow.label for arrow in self.arrows), *resultant)

    def in_words(self) -> tuple[str, ...]:
        return self.labels()

    def _texts(self) -> Iterable[str]:
        return self.body, self.resultant, *(arrow.label for arrow in self.arrows)

    def problem(self) -> str | None:
        x = sum(a.magnitude * math.cos(math.radians(a.direction)) for a in self.arrows)
        y = sum(a.magnitude * math.sin(math.radians(a.direction)) for a in self.arrows)
        longest = max(a.magnitude for a in self.arrows)
        if longest > 12 * min(a.magnitude for a in self.arrows):
            return "the shortest arrow is too short beside the longest to be seen"
        if self.resultant and math.hypot(x, y) < longest / 12:
            return "the arrows balance, so there is no resultant to draw"
        return None

    def _stated(self) -> Iterable[str]:
        return (arrow.label for arrow in self.arrows)

    def _named(self) -> Iterable[str]:
        return self.body, self.resultant


EXAMPLE = Vectors(
    (Arrow("Gravity", 10, 270), Arrow("Throw", 8, 30), Arrow("Drag", 2, 210)), "Ball", "Net force"
)
