"""An electric circuit; resistances, currents and voltages are computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import Amount, BaseVisual, Label, plain_number, short_number

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class Component:
    """A part of a circuit. `ohms`: of a resistor, a lamp or a motor; none for no resistance."""

    part: Literal["resistor", "lamp", "motor", "switch", "open_switch", "ammeter"]
    label: Label
    ohms: Positive | None = None


@dataclass(frozen=True)
class Circuit(BaseVisual):
    """A loop with a battery. Parts: the battery, the components, then the current if computed.

    Attributes:
        layout: whether the components follow each other, or each has a path of its own.
        current: label of the current, whose amount is computed; empty for none.
    """

    layout: Literal["series", "parallel"]
    label: Label
    volts: Positive
    components: Annotated[tuple[Component, ...], Field(min_length=1, max_length=4)]
    current: Annotated[str, Field(max_length=30)] = ""
    kind: Literal["circuit"] = "circuit"

    use: ClassVar[str] = (
        "a battery and what is connected to it, in one loop or on paths of their own; volts and "
        "ohms stand in the sources; current: a name for the current, whose amount is computed"
    )

    @property
    def closed(self) -> bool:
        """Whether a current flows."""
        opened = [component.part == "open_switch" for component in self.components]
        return not (any(opened) if self.layout == "series" else all(opened))

    def amperes(self) -> float:
        """The current through the battery."""
        if not self.closed:
            return 0.0
        ohms = [c.ohms for c in self.components if c.ohms and c.part != "open_switch"]
        if self.layout == "series":
            return self.volts / sum(ohms)
        return sum(self.volts / each for each in ohms)

    def sum(self) -> str:
        """The current with its sum: `Current: 9 V ÷ 300 Ω = 0.03 A`."""
        ohms = [c.ohms for c in self.components if c.ohms]
        if not self.closed:
            return f"{self.current}: 0 A"
        if self.layout == "series":
            volts, total, amperes = map(short_number, (self.volts, sum(ohms), self.amperes()))
            return f"{self.current}: {volts} V ÷ {total} Ω = {amperes} A"
        parts = " + ".join(f"{short_number(self.volts / each)} A" for each in ohms)
        whole = f" = {short_number(self.amperes())} A" if len(ohms) > 1 else ""
        return f"{self.current}: {parts}{whole}"

    def shown(self, component: Component) -> str:
        """What is written below the label of a component."""
        return f"{short_number(component.ohms)} Ω" if component.ohms else ""

    def labels(self) -> tuple[str, ...]:
        total = (self.current,) if self.current else ()
        return (self.label, *(c.label for c in self.components), *total)

    def in_words(self) -> tuple[str, ...]:
        total = (self.sum(),) if self.current else ()
        parts = (f"{c.label}: {self.shown(c)}" if c.ohms else c.label for c in self.components)
        return (f"{self.label}: {short_number(self.volts)} V", *parts, *total)

    def _texts(self) -> Iterable[str]:
        return self.in_words()

    def problem(self) -> str | None:
        if self.current and not any(component.ohms for component in self.components):
            return "without any resistance there is no current to compute"
        bare = [
            c for c in self.components if not c.ohms and c.part not in ("switch", "open_switch")
        ]
        if self.layout == "parallel" and any(c.part != "ammeter" for c in bare) and self.current:
            return "each path needs its resistance, or no current is named"
        if self.layout == "parallel" and any(
            c.part in ("switch", "ammeter") for c in self.components
        ):
            return "a path with nothing but a switch or a meter is a short circuit"
        return None

    def _stated(self) -> Iterable[str]:
        return (self.label, *(component.label for component in self.components))

    def _named(self) -> Iterable[str]:
        return (self.current,)

    def amounts(self) -> Iterable[Amount]:
        yield Amount("", plain_number(self.volts), unit="V")
        for component in self.components:
            if component.ohms:
                yield Amount(component.label, plain_number(component.ohms), unit="Ω")


EXAMPLE = Circuit(
    "series",
    "Battery",
    9,
    (
        Component("switch", "Switch"),
        Component("resistor", "Resistor", 100),
        Component("lamp", "Lamp", 200),
        Component("ammeter", "Meter"),
    ),
    "Current",
)
