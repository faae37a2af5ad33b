"""Energy bars: how much is in which store, at moments one after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.pictures import MaybePicture
from vividly.model.visuals.base import Amount, BaseVisual, Label, plain_number

Joules = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True)
class Moment:
    """The amount in each store at one moment."""

    label: Label
    amounts: Annotated[tuple[Joules, ...], Field(min_length=1, max_length=3)]
    picture: MaybePicture = ""


@dataclass(frozen=True)
class Energy(BaseVisual):
    """Bars of the stores at moments. Parts: the moments.

    Attributes:
        unit: of the amounts, which are written at the bars; empty for bars without numbers.
        lost: whether the total may change; by default it must not.
    """

    stores: Annotated[tuple[Label, ...], Field(min_length=1, max_length=3)]
    moments: Annotated[tuple[Moment, ...], Field(min_length=2, max_length=4)]
    unit: Annotated[str, Field(max_length=8)] = ""
    lost: bool = False
    kind: Literal["energy"] = "energy"

    use: ClassVar[str] = (
        "how much energy is in which store, at moments one after the other; the total stays the "
        "same unless some is lost; with a unit the amounts stand in the sources, without one "
        "they are only the heights of bars"
    )

    def shown(self, amount: float) -> str:
        """An amount as on screen; empty without a unit."""
        return f"{amount:,.4g} {self.unit}" if self.unit else ""

    def labels(self) -> tuple[str, ...]:
        return tuple(moment.label for moment in self.moments)

    def in_words(self) -> tuple[str, ...]:
        return tuple(
            f"{m.label}: "
            + ", ".join(
                f"{store} {self.shown(amount)}".strip()
                for store, amount in zip(self.stores, m.amounts, strict=False)
                if amount
            )
            for m in self.moments
        )

    def _texts(self) -> Iterable[str]:
        yield from self.stores
        for moment in self.moments:
            yield moment.label
            yield from (self.shown(amount) for amount in moment.amounts)

    def problem(self) -> str | None:
        if any(len(moment.amounts) != len(self.stores) for moment in self.moments):
            return "each moment needs an amount for each store"
        totals = [sum(moment.amounts) for moment in self.moments]
        if max(totals) <= 0:
            return "there is no energy to draw"
        if not self.lost and max(totals) - min(totals) > 0.01 * max(totals):
            return f"energy is neither made nor lost: {min(totals):g} and {max(totals):g} in total"
        return None

    def _stated(self) -> Iterable[str]:
        return (moment.label for moment in self.moments)

    def _named(self) -> Iterable[str]:
        return self.stores

    def amounts(self) -> Iterable[Amount]:
        if not self.unit:
            return ()  # the heights of bars: no number is written
        shown = {amount for moment in self.moments for amount in moment.amounts if amount}
        return (Amount("", plain_number(amount), unit=self.unit) for amount in sorted(shown))


EXAMPLE = Energy(
    ("Height", "Motion"),
    (
        Moment("At the top", (100, 0), "ball"),
        Moment("Half way", (50, 50), "ball"),
        Moment("At the bottom", (0, 100), "ball"),
    ),
    "J",
)
