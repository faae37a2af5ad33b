"""Forces on a body, to scale; the net force is computed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.pictures import MaybePicture
from vividly.model.visuals.base import BaseVisual, Label, short_number

_DEGREES = {"right": 0.0, "up": 90.0, "left": 180.0, "down": 270.0}


@dataclass(frozen=True)
class Force:
    """A force. `away` points away from the surface, `uphill` and `downhill` along it."""

    label: Label
    newtons: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    direction: Literal["up", "down", "left", "right", "away", "uphill", "downhill"]


@dataclass(frozen=True)
class Forces(BaseVisual):
    """Forces on one body. Parts: the forces, then the net force if it is named.

    Attributes:
        slope: degrees of the surface under the body, which rises to the right; None for no surface.
        net: label of the net force, whose amount is computed; empty for none.
    """

    forces: Annotated[tuple[Force, ...], Field(min_length=1, max_length=4)]
    picture: MaybePicture = ""
    slope: Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)] | None = None
    net: Annotated[str, Field(max_length=30)] = ""
    kind: Literal["forces"] = "forces"

    use: ClassVar[str] = (
        "forces on one body, whose newtons stand in the sources; no two in the same direction; "
        "away, uphill and downhill only with a slope; net: a name for the net force, which is "
        "computed"
    )

    def degrees(self, force: Force) -> float:
        """The direction of a force; 0 is right, 90 up."""
        slope = self.slope or 0.0
        turned = {"away": slope + 90, "uphill": slope, "downhill": slope + 180}
        return turned.get(force.direction, _DEGREES.get(force.direction, 0.0))

    def resultant(self) -> tuple[float, float]:
        """The net force in newtons, and its direction in degrees."""
        pairs = [(f.newtons, math.radians(self.degrees(f))) for f in self.forces]
        x = sum(n * math.cos(a) for n, a in pairs)
        y = sum(n * math.sin(a) for n, a in pairs)
        size = math.hypot(x, y)
        largest = max(f.newtons for f in self.forces)
        return (0.0 if size < 0.02 * largest else size), math.degrees(math.atan2(y, x))

    def net_shown(self) -> str:
        """The net force as on screen: `Net force 12 N`."""
        return f"{self.net} {short_number(self.resultant()[0])} N"

    def shown(self, force: Force) -> str:
        """A force as on screen: `Weight 20 N`."""
        return f"{force.label} {short_number(force.newtons)} N"

    def labels(self) -> tuple[str, ...]:
        total = (self.net,) if self.net else ()
        return (*(force.label for force in self.forces), *total)

    def in_words(self) -> tuple[str, ...]:
        total = (self.net_shown(),) if self.net else ()
        return (*(self.shown(force) for force in self.forces), *total)

    def _texts(self) -> Iterable[str]:
        return self.in_words()

    def problem(self) -> str | None:
        sizes = [force.newtons for force in self.forces]
        if max(sizes) > 12 * min(sizes):
            return "the shortest arrow is too short beside the longest to be seen"
        directions = [round(self.degrees(force)) % 360 for force in self.forces]
        if len(set(directions)) < len(directions):
            return "two forces point the same way: add them up"
        if self.slope is None and any(
            force.direction in ("away", "uphill", "downhill") for force in self.forces
        ):
            return "without a surface no force points along it or away from it"
        return None

    def _stated(self) -> Iterable[str]:
        return (self.shown(force) for force in self.forces)

    def _named(self) -> Iterable[str]:
        return (self.net,)


EXAMPLE = Forces(
    (
        Force("Weight", 20, "down"),
        Force("Normal force", 17.32, "away"),
        Force("Friction", 10, "uphill"),
    ),
    slope=30,
    net="Net force",
)
