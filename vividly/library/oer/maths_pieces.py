"""The pieces of a formula, and how they stand to each other: what brackets hold, what is a sum."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vividly.library.oer.maths_words import RELATIONS, SPACED

Kind = Literal[
    "number",
    "letter",
    "word",
    "unit",
    "function",
    "sign",
    "mark",
    "open",
    "close",
    "tail",
    "fraction",
    "group",
    "before",
    "stack",
    "space",
]
UNSAID = "\ue001"
"""What is said of a sign without a name: a formula with it cannot be said."""
POWER = re.compile(r"\^|_\(|[⁰⁴-⁹ⁿ]|[¹⁻][¹²³]")
"""A power that is more than a square, or an index, which a term after it would seem to be in."""
_FENCE = re.compile("[⁰-⁹¹²³ⁿ]*√|[|‖⌊⌈]")
_PRECISE = re.compile(r"\d+\.\d{4,}").fullmatch
"""A number so precise that digits in brackets after it are its uncertainty: 1.3806488(13)."""
OPERANDS = ("number", "letter", "word", "unit", "function", "fraction", "group", "close", "tail")


@dataclass(frozen=True)
class Piece:
    """What a formula is made of. An `open` bracket is said only around a sum.

    `lines` is the number of lines of a table, such as a matrix.
    """

    kind: Kind
    text: str
    say: str
    latex: str
    lines: int = 0

    @property
    def closes(self) -> bool:
        """Whether it closes a bracket before it; `(x − a)²` in one piece closes its own."""
        return self.kind == "close" and self.text[:1] not in "([{"


def compound(pieces: Sequence[Piece]) -> bool:
    """Whether it has to be said as one whole, as a sum has, but not a whole equation."""
    depth, found = 0, False
    for at, piece in enumerate(pieces):
        depth += (piece.kind == "open") - (piece.kind == "close")
        if depth <= 0 and piece.kind == "sign" and not unary(pieces, at):
            if piece.text in RELATIONS:
                return False
            found = found or piece.text in "+−±∓"
    return found


def factors(pieces: Sequence[Piece]) -> int:
    """How many things it has side by side: two in `2π`, one in `v²`."""
    return sum(piece.kind in (*OPERANDS, "open") for piece in pieces)


def precise(pieces: Sequence[Piece], uncertain: str) -> list[Piece]:
    """Numbers joined with the brackets that tell how uncertain their last digits are."""
    made: list[Piece] = []
    for piece in pieces:
        made.append(piece)
        if piece.text != ")" or len(made) < 4:
            continue
        whole, bracket, digits, _ = made[-4:]
        if bracket.text == "(" and _PRECISE(whole.text) and re.fullmatch(r"\d\d?", digits.text):
            text, said = f"{whole.text}({digits.text})", uncertain.format(digits=digits.text)
            made[-4:] = [Piece("number", text, f"{whole.say}, {said},", text)]
    return made


def joined_numbers(pieces: Sequence[Piece]) -> list[Piece]:
    """`2` `,` `000` and `50` `.00` as the numbers that they are."""
    joined: list[Piece] = []
    for at, piece in enumerate(pieces):
        before = joined[-1] if joined else None
        if piece.kind == "number" and before is not None and before.text == "$":
            joined[-1] = number("$" + piece.text)
        elif before is not None and before.kind == "number" and _more_digits(before, piece):
            joined[-1] = replace(
                piece,
                text=before.text + piece.text,
                say=before.say + piece.say,
                latex=before.latex + piece.latex,
            )
        elif before is not None and before.kind == "number" and _cuts_number(pieces, at):
            latex = before.latex + ("{,}" if piece.text == "," else ".")
            joined[-1] = Piece("number", before.text + piece.text, before.say + piece.text, latex)
        else:
            joined.append(piece)
    return joined


def _more_digits(before: Piece, piece: Piece) -> bool:
    """Whether a piece goes on with the number before it: `50` `.00`, or `75` with a power."""
    cut = before.text[-1:] in ".," or piece.text[:1] == "."
    digits = re.match(r"\.?\d", piece.text) and re.match(r"\.?\d", piece.say)
    return piece.kind == "number" or bool(cut and digits and piece.kind == "group")


def _cuts_number(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a mark stands inside a number: `2` `,` `000`, or `0` `.` `75` with a power."""
    after = pieces[at + 1] if at + 1 < len(pieces) else None
    if after is None or pieces[at].text not in (",", "."):
        return False
    digits = after.text[:1].isdigit() and after.say[:1].isdigit()
    if pieces[at].text == ".":
        return digits and after.kind in ("number", "group")
    return after.kind == "number" and re.fullmatch(r"\d{3}(\.\d+)?", after.text) is not None


def number(text: str) -> Piece:
    """A number, or an amount of dollars."""
    return Piece("number", text, text, text.replace(",", "{,}").replace("$", r"\$"))


def unary(pieces: Sequence[Piece], at: int) -> bool:
    before = first_shown(reversed(pieces[:at]))
    return pieces[at].text in "+−±∓" and (before is None or before.kind not in OPERANDS)


def raised_whole(inside: Sequence[Piece], close: str) -> bool:
    """Whether a power is that of several factors or of a fraction: `(2x)²`, not `(2 s)²`."""
    shown = [piece for piece in inside if piece.kind != "space"]
    measured = [piece.kind for piece in shown] == ["number", "unit"]
    signed = shown[0].text in "−+±" and len(shown) == 2 if shown else False  # `(−1)ⁿ`
    signed = signed and shown[1].kind in ("number", "letter")
    several = len(shown) > 1 and not measured and not signed
    raised = any(p.kind == "group" and POWER.search(p.text) for p in shown)
    return len(close) > 1 and (several or raised or any(map(divided, shown)))


def inside_last(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """What stands in the brackets that close last."""
    starts = [at for at, piece in enumerate(pieces) if piece.kind == "open"]
    ends = {at: closing(pieces, at) for at in starts}
    last = max(at for at, piece in enumerate(pieces) if piece.kind == "close")
    return next((pieces[at + 1 : last] for at in starts if ends[at] == last), ())


def fenced(piece: Piece) -> bool:
    """Whether a piece is a root or an absolute value: a factor after it would seem inside."""
    known = piece.latex.startswith(r"\binom") or _FENCE.match(piece.text)
    return piece.kind == "group" and bool(known)


def divided(piece: Piece) -> bool:
    """Whether a piece is a fraction after which a factor would seem to be below its line."""
    return piece.kind == "fraction" and not re.fullmatch(r"\d+/\d+", piece.text)


def limited(piece: Piece) -> bool:
    """Whether a piece is a sum, an integral or a limit, which is of what follows."""
    return piece.kind == "group" and piece.text.endswith(" ")


def followed(pieces: Sequence[Piece], at: int) -> bool:
    """Whether something stands after a function that it is of."""
    after = first_shown(pieces[at + 1 :])
    if after is None or after.closes or after.kind == "mark":
        return False
    return after.kind != "sign" or after.text in "+−±∓√" or after.text not in SPACED


def first_shown(pieces: Iterable[Piece]) -> Piece | None:
    """The first piece that is no space; None if there is none."""
    return next((piece for piece in pieces if piece.kind != "space"), None)


def closing(pieces: Sequence[Piece], at: int) -> int | None:
    depth = 0
    for position in range(at, len(pieces)):
        depth += (pieces[position].kind == "open") - pieces[position].closes
        if depth == 0:
            return position
    return None


def opening(pieces: Sequence[Piece], at: int) -> int | None:
    """Where the bracket stands that a closing one belongs to."""
    return next((start for start in range(at) if closing(pieces, start) == at), None)
