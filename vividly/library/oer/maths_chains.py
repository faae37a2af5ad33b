"""Chains of order, `−2 ≤ x < 6`, said about what stands in the middle.

"x is at least −2 and less than 6" is grammar with one verb, as a sentence needs it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from vividly.library.oer.maths_pieces import Piece, first_shown
from vividly.library.oer.maths_words import RELATIONS

_TURNED = {"<": ">", "≤": "≥", ">": "<", "≥": "≤"}
_ENDS = RELATIONS | frozenset(",;:|∣…")


def unchained(pieces: Sequence[Piece], words: Mapping[str, str]) -> list[Piece]:
    """The pieces in the order in which they are said."""
    made = list(pieces)
    first = 0
    while (first := _order(made, first)) < len(made):
        second = first + 1 + _reach(made[first + 1 :], 1)
        end = second + 1 + _reach(made[second + 1 :], 1)
        start = first - _reach(made[:first][::-1], -1)
        parts = (made[start:first], made[first + 1 : second], made[second + 1 : end])
        if not _chain(made, start - 1, first, second, end) or not all(map(first_shown, parts)):
            first += 1
            continue
        low, middle, high = parts
        turned = replace(made[first], say=words[_TURNED[made[first].text]])
        also = f"{words['&']} {words[made[second].text].partition(' ')[2]}"
        made[start:end] = [*middle, turned, *low, replace(made[second], say=also), *high]
        first = end
    return made


def _order(pieces: Sequence[Piece], at: int) -> int:
    """Where the next sign of order stands, or the end."""
    return next((i for i in range(at, len(pieces)) if pieces[i].text in _TURNED), len(pieces))


def _chain(pieces: Sequence[Piece], before: int, first: int, second: int, after: int) -> bool:
    """Whether two signs of order have one direction and are no part of a longer chain."""
    beyond = [pieces[at].text for at in (before, after) if 0 <= at < len(pieces)]
    if second >= len(pieces) or RELATIONS.intersection(beyond):
        return False
    one, other = pieces[first].text, pieces[second].text
    return other in _TURNED and (one in "<≤") == (other in "<≤")


def _reach(pieces: Sequence[Piece], way: int) -> int:
    """How many pieces there are up to the next relation, mark or word, or the end of brackets.

    Args:
        way: 1 forwards, −1 where the pieces stand in reverse.
    """
    depth = 0
    for at, piece in enumerate(pieces):
        depth += way * ((piece.kind == "open") - piece.closes)
        if depth < 0 or (depth == 0 and (piece.text in _ENDS or piece.kind == "word")):
            return at
    return len(pieces)
