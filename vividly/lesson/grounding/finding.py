"""What a check finds: where, of which kind, and how to put it right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vividly.lesson.grounding.quantities import Quantity

Kind = Literal[
    "unknown_passage", "no_support", "number", "formula", "name", "date", "contradiction"
]
KINDS: tuple[Kind, ...] = (
    "unknown_passage",
    "no_support",
    "number",
    "formula",
    "name",
    "date",
    "contradiction",
)
HEADING = -1
"""The line of a finding that is about a scene's heading."""
VISUAL = -2
"""The line of a finding that is about a scene's visual."""
Where = tuple[int, int]
"""(scene, line), from 0; see `Finding`."""


@dataclass(frozen=True)
class Finding:
    """Something in a script that its sources do not hold.

    Attributes:
        scene, line: where, from 0; `HEADING` for the heading, `VISUAL` for the visual.
        what: the words, number or name at fault.
        message: what is wrong and how to put it right, for whoever writes.
    """

    scene: int
    line: int
    kind: Kind
    what: str
    message: str


def number_finding(where: Where, quantity: Quantity) -> Finding:
    """A number, or a year, that is in no source."""
    kind: Kind = "date" if quantity.is_date else "number"
    name = "year" if quantity.is_date else "number"
    message = f"the {name} {quantity.text!r} is in none of the cited passages; use theirs, or none"
    return Finding(*where, kind, quantity.text, message)


def name_finding(where: Where, name: str) -> Finding:
    """A name that is in no source."""
    message = f"the name {name!r} is in none of the cited passages; leave it out"
    return Finding(*where, "name", name, message)


def formula_finding(where: Where, formula: str) -> Finding:
    """A formula of chemistry that is written otherwise."""
    message = f"{formula!r} is not so in any of the cited passages; write it as they do"
    return Finding(*where, "formula", formula, message)
