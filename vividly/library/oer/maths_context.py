"""Signs that are said as what stands around them asks: ∼ is "similar to", or "distributed as"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from vividly.library.oer.maths_pieces import OPERANDS, Piece, first_shown

_SEGMENT = re.compile("[A-Z]{2}\u0304").match
_DEGREES = Piece("tail", "°", "", r"^{\circ}")


def in_context(pieces: Sequence[Piece], words: Mapping[str, str]) -> list[Piece]:
    """The pieces, each said as it is meant where it stands.

    Args:
        words: sign or phrase -> how to say it.
    """
    texts = [piece.text for piece in pieces if piece.kind != "space"]
    shapes = any(t[:1] in "△∠" for t in texts) or any(map(_SEGMENT, texts))
    made: list[Piece] = []
    for at, piece in enumerate(pieces):
        if _is_degrees(pieces, at):
            piece = replace(_DEGREES, say=words["°"])
        key = _enthalpy(pieces, at) or _meant(pieces, at, texts, shapes=shapes)
        if piece.text in "⋅×" and _vectors(pieces[:at], pieces[at + 1 :], words):
            key = "dot product" if piece.text == "⋅" else "cross product"
        made.append(replace(piece, say=words[key]) if key else piece)
    return made


def _meant(pieces: Sequence[Piece], at: int, texts: Sequence[str], *, shapes: bool) -> str:
    """The key of the words of a sign; "" for its own.

    Args:
        texts: of all pieces that show something.
        shapes: whether triangles, angles or segments are among them.
    """
    text = pieces[at].text
    if pieces[at].kind != "sign":
        return ""
    if text in ("∥", "⊥"):
        parallel = "is parallel to" if text == "∥" else "is perpendicular to"
        return parallel if _between(pieces, at) else ""
    if text in "∼~":
        return "is similar to" if shapes else _distributed(pieces, at)
    if text == "≅":
        return "is congruent to" if shapes or texts[0].isupper() else ""
    if text == "≡":
        return "is congruent to" if "mod" in texts else ""
    if text == "→" and any(p.text == ":" for p in pieces[max(0, at - 3) : at]):
        return "to"
    return "approaches" if text in "→⟶" and _approaches(pieces, at) else ""


def _around(pieces: Sequence[Piece], at: int) -> tuple[Piece | None, Piece | None]:
    return first_shown(reversed(pieces[:at])), first_shown(pieces[at + 1 :])


def _between(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a sign stands between two things that it may compare."""
    before, after = _around(pieces, at)
    if before is None or after is None or before.kind not in OPERANDS:
        return False
    return after.kind in OPERANDS or after.kind in ("open", "sign")


def _is_degrees(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a ring is the sign of degrees, and no composition of functions."""
    before, _ = _around(pieces, at)
    ring = pieces[at].kind == "sign" and pieces[at].text == "∘" and before is not None
    return ring and before is not None and (before.kind == "number" or not _between(pieces, at))


def _enthalpy(pieces: Sequence[Piece], at: int) -> str:
    """A ring after a change such as `ΔH`, which is that of standard states."""
    before, _ = _around(pieces, at)
    if pieces[at].text != "°" or before is None or before.kind != "letter":
        return ""
    change = pieces[at - 2 : at - 1] if pieces[at - 1] is before else []
    return "standard" if before.text.isupper() and [p.text for p in change] == ["Δ"] else ""


def _distributed(pieces: Sequence[Piece], at: int) -> str:
    before, after = _around(pieces, at)
    if before is None or after is None:
        return ""
    fence = any(p.text[:1] in ("(", "[") for p in pieces[at + 2 : at + 4])
    drawn = re.fullmatch("[A-Z]̄?′?", before.text)  # `T ~ t₁₄`
    named = fence and (after.text.isupper() or after.kind == "word")
    return "is distributed as" if drawn or named else ""


def _approaches(pieces: Sequence[Piece], at: int) -> bool:
    before, after = _around(pieces, at)
    if before is None or after is None:
        return False
    first = all(p.kind in ("space", "mark", "word") for p in pieces[: at - 1])
    end = r"[0-9∞±+−]" if pieces[at].text == "→" else "[0∞]"
    return first and before.kind == "letter" and re.match(end, after.text) is not None


def _vectors(left: Sequence[Piece], right: Sequence[Piece], words: Mapping[str, str]) -> bool:
    """Whether vectors stand on both sides of a sign, or a small part of one: `F⃗ ⋅ dr⃗`."""
    before = first_shown(reversed(left))
    after = next((p for p in right if p.kind != "space" and p.text not in ("d", "Δ")), None)
    marks = {words["vector"], words["hat"]}
    return all(side and marks.intersection(side.say.split()) for side in (before, after))
