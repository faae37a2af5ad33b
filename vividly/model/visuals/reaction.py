"""A chemical reaction: the atoms that go in are the atoms that come out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.chemistry import atoms_of
from vividly.model.visuals.base import BaseVisual

_LOW = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Substance:
    """So many molecules of a formula in plain letters and digits: `H2O`."""

    count: Annotated[int, Field(ge=1, le=12)]
    formula: Annotated[str, Field(min_length=1, max_length=16)]
    name: Annotated[str, Field(max_length=30)] = ""

    @property
    def shown(self) -> str:
        """As on screen: `2 H₂O`."""
        formula = self.formula.translate(_LOW)
        return f"{self.count} {formula}" if self.count > 1 else formula


Side = Annotated[tuple[Substance, ...], Field(min_length=1, max_length=3)]


@dataclass(frozen=True)
class Reaction(BaseVisual):
    """Molecules before and after. Parts: the substances, then the count of the atoms."""

    left: Side
    right: Side
    kind: Literal["reaction"] = "reaction"

    use: ClassVar[str] = (
        "a balanced chemical reaction that a source gives, with its atoms; formulas in plain "
        "letters and digits"
    )

    @property
    def substances(self) -> tuple[Substance, ...]:
        """Those before, then those after."""
        return (*self.left, *self.right)

    def atoms(self, side: Sequence[Substance]) -> dict[str, int]:
        """The atoms of one side by element."""
        found: dict[str, int] = {}
        for substance in side:
            for element, number in atoms_of(substance.formula).items():
                found[element] = found.get(element, 0) + number * substance.count
        return found

    def balance(self) -> str:
        """The atoms of each element before and after: `H 4 = 4, O 2 = 2`; "" for no formulas."""
        try:
            before, after = self.atoms(self.left), self.atoms(self.right)
        except ValueError:
            return ""
        return ", ".join(f"{e} {n} = {after.get(e, 0)}" for e, n in before.items())

    def labels(self) -> tuple[str, ...]:
        return (*(s.shown for s in self.substances), self.balance())

    def in_words(self) -> tuple[str, ...]:
        named = (f"{s.shown}: {s.name}" if s.name else s.shown for s in self.substances)
        return (*named, self.balance())

    def _texts(self) -> Iterable[str]:
        yield from self.labels()
        yield from (s.name for s in self.substances)

    def problem(self) -> str | None:
        try:
            before, after = self.atoms(self.left), self.atoms(self.right)
        except ValueError as error:
            return str(error)
        if before != after:
            wrong = sorted(e for e in {*before, *after} if before.get(e) != after.get(e))
            return (
                f"the equation is not balanced: {before.get(wrong[0], 0)} atoms of {wrong[0]} "
                f"before, {after.get(wrong[0], 0)} after"
            )
        if sum(before.values()) > 60:
            return "so many atoms would be too small to be seen"
        return None

    def _stated(self) -> Iterable[str]:
        return (s.shown for s in self.substances)

    def _named(self) -> Iterable[str]:
        return (s.name for s in self.substances)


EXAMPLE = Reaction(
    (Substance(2, "H2", "hydrogen"), Substance(1, "O2", "oxygen")), (Substance(2, "H2O", "water"),)
)
