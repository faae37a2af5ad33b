"""A section of the number line with marks on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import (
    Amount,
    BaseVisual,
    Label,
    Number,
    Unit,
    plain_number,
    shown_number,
)


@dataclass(frozen=True)
class Mark:
    """A value on a number line, and its label."""

    value: Number
    label: Label


@dataclass(frozen=True)
class NumberLine(BaseVisual):
    """A section of the number line. Parts: the marks, in the order of the narration."""

    start: Number
    end: Number
    step: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    marks: Annotated[tuple[Mark, ...], Field(min_length=1, max_length=6)]
    unit: Unit = ""
    kind: Literal["number_line"] = "number_line"

    use: ClassVar[str] = (
        "where values of the sources lie: temperatures, years, positive and negative numbers; at "
        "most 24 steps from start to end"
    )

    @property
    def is_diagram(self) -> bool:
        return False

    def labels(self) -> tuple[str, ...]:
        return tuple(mark.label for mark in self.marks)

    def in_words(self) -> tuple[str, ...]:
        return tuple(
            f"{mark.label}: {shown_number(mark.value)} {self.unit}".strip() for mark in self.marks
        )

    def _texts(self) -> Iterable[str]:
        return self.unit, *(f"{mark.label} {mark.value:g}" for mark in self.marks)

    def problem(self) -> str | None:
        if not self.start < self.end:
            return "the number line does not start before it ends"
        if not 1 <= (self.end - self.start) / self.step <= 24:
            return "the number line has no tick, or more than 24"
        if any(not self.start <= mark.value <= self.end for mark in self.marks):
            return "a mark lies beyond the number line"
        return None

    def _stated(self) -> Iterable[str]:
        return self.labels()

    def amounts(self) -> Iterable[Amount]:
        return (Amount(m.label, plain_number(m.value), unit=self.unit) for m in self.marks)


EXAMPLE = NumberLine(-20, 120, 20, (Mark(0, "water freezes"), Mark(100, "water boils")), unit="°C")
