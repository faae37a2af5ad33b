"""Rays of light at a mirror, a surface, a lens or a prism; angles and paths are computed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Label, short_number

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
        angle: degrees between the incoming ray and the normal, for mirrors and surfaces.
    """

    element: Element
    marks: Annotated[tuple[RayMark, ...], Field(min_length=1, max_length=5)]
    angle: Annotated[float, Field(ge=15, le=70, allow_inf_nan=False)] = 50
    kind: Literal["rays"] = "rays"

    def leaving(self) -> float:
        """Degrees between the outgoing ray and the normal."""
        index = INDEX.get(self.element, 1.0)
        return math.degrees(math.asin(math.sin(math.radians(self.angle)) / index))

    def shown(self, mark: RayMark) -> str:
        """A mark as on screen, a ray with its angle: `in 50°`."""
        if self.element in ("mirror", *INDEX) and mark.place in ("incoming", "outgoing"):
            angle = self.angle if mark.place == "incoming" else self.leaving()
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
        has = PLACES[self.element]
        if wrong := next((place for place in places if place not in has), None):
            return f"the drawing {self.element} has no {wrong}: it has {', '.join(has)}"
        if len(set(places)) < len(places):
            return "a ray or a place is named twice"
        return None

    def _stated(self) -> Iterable[str]:
        return self.labels()


EXAMPLE = Rays(
    "water",
    (
        RayMark("incoming", "light in air"),
        RayMark("normal", "normal"),
        RayMark("outgoing", "bent in water"),
    ),
)
