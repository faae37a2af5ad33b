"""A scale of nature in its colours: pH, wavelengths, lengths, magnitudes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.pictures import MaybePicture
from vividly.model.visuals.base import Amount, BaseVisual, Label, Number, plain_number

ScaleName = Literal["ph", "wavelength", "length", "magnitude"]


@dataclass(frozen=True)
class Range:
    """The ends of a scale; of a logarithmic one, as powers of ten."""

    start: float
    end: float
    step: float
    unit: str = ""
    powers: bool = False


RANGES: Mapping[ScaleName, Range] = {
    "ph": Range(0, 14, 1),
    "wavelength": Range(-12, 4, 2, "m", powers=True),
    "length": Range(-12, 12, 3, "m", powers=True),
    "magnitude": Range(0, 10, 1),
}


@dataclass(frozen=True)
class ScaleMark:
    """A value, in the unit of the scale, and its label."""

    value: Number
    label: Label
    picture: MaybePicture = ""


@dataclass(frozen=True)
class Scale(BaseVisual):
    """Marks on a scale. Parts: the marks, in the order of the narration.

    Attributes:
        scale: `ph`: 0 to 14; `wavelength`: of light, in meters, from gamma rays to radio;
            `length`: from atoms to orbits, in meters; `magnitude`: of earthquakes, 0 to 10.
        low, high: what the ends mean (`acidic`, `basic`); empty for none.
    """

    scale: ScaleName
    marks: Annotated[tuple[ScaleMark, ...], Field(min_length=1, max_length=6)]
    low: Annotated[str, Field(max_length=24)] = ""
    high: Annotated[str, Field(max_length=24)] = ""
    kind: Literal["scale"] = "scale"

    use: ClassVar[str] = (
        "where things lie on a scale: ph: 0 to 14; wavelength: of light, in meters; length: of "
        "things, in meters; magnitude: of earthquakes, 0 to 10; low and high: what the ends mean; "
        "the values stand in the sources"
    )

    def along(self, value: float) -> float:
        """Where a value is, from 0 to 1."""
        of = RANGES[self.scale]
        at = math.log10(value) if of.powers else value
        return (at - of.start) / (of.end - of.start)

    def labels(self) -> tuple[str, ...]:
        return tuple(mark.label for mark in self.marks)

    def in_words(self) -> tuple[str, ...]:
        return self.labels()

    def _texts(self) -> Iterable[str]:
        return self.low, self.high, *self.labels()

    def _named(self) -> Iterable[str]:
        return self.low, self.high

    def problem(self) -> str | None:
        of = RANGES[self.scale]
        if of.powers and any(mark.value <= 0 for mark in self.marks):
            return "a scale of powers of ten has only positive values"
        places = [self.along(mark.value) for mark in self.marks]
        if any(not 0 <= place <= 1 for place in places):
            return f"a mark lies beyond the scale {self.scale}"
        if len(set(places)) < len(places):
            return "two marks have the same value"
        return None

    def _stated(self) -> Iterable[str]:
        return self.labels()

    def amounts(self) -> Iterable[Amount]:
        unit = RANGES[self.scale].unit
        return (Amount(m.label, plain_number(m.value), unit=unit) for m in self.marks)


EXAMPLE = Scale(
    "ph",
    (
        ScaleMark(2, "lemon juice"),
        ScaleMark(7, "pure water", "drop"),
        ScaleMark(8, "sea water", "sea"),
        ScaleMark(12, "bleach", "flask"),
    ),
    "acidic",
    "basic",
)
