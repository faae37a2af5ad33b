"""Two pictures side by side, or before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.process import Step, Steps


@dataclass(frozen=True)
class Pair(Steps):
    """Two or three things with large pictures. Parts: the things.

    Attributes:
        relation: `becomes` draws arrows from one to the next.
    """

    steps: Annotated[tuple[Step, ...], Field(min_length=2, max_length=3)]
    relation: Literal["beside", "becomes"] = "beside"
    kind: Literal["pair"] = "pair"

    use: ClassVar[str] = (
        "two or three things that can be pictured, side by side, or before and after; each has a "
        "picture"
    )

    def problem(self) -> str | None:
        if not all(step.picture for step in self.steps):
            return "each thing of a pair needs a picture"
        return None


EXAMPLE = Pair(
    (Step("Ice", "particles in fixed places", "ice"), Step("Water", "particles flow", "drop")),
    "becomes",
)
