"""Particles in boxes: solid, liquid, gas, solution."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Detail, Label, with_detail


@dataclass(frozen=True)
class ParticleBox:
    """A box of particles.

    Attributes:
        speed: 0 for at rest to 3 for fast; faster particles have longer tails.
        mixed: the number of particles in ten that are of a second kind.
    """

    state: Literal["solid", "liquid", "gas"]
    label: Label
    detail: Detail = ""
    speed: Annotated[int, Field(ge=0, le=3)] = 0
    mixed: Annotated[int, Field(ge=0, le=9)] = 0


@dataclass(frozen=True)
class Particles(BaseVisual):
    """Boxes of particles side by side. Parts: the boxes."""

    boxes: Annotated[tuple[ParticleBox, ...], Field(min_length=1, max_length=3)]
    kind: Literal["particles"] = "particles"

    use: ClassVar[str] = (
        "what the particles of a solid, liquid, gas or solution do, in boxes; speed: 0 at rest "
        "to 3 fast; mixed: how many in ten are of a second kind"
    )

    def labels(self) -> tuple[str, ...]:
        return tuple(box.label for box in self.boxes)

    def in_words(self) -> tuple[str, ...]:
        return tuple(with_detail(box.label, box.detail) for box in self.boxes)

    def _texts(self) -> Iterable[str]:
        return (text for box in self.boxes for text in (box.label, box.detail))

    def _stated(self) -> Iterable[str]:
        return self.in_words()


EXAMPLE = Particles(
    (
        ParticleBox("solid", "Solid", "fixed places"),
        ParticleBox("liquid", "Liquid", "slide past each other", 1),
        ParticleBox("gas", "Gas", "far apart and fast", 3),
    )
)
