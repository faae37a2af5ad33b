"""What stands above and below in formulas: powers, indices, limits, ends of integrals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from vividly.library.oer import maths_words as signs
from vividly.library.oer.maths_pieces import (
    Kind,
    Piece,
    closing,
    compound,
    divided,
    number,
    raised_whole,
)
from vividly.library.oer.maths_units import UnitWords
from vividly.library.oer.model import Maths
from vividly.model.chemistry import ELEMENTS

_RAISED = str.maketrans("0123456789+−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
Render = Callable[[Sequence[Piece]], Maths]


class Scripts:
    """Joins a base with its scripts.

    Args:
        words: sign or phrase -> how to say it.
        render: pieces -> their three forms.
    """

    def __init__(self, words: Mapping[str, str], units: UnitWords, render: Render) -> None:
        self._words = words
        self._units = units
        self._render = render

    def read(self, base: list[Piece], below: list[Piece], above: list[Piece]) -> Piece:
        """The pieces of a base with what stands below and above it, as one piece."""
        if base and above and all(piece.kind == "before" for piece in above):
            # Lowered inside the power, by mistake.
            above = [number(unicodedata.normalize("NFKC", piece.text)) for piece in above]
        if not below and (unit := self._units.raised(base, above)):
            return unit
        if not base and (below or above):  # scripts before a symbol, as of a nuclide
            mass, count = self._render(above), self._render(below)
            scripts = f"_{{{count.latex}}}" * bool(below) + f"^{{{mass.latex}}}" * bool(above)
            text = lifted(mass.text) + lowered(count.text)
            return Piece("before", text, f"{mass.say}\0{count.say}", "{}" + scripts)
        base = [piece for piece in base if piece.kind != "space"] if _spaced(base) else base
        if base and base[-1].text in (*signs.BIG, "lim", "max", "min") and len(base) == 1:
            return self._limited(base[0], below, above)
        whole = self._render(base)
        one = base[0] if len(base) == 1 and base[0].kind == "function" else None
        if one and (below or above) and (applied := self._function(one, below, above)):
            return applied
        if below and above and base and base[-1].text == "]" and above[-1].text not in "+−":
            return self.evaluated(whole, below, above)
        if below and len(base) > 1 and base[-1].text == "|":
            inside = self._render(base[:-1])
            barred = replace(inside, text=f"{inside.text}|", latex=f"{inside.latex}|")
            return self.evaluated(barred, below, above)
        text, said, latex = whole.text, whole.say, whole.latex or "{}"
        kind = base[-1].kind if base and base[-1].kind in ("close", "function") else "group"
        charged = all(piece.text in "+−" or piece.text.isdigit() for piece in above)
        if below and charged and (symbols := _substance(base, self._render(below).text)):
            count = self._render(below)
            text, said = text + lowered(count.text), f"{symbols} {count.say}"
            latex = f"{latex}_{{{count.latex}}}"
            if not above:
                return Piece(kind, text, said, latex)
        elif below:
            sub = self._render(_as_word(below))
            named = sub.text.replace(" ", "").isalpha() and re.search("[a-z]{2}", sub.text)
            if sub.text == "eq" and text.endswith("]"):
                sub = replace(sub, say=self._words["at equilibrium"])
            related = any(piece.text in signs.RELATIONS for piece in below)
            several = related or compound(below) or any(map(divided, below))
            index = f"{self._words['quantity']} {sub.say}" if several else sub.say
            said += f" {sub.say}" if named else f" {self._words['sub']} {index}"
            text += lowered(sub.text)
            latex = f"{latex}_{{{sub.latex}}}"
        if above:
            power = self._render(above)
            if power.text in ("st", "nd", "rd", "th"):
                return Piece(
                    kind, text + power.text, said + power.say, f"{latex}^{{{power.latex}}}"
                )
            power = replace(power, text=re.sub(r"(?<=\d) ([+−])$", r"\1", power.text))
            if power.text in ("T", "⊤") and re.search(r"[A-Z)\]]$", whole.text):  # of a matrix
                closes = f" {self._words['all']}" * (base[-1].kind == "close")
                said = f"{said}{closes} {self._words['transpose']}"
                return Piece(kind, f"{text}^T", said, f"{latex}^{{{power.latex}}}")
            if power.text in ("°", "∘"):
                state = re.fullmatch(r"Δ?[A-Z](?:_.*)?|Δ?[EGHS][₀-₉]+", text) is not None
                word = self._words["standard" if state else "°"]
                return Piece("group", f"{text}°", f"{said} {word}", f"{latex}^{{\\circ}}")
            if power.text == "−1" and whole.text in ("f", "g", "h"):
                said = f"{whole.say} {self._words['inverse']}"
                return Piece("letter", f"{text}⁻¹", said, f"{latex}^{{-1}}")
            function = f"inverse {whole.text}"
            if power.text == "−1" and function in self._words:
                return Piece("function", text + "⁻¹", self._words[function], f"{latex}^{{-1}}")
            # A concentration, or a number alone in its brackets, is raised by itself.
            alone = len(base) == 3 and (base[0].text == "[" or base[1].kind == "number")
            if base and base[-1].kind == "close" and not alone:
                within = base[1:-1]
                fenced = base[0].kind == "open" and closing(base, 0) == len(base) - 1
                if fenced and not compound(within) and raised_whole(within, ")²"):
                    said = f"{self._words['quantity']} {said}"
                said += f" {self._words['all']}"
            text += "′" * len(power.text) if set(power.text) == {"′"} else lifted(power.text)
            said += f" {self.power(power, above)}"
            latex = f"{latex}^{{{_primes(power.latex)}}}"
        return Piece(kind, text, said.strip(), latex)

    def evaluated(self, inside: Maths, below: list[Piece], above: list[Piece]) -> Piece:
        """A term between two ends, as an integral is worked out: `[x²]₀¹`, `x²|₀¹`."""
        low, high = self._render(below), self._render(above)
        key = "evaluated" if above else "evaluated at"
        said = f"{inside.say} {self._words[key].format(low=low.say, high=high.say)}"
        text = inside.text + lowered(low.text) * bool(below) + lifted(high.text) * bool(above)
        latex = inside.latex + f"_{{{low.latex}}}" + f"^{{{high.latex}}}" * bool(above)
        return Piece("tail", text, said.strip(), latex)

    def _limited(self, base: Piece, below: list[Piece], above: list[Piece]) -> Piece:
        """A sum, an integral or a limit, with what stands over and under it."""
        low, high, of = self._render(below), self._render(above), self._words["of"]
        said = base.say.removesuffix(f" {of}")
        start = low.say
        if base.text == "lim":
            approaches = self._words["approaches"]
            for arrow in ("→", "⟶"):
                start = start.replace(self._words[arrow], approaches)
            said += f" {self._words['as']} {start}" if start else ""
        elif start and high.say:
            said += f" {self._words['from']} {start} {self._words['to']} {high.say}"
        elif start:
            said += f" {self._words['under']} {start}"
        elif high.say:
            said += f" {self._words['to']} {high.say}"
        text = base.text + (lowered(low.text) if below else "") + (lifted(high.text) * bool(above))
        latex = base.latex.strip()
        latex += f"_{{{low.latex}}}" if below else ""
        latex += f"^{{{high.latex}}}" if above else ""
        kind: Kind = "function" if base.kind == "function" else "group"
        return Piece(kind, text if kind == "function" else f"{text} ", f"{said} {of}", latex)

    def _function(self, base: Piece, below: list[Piece], above: list[Piece]) -> Piece | None:
        """A function with a power or a base: "the sine squared of"."""
        low, high, of = self._render(below), self._render(above), self._words["of"]
        if f"inverse {base.text}" in self._words and high.text == "−1":
            return None
        said = base.say.removesuffix(f" {of}")
        if said == base.say or base.text == "exp":
            return None
        if below:
            said += f" {self._words['to base']} {low.say}"
        if above:
            said += f" {self.power(high, above)}"
        text = (
            base.text + (lowered(low.text) if below else "") + (lifted(high.text) if above else "")
        )
        latex = base.latex.strip()
        latex += f"_{{{low.latex}}}" if below else ""
        latex += f"^{{{high.latex}}}" if above else ""
        return Piece("function", text, f"{said} {of}", latex)

    def power(self, power: Maths, pieces: list[Piece]) -> str:
        """How a power is said after its base."""
        if power.text in ("2", "3"):
            return self._words["squared" if power.text == "2" else "cubed"]
        if set(power.text) == {"′"}:
            return " ".join([self._words["prime"]] * len(power.text))
        if power.text in ("+", "−", "*"):
            return self._words["star" if power.text == "*" else power.text]
        if charge := re.fullmatch(r"(\d+)([+−])", power.text):
            return f"{charge[1]} {self._words[charge[2]]}"
        if re.fullmatch(r"−?\d+/\d+", power.text):
            return f"{self._words['power']} {power.text}"
        quantity = f"{self._words['quantity']} " if compound(pieces) else ""
        return f"{self._words['power']} {quantity}{power.say}"


def _substance(base: Sequence[Piece], count: str) -> str:
    """The letters of an upright chemical formula before the number of its last atoms."""
    text = "".join(piece.text for piece in base)
    symbols = re.findall("[A-Z][a-z]?", text)
    upright = all(piece.latex.startswith((r"\mathrm", r"\text")) for piece in base)
    known = "".join(symbols) == text and all(symbol in ELEMENTS for symbol in symbols)
    return (
        " ".join(text.upper()) if upright and known and re.fullmatch("[2-9]|1[0-9]", count) else ""
    )


def _spaced(base: Sequence[Piece]) -> bool:
    """Whether a function stands in the base, so that spaces around it mean nothing."""
    return any(piece.kind == "function" for piece in base)


def _as_word(pieces: list[Piece]) -> list[Piece]:
    """Whether an index is a word (three letters or more), such as `ice`."""
    text = "".join(piece.text for piece in pieces)
    letters = all(piece.kind == "letter" for piece in pieces)
    if len(pieces) >= 3 and letters and text.isascii() and text.islower():
        return [Piece("word", text, text, f"\\text{{{text}}}")]
    return pieces


def lifted(text: str) -> str:
    """A text as a power: `²`, `^x`, `^(n + 1)`."""
    raised = text.translate(_RAISED)
    plain = all(character in "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ" for character in raised)
    return raised if plain else f"^{text}" if len(text) == 1 else f"^({text})"


def lowered(text: str) -> str:
    """A text as an index: `₂`, `_net`, `_(α/2)`."""
    lowered = text.translate(_LOWERED)
    plain = all(character in "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎" for character in lowered)
    return lowered if plain else f"_{text}" if text.isalnum() or text == "∞" else f"_({text})"


def _primes(latex: str) -> str:
    return latex.replace("'", r"\prime ") if latex and set(latex) == {"'"} else latex
