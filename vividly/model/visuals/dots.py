"""A dot plot: each value is a dot; mean, median and the like are computed."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import (
    Amount,
    BaseVisual,
    Label,
    Number,
    plain_number,
    short_number,
)

_HIGHEST = 8
"""Most dots on each other."""


@dataclass(frozen=True)
class Row:
    """A set of values with its name."""

    label: Label
    values: Annotated[tuple[Number, ...], Field(min_length=2, max_length=24)]


@dataclass(frozen=True)
class Measure:
    """What is computed of each row, and what it is called."""

    measure: Literal["mean", "median", "mode", "range"]
    label: Label


@dataclass(frozen=True)
class Dots(BaseVisual):
    """Values as dots over an axis. Parts: the rows, then the measures.

    Attributes:
        axis: what is measured, with its unit ("Points").
    """

    rows: Annotated[tuple[Row, ...], Field(min_length=1, max_length=2)]
    axis: Label
    measures: Annotated[tuple[Measure, ...], Field(max_length=3)] = ()
    kind: Literal["dots"] = "dots"

    use: ClassVar[str] = (
        "one or two sets of values that the sources give, as dots over an axis; the measures are "
        "computed"
    )

    def measured(self, measure: Measure, row: Row) -> float:
        """A measure of a row."""
        if measure.measure == "range":
            return max(row.values) - min(row.values)
        if measure.measure == "median":
            return statistics.median(row.values)
        return (
            statistics.mode(row.values)
            if measure.measure == "mode"
            else statistics.fmean(row.values)
        )

    def shown(self, measure: Measure) -> str:
        """A measure as on screen: `mean 7.5`, of two rows `mean 7.5, 6`."""
        found = (short_number(self.measured(measure, row)) for row in self.rows)
        return f"{measure.label} {', '.join(found)}"

    def labels(self) -> tuple[str, ...]:
        return (*(row.label for row in self.rows), *(m.label for m in self.measures))

    def in_words(self) -> tuple[str, ...]:
        rows = (f"{r.label}: {', '.join(map(short_number, r.values))}" for r in self.rows)
        return (*rows, *(self.shown(measure) for measure in self.measures))

    def _texts(self) -> Iterable[str]:
        return self.axis, *(r.label for r in self.rows), *(self.shown(m) for m in self.measures)

    def problem(self) -> str | None:
        every = [value for row in self.rows for value in row.values]
        if min(every) == max(every):
            return "all values are the same, so there is no axis to draw"
        for row in self.rows:
            if max(Counter(row.values).values()) > _HIGHEST:
                return f"more than {_HIGHEST} dots would stand on each other"
            counts = Counter(row.values).most_common(2)
            modes = any(m.measure == "mode" for m in self.measures)
            if modes and len(counts) > 1 and counts[0][1] == counts[1][1]:
                return "two values are equally frequent, so there is no one mode"
        return None

    def _stated(self) -> Iterable[str]:
        return (row.label for row in self.rows)

    def _named(self) -> Iterable[str]:
        return self.axis, *(measure.label for measure in self.measures)

    def amounts(self) -> Iterable[Amount]:
        return (Amount("", plain_number(v), axis=self.axis) for r in self.rows for v in r.values)


EXAMPLE = Dots(
    (Row("points in ten games", (4, 6, 7, 7, 8, 8, 8, 9, 11, 22)),),
    "Points",
    (Measure("median", "median"), Measure("mean", "mean")),
)
