"""Areas of unit squares: products, squares, fractions, percentages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Detail, Label, with_detail


@dataclass(frozen=True)
class Area:
    """Rows and columns of unit squares. `shaded`: how many are coloured; all by default."""

    rows: Annotated[int, Field(ge=1, le=12)]
    columns: Annotated[int, Field(ge=1, le=12)]
    label: Label
    detail: Detail = ""
    shaded: Annotated[int, Field(ge=0, le=144)] | None = None

    @property
    def coloured(self) -> int:
        """The number of squares that are coloured."""
        return self.rows * self.columns if self.shaded is None else self.shaded


@dataclass(frozen=True)
class Areas(BaseVisual):
    """Areas side by side, in squares of one size. Parts: the areas."""

    areas: Annotated[tuple[Area, ...], Field(min_length=1, max_length=4)]
    kind: Literal["areas"] = "areas"

    use: ClassVar[str] = (
        "products, squares, fractions or percentages as areas of unit squares; shaded: how many "
        "squares are coloured, by default all"
    )

    def labels(self) -> tuple[str, ...]:
        return tuple(area.label for area in self.areas)

    def in_words(self) -> tuple[str, ...]:
        return tuple(with_detail(area.label, area.detail) for area in self.areas)

    def _texts(self) -> Iterable[str]:
        return (text for area in self.areas for text in (area.label, area.detail))

    def problem(self) -> str | None:
        for area in self.areas:
            if area.coloured > area.rows * area.columns:
                return f"{area.coloured} of {area.rows * area.columns} squares cannot be coloured"
        return None

    def _stated(self) -> Iterable[str]:
        return self.in_words()


EXAMPLE = Areas((Area(2, 2, "2² = 4"), Area(3, 3, "3² = 9"), Area(4, 4, "4² = 16")))
