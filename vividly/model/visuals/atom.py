"""An atom or an ion with its shells; the electrons are computed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.chemistry import ELEMENTS
from vividly.model.visuals.base import BaseVisual, Label

_SHELLS = (2, 8, 8, 2)


@dataclass(frozen=True)
class Atom(BaseVisual):
    """An atom after Bohr. Parts: the nucleus, then the shells from the inside.

    Attributes:
        element: the symbol, of hydrogen to calcium.
        charge: of an ion, such as 1 for Na⁺.
        shells: a label for each shell that has electrons, of which the number is computed.
    """

    element: Annotated[str, Field(min_length=1, max_length=2)]
    nucleus: Label
    shells: Annotated[tuple[Label, ...], Field(min_length=1, max_length=4)]
    charge: Annotated[int, Field(ge=-4, le=4)] = 0
    kind: Literal["atom"] = "atom"

    use: ClassVar[str] = (
        "an atom or an ion of hydrogen to calcium: its nucleus, and a label for each shell that "
        "has electrons, whose numbers are computed"
    )

    @property
    def protons(self) -> int:
        """The number of protons; 0 for an unknown element."""
        return list(ELEMENTS).index(self.element) + 1 if self.element in ELEMENTS else 0

    def electrons(self) -> tuple[int, ...]:
        """The number of electrons in each shell that has any."""
        left, found = self.protons - self.charge, []
        for most in _SHELLS:
            if left > 0:
                found.append(min(left, most))
                left -= most
        return tuple(found)

    def shown(self, shell: int) -> str:
        """The label of a shell with its electrons: `Outer shell: 7`."""
        return f"{self.shells[shell]}: {self.electrons()[shell]}"

    def labels(self) -> tuple[str, ...]:
        return (self.nucleus, *self.shells)

    def in_words(self) -> tuple[str, ...]:
        return (
            f"{self.nucleus}: {self.protons}+",
            *(self.shown(n) for n in range(len(self.shells))),
        )

    def _texts(self) -> Iterable[str]:
        return (self.element, *self.in_words())

    def problem(self) -> str | None:
        if not 1 <= self.protons <= 20:
            return "shells are drawn for the elements from hydrogen to calcium"
        if (count := len(self.electrons())) != len(self.shells):
            return f"{self.element} has {count} shells with electrons, not {len(self.shells)}"
        return None

    def _stated(self) -> Iterable[str]:
        return self.labels()


EXAMPLE = Atom("Na", "Nucleus", ("First shell", "Second shell", "Outer shell"))
