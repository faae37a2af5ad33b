"""An exchange: what goes into a thing, and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.pictures import Picture
from vividly.model.visuals.base import BaseVisual, Label, with_detail
from vividly.model.visuals.process import Step

Flows = Annotated[tuple[Step, ...], Field(min_length=1, max_length=3)]


@dataclass(frozen=True)
class Exchange(BaseVisual):
    """What goes in and comes out. Parts: what goes in, then what comes out."""

    thing: Label
    picture: Picture
    inputs: Flows
    outputs: Flows
    kind: Literal["exchange"] = "exchange"

    use: ClassVar[str] = "what goes into a thing, and what comes out of it"

    @property
    def flows(self) -> tuple[Step, ...]:
        """What goes in, then what comes out."""
        return (*self.inputs, *self.outputs)

    def labels(self) -> tuple[str, ...]:
        return tuple(flow.label for flow in self.flows)

    def in_words(self) -> tuple[str, ...]:
        return tuple(
            f"{with_detail(flow.label, flow.detail)} {'→' if n < len(self.inputs) else '←'} "
            f"{self.thing}"
            for n, flow in enumerate(self.flows)
        )

    def _texts(self) -> Iterable[str]:
        yield self.thing
        for flow in self.flows:
            yield from (flow.label, flow.detail)

    def _stated(self) -> Iterable[str]:
        return (with_detail(flow.label, flow.detail) for flow in self.flows)

    def _named(self) -> Iterable[str]:
        return (self.thing,)


EXAMPLE = Exchange(
    "Leaf",
    "leaf",
    (
        Step("Light", "from the sun", "sun"),
        Step("Carbon dioxide", "from the air", "CO2"),
        Step("Water", "from the roots", "drop"),
    ),
    (Step("Oxygen", "into the air", "O2"), Step("Sugar", "for the plant", "C6H12O6")),
)
