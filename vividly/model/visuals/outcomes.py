"""All outcomes in a grid: dice, coins, a Punnett square. Chances are counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Hue, Label

Outcome = Annotated[str, Field(min_length=1, max_length=3)]


@dataclass(frozen=True)
class Event:
    """Outcomes that count, as they stand in the grid, and what they are called.

    Attributes:
        colour: of a thing that has one, such as a purple flower; None for any.
    """

    label: Label
    values: Annotated[tuple[Outcome, ...], Field(min_length=1, max_length=12)]
    colour: Hue | None = None


@dataclass(frozen=True)
class Outcomes(BaseVisual):
    """Every outcome once. Parts: the events.

    Attributes:
        columns, rows: the outcomes of two things; `rows` is empty if there is only one.
        combine: what stands where they meet: both `joined` (as in `Bb`), or their `sum`.
        row_name, column_name: what they are; empty for none.
    """

    columns: Annotated[tuple[Outcome, ...], Field(min_length=2, max_length=8)]
    events: Annotated[tuple[Event, ...], Field(min_length=1, max_length=3)]
    rows: Annotated[tuple[Outcome, ...], Field(max_length=6)] = ()
    combine: Literal["joined", "sum"] = "joined"
    column_name: Annotated[str, Field(max_length=30)] = ""
    row_name: Annotated[str, Field(max_length=30)] = ""
    kind: Literal["outcomes"] = "outcomes"

    use: ClassVar[str] = (
        "every outcome of one or two dice, coins or parents in a grid; each event lists the "
        "cells that count, as they stand in the grid (Bb, 7), and its chance is counted"
    )

    def cells(self) -> tuple[tuple[str, ...], ...]:
        """The grid, row by row."""
        if not self.rows:
            return (self.columns,)
        return tuple(tuple(self._meet(row, column) for column in self.columns) for row in self.rows)

    def _meet(self, row: str, column: str) -> str:
        if self.combine == "sum":
            return str(int(row) + int(column))
        # The dominant allele, a capital letter, is written first.
        return "".join(sorted(row + column)) if len(row) == len(column) == 1 else row + column

    def count(self, event: Event) -> tuple[int, int]:
        """How many outcomes count, of how many."""
        every = [cell for row in self.cells() for cell in row]
        return sum(cell in event.values for cell in every), len(every)

    def shown(self, event: Event) -> str:
        """An event as on screen: `brown eyes: 3 / 4`."""
        found, every = self.count(event)
        return f"{event.label}: {found} / {every}"

    def labels(self) -> tuple[str, ...]:
        return tuple(event.label for event in self.events)

    def in_words(self) -> tuple[str, ...]:
        return tuple(self.shown(event) for event in self.events)

    def _texts(self) -> Iterable[str]:
        yield from (self.column_name, self.row_name)
        yield from self.in_words()

    def problem(self) -> str | None:
        if self.combine == "sum" and not all(
            value.isdecimal() for value in (*self.columns, *self.rows)
        ):
            return "only whole numbers have a sum"
        for event in self.events:
            if not self.count(event)[0]:
                return "an event names no outcome of the grid"
        return None

    def _stated(self) -> Iterable[str]:
        return self.labels()

    def _named(self) -> Iterable[str]:
        return self.column_name, self.row_name


EXAMPLE = Outcomes(
    ("1", "2", "3", "4", "5", "6"),
    (Event("sum of seven", ("7",)), Event("sum of twelve", ("12",))),
    ("1", "2", "3", "4", "5", "6"),
    "sum",
    "first die",
    "second die",
)
