"""Findings of the grounding check: place, kind, and how to fix it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from vividly.lesson.grounding.quantities import Quantity

Kind = Literal[
    "unknown_passage", "number", "formula", "name", "date", "contradiction", "no_support", "doubt"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
DOUBT: Kind = "doubt"
"""Kind of a finding that needs a second look: the rules can tell neither way."""
MOST_NAMED = 6
"""Maximum number of a source's numbers that a message names."""
HEADING = -1
"""Line number of a finding about a scene's heading."""
VISUAL = -2
"""Line number of a finding about a scene's visual."""
Where = tuple[int, int]
"""(scene, line), from 0; see `Finding`."""


@dataclass(frozen=True)
class Finding:
    """Something in a script that its sources refute, or may not support (`DOUBT`).

    Attributes:
        scene, line: the place, from 0; `line` may be `HEADING` or `VISUAL`.
        what: the wrong words, number or name.
        message: tells the writer what is wrong and how to fix it.
    """

    scene: int
    line: int
    kind: Kind
    what: str
    message: str


def number_finding(where: Where, quantity: Quantity, given: Sequence[Quantity]) -> Finding:
    """Make the finding for a number or year that is in no source.

    Args:
        given: the numbers of the source; the message names the first ones of the same sort.
    """
    kind: Kind = "date" if quantity.is_date else "number"
    name = "year" if quantity.is_date else "number"
    alike = [one.text for one in given if one.is_date == quantity.is_date]
    theirs = ", ".join(list(dict.fromkeys(alike))[:MOST_NAMED]) or "none"
    message = f"the {name} {quantity.text!r} is in none of the cited passages; they have {theirs}"
    return Finding(*where, kind, quantity.text, message)


def name_finding(where: Where, name: str) -> Finding:
    """Make the finding for a name that is in no source."""
    message = f"the name {name!r} is in none of the cited passages; leave it out"
    return Finding(*where, "name", name, message)


def formula_finding(where: Where, formula: str) -> Finding:
    """Make the finding for a chemical formula that no source writes like this."""
    message = f"{formula!r} is not so in any of the cited passages; write it as they do"
    return Finding(*where, "formula", formula, message)
