"""An equation with its terms, which are explained one by one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field

from vividly.model.formulas import formula_problem
from vividly.model.visuals.base import BaseVisual, Label, Unit

TeX = Annotated[str, BeforeValidator(lambda formula: str(formula).strip("$ "))]
"""A formula, without the dollar signs that are often put around it."""


@dataclass(frozen=True)
class EquationTerm:
    """A symbol as written in the equation (TeX), its name, and its unit."""

    symbol: Annotated[TeX, Field(min_length=1, max_length=40)]
    name: Label
    unit: Unit = ""


@dataclass(frozen=True)
class EquationVisual(BaseVisual):
    """An equation in TeX's mathematics (`F = m a`), without dollar signs. Parts: its terms."""

    formula: Annotated[TeX, Field(min_length=1, max_length=120)]
    terms: Annotated[tuple[EquationTerm, ...], Field(min_length=1, max_length=5)]
    kind: Literal["equation"] = "equation"

    use: ClassVar[str] = (
        "a formula that a source gives, in TeX without dollar signs and as plain as can be "
        "(\\frac{}{}, \\sqrt{}, ^, _, \\cdot, \\times, \\Delta, Greek letters, \\mathrm{} around "
        "words and chemical formulas); each term: a symbol as in the formula, its name, and its "
        "unit if a source tells it"
    )
    problem_quotes: ClassVar[bool] = True

    @property
    def is_diagram(self) -> bool:
        return False

    def labels(self) -> tuple[str, ...]:
        return tuple(term.name for term in self.terms)

    def in_words(self) -> tuple[str, ...]:
        return tuple(
            f"{_plain(term.symbol)}: {term.name}" + (f" ({term.unit})" if term.unit else "")
            for term in self.terms
        )

    def _texts(self) -> Iterable[str]:
        yield self.formula
        for term in self.terms:
            yield from (term.symbol, term.name, term.unit)

    def problem(self) -> str | None:
        sources = (self.formula, *(term.symbol for term in self.terms))
        return next(filter(None, map(formula_problem, sources)), None)

    def _stated(self) -> Iterable[str]:
        return (term.name for term in self.terms)


def _plain(symbol: str) -> str:
    """A TeX symbol in plain text, as closely as possible."""
    for mark in ("\\mathrm", "\\,", "\\", "{", "}", "_"):
        symbol = symbol.replace(mark, "")
    return symbol.strip()


EXAMPLE = EquationVisual(
    "F = m a",
    (
        EquationTerm("F", "net force", "N"),
        EquationTerm("m", "mass", "kg"),
        EquationTerm("a", "acceleration", "m/s²"),
    ),
)
