"""A landscape, and what flows in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Label, listed, misplaced

Stage = Literal["coast", "air", "ocean", "crust"]
FLOWS: Mapping[Stage, tuple[str, ...]] = {
    "coast": (
        "sunlight", "evaporation", "condensation", "wind", "rain", "runoff", "groundwater",
        "transpiration",
    ),
    "air": ("sunlight", "reflected", "heat_up", "trapped", "heat_out"),
    "ocean": ("wind", "warm", "cooling", "sinking", "deep", "rising"),
    "crust": ("weathering", "river", "layers", "heat", "melting", "eruption", "uplift"),
}  # fmt: skip
"""Stage -> the flows that it has."""


@dataclass(frozen=True)
class Flow:
    """A flow of the stage, and its label."""

    flow: Annotated[str, Field(min_length=1, max_length=20)]
    label: Label


@dataclass(frozen=True)
class Scenery(BaseVisual):
    """Scenery with arrows. Parts: the flows.

    Attributes:
        stage: `coast`: sea, mountain, cloud and ground (water cycle); `air`: sun, ground and a
            layer of gases (greenhouse effect); `ocean`: a section from the equator to the pole
            (currents); `crust`: volcano, river and layers (rock cycle).
        flows: each one that the stage has, see `FLOWS`.
    """

    stage: Stage
    flows: Annotated[tuple[Flow, ...], Field(min_length=1, max_length=7)]
    kind: Literal["scenery"] = "scenery"

    use: ClassVar[str] = f"what flows in a landscape; the flows: {listed(FLOWS)}"

    def labels(self) -> tuple[str, ...]:
        return tuple(flow.label for flow in self.flows)

    def in_words(self) -> tuple[str, ...]:
        return self.labels()

    def _texts(self) -> Iterable[str]:
        return self.labels()

    def problem(self) -> str | None:
        places = [flow.flow for flow in self.flows]
        return misplaced(self.stage, places, self.labels(), FLOWS[self.stage]) or None

    def _stated(self) -> Iterable[str]:
        return self.labels()


EXAMPLE = Scenery(
    "coast",
    (
        Flow("evaporation", "Evaporation"),
        Flow("condensation", "Condensation"),
        Flow("rain", "Rain and snow"),
        Flow("runoff", "Runoff"),
        Flow("groundwater", "Groundwater"),
    ),
)
