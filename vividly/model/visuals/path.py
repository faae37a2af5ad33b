"""The path of a body, in equal steps of time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.pictures import MaybePicture
from vividly.model.visuals.base import BaseVisual, Label


@dataclass(frozen=True)
class PathMark:
    """A label at a place of the path."""

    place: Literal["start", "way", "top", "end"]
    label: Label


@dataclass(frozen=True)
class Path(BaseVisual):
    """A body at equal steps of time; the places are computed. Parts: the marks.

    Attributes:
        motion: `steady`: the same speed; `faster`, `slower`: the speed changes evenly; `thrown`:
            a throw from the ground; `sideways`: a level throw from a height; `fall`: straight down.
        angle: degrees of a throw.
    """

    motion: Literal["steady", "faster", "slower", "thrown", "sideways", "fall"]
    marks: Annotated[tuple[PathMark, ...], Field(min_length=1, max_length=4)]
    picture: MaybePicture = ""
    angle: Annotated[float, Field(ge=15, le=80, allow_inf_nan=False)] = 45
    kind: Literal["path"] = "path"

    use: ClassVar[str] = (
        "how a body moves, as its places after equal times; top is for a throw only"
    )

    def at(self, part: float) -> tuple[float, float]:
        """Where the body is after a part (0 to 1) of the time: across and up, without a scale."""
        if self.motion == "thrown":
            return part, part * (1 - part) * math.tan(math.radians(self.angle))
        if self.motion == "sideways":
            return part, 0.5 * (1 - part * part)
        if self.motion == "fall":
            return 0.0, 1 - part * part
        moved = {"steady": part, "faster": part * part, "slower": part * (2 - part)}
        return moved[self.motion], 0.0

    def labels(self) -> tuple[str, ...]:
        return tuple(mark.label for mark in self.marks)

    def in_words(self) -> tuple[str, ...]:
        return self.labels()

    def _texts(self) -> Iterable[str]:
        return self.labels()

    def problem(self) -> str | None:
        places = [mark.place for mark in self.marks]
        if len(set(places)) < len(places):
            return "a path has one mark at a place"
        if "top" in places and self.motion != "thrown":
            return "only a throw has a highest point between its ends"
        return None

    def _stated(self) -> Iterable[str]:
        return self.labels()


EXAMPLE = Path(
    "thrown",
    (
        PathMark("start", "thrown upward"),
        PathMark("top", "highest point"),
        PathMark("end", "lands"),
    ),
    "basketball",
    60,
)
