"""A chart: numbers from the sources, as bars or as a line."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import (
    Amount,
    BaseVisual,
    Label,
    Number,
    plain_number,
    shown_number,
)

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Point:
    """A value of a chart. `x` is a number in a line chart, and any label in a bar chart."""

    x: Annotated[str, Field(min_length=1, max_length=20)]
    y: Number


@dataclass(frozen=True)
class Chart(BaseVisual):
    """Numbers from the sources. Parts: the points, from left to right.

    Attributes:
        form: `bar` for amounts of different things, `line` for how one changes with another.
        y_label: what is measured, with its unit ("Speed (m/s)").
    """

    form: Literal["bar", "line"]
    y_label: Label
    points: Annotated[tuple[Point, ...], Field(min_length=2, max_length=8)]
    x_label: Annotated[str, Field(max_length=40)] = ""
    kind: Literal["chart"] = "chart"

    use: ClassVar[str] = (
        "amounts that the sources give as numbers, at least two of the same kind and in the same "
        "unit, never estimated or computed; bar compares different things; line shows how an "
        "amount changes with another one, and each x is a number, in rising order; y_label ends "
        "in the unit"
    )

    @property
    def is_diagram(self) -> bool:
        return False

    def labels(self) -> tuple[str, ...]:
        return tuple(point.x for point in self.points)

    def in_words(self) -> tuple[str, ...]:
        return tuple(f"{point.x}: {shown_number(point.y)}" for point in self.points)

    def _texts(self) -> Iterable[str]:
        yield from (self.x_label, self.y_label)
        for point in self.points:
            yield from (point.x, f"{point.y:g}")

    def problem(self) -> str | None:
        if self.form == "bar":
            return None
        try:
            xs = [float(point.x) for point in self.points]
        except ValueError:
            return "a line chart needs numbers on its x axis: make it a bar chart"
        if not all(math.isfinite(x) for x in xs) or any(b <= a for a, b in pairwise(xs)):
            return "the points of a line chart are not in the order of x"
        return None

    def _stated(self) -> Iterable[str]:
        return (point.x for point in self.points if not self._is_number(point.x))

    def _named(self) -> Iterable[str]:
        return self.x_label, self.y_label

    def amounts(self) -> Iterable[Amount]:
        for point in self.points:
            name = point.x
            if self._is_number(point.x):
                name = ""
                yield Amount("", point.x, axis=self.x_label)
            yield Amount(name, plain_number(point.y), axis=self.y_label)

    def _is_number(self, x: str) -> bool:
        return self.form == "line" and _NUMBER.fullmatch(x) is not None


EXAMPLE = Chart(
    "line",
    "Speed (m/s)",
    (Point("0", 0), Point("1", 9.8), Point("2", 19.6), Point("3", 29.4)),
    "Time (s)",
)
