"""The sun's light on the moon or the earth, at places of its orbit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import BaseVisual, Label


@dataclass(frozen=True)
class Orbit(BaseVisual):
    """Places of an orbit, against the hands of a clock. Parts: the places.

    Attributes:
        scene: `phases`: the moon around the earth, with the phase as it is seen from the earth;
            the first place is new moon. `seasons`: the earth around the sun; the first place is
            the one where the north leans towards the sun.
        places: labels of four places, or of all eight phases.
    """

    scene: Literal["phases", "seasons"]
    places: Annotated[tuple[Label, ...], Field(min_length=4, max_length=8)]
    kind: Literal["orbit"] = "orbit"

    use: ClassVar[str] = (
        "phases: the moon around the earth, 4 or 8 places from new moon on; seasons: the earth "
        "around the sun, 4 places from the one where the north leans towards the sun"
    )

    def labels(self) -> tuple[str, ...]:
        return self.places

    def in_words(self) -> tuple[str, ...]:
        return self.places

    def _texts(self) -> Iterable[str]:
        return self.places

    def problem(self) -> str | None:
        allowed = (4, 8) if self.scene == "phases" else (4,)
        if len(self.places) not in allowed:
            return f"{self.scene} have {' or '.join(map(str, allowed))} places"
        return None

    def _stated(self) -> Iterable[str]:
        return self.places


EXAMPLE = Orbit("phases", ("New moon", "First quarter", "Full moon", "Last quarter"))
