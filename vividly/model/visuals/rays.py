"""Rays of light at a mirror, a surface, a lens or a prism; angles and paths are computed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import (
    Amount,
    BaseVisual,
    Label,
    listed,
    misplaced,
    plain_number,
    short_number,
)

Element = Literal["mirror", "rough", "water", "glass", "lens", "spreading_lens", "prism"]
INDEX: Mapping[str, float] = {"water": 1.33, "glass": 1.5}
"""How much slower light is in it."""
PLACES: Mapping[Element, tuple[str, ...]] = {
    "mirror": ("incoming", "outgoing", "normal", "surface"),
    "rough": ("incoming", "outgoing", "surface"),
    "water": ("incoming", "outgoing", "normal", "surface", "inside"),
    "glass": ("incoming", "outgoing", "normal", "surface", "inside"),
    "lens": ("incoming", "outgoing", "focus", "surface"),
    "spreading_lens": ("incoming", "outgoing", "focus", "surface"),
    "prism": ("incoming", "red", "violet", "surface"),
}
"""What can be named of each."""


@dataclass(frozen=True)
class RayMark:
    """A ray or a place of the drawing, and its label."""

    place: Literal["incoming", "outgoing", "normal", "surface", "inside", "focus", "red", "violet"]
    label: Label


@dataclass(frozen=True)
class Rays(BaseVisual):
    """Rays of light. Parts: the marks; rays appear with theirs.

    Attributes:
        angle: degrees between the incoming ray and the normal, for mirrors and surfaces; None
            for an angle that is only drawn and not told.
    """

    element: Element
    marks: Annotated[tuple[RayMark, ...], Field(min_length=1, max_length=5)]
    angle: Annotated[float, Field(ge=15, le=70, allow_inf_nan=False)] | None = None
    kind: Literal["rays"] = "rays"

    use: ClassVar[str] = (
        "rays of light; angle: degrees of the incoming ray, only if a source gives them; the "
        "places: "
        f"{listed(PLACES)}"
    )

    @property
    def coming(self) -> float:
        """Degrees between the incoming ray and the normal."""
        return 50.0 if self.angle is None else self.angle

    def leaving(self) -> float:
        """Degrees between the outgoing ray and the normal."""
        index = INDEX.get(self.element, 1.0)
        return math.degrees(math.asin(math.sin(math.radians(self.coming)) / index))

    def shown(self, mark: RayMark) -> str:
        """A mark as on screen, a ray with its angle: `in 50°`."""
        told = self.angle is not None and self.element in ("mirror", *INDEX)
        if told and mark.place in ("incoming", "outgoing"):
            angle = self.coming if mark.place == "incoming" else self.leaving()
            return f"{mark.label} {short_number(round(angle))}°"
        return mark.label

    def labels(self) -> tuple[str, ...]:
        return tuple(mark.label for mark in self.marks)

    def in_words(self) -> tuple[str, ...]:
        return tuple(self.shown(mark) for mark in self.marks)

    def _texts(self) -> Iterable[str]:
        return self.in_words()

    def problem(self) -> str | None:
        places = [mark.place for mark in self.marks]
        return misplaced(self.element, places, self.labels(), PLACES[self.element]) or None

    def _stated(self) -> Iterable[str]:
        return self.labels()

    def amounts(self) -> Iterable[Amount]:
        if self.angle is not None and self.element in ("mirror", *INDEX):
            yield Amount("", plain_number(self.angle), unit="°")


EXAMPLE = Rays(
    "water",
    (
        RayMark("incoming", "light in air"),
        RayMark("normal", "normal"),
        RayMark("outgoing", "bent in water"),
    ),
    50,
)
