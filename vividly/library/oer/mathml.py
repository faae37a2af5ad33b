"""Turns presentation MathML into a formula to read, to speak and to typeset.

Books write the same formula in many ways (`<mn>50</mn><mtext>.00 J</mtext>`), so every
leaf is first cut into pieces (numbers, words, signs), which are then recombined.
Element names are those of MathML 3, chapter 3 (https://www.w3.org/TR/MathML3/chapter3.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lxml import etree

from vividly.library.oer import maths_pieces
from vividly.library.oer import maths_words as signs
from vividly.library.oer.maths_leaves import ACCENTS, Leaves
from vividly.library.oer.maths_pieces import Piece, compound, factors
from vividly.library.oer.maths_units import UnitWords
from vividly.library.oer.model import Maths
from vividly.library.oer.xml import local_name
from vividly.model.chemistry import ELEMENTS
from vividly.text.locales import locale_for

_CLOSING = ".,;:?!"
_SECOND = re.compile(r"[a-z]").fullmatch
_RAISED = str.maketrans("0123456789+−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ")
_LOWERED = str.maketrans("0123456789+−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎")
_ATOMS = ("mi", "mn", "mo", "mtext", "ms")


@dataclass(frozen=True)
class Formula:
    """A formula, and punctuation of the surrounding sentence that was inside it."""

    maths: Maths
    closing: str = ""


def read_formula(math: etree._Element, language: str) -> Formula | None:
    """The formula of a `math` element, or None if it is empty.

    Args:
        language: BCP 47; English words are used for other languages than English and Spanish.
    """
    reader = _Reader(language)
    pieces = reader.united(list(reader.pieces(math)))
    while pieces and pieces[0].kind == "space":
        pieces.pop(0)
    closing = ""
    while pieces and (pieces[-1].kind == "space" or pieces[-1].text in _CLOSING):
        closing = pieces.pop().text.strip() + closing
    if not pieces:
        return None
    maths = reader.render(pieces)
    if not maths.say:
        maths = replace(maths, say=maths.text)
    return Formula(maths, closing)


class _Reader:
    def __init__(self, language: str) -> None:
        self.words = locale_for(language).formulas.words
        self.units = UnitWords(language, self.words["per"], self.words)
        self.leaves = Leaves(self.words, self.units)

    def render(self, pieces: Sequence[Piece]) -> Maths:
        """The formula of the pieces, in this language."""
        return maths_pieces.render(pieces, self.words["×"])

    def pieces(self, element: etree._Element) -> Iterator[Piece]:
        """The pieces of an element, in order; a fraction or a root is one piece."""
        name = local_name(element)
        if name in _ATOMS:
            yield from self.leaves.read(element.text or "", name)
        elif name == "mspace":
            yield Piece("space", " ", "", r"\ ")
        elif name in ("mphantom", "none", "mprescripts", "annotation", "annotation-xml"):
            return
        elif name in ("msup", "msubsup", "msub") and (sign := self._signs(element)):
            # `+` with an index is the sign, and the mass of the nuclide after it.
            yield from sign
            yield self._scripted([], *self._scripts(element, name))
        elif (build := getattr(self, f"_{name}", None)) and len(element):
            yield build(list(element))
        else:
            yield from self._row(list(element))

    def _signs(self, element: etree._Element) -> list[Piece]:
        """The base of an element with scripts if it consists of signs only."""
        base = self._of(element[0]) if len(element) else []
        return base if all(p.kind == "sign" and p.text in signs.SPACED for p in base) else []

    def _scripts(self, element: etree._Element, name: str) -> tuple[list[Piece], list[Piece]]:
        """(below, above)."""
        found = [self._of(child) for child in element[1:3]]
        if name == "msubsup" and len(found) == 2:
            return found[0], found[1]
        scripts = found[0] if found else []
        return (scripts, []) if name == "msub" else ([], scripts)

    def _row(self, children: Sequence[etree._Element]) -> Iterator[Piece]:
        at = 0
        while at < len(children):
            found = list(self.pieces(children[at]))
            if local_name(children[at]) == "mmultiscripts" and at + 1 < len(children):
                # Books often put the second letter of an element's symbol outside.
                more = "".join(children[at + 1].itertext()).strip()
                whole = self._isotope(list(children[at]), more) if _SECOND(more) else None
                if whole is not None:
                    found, at = [whole], at + 1
            yield from found
            at += 1

    def _of(self, element: etree._Element) -> list[Piece]:
        found = self.united([piece for piece in self.pieces(element) if piece.text])
        while found and (found[-1].kind == "space" or found[-1].text in (".", ",", ";")):
            found.pop()  # the punctuation of the sentence, left inside an index or a fraction
        return found

    def united(self, pieces: list[Piece]) -> list[Piece]:
        """The pieces, with functions and units that were in several pieces merged."""
        made: list[Piece] = []
        at = 0
        while at < len(pieces):
            piece = pieces[at]
            trio = "".join(p.text for p in pieces[at : at + 3] if p.kind == "letter")
            if trio in signs.FUNCTIONS:
                made.append(self.leaves.piece(trio, "mi"))
                at += 3
                continue
            if [p.text for p in pieces[at : at + 2]] == ["|", "|"]:
                made.append(self.leaves.piece("||", "mo"))
                at += 2
                continue
            made.append(piece)
            at += 1
            power_of_ten = piece.kind == "group" and piece.text.startswith("10")
            if piece.kind == "number" or power_of_ten:
                unit, used = self.units.leading(pieces[at:])
                if unit is not None:
                    made.append(unit)
                    at += used
        return made

    def _mfrac(self, children: list[etree._Element]) -> Piece:
        above, below = self._of(children[0]), self._of(children[-1])
        if unit := self.units.over(above, below):
            return unit
        top, bottom = self.render(above), self.render(below)
        latex = f"\\frac{{{top.latex}}}{{{bottom.latex}}}"
        text = f"{_bracketed(top.text)}/{_bracketed(bottom.text, factors(below))}"
        if top.text.isdigit() and bottom.text.isdigit():
            return Piece("fraction", text, text, latex)
        quantity, over = self.words["quantity"], self.words["over"]
        said_top = f"{quantity} {top.say}," if compound(above) else top.say
        said_bottom = f"{quantity} {bottom.say}" if compound(below) else bottom.say
        return Piece("fraction", text, f"{said_top} {over} {said_bottom}", latex)

    def _msqrt(self, children: list[etree._Element]) -> Piece:
        inside = list(self._row(children))
        what = self.render(inside)
        said = f"{self.words['quantity']} {what.say}" if compound(inside) else what.say
        text = f"√{_bracketed(what.text, factors(inside))}"
        return Piece("group", text, f"{self.words['root']} {said}", f"\\sqrt{{{what.latex}}}")

    def _mroot(self, children: list[etree._Element]) -> Piece:
        inside = self._of(children[0])
        what, order = self.render(inside), self.render(self._of(children[-1]))
        root = self.words["nth root"].format(order=order.say)
        text = f"{_lifted(order.text)}√{_bracketed(what.text, factors(inside))}"
        return Piece("group", text, f"{root} {what.say}", f"\\sqrt[{order.latex}]{{{what.latex}}}")

    def _msub(self, children: list[etree._Element]) -> Piece:
        return self._scripted(self._of(children[0]), self._of(children[-1]), [])

    def _msup(self, children: list[etree._Element]) -> Piece:
        return self._scripted(self._of(children[0]), [], self._of(children[-1]))

    def _msubsup(self, children: list[etree._Element]) -> Piece:
        base, below, above = children[0], children[1:2], children[2:3]
        return self._scripted(
            self._of(base),
            [piece for child in below for piece in self._of(child)],
            [piece for child in above for piece in self._of(child)],
        )

    def _scripted(self, base: list[Piece], below: list[Piece], above: list[Piece]) -> Piece:
        if not below and (unit := self.units.raised(base, above)):
            return unit
        if not base and (below or above):  # scripts before a symbol, as of a nuclide
            mass, count = self.render(above), self.render(below)
            scripts = f"_{{{count.latex}}}" * bool(below) + f"^{{{mass.latex}}}" * bool(above)
            text = _lifted(mass.text) + _lowered(count.text)
            return Piece("before", text, mass.say, "{}" + scripts)
        whole = self.render(base)
        text, said, latex = whole.text, whole.say, whole.latex or "{}"
        kind = base[-1].kind if base and base[-1].kind in ("close", "function") else "group"
        if below:
            sub = self.render(_as_word(below))
            named = len(sub.text) > 1 and sub.text.replace(" ", "").isalpha()
            said += f" {sub.say}" if named else f" {self.words['sub']} {sub.say}"
            text += _lowered(sub.text)
            latex = f"{latex}_{{{sub.latex}}}"
        if above:
            power = self.render(above)
            if power.text == "°":
                return Piece(
                    "group", f"{text}°", f"{said} {self.words['°']}", f"{latex}^{{\\circ}}"
                )
            function = f"inverse {whole.text}"
            if power.text == "−1" and function in self.words:
                return Piece("function", text + "⁻¹", self.words[function], f"{latex}^{{-1}}")
            if base and base[-1].kind == "close":
                said += f" {self.words['all']}"
            text += "′" * len(power.text) if set(power.text) == {"′"} else _lifted(power.text)
            said += f" {self._power(power, above)}"
            latex = f"{latex}^{{{_primes(power.latex)}}}"
        return Piece(kind, text, said.strip(), latex)

    def _power(self, power: Maths, pieces: list[Piece]) -> str:
        if power.text in ("2", "3"):
            return self.words["squared" if power.text == "2" else "cubed"]
        if set(power.text) == {"′"}:
            return " ".join([self.words["prime"]] * len(power.text))
        if power.text in ("+", "−", "*"):
            return "" if power.text == "*" else self.words[power.text]
        quantity = f"{self.words['quantity']} " if compound(pieces) else ""
        return f"{self.words['power']} {quantity}{power.say}"

    def _mover(self, children: list[etree._Element]) -> Piece:
        base, accent = self.render(self._of(children[0])), self.render(self._of(children[-1]))
        if accent.text in ACCENTS:
            combining, command, key = ACCENTS[accent.text]
            if len(base.text) > 1:
                command = {r"\vec": r"\overrightarrow", r"\bar": r"\overline"}.get(command, command)
            word = self.words[key]
            said = f"{word} {base.say}" if key == "vector" else f"{base.say} {word}"
            return Piece("group", base.text + combining, said, f"{command}{{{base.latex}}}")
        latex = f"\\overset{{{accent.latex}}}{{{base.latex}}}"
        said = f"{base.say} {accent.say}".strip()
        return Piece("sign" if base.text in signs.SPACED else "group", base.text, said, latex)

    def _munder(self, children: list[etree._Element]) -> Piece:
        base, under = self._of(children[0]), self.render(self._of(children[-1]))
        if under.text in ACCENTS:
            return self._mover(children)
        return self._scripted(base, self._of(children[-1]), [])

    def _munderover(self, children: list[etree._Element]) -> Piece:
        base, low, high = (self.render(self._of(child)) for child in children[:3])
        start, end, of = self.words["from"], self.words["to"], self.words["of"]
        said = base.say.removesuffix(f" {of}")
        return Piece(
            "group",
            f"{base.text}{_lowered(low.text)}{_lifted(high.text)} ",
            f"{said} {start} {low.say} {end} {high.say} {of}",
            f"{base.latex}_{{{low.latex}}}^{{{high.latex}}}",
        )

    def _mmultiscripts(self, children: list[etree._Element]) -> Piece:
        found = self._isotope(children, "")
        return found or Piece("group", "", "", "")

    def _isotope(self, children: list[etree._Element], more: str) -> Piece | None:
        """A symbol with numbers around it, as a nuclide is written: spoken `uranium 235`."""
        base = self.render(self._of(children[0]))
        symbol = base.text + more
        if more and symbol not in ELEMENTS:
            return None
        names = [local_name(child) for child in children]
        cut = names.index("mprescripts") if "mprescripts" in names else len(children)
        after = [self.render(self._of(child)) for child in children[1:cut]]
        before = [self.render(self._of(child)) for child in children[cut + 1 :]]
        number, mass = (*before, Maths("", "", ""), Maths("", "", ""))[:2]
        low, high = (*after, Maths("", "", ""), Maths("", "", ""))[:2]
        said = [ELEMENTS.get(symbol, base.say if not more else symbol), mass.say]
        said += [low.say, high.say]
        text = _lifted(mass.text) + _lowered(number.text) + symbol
        latex = "{}" * bool(mass.latex or number.latex)
        latex += f"_{{{number.latex}}}" * bool(number.latex) + f"^{{{mass.latex}}}" * bool(
            mass.latex
        )
        latex += f"\\mathrm{{{symbol}}}" if more else base.latex
        latex += f"_{{{low.latex}}}" * bool(low.latex) + f"^{{{high.latex}}}" * bool(high.latex)
        text += _lowered(low.text) + _lifted(high.text)
        return Piece("group", text, " ".join(part for part in said if part), latex)

    def _mfenced(self, children: list[etree._Element]) -> Piece:
        inside = [self.render(self._of(child)) for child in children]
        said = ", ".join(part.say for part in inside)
        text, latex = (
            ", ".join(parts) for parts in zip(*((p.text, p.latex) for p in inside), strict=True)
        )
        return Piece("group", f"({text})", said, f"({latex})")

    def _mtable(self, children: list[etree._Element]) -> Piece:
        rows = [[self.render(self._of(cell)) for cell in row] for row in children if len(row)]
        shown = [[cell for cell in row if cell.text] for row in rows]
        shown = [row for row in shown if row]
        width = max((len(row) for row in rows), default=1)
        body = r" \\ ".join(" & ".join(cell.latex for cell in row) for row in rows)
        return Piece(
            "group",
            "; ".join(" ".join(cell.text for cell in row) for row in shown),
            ", ".join(" ".join(cell.say for cell in row) for row in shown),
            f"\\begin{{array}}{{{'l' * width}}}{body}\\end{{array}}" if shown else "",
        )


def _as_word(pieces: list[Piece]) -> list[Piece]:
    """Whether an index is a word (three letters or more), such as `ice`."""
    text = "".join(piece.text for piece in pieces)
    letters = all(piece.kind == "letter" for piece in pieces)
    if len(pieces) >= 3 and letters and text.isascii() and text.islower():
        return [Piece("word", text, text, f"\\text{{{text}}}")]
    return pieces


def _bracketed(text: str, factors: int = 1) -> str:
    """The text in brackets if it would be ambiguous in a fraction or a root.

    Args:
        factors: number of factors; with several, only the first would seem divided or rooted.
    """
    whole = text.startswith("(") and text.endswith(")") and text.count("(") == 1
    if whole or (factors < 2 and not re.search(r"[ /+−×⋅,=]", text)):
        return text
    return f"({text})"


def _lifted(text: str) -> str:
    raised = text.translate(_RAISED)
    plain = all(character in "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿ" for character in raised)
    return raised if plain else f"^{text}" if len(text) == 1 else f"^({text})"


def _lowered(text: str) -> str:
    lowered = text.translate(_LOWERED)
    plain = all(character in "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎" for character in lowered)
    return lowered if plain else f"_{text}" if text.isalnum() else f"_({text})"


def _primes(latex: str) -> str:
    return latex.replace("'", r"\prime ") if latex and set(latex) == {"'"} else latex
