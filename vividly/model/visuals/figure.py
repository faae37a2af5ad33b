"""A picture from the source, with its credit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual


@dataclass(frozen=True)
class Figure(BaseVisual):
    """A picture from the source, with its credit. One part: the picture.

    Attributes:
        image: object name of a JPEG or PNG in the OER bucket.
        alt: alternative text for people who cannot see it.
    """

    image: Annotated[str, Field(min_length=1, max_length=400)]
    alt: Annotated[str, Field(min_length=1, max_length=400)]
    credit: Annotated[str, Field(min_length=1, max_length=200)]
    caption: Annotated[str, Field(max_length=120)] = ""
    kind: Literal["figure"] = "figure"

    is_source: ClassVar[bool] = True

    def labels(self) -> tuple[str, ...]:
        return (self.caption,)

    def in_words(self) -> tuple[str, ...]:
        return (f"{self.caption or self.alt} ({self.credit})",)

    def _texts(self) -> Iterable[str]:
        return self.caption, self.alt, self.credit


EXAMPLE = Figure(
    "figures/leaf.png", "A leaf under the microscope", "A. Maker, CC BY 4.0", "A leaf from above"
)
