"""Two things side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Detail, Label, with_detail


@dataclass(frozen=True)
class ComparisonRow:
    """An aspect, and its value for each of the two things."""

    aspect: Label
    left: Detail = ""
    right: Detail = ""


@dataclass(frozen=True)
class Comparison(BaseVisual):
    """Two things side by side. Parts: the rows."""

    left: Label
    right: Label
    rows: Annotated[tuple[ComparisonRow, ...], Field(min_length=2, max_length=4)]
    kind: Literal["comparison"] = "comparison"

    use: ClassVar[str] = (
        "two things that are easily mixed up, side by side; each row tells the same of both"
    )

    @property
    def is_diagram(self) -> bool:
        return False

    def labels(self) -> tuple[str, ...]:
        return tuple(row.aspect for row in self.rows)

    def in_words(self) -> tuple[str, ...]:
        return tuple(
            f"{row.aspect}: {self.left}: {row.left}; {self.right}: {row.right}" for row in self.rows
        )

    def _texts(self) -> Iterable[str]:
        yield from (self.left, self.right)
        for row in self.rows:
            yield from (row.aspect, row.left, row.right)

    def _stated(self) -> Iterable[str]:
        for row in self.rows:
            for side, cell in ((self.left, row.left), (self.right, row.right)):
                if cell:
                    yield with_detail(side, cell)

    def _named(self) -> Iterable[str]:
        return self.left, self.right, *(row.aspect for row in self.rows)


EXAMPLE = Comparison(
    "Animal cell",
    "Plant cell",
    (
        ComparisonRow("Wall", "none", "a wall of cellulose"),
        ComparisonRow("Chloroplasts", "none", "many, in the leaves"),
        ComparisonRow("Vacuoles", "small ones", "one large one"),
    ),
)
