"""A right triangle: the third side and the angles are computed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import Amount, BaseVisual, Label, plain_number, short_number

Length = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]


@dataclass(frozen=True)
class Triangle(BaseVisual):
    """A right triangle. Parts: the level side, the upright side, the hypotenuse, and the angle.

    Attributes:
        level, upright: the lengths of the two sides at the right angle.
        names: of the three sides; the lengths are written with them.
        squares: whether the squares over the sides are drawn, with their areas.
        angle: label of the angle between the level side and the hypotenuse; empty for none.
    """

    level: Length
    upright: Length
    names: Annotated[tuple[Label, Label, Label], Field()]
    squares: bool = False
    angle: Annotated[str, Field(max_length=30)] = ""
    unit: Annotated[str, Field(max_length=8)] = ""
    kind: Literal["triangle"] = "triangle"

    use: ClassVar[str] = (
        "a right triangle whose two shorter sides stand in the sources; the third side and the "
        "angle are computed"
    )

    def lengths(self) -> tuple[float, float, float]:
        """The three sides; the last is the hypotenuse."""
        return self.level, self.upright, math.hypot(self.level, self.upright)

    def shown(self, side: int) -> str:
        """A side as on screen: `a = 3 m`, or with its square: `a² = 9`."""
        name, length = self.names[side], self.lengths()[side]
        if self.squares:
            return f"{name}² = {short_number(length * length)}"
        return f"{name} = {short_number(length)} {self.unit}".rstrip()

    def angle_shown(self) -> str:
        """The angle as on screen: `angle 37°`."""
        return f"{self.angle} {short_number(math.degrees(math.atan2(self.upright, self.level)))}°"

    def labels(self) -> tuple[str, ...]:
        return (*self.names, self.angle) if self.angle else self.names

    def in_words(self) -> tuple[str, ...]:
        sides = tuple(self.shown(side) for side in range(3))
        return (*sides, self.angle_shown()) if self.angle else sides

    def _texts(self) -> Iterable[str]:
        return self.in_words()

    def problem(self) -> str | None:
        if not 1 / 6 <= self.level / self.upright <= 6:
            return "one side is too short beside the other to be seen"
        return None

    def _named(self) -> Iterable[str]:
        return self.labels()

    def amounts(self) -> Iterable[Amount]:
        return (
            Amount("", plain_number(length), unit=self.unit)
            for length in (self.level, self.upright)
        )


EXAMPLE = Triangle(4, 3, ("a", "b", "c"), squares=True)
