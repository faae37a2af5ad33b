"""A process: steps from first to last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.pictures import MaybePicture
from vividly.model.visuals.base import BaseVisual, Detail, Label, with_detail


@dataclass(frozen=True)
class Step:
    """A step of a process or of a cycle. `picture`: the pictogram of what it is about."""

    label: Label
    detail: Detail = ""
    picture: MaybePicture = ""


class Steps(BaseVisual):
    """Base of processes and cycles. Parts: the steps."""

    steps: tuple[Step, ...]

    @property
    def is_diagram(self) -> bool:
        return any(step.picture for step in self.steps)

    def labels(self) -> tuple[str, ...]:
        return tuple(step.label for step in self.steps)

    def in_words(self) -> tuple[str, ...]:
        return tuple(with_detail(step.label, step.detail) for step in self.steps)

    def _texts(self) -> Iterable[str]:
        return (part for step in self.steps for part in (step.label, step.detail))

    def _stated(self) -> Iterable[str]:
        return self.in_words()


@dataclass(frozen=True)
class Process(Steps):
    """Steps from first to last. Parts: the steps."""

    steps: Annotated[tuple[Step, ...], Field(min_length=2, max_length=5)]
    kind: Literal["process"] = "process"

    use: ClassVar[str] = "something that happens in steps, one after the other"


EXAMPLE = Process(
    (
        Step("Light is caught", "by the green of the leaf", "leaf"),
        Step("Water is split", "and oxygen leaves", "H2O"),
        Step("Sugar is built", "out of carbon dioxide", "C6H12O6"),
    )
)
