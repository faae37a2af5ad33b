"""Tables in formulas: systems, sums in columns, matrices, and what stands under a reaction."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from vividly.library.oer.maths_pieces import UNSAID, Piece
from vividly.library.oer.maths_words import RELATIONS
from vividly.library.oer.model import Maths
from vividly.model.chemistry import ARROWS

_STATED = f"=<>≤≥≈{ARROWS}"
"""Signs of rows that each state something, unlike those of a matrix or a sum."""
_EXPLAINS = re.compile(r"[A-Z][a-z’']+ |[a-z][a-z’']+ [a-z]{2}")
_SIGNS = "+−×÷"


@dataclass(frozen=True)
class Row:
    """A row of a table.

    Attributes:
        cells: empty ones too.
        reaction: how it is said where it is a chemical equation, else "".
        lined: whether a line is drawn under it.
    """

    cells: tuple[Maths, ...]
    reaction: str = ""
    lined: bool = False

    @property
    def shown(self) -> list[Maths]:
        """The cells that show something."""
        return [cell for cell in self.cells if cell.text]


def has_arrow(cells: Sequence[Maths]) -> bool:
    """Whether an arrow of a reaction stands in one of the cells."""
    return any(arrow in cell.text for cell in cells for arrow in ARROWS)


def read_table(every: Sequence[Row], words: Mapping[str, str]) -> Piece:
    """A table as one piece.

    Args:
        every: its rows, those that show nothing too.
        words: sign or phrase -> how to say it.
    """
    rows = [row for row in every if row.shown]
    shown = [row.shown for row in rows]
    width = max((len(row.cells) for row in every), default=1)
    body = r" \\ ".join(" & ".join(cell.latex for cell in row.cells) for row in every)
    return Piece(
        "group",
        "; ".join(" ".join(cell.text for cell in row) for row in shown),
        _said(rows, words, width).replace(";", ","),
        f"\\begin{{array}}{{{'l' * width}}}{body}\\end{{array}}" if shown else "",
        lines=len(shown),
    )


def _said(rows: Sequence[Row], words: Mapping[str, str], width: int) -> str:
    shown = [row.shown for row in rows]
    if all(len(row) == 2 and _is_condition(*row) for row in shown):
        shown = [[one, replace(two, say=f"{words['if']} {two.say}")] for one, two in shown]
    whole = " ".join(cell.text for row in shown for cell in row)
    stated = any(sign in whole for sign in _STATED)
    if not stated and (added := _added(shown, words)):
        return added
    told = [_said_row(row) for row in shown]
    for row, after in pairwise(rows):  # a sum of which only the last column is one
        if (
            row.lined
            and stated
            and not any(sign in cell.text for cell in after.shown for sign in _STATED)
        ):
            return UNSAID
    if not stated and len(rows) == 2 and rows[0].lined:
        return f"{told[0]} {words['=']} {told[1]}"
    if any(map(has_arrow, shown)):  # what stands under a reaction is told substance by substance
        alone = [", ".join(cell.say for cell in row) for row in shown]
        told = [
            row.reaction or (said if has_arrow(row.cells) else cells)
            for row, said, cells in zip(rows, told, alone, strict=True)
        ]
    if not stated and len(shown) > 1 and any(len(row) < width for row in shown):
        return ", ".join(cell.say for row in shown for cell in row)  # in columns, but no matrix
    related = stated or re.search("if|where", whole) is not None
    matrix = not related and width > 1 and len({len(row.cells) for row in rows}) == 1
    if matrix:
        return "; ".join(" ".join(cell.say for cell in row) for row in shown)
    return ", ".join(told)


def _added(shown: Sequence[Sequence[Maths]], words: Mapping[str, str]) -> str:
    """A sum written in columns, with its result after the row of the last sign; "" if none is."""
    first = [row[0].text[:1] for row in shown]
    column = all(len(row) == 1 or (len(row) == 2 and row[0].text in _SIGNS) for row in shown)
    if not column or not any(f in _SIGNS and f for f in first[1:]):
        return ""
    told = [_said_row(row) for row in shown]
    told[1:] = [re.sub("^−", f"{words['−']} ", said) for said in told[1:]]
    sign = max(at for at, f in enumerate(first) if f and f in _SIGNS)
    if sign + 1 < len(told):
        told.insert(sign + 1, words["="])
    return " ".join(told)


def _said_row(row: Sequence[Maths]) -> str:
    """A line as it is said; a cell that explains those before it is set apart by a comma."""
    said = ""
    related, before = False, ""
    for cell in row:
        stated = any(sign in RELATIONS for sign in cell.text[1:-1])
        whole = related and before[-1:] not in RELATIONS
        explains = whole and (stated or _EXPLAINS.match(cell.text))
        said += (", " if explains else " ") * bool(said) + cell.say
        related = related or any(sign in RELATIONS for sign in cell.text)
        before = cell.text
    return said


def _is_condition(value: Maths, condition: Maths) -> bool:
    """Whether the second cell of a line tells where the first is the value."""
    related = [any(sign in RELATIONS for sign in part.text) for part in (value, condition)]
    lead = condition.text[:1]
    word = condition.text[:2].isalpha()
    return related == [False, True] and lead not in RELATIONS and not word
