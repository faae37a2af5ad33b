"""A cycle: steps, the last of which leads back to the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import Written
from vividly.model.visuals.process import Step, Steps, WrittenStep


class WrittenCycle(Written):
    """3 to 6 steps of which the last leads to the first."""

    use: ClassVar[str] = "steps that come round: the last leads to the first again."
    steps: list[WrittenStep]


@dataclass(frozen=True)
class Cycle(Steps):
    """Steps, the last of which leads back to the first. Parts: the steps."""

    steps: Annotated[tuple[Step, ...], Field(min_length=3, max_length=6)]
    kind: Literal["cycle"] = "cycle"

    written: ClassVar[type[Written] | None] = WrittenCycle


EXAMPLE = Cycle(
    (
        Step("Evaporation", "the sun warms the sea", "sea"),
        Step("Condensation", "vapour becomes clouds", "cloud"),
        Step("Precipitation", "rain and snow fall", "rain"),
        Step("Run-off", "rivers flow to the sea", "river"),
    )
)
