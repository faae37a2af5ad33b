"""A drawing whose parts are named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Label, listed, misplaced

Drawing = Literal[
    "animal_cell", "plant_cell", "heart", "eye", "leaf", "volcano", "earthquake", "dna"
]
PLACES: Mapping[Drawing, tuple[str, ...]] = {
    "animal_cell": ("membrane", "nucleus", "cytoplasm", "mitochondrion", "ribosome"),
    "plant_cell": ("wall", "membrane", "nucleus", "vacuole", "chloroplast", "mitochondrion"),
    "heart": (
        "right_atrium", "right_ventricle", "left_atrium", "left_ventricle", "aorta",
        "lung_artery", "body_vein",
    ),
    "eye": ("cornea", "pupil", "lens", "retina", "nerve"),
    "leaf": ("upper_skin", "green_cells", "air_space", "vein", "stoma"),
    "volcano": ("crater", "vent", "magma", "lava", "ash"),
    "earthquake": ("focus", "epicenter", "fault", "waves"),
    "dna": ("backbone", "pair", "base"),
}  # fmt: skip
"""Drawing -> the places of it that can be named."""


@dataclass(frozen=True)
class NamedPart:
    """A place of the drawing and its name."""

    place: Annotated[str, Field(min_length=1, max_length=20)]
    label: Label


@dataclass(frozen=True)
class Labelled(BaseVisual):
    """A drawing from our own collection. Parts: the names of its places.

    Attributes:
        parts: each with a place that the drawing has, see `PLACES`.
    """

    drawing: Drawing
    parts: Annotated[tuple[NamedPart, ...], Field(min_length=1, max_length=7)]
    kind: Literal["labelled"] = "labelled"

    use: ClassVar[str] = (
        f"the parts of one of our drawings by their names; the places: {listed(PLACES)}"
    )

    def labels(self) -> tuple[str, ...]:
        return tuple(part.label for part in self.parts)

    def in_words(self) -> tuple[str, ...]:
        return self.labels()

    def _texts(self) -> Iterable[str]:
        return self.labels()

    def problem(self) -> str | None:
        places = [part.place for part in self.parts]
        return misplaced(self.drawing, places, self.labels(), PLACES[self.drawing]) or None

    def _stated(self) -> Iterable[str]:
        return self.labels()


EXAMPLE = Labelled(
    "plant_cell",
    (
        NamedPart("wall", "cell wall"),
        NamedPart("membrane", "membrane"),
        NamedPart("nucleus", "nucleus with DNA"),
        NamedPart("chloroplast", "chloroplast"),
        NamedPart("vacuole", "vacuole"),
        NamedPart("mitochondrion", "mitochondrion"),
    ),
)
