"""What brackets and bars mean: absolute values, sets, intervals, binomials, matrices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vividly.library.oer.maths_pieces import (
    OPERANDS,
    UNSAID,
    Piece,
    compound,
    first_shown,
    joined_numbers,
)
from vividly.library.oer.model import Maths
from vividly.model.chemistry import ELEMENTS, GENERIC, said_reaction

_BARS = {"|": "absolute", "∣": "absolute", "‖": "norm", "||": "norm"}
_OPEN, _CLOSE = "([{⌊⌈⟨", ")]}⌋⌉⟩"
_PROBABLE = ("P", "Pr", "E", "p")
"""Before brackets: a bar alone in them says what is given."""
_PAIRS = {"⌊⌋": "floor", "⌈⌉": "ceiling", "⟨⟩": "mean"}
_SIDES = {"⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil "}
_SIDES |= {"⟨": r"\langle ", "⟩": r"\rangle ", "‖": r"\Vert ", "||": r"\Vert ", "∣": "|"}
Render = Callable[[Sequence[Piece]], Maths]


class Fences:
    """Joins what stands between brackets or bars, where they have a meaning of their own.

    Args:
        words: sign or phrase -> how to say it.
        render: pieces -> their three forms.
    """

    def __init__(self, words: Mapping[str, str], render: Render) -> None:
        self._words = words
        self._render = render

    def read(self, pieces: Sequence[Piece]) -> list[Piece]:
        """The pieces, those with a meaning joined; other brackets stay as they are."""
        made: list[Piece] = []
        at = 0
        while at < len(pieces):
            piece = pieces[at]
            end = _closing(pieces, at) if piece.text in _OPEN else None
            if end is None:
                made.append(self._cases(piece, pieces[at + 1 :]))
                at += 1
                continue
            within = pieces[at + 1 : end]
            pair = piece.text + pieces[end].text[0]
            parameters = pair == "[]" and _distributed(made)  # `X ~ N[0, 1]`
            pair = "()" if parameters else pair
            if pair == "()" and (made and made[-1].text in _PROBABLE):
                within = self._given(within)
            if made and made[-1].kind in ("number", "close"):
                within = joined_numbers(within)  # `0.05(1,160)`, unlike the point (1, 160)
            inside = self.read(within)
            if pair == "()":
                inside = self._given(inside)
            whole = self._with_script(self._bracketed(pair, inside), pieces[end])
            if whole and parameters:
                whole = replace(whole, text=f"[{whole.text[1:-1]}]")
            made += [whole] if whole else [piece, *inside, pieces[end]]
            at = end + 1
        return self._bars(made)

    def _with_script(self, whole: Piece | None, close: Piece) -> Piece | None:
        """The joined brackets with the scripts that the closing one has: `]²`."""
        if whole is None or len(close.text) == 1:
            return whole
        said = close.say.removeprefix(f"{self._words['all']} ")
        return replace(
            whole,
            text=whole.text + close.text[1:],
            say=f"{whole.say} {said}",
            latex=whole.latex + close.latex.removeprefix(close.text[0]),
        )

    def _cases(self, piece: Piece, after: Sequence[Piece]) -> Piece:
        """A brace that nothing closes, before lines: it is not said."""
        lines = first_shown(after)
        return replace(piece, say="") if piece.text == "{" and lines and lines.lines else piece

    def _bracketed(self, pair: str, inside: Sequence[Piece]) -> Piece | None:
        shown = [piece for piece in inside if piece.kind != "space"]
        only = shown[0] if len(shown) == 1 else None
        if pair in _PAIRS:
            if pair == "⟨⟩" and any("|" in p.text for p in shown):
                return None
            if pair == "⟨⟩" and _commas(shown):
                return self._group(pair, inside, self._words["vector"])
            return self._group(pair, inside, self._words[_PAIRS[pair]])
        if only and only.lines:
            return self._matrix(pair, only)
        if pair == "[]" and (substance := self._substance(shown)):
            what = self._render(inside)
            said = f"{self._words['concentration']} {substance}"
            return Piece("group", f"[{what.text}]", said, f"[{what.latex}]")
        if pair == "{}":
            return self._set(inside)
        if only and only.kind == "stack":
            above, below = only.say.replace(UNSAID, "").split("\0")
            said = f"{above} {self._words['choose']} {below}"
            return Piece("group", f"({only.text})", said, rf"\binom{only.latex}")
        if len(_commas(shown)) == 1:
            return self._two(pair, shown)
        return None

    def _substance(self, shown: Sequence[Piece]) -> str:
        """The chemical formula in square brackets as it is said; "" if they hold none."""
        if len(shown) == 1 and re.fullmatch("[A-Z]", shown[0].text):
            return shown[0].text
        bare = (piece.latex.lstrip("{") for piece in shown)
        upright = [latex.startswith((r"\mathrm", r"\text")) for latex in bare]
        if not any(upright):
            return ""
        text = self._render(shown).text
        symbols = re.findall("[A-Z][a-z]?", text)
        known = all(symbol in ELEMENTS or symbol in GENERIC for symbol in symbols)
        if "".join(symbols) == text and known:
            return " ".join(text.upper())
        if known and (ion := re.fullmatch(r"([A-Z]+)([⁺⁻])", text)):
            return f"{' '.join(ion[1])} {self._words['+' if ion[2] == '⁺' else '−']}"
        return said_reaction(text, self._words, text) or (text if len(text) == 1 else "")

    def _given(self, inside: Sequence[Piece]) -> list[Piece]:
        """A bar alone in round brackets, as of a probability."""
        if sum(piece.text in ("|", "∣") for piece in inside) != 1:
            return list(inside)
        return [
            replace(piece, say=self._words["given"])
            if piece.text in ("|", "∣") and UNSAID in piece.say
            else piece
            for piece in inside
        ]

    def _group(self, pair: str, inside: Sequence[Piece], word: str) -> Piece:
        what = self._render(inside)
        said = f"{self._words['quantity']} {what.say}," if compound(inside) and word else what.say
        left, right = pair[: len(pair) // 2], pair[len(pair) // 2 :]
        latex = f"{_SIDES.get(left, left)}{what.latex}{_SIDES.get(right, right)}"
        return Piece("group", f"{left}{what.text}{right}", f"{word} {said}".strip(), latex)

    def _set(self, inside: Sequence[Piece]) -> Piece:
        such = [at for at, p in enumerate(inside) if p.text in ("|", "∣", ":") and (at and p.kind)]
        parts = list(inside)
        if such:
            told = replace(parts[such[0]], kind="sign", say=self._words["such that"])
            parts[such[0]] = told
        what = self._render(parts)
        word = self._words["set of" if such else "set" if parts else "∅"]
        return Piece("group", f"{{{what.text}}}", f"{word} {what.say}".strip(),
                     rf"\{{{what.latex}\}}")  # fmt: skip

    def _two(self, pair: str, shown: Sequence[Piece]) -> Piece | None:
        """An interval, or a point."""
        comma = _commas(shown)[0]
        first, last = self._render(shown[:comma]), self._render(shown[comma + 1 :])
        if not first.text or not last.text:
            return None
        text, latex = f"{first.text}, {last.text}", f"{first.latex},{last.latex}"
        said = f"{first.say}, {last.say}"
        if pair != "()" or "∞" in text:
            ends = [self._words["included" if bracket in "[]" else "excluded"] for bracket in pair]
            said = self._words["interval"].format(
                start=first.say,
                start_end="" if "∞" in first.text else f" {ends[0]}",
                end=last.say,
                end_end="" if "∞" in last.text else f" {ends[1]}",
            )
        return Piece("group", f"{pair[0]}{text}{pair[1]}", said, f"{pair[0]}{latex}{pair[1]}")

    def _matrix(self, pair: str, lines: Piece) -> Piece | None:
        kind = {"[]": "matrix", "()": "matrix", "||": "determinant"}.get(pair)
        if kind is None:
            return None
        said = f"{self._words[kind]} {lines.say}"
        return Piece(
            "group", f"{pair[0]}{lines.text}{pair[1]}", said, pair[0] + lines.latex + pair[1]
        )

    def _bars(self, pieces: Sequence[Piece]) -> list[Piece]:
        """Pairs of bars as absolute values, those alone as "divides" or "parallel"."""
        made: list[Piece] = []
        at = 0
        shown = [piece.text for piece in pieces if piece.kind != "space"]
        if shown[-2:] == ["|", "|"]:  # `w` parallel, as an index has it
            last = max(at for at, piece in enumerate(pieces) if piece.text == "|")
            first = max(at for at, piece in enumerate(pieces[:last]) if piece.text == "|")
            both = Piece("sign", "||", UNSAID, r"\parallel ")
            pieces = [*pieces[:first], both, *pieces[last + 1 :]]
        while at < len(pieces):
            piece = pieces[at]
            if piece.text in _BARS and piece.kind == "sign":
                end = self._closing_bar(pieces, at)
                if end is not None and not self._after_operand(made, pieces, at, end):
                    inside = self._bars(pieces[at + 1 : end])
                    only = [p for p in inside if p.kind != "space"]
                    if len(only) == 1 and only[0].lines:
                        whole = self._matrix("||", only[0])
                    else:
                        word = self._words[_BARS[piece.text]]
                        whole = self._group(piece.text * 2, inside, word)
                    if whole:
                        made.append(whole)
                        at = end + 1
                        continue
                if UNSAID in piece.say:
                    piece = self._alone(piece, made, pieces[at + 1 :])
            made.append(piece)
            at += 1
        return made

    @staticmethod
    def _after_operand(made: Sequence[Piece], pieces: Sequence[Piece], at: int, end: int) -> bool:
        """Whether a bar stands between two operands, and so may open nothing."""
        before = first_shown(reversed(made))
        if before is None or before.kind not in OPERANDS:
            return False
        later = sum(p.text == pieces[at].text for p in pieces[end + 1 :])
        return later % 2 == 1  # `a | b |c|`: the pair comes later

    @staticmethod
    def _closing_bar(pieces: Sequence[Piece], at: int) -> int | None:
        depth = 0
        for end in range(at + 1, len(pieces)):
            piece = pieces[end]
            depth += (piece.kind == "open") - piece.closes
            if depth < 0:
                return None
            if depth == 0 and piece.kind == "sign" and piece.text == pieces[at].text:
                before = first_shown(reversed(pieces[at + 1 : end]))
                if before is not None and before.kind in OPERANDS:
                    return end
        return None

    def _alone(self, piece: Piece, made: Sequence[Piece], after: Sequence[Piece]) -> Piece:
        before = first_shown(reversed(made))
        following = first_shown(after)
        if piece.text in ("‖", "||") and following is None:
            return replace(piece, say=self._words["||"])
        if before is None or following is None or before.kind not in OPERANDS:
            return piece
        if piece.text in ("‖", "||"):
            return replace(piece, say=self._words["is parallel to"])
        if piece.text == "∣" or re.fullmatch(r"\d+", before.text):
            return replace(piece, say=self._words["divides"])
        return piece


def _distributed(pieces: Sequence[Piece]) -> bool:
    """Whether pieces end in the name of a distribution: `X ~ N`."""
    names = [piece.text for piece in pieces if piece.kind != "space"]
    return len(names) > 1 and names[-2] in "∼~" and names[-1].isupper()


def _closing(pieces: Sequence[Piece], at: int) -> int | None:
    depth = 0
    for end in range(at, len(pieces)):
        closes = pieces[end].text in _CLOSE or pieces[end].closes
        depth += (pieces[end].text in _OPEN) - closes
        if depth == 0:
            return end
    return None


def _commas(pieces: Sequence[Piece]) -> list[int]:
    """Where commas stand that are in no inner brackets."""
    depth, found = 0, []
    for at, piece in enumerate(pieces):
        depth += (piece.kind == "open") - piece.closes
        if depth == 0 and piece.text == ",":
            found.append(at)
    return found
