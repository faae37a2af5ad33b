"""The base classes of all kinds of visuals.

A kind is a frozen dataclass below `BaseVisual` with a field `kind`. See `chart.py` for one that
uses everything.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

Label = Annotated[str, Field(min_length=1, max_length=40)]
Detail = Annotated[str, Field(max_length=80)]
Unit = Annotated[str, Field(max_length=16)]
Hue = Literal["red", "orange", "yellow", "green", "blue", "purple", "pink", "grey", "brown"]
Number = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True)
class Amount:
    """A number that a visual shows and its sources must state.

    Attributes:
        name: what the number measures; empty for a position on an axis.
        number: as written, without the unit.
        unit: the unit, if the visual has a field for it.
        axis: otherwise the label of its axis, which may end in the unit: `Speed (m/s)`.
    """

    name: str
    number: str
    unit: str = ""
    axis: str = ""


class BaseVisual(ABC):
    """What a scene draws besides text.

    Attributes:
        kind: the name of its module.
        use: what it is for and what its fields take, for a model that writes scripts; empty if
            models may not write this kind.
        is_source: whether it is itself taken from a source, so that nothing in it needs a check.
        problem_quotes: whether `problem` quotes a formula that cannot be typeset; such a message
            must not be logged.
    """

    kind: str
    use: ClassVar[str] = ""
    is_source: ClassVar[bool] = False
    problem_quotes: ClassVar[bool] = False

    @property
    def is_diagram(self) -> bool:
        """Whether it shows the thing itself, rather than words, formulas or figures."""
        return True

    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """The label of each part, in the order of appearance."""

    @abstractmethod
    def in_words(self) -> tuple[str, ...]:
        """Each part as a sentence or a phrase, for a slide that has no room for the drawing."""

    @abstractmethod
    def _texts(self) -> Iterable[str]:
        """The items of `texts`; it leaves out empty ones."""

    def problem(self) -> str | None:
        """Why the visual cannot be drawn although its form is valid, or None."""
        return None

    def _stated(self) -> Iterable[str]:
        """The items of `stated`; it leaves out empty ones."""
        return ()

    def _named(self) -> Iterable[str]:
        """The items of `named`; it leaves out empty ones."""
        return ()

    def amounts(self) -> Iterable[Amount]:
        """The numbers that the sources must state, with their units."""
        return ()

    @property
    def part_count(self) -> int:
        """The number of parts that appear one by one."""
        return len(self.labels())

    def texts(self) -> Iterator[str]:
        """All text that is shown, for checks of what students see."""
        return filter(None, self._texts())

    def stated(self) -> Iterator[str]:
        """Its claims, each with its subject: `Weak acid: stays mostly whole`."""
        return filter(None, self._stated())

    def named(self) -> Iterator[str]:
        """Labels that only name a subject: `Speed (m/s)`."""
        return filter(None, self._named())


def shown_number(value: float) -> str:
    """A number as shown on a slide, with minus sign and thousands separators: `−1,234,500`."""
    text = f"{value:,.10g}" if abs(value) >= 1e4 else f"{value:.10g}"
    return text.replace("-", "−")


def short_number(value: float) -> str:
    """A computed number with three significant digits: `0.0333`, `1,250`."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def plain_number(value: float) -> str:
    """A number without exponent and trailing zeros: `0.00001`."""
    text = format(Decimal(repr(value + 0.0)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_detail(label: str, detail: str) -> str:
    """`label: detail`, or the label alone."""
    return f"{label}: {detail}" if detail else label


def listed(has: Mapping[Any, Sequence[str]]) -> str:
    """What each drawing has, for a model: `eye: cornea, lens; leaf: vein, stoma`."""
    return "; ".join(f"{name}: {', '.join(places)}" for name, places in has.items())


def misplaced(
    drawing: str, places: Sequence[str], labels: Sequence[str], has: Sequence[str]
) -> str:
    """Why places cannot be labelled; empty if they can.

    Args:
        places: where each label stands.
        labels: as many.
        has: the places of the drawing.
    """
    if unknown := next((place for place in places if place not in has), None):
        return f"the drawing {drawing} has no {unknown}: it has {', '.join(has)}"
    if len(set(places)) < len(places):
        return f"a place of the drawing {drawing} is named twice"
    for place, label in zip(places, labels, strict=True):
        named = label.lower().replace(" ", "_")
        if named != place and named in has:
            return f"the label {named} stands at {place}"
    return ""
