"""What all kinds of visuals have in common.

A kind is a frozen dataclass below `BaseVisual` with a field `kind`, and a form below `Written`
for the model to fill in. See `chart.py` for one that uses everything.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

Label = Annotated[str, Field(min_length=1, max_length=40)]
Detail = Annotated[str, Field(max_length=80)]
Unit = Annotated[str, Field(max_length=16)]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Written(BaseModel):
    """The data of a visual as a model writes it.

    The docstring of a subclass goes to the model as its description. Fields have no limits and no
    unions, which Vertex AI counts as states of its decoder: what is written is held to the limits
    of the visual afterwards.
    """

    model_config = ConfigDict(coerce_numbers_to_str=True)


@dataclass(frozen=True)
class Amount:
    """A number that a visual shows, which its sources have to give.

    Attributes:
        name: what it is the amount of; empty for a place on an axis.
        number: as it is written, without its unit.
        unit: its unit, if the visual has a field for it.
        axis: else the label of its axis, which may end in the unit: `Speed (m/s)`.
    """

    name: str
    number: str
    unit: str = ""
    axis: str = ""


@dataclass(frozen=True)
class Contrast:
    """One aspect of two things that a visual sets side by side."""

    aspect: str
    left: str
    right: str
    of_left: str
    of_right: str


class BaseVisual(ABC):
    """What a scene draws besides text.

    Attributes:
        kind: the name of its module.
        written: the form that a model fills in; None where no model may.
        is_source: whether it is itself taken from a source, so that nothing in it needs a proof.
        problem_quotes: whether `problem` quotes a formula that cannot be typeset, which may not be
            logged.
    """

    kind: str
    written: ClassVar[type[Written] | None] = None
    is_source: ClassVar[bool] = False
    problem_quotes: ClassVar[bool] = False

    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """What each part is called, in the order in which the parts appear."""

    @abstractmethod
    def in_words(self) -> tuple[str, ...]:
        """Each part as a sentence or a phrase, for a slide that has no room for the drawing."""

    @abstractmethod
    def _texts(self) -> Iterable[str]:
        """See `texts`; empty ones are left out."""

    def problem(self) -> str | None:
        """What keeps a visual of valid form from being drawn, or None."""
        return None

    def _stated(self) -> Iterable[str]:
        """See `stated`; empty ones are left out."""
        return ()

    def _named(self) -> Iterable[str]:
        """See `named`; empty ones are left out."""
        return ()

    def amounts(self) -> Iterable[Amount]:
        """The numbers that the sources have to give, with their units."""
        return ()

    def contrasts(self) -> Iterable[Contrast]:
        """What is said of two things, which must not be changed for one another."""
        return ()

    @property
    def part_count(self) -> int:
        """How many parts appear one by one."""
        return len(self.labels())

    def texts(self) -> Iterator[str]:
        """All that is shown as text, for checks of what students see."""
        return filter(None, self._texts())

    def stated(self) -> Iterator[str]:
        """What it claims, each claim with what it is about: `Weak acid: stays mostly whole`."""
        return filter(None, self._stated())

    def named(self) -> Iterator[str]:
        """Labels that only name what it is about: `Speed (m/s)`."""
        return filter(None, self._named())


def shown_number(value: float) -> str:
    """A number as it is written on a slide, with a real minus and thousands apart: `−1,234,500`."""
    text = f"{value:,.10g}" if abs(value) >= 1e4 else f"{value:.10g}"
    return text.replace("-", "−")


def plain_number(value: float) -> str:
    """A number without exponent and needless zeros: `0.00001`."""
    text = format(Decimal(repr(value + 0.0)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def with_detail(label: str, detail: str) -> str:
    """`label: detail`, or the label alone."""
    return f"{label}: {detail}" if detail else label
