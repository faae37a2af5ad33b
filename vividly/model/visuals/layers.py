"""Layers: of the earth, of the air, of rocks, of a leaf."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Detail, Hue, Label, with_detail


@dataclass(frozen=True)
class Layer:
    """A layer. `thick`: its thickness beside the others."""

    label: Label
    colour: Hue
    detail: Detail = ""
    thick: Annotated[float, Field(ge=0.2, le=5, allow_inf_nan=False)] = 1.0


@dataclass(frozen=True)
class Layers(BaseVisual):
    """Layers from the top or the outside. Parts: the layers.

    Attributes:
        form: `round` for a ball that is cut open, `flat` for layers on each other.
    """

    form: Literal["round", "flat"]
    layers: Annotated[tuple[Layer, ...], Field(min_length=2, max_length=6)]
    kind: Literal["layers"] = "layers"

    use: ClassVar[str] = (
        "layers of the earth, of the air, of rocks, of skin, from the outside or from the top"
    )

    def labels(self) -> tuple[str, ...]:
        return tuple(layer.label for layer in self.layers)

    def in_words(self) -> tuple[str, ...]:
        return tuple(with_detail(layer.label, layer.detail) for layer in self.layers)

    def _texts(self) -> Iterable[str]:
        return (text for layer in self.layers for text in (layer.label, layer.detail))

    def _stated(self) -> Iterable[str]:
        return self.in_words()


EXAMPLE = Layers(
    "round",
    (
        Layer("Crust", "brown", "thin and solid", 0.3),
        Layer("Mantle", "orange", "hot rock that creeps", 2),
        Layer("Outer core", "yellow", "liquid iron", 1.6),
        Layer("Inner core", "red", "solid iron", 1),
    ),
)
