"""The drawing order of text in scripts that run from right to left.

The Unicode bidirectional algorithm (`python-bidi`) orders the text. Before that, formulas and
quantities are embedded as left to right: otherwise the algorithm would draw "5 N = F" inside
Arabic as "N = F 5".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

# The newer `bidi.get_display` does not mirror brackets.
from bidi.algorithm import get_display

_FORMULA_STARTS, _FORMULA_ENDS = "\u200f\u202a", "\u202c\u200f"
"""A left-to-right embedding, with a mark on either side that separates it from the next one."""
_MATHS = frozenset("=≈≠<>≤≥→←⇌↔∝+−±×÷√%°")
_SENTENCE_SIGNS = ".,;:!?،؛؟…"
_CLAUSE_END = re.compile(rf"[{_SENTENCE_SIGNS}](?=\s)")
_OUTSIDE = frozenset(_SENTENCE_SIGNS + " \"'«»“”–—")
"""Signs beside a formula that do not belong to it."""
_R = "\u0590-\u05ff\u0600-\u065f\u066a-\u06ef\u06fa-\u08ff\ufb1d-\ufdff\ufe70-\ufeff"
"""Hebrew, Arabic and Syriac letters with their marks, without Arabic digits."""
_NOT_FROM_RIGHT = re.compile(rf"[^{_R}]+")
_FROM_RIGHT_PIECE = re.compile(rf"[{_R}](?:[^\w()\[\]{{}}<>«»]*[{_R}])*")
_FROM_RIGHT_WORDS = re.compile(rf"[{_R}](?:\W*[{_R}])*")


@lru_cache(maxsize=4096)
def is_right_to_left(text: str) -> bool:
    """Whether the first letter of a text belongs to a right-to-left script."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction != "L"
    return False


def directed_pieces(text: str, *, right_to_left: bool) -> Iterator[tuple[str, bool]]:
    """The pieces of a line in drawing order, from left to right.

    Example: "الماء H₂O" gives ("H₂O ", False), ("الماء", True).

    Args:
        right_to_left: the direction of the paragraph.

    Yields:
        (piece, whether it runs from right to left). The letters of a piece are in reading order,
        its brackets as drawn.
    """
    if not right_to_left and not any(map(_is_from_right, text)):
        yield text, False
        return
    embedded = _with_formulas_embedded(text) if right_to_left else text
    drawn = get_display(embedded, base_dir="R" if right_to_left else "L").replace("\u200f", "")
    start = 0
    for match in _FROM_RIGHT_PIECE.finditer(drawn):
        if match.start() > start:
            yield drawn[start : match.start()], False
        yield match[0][::-1], True
        start = match.end()
    if start < len(drawn):
        yield drawn[start:], False


def word_order(words: Sequence[str], *, right_to_left: bool) -> list[int]:
    """The positions of a line's words in drawing order, from left to right.

    Example: "تفاعل", "H₂", "⇌", "2H", "عكسي" gives 4, 1, 2, 3, 0.

    Args:
        right_to_left: the direction of the paragraph.
    """
    if right_to_left:
        together = _formulas(" ".join(words))
    else:
        together = [m.span() for m in _FROM_RIGHT_WORDS.finditer(" ".join(words))]
    units: list[list[int]] = []
    last, start = None, 0
    for position, word in enumerate(words):
        end = start + len(word)
        unit = next((span for span in together if start < span[1] and span[0] < end), None)
        if unit and unit == last:
            units[-1].append(position)
        else:
            units.append([position])
        last, start = unit, end + 1
    if right_to_left:
        return [position for unit in reversed(units) for position in unit]
    return [position for unit in units for position in reversed(unit)]


def _is_from_right(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("R", "AL")


def _with_formulas_embedded(text: str) -> str:
    parts, done = [], 0
    for start, end in _formulas(text):
        parts += [text[done:start], _FORMULA_STARTS, text[start:end], _FORMULA_ENDS]
        done = end
    return "".join(parts) + text[done:]


def _formulas(text: str) -> list[tuple[int, int]]:
    """(start, end) of the formulas, quantities and left-to-right words of a text."""
    found = []
    for match in _NOT_FROM_RIGHT.finditer(text):
        starts = [match.start(), *(m.end() for m in _CLAUSE_END.finditer(text, *match.span()))]
        for start, end in pairwise([*starts, match.end()]):
            start, end = _without_outside(text, start, end)
            if any(c in _MATHS or unicodedata.bidirectional(c) == "L" for c in text[start:end]):
                found.append((start, end))
    return found


def _without_outside(text: str, start: int, end: int) -> tuple[int, int]:
    """The span without signs and unpaired brackets at its ends."""
    while start < end:
        piece = text[start:end]
        if piece[0] in _OUTSIDE or (piece[0] in "([{)]}" and not _closes(piece)):
            start += 1
        elif piece[-1] in _OUTSIDE or (piece[-1] in "([{)]}" and not _closes(piece)):
            end -= 1
        else:
            break
    return start, end


def _closes(piece: str) -> bool:
    """Whether the brackets of a piece are balanced."""
    depth = 0
    for character in piece:
        depth += (character in "([{") - (character in ")]}")
        if depth < 0:
            return False
    return depth == 0
