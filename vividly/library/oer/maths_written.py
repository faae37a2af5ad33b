"""A formula as it is read and as it is typeset: its pieces in a row, with spaces between them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vividly.library.oer.maths_pieces import OPERANDS, Piece, unary
from vividly.library.oer.maths_words import SPACED

_INDEX_AT_THE_END = re.compile(r"[_^]\w*[^\W\d_]$")
_SUBSTANCE = re.compile("(?:[A-Z][a-z]?){2,}$")
_ROOT = re.compile("[⁰-⁹¹²³ⁿ]*√[^(]")


def written(pieces: Sequence[Piece]) -> str:
    written = ""
    before: Piece | None = None
    tight = True  # nothing, a bracket or a sign of its own stands before
    for at, piece in enumerate(pieces):
        if piece.kind == "space":
            signed = before is not None and before.kind == "sign" and tight
            written += "" if signed else " "
            continue
        if piece.kind == "sign" and piece.text in SPACED:
            if unary(pieces, at):
                written += piece.text
                tight = True
            else:
                written += f" {piece.text} "
                tight = True
        else:
            apart = before is not None and not tight and _apart(before, piece)
            written += (" " if apart else "") + piece.text
            tight = piece.kind == "open"
            if piece.text in (",", ";") or (piece.text == ":" and not _ratio(pieces, at)):
                written += " "
        before = piece
    return re.sub(r"\s+([,;.)\]])", r"\1", re.sub(r"([(\[])\s+", r"\1", " ".join(written.split())))


def _ratio(pieces: Sequence[Piece], at: int) -> bool:
    around = pieces[max(0, at - 1) : at + 2 : 2]
    return len(around) == 2 and all(piece.kind == "number" for piece in around)


def _apart(before: Piece, piece: Piece) -> bool:
    if before.kind in ("open",) or piece.kind in ("close", "mark", "tail"):
        return False
    if before.text.endswith("°") and piece.kind == "letter":
        return False
    if before.kind == "before":
        return False
    if before.kind == "function" and piece.text[:1] == "[":
        return False
    wide = ("word", "unit", "function")
    if piece.kind == "open":
        return before.kind == "word" and not _SUBSTANCE.match(before.text)
    if _ROOT.match(before.text) and piece.kind in OPERANDS:
        return True  # `√3 x`: the root ends where the next factor begins
    if before.kind == "close":
        return piece.kind in ("word", "unit") and not _SUBSTANCE.match(piece.text)
    if before.kind in wide or piece.kind in wide:
        return before.kind in OPERANDS and piece.kind in (*OPERANDS, "open")
    if _INDEX_AT_THE_END.search(before.text) and piece.text[:1].isalpha():
        return True  # `F_net Δt`: the index ends where the next factor begins
    if "fraction" in (before.kind, piece.kind):
        return before.kind in OPERANDS and piece.kind in OPERANDS
    return False


def _spaced_latex(before: Piece, piece: Piece) -> bool:
    """Whether a space has to be set, which LaTeX leaves out of formulas."""
    if "space" in (before.kind, piece.kind):
        return False
    if before.kind == "number":
        return piece.kind in ("unit", "word")
    apart = before.kind in (*OPERANDS, "mark") and piece.kind in OPERANDS
    return apart and "word" in (before.kind, piece.kind) and piece.kind != "tail"


def typeset(pieces: Sequence[Piece]) -> str:
    written = ""
    for at, piece in enumerate(pieces):
        before = pieces[at - 1] if at else None
        if before is not None and _spaced_latex(before, piece):
            written += r"\ "
        written += piece.latex
    merged = re.sub(r"\\text\{([^{}]*)\}((?:\\ )+)(?=\\text\{)", r"\\text{\1 }", written)
    merged = re.sub(r"\\text\{([^{}]*)\}\\text\{([^{}]*)\}", r"\\text{\1\2}", merged)
    merged = re.sub(r"(?:\\ ){2,}", r"\\ ", merged)
    return re.sub(r"(\\[A-Za-z]+) (?![A-Za-z])", r"\1", merged).strip()
