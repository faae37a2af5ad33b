"""A ratio as bars of equal blocks; amounts and total are computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.pictures import MaybePicture
from vividly.model.visuals.base import Amount, BaseVisual, Hue, Label, plain_number, short_number


@dataclass(frozen=True)
class Share:
    """So many equal blocks of something. `colour`: of a thing that has one; None for any."""

    label: Label
    blocks: Annotated[int, Field(ge=1, le=16)]
    picture: MaybePicture = ""
    colour: Hue | None = None


@dataclass(frozen=True)
class Ratio(BaseVisual):
    """Bars of blocks under each other. Parts: the shares, then the total if it is named.

    Attributes:
        each: how much one block is; None if only the ratio counts.
        total: label of the sum, which is computed; empty for none.
    """

    shares: Annotated[tuple[Share, ...], Field(min_length=2, max_length=4)]
    each: Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)] | None = None
    unit: Annotated[str, Field(max_length=12)] = ""
    total: Annotated[str, Field(max_length=30)] = ""
    kind: Literal["ratio"] = "ratio"

    use: ClassVar[str] = (
        "parts of a whole that stand in a ratio, as bars of equal blocks; each: how much one "
        "block is, if a source tells it; amounts and total are computed"
    )

    def _amount(self, blocks: int) -> str:
        if self.each is None:
            return str(blocks)
        found = short_number(blocks * self.each)
        told = blocks > 1 and self.each != 1
        sum_ = f"{blocks} × {short_number(self.each)} = {found}" if told else found
        return f"{sum_} {self.unit}".rstrip()

    def shown(self, share: Share) -> str:
        """The amount of a share as on screen: `3 × 100 = 300 mL`."""
        return self._amount(share.blocks)

    def total_shown(self) -> str:
        """The total as on screen: `Drink: 5 × 100 = 500 mL`."""
        return f"{self.total}: {self._amount(sum(share.blocks for share in self.shares))}"

    def labels(self) -> tuple[str, ...]:
        total = (self.total,) if self.total else ()
        return (*(share.label for share in self.shares), *total)

    def in_words(self) -> tuple[str, ...]:
        total = (self.total_shown(),) if self.total else ()
        return (*(f"{share.label}: {self.shown(share)}" for share in self.shares), *total)

    def _texts(self) -> Iterable[str]:
        for share in self.shares:
            yield from (share.label, self.shown(share))
        if self.total:
            yield self.total_shown()

    def _stated(self) -> Iterable[str]:
        return (share.label for share in self.shares)

    def _named(self) -> Iterable[str]:
        return (self.total,)

    def amounts(self) -> Iterable[Amount]:
        for share in self.shares:
            yield Amount(share.label, str(share.blocks))
        if self.each is not None:
            yield Amount("", plain_number(self.each), unit=self.unit)


EXAMPLE = Ratio((Share("syrup", 1, "beaker"), Share("water", 4, "drop")), 100, "mL", "Drink")
