"""The periodic table as a map, with families of elements in colour."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.chemistry import ELEMENTS
from vividly.model.visuals.base import BaseVisual, Label

Family = Literal[
    "", "alkali_metals", "alkaline_earths", "transition_metals", "halogens", "noble_gases",
    "metals", "nonmetals", "metalloids",
]  # fmt: skip
_SYMBOLS = tuple(ELEMENTS)
_NONMETALS = ("H", "He", "C", "N", "O", "F", "Ne", "P", "S", "Cl", "Ar", "Se", "Br", "Kr", "I",
              "Xe", "Rn", "At", "Ts", "Og")  # fmt: skip
_METALLOIDS = ("B", "Si", "Ge", "As", "Sb", "Te")
_STARTS = (1, 3, 11, 19, 37, 55, 87)
"""The atomic number with which each period begins."""


def place_of(number: int) -> tuple[int, int]:
    """Column (1 to 18) and row (1 to 7) of an element; 0 for the two rows that stand apart."""
    row = sum(start <= number for start in _STARTS)
    at = number - _STARTS[row - 1]
    if row == 1:
        return (1 if at == 0 else 18), 1
    if row <= 3:
        return (at + 1 if at < 2 else at + 11), row
    if row <= 5 or at < 2:
        return at + 1, row
    return (0, row) if at < 16 else (at - 13, row)


TABLE: Mapping[str, tuple[int, int]] = {
    symbol: place for number, symbol in enumerate(_SYMBOLS, 1) if (place := place_of(number))[0]
}
"""Symbol -> column and row, without the lanthanides and actinides."""


def _of(family: Family) -> tuple[str, ...]:
    columns = {
        "alkali_metals": (1,), "alkaline_earths": (2,), "transition_metals": range(3, 13),
        "halogens": (17,), "noble_gases": (18,),
    }  # fmt: skip
    if family in columns:
        return tuple(s for s, (c, _) in TABLE.items() if c in columns[family] and s != "H")
    if family == "nonmetals":
        return tuple(s for s in TABLE if s in _NONMETALS)
    if family == "metalloids":
        return _METALLOIDS
    return tuple(s for s in TABLE if s not in _NONMETALS and s not in _METALLOIDS)


@dataclass(frozen=True)
class Highlight:
    """A family of elements, or some elements by their symbols, and its label."""

    label: Label
    family: Family = ""
    elements: Annotated[tuple[str, ...], Field(max_length=12)] = ()

    @property
    def symbols(self) -> tuple[str, ...]:
        """The symbols of its elements."""
        return self.elements or (_of(self.family) if self.family else ())


@dataclass(frozen=True)
class Periodic(BaseVisual):
    """The periodic table without its two rows that stand apart.

    Parts: the highlights, then the trends.

    Attributes:
        across, down: what grows in a row from left to right, in a column downwards; empty for none.
    """

    highlights: Annotated[tuple[Highlight, ...], Field(max_length=4)] = ()
    across: Annotated[str, Field(max_length=40)] = ""
    down: Annotated[str, Field(max_length=40)] = ""
    kind: Literal["periodic"] = "periodic"

    use: ClassVar[str] = (
        "where elements stand in the periodic table: families or single elements in colour, and "
        "what grows along a row or down a column"
    )

    @property
    def trends(self) -> tuple[str, ...]:
        """The trends that it shows."""
        return tuple(filter(None, (self.across, self.down)))

    def labels(self) -> tuple[str, ...]:
        return (*(h.label for h in self.highlights), *self.trends)

    def in_words(self) -> tuple[str, ...]:
        return self.labels()

    def _texts(self) -> Iterable[str]:
        return self.labels()

    def problem(self) -> str | None:
        if not self.labels():
            return "a periodic table without a highlight or a trend shows nothing"
        for highlight in self.highlights:
            if not highlight.symbols:
                return "a highlight names neither a family nor elements"
            if wrong := next((s for s in highlight.symbols if s not in TABLE), None):
                return f"{wrong} is not in this table"
        return None

    def _stated(self) -> Iterable[str]:
        return self.labels()


EXAMPLE = Periodic(
    (
        Highlight("alkali metals", "alkali_metals"),
        Highlight("halogens", "halogens"),
        Highlight("noble gases", "noble_gases"),
    ),
    down="more shells",
)
