"""Chemical formulas and equations: `CO₂`, `Ca²⁺`, `6CO₂ + 6H₂O → C₆H₁₂O₆ + 6O₂`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from vividly.model.chemistry import ELEMENTS

_FORMULA = re.compile(
    r"(?<![A-Za-z^])(?:(?P<count>\d{1,2}) ?)?"
    r"(?P<body>(?:[A-Z][a-z]?\d*|\((?:[A-Z][a-z]?\d*)+\)\d*)+)"
    r"(?P<charge>\^\d*[+-])?(?![A-Za-z'])"
)
_PART = re.compile(r"([A-Z][a-z]?)(\d*)")
_ARROW = re.compile(r"→|(?<!\w)yields(?!\w)")


@dataclass(frozen=True)
class Formula:
    """A formula without its coefficient, at `start` to `end` of the normalized text."""

    text: str
    start: int
    end: int
    count: int = 1


def formulas(text: str) -> Iterator[Formula]:
    """Yield the formulas in a normalized text.

    Words that happen to consist of element symbols ("I", "In", "UV", "PC") are not formulas: a
    formula has an index, a charge, or a symbol of two letters next to another one, or is a
    common molecule.
    """
    for found in _FORMULA.finditer(text):
        body, charge = found["body"], found["charge"] or ""
        parts = _PART.findall(body)
        if not all(symbol in ELEMENTS for symbol, _ in parts):
            continue
        joined = len(parts) > 1 and any(len(symbol) == 2 for symbol, _ in parts)
        indexed = any(number for _, number in parts) and not re.fullmatch(r"[A-Z]\d{1,2}", body)
        molecule = body in ("H2", "O2", "N2", "O3", "S8", "P4", "CO", "HF", "HI", "NO")
        ion = bool(charge) and (len(body) <= 2 or indexed)
        if joined or indexed or molecule or ion:
            yield Formula(
                body + charge.replace("^", ""),
                found.start("body"),
                found.end(),
                int(found["count"] or 1),
            )


def reactions(text: str) -> Iterator[tuple[frozenset[tuple[int, str]], frozenset[tuple[int, str]]]]:
    """Yield the reactions in a normalized text as (left side, right side).

    A side is a set of (coefficient, formula).
    """
    sides = _ARROW.split(text)
    for before, after in itertools.pairwise(sides):
        left = frozenset((f.count, f.text) for f in formulas(before))
        right = frozenset((f.count, f.text) for f in formulas(after))
        if left and right:
            yield left, right


def blank(text: str) -> str:
    """Replace the formulas in a normalized text with spaces; keep their coefficients."""
    for formula in formulas(text):
        text = text[: formula.start] + " " * (formula.end - formula.start) + text[formula.end :]
    return text
