"""Where two plates of the earth meet, in section."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Label, listed, misplaced

Boundary = Literal["apart", "under", "collide", "past"]
PLACES: Mapping[Boundary, tuple[str, ...]] = {
    "apart": ("left", "right", "ridge", "magma", "mantle"),
    "under": ("left", "right", "trench", "volcano", "magma", "mantle"),
    "collide": ("left", "right", "mountains", "mantle"),
    "past": ("left", "right", "fault", "mantle"),
}
"""What can be named at each boundary."""


@dataclass(frozen=True)
class PlateMark:
    """A place and its label."""

    place: Literal["left", "right", "ridge", "magma", "mantle", "trench", "volcano", "mountains",
                   "fault"]  # fmt: skip
    label: Label


@dataclass(frozen=True)
class Plates(BaseVisual):
    """A section through a boundary. Parts: the marks.

    Attributes:
        boundary: `apart`: both move away from each other under the sea; `under`: the left, sea
            floor, dives under the right, a continent; `collide`: two continents; `past`: they
            slide along each other.
    """

    boundary: Boundary
    marks: Annotated[tuple[PlateMark, ...], Field(min_length=1, max_length=6)]
    kind: Literal["plates"] = "plates"

    use: ClassVar[str] = (
        "where two plates of the earth meet, in section: they move apart; the left dives under "
        "the right, a continent; two continents collide; they slide past each other; the places: "
        f"{listed(PLACES)}"
    )

    def labels(self) -> tuple[str, ...]:
        return tuple(mark.label for mark in self.marks)

    def in_words(self) -> tuple[str, ...]:
        return self.labels()

    def _texts(self) -> Iterable[str]:
        return self.labels()

    def problem(self) -> str | None:
        places = [mark.place for mark in self.marks]
        return misplaced(self.boundary, places, self.labels(), PLACES[self.boundary]) or None

    def _stated(self) -> Iterable[str]:
        return self.labels()


EXAMPLE = Plates(
    "under",
    (
        PlateMark("left", "sea floor moves down"),
        PlateMark("right", "continent"),
        PlateMark("trench", "trench"),
        PlateMark("magma", "magma rises"),
        PlateMark("volcano", "volcano"),
    ),
)
