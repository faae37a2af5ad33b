"""A cycle: steps, the last of which leads back to the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.process import Step, Steps


@dataclass(frozen=True)
class Cycle(Steps):
    """Steps, the last of which leads back to the first. Parts: the steps."""

    steps: Annotated[tuple[Step, ...], Field(min_length=3, max_length=6)]
    kind: Literal["cycle"] = "cycle"

    use: ClassVar[str] = "steps of which the last leads to the first again"


EXAMPLE = Cycle(
    (
        Step("Evaporation", "the sun warms the sea", "sea"),
        Step("Condensation", "vapour becomes clouds", "cloud"),
        Step("Precipitation", "rain and snow fall", "rain"),
        Step("Run-off", "rivers flow to the sea", "river"),
    )
)
