"""A wave, with what is measured of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Label

Place = Literal["wavelength", "amplitude", "crest", "trough", "travel", "particle"]


@dataclass(frozen=True)
class WaveMark:
    """What is shown of the wave, and its label: `wavelength`, "wavelength 2 m".

    In a longitudinal wave a crest is a compression, and a trough is a rarefaction.
    """

    place: Place
    label: Label


@dataclass(frozen=True)
class Wave(BaseVisual):
    """A wave that travels to the right. Parts: the marks.

    Attributes:
        lengths: the number of wavelengths that are shown.
        height: amplitude as a part of the greatest.
    """

    form: Literal["transverse", "longitudinal"]
    marks: Annotated[tuple[WaveMark, ...], Field(min_length=1, max_length=6)]
    lengths: Annotated[float, Field(ge=1, le=8, allow_inf_nan=False)] = 2.5
    height: Annotated[float, Field(ge=0.2, le=1, allow_inf_nan=False)] = 1.0
    kind: Literal["wave"] = "wave"

    use: ClassVar[str] = (
        "a wave with what is measured of it; in a longitudinal wave a crest is a compression, a "
        "trough is a rarefaction, and no amplitude is marked"
    )

    def labels(self) -> tuple[str, ...]:
        return tuple(mark.label for mark in self.marks)

    def in_words(self) -> tuple[str, ...]:
        return self.labels()

    def _texts(self) -> Iterable[str]:
        return self.labels()

    def problem(self) -> str | None:
        places = [mark.place for mark in self.marks]
        if len(set(places)) < len(places):
            return "a wave shows each of its marks once"
        if self.form == "longitudinal" and "amplitude" in places:
            return "the amplitude of a longitudinal wave cannot be seen in this picture"
        return None

    def _stated(self) -> Iterable[str]:
        return self.labels()


EXAMPLE = Wave(
    "transverse",
    (
        WaveMark("crest", "crest"),
        WaveMark("trough", "trough"),
        WaveMark("wavelength", "wavelength 2 m"),
        WaveMark("amplitude", "amplitude"),
        WaveMark("particle", "moves up and down only"),
        WaveMark("travel", "the wave travels"),
    ),
)
