"""Turns presentation MathML into a formula to read, to speak and to typeset.

Books write the same formula in many ways (`<mn>50</mn><mtext>.00 J</mtext>`), so every
leaf is first cut into pieces (numbers, words, signs), which are then recombined.
Element names are those of MathML 3, chapter 3 (https://www.w3.org/TR/MathML3/chapter3.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from lxml import etree

from vividly.library.oer import maths_words as signs
from vividly.library.oer.maths_check import complete, crowded
from vividly.library.oer.maths_context import in_context
from vividly.library.oer.maths_fences import Fences
from vividly.library.oer.maths_leaves import ACCENTS, Leaves
from vividly.library.oer.maths_pieces import (
    OPERANDS,
    UNSAID,
    Kind,
    Piece,
    compound,
    divided,
    factors,
    first_shown,
    followed,
    joined_numbers,
    precise,
)
from vividly.library.oer.maths_pieces import closing as closing_of
from vividly.library.oer.maths_said import said
from vividly.library.oer.maths_scripts import Scripts, lifted, lowered
from vividly.library.oer.maths_tables import Row, has_arrow, read_table
from vividly.library.oer.maths_units import UnitWords
from vividly.library.oer.maths_written import typeset, written
from vividly.library.oer.model import Maths
from vividly.library.oer.xml import local_name
from vividly.model.chemistry import ARROWS, ELEMENTS, said_reaction
from vividly.text.locales import locale_for
from vividly.text.units import read_unit

_CLOSING = '.,;:”’"'
_SECOND = re.compile(r"[a-z]").fullmatch
_ATOMS = ("mi", "mn", "mo", "mtext", "ms")
_ROWS = frozenset((
    "math", "mrow", "mstyle", "mpadded", "mtd", "mtr", "msrow", "msgroup", "mscarries", "mscarry",
))  # fmt: skip
"""Elements that only hold others."""
_NOTHING = frozenset((
    "mphantom", "none", "mprescripts", "annotation", "annotation-xml", "maligngroup", "malignmark",
    "msline",
))  # fmt: skip
_DERIVATIVE = re.compile(r"(?P<d>[d∂])(?P<order>²?)/(?P=d)(?P<variable>[^\W\d_])(?P=order)")
_PARTIAL = re.compile(r"∂[^\W\d_]/∂[^\W\d_]")
_FACTORS = re.compile("(?<![A-Za-z])([a-z]{2})(?![A-Za-z])")
_FACTORS_ONLY = re.compile(r"(?:[A-Za-z]?[a-z]|[a-z]?[A-Z]|[b-df-hj-np-tv-z]{3})").fullmatch
"""Letters in italics that are no word, as `mg` and `Av`, even where they are marked as text."""
_SPELT = 5
_EACH = ({"unit", "word"}, {"word"})
"""Kinds of what ends a numerator and is the denominator, where one is told per the other."""
_JOINING = frozenset(("and", "or", "if", "so", "then", "where", "for", "when", "si"))
_PARTICLES = {"n": "neutron", "p": "proton", "e": "electron"}
_CROSSED_OUT = frozenset(("box", "roundedbox", "circle", "updiagonalstrike", "downdiagonalstrike",
    "horizontalstrike", "verticalstrike", "top", "bottom", "left", "right"))  # fmt: skip
"""Drawings around or over a term that leave its value as it is."""


@dataclass(frozen=True)
class Formula:
    """A formula, and brackets and punctuation of the sentence around it that were inside it."""

    maths: Maths
    closing: str = ""
    opening: str = ""


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
    while pieces and (
        pieces[-1].kind == "space"
        or pieces[-1].text in _CLOSING
        or (pieces[-1].text == "?" and len(pieces) > 1 and pieces[-2].kind in OPERANDS)
        or _ends_aside(pieces)
    ):
        closing = pieces.pop().text.strip() + closing
    opening = ""
    depth = sum((piece.kind == "open") - (piece.kind == "close") for piece in pieces)
    if pieces and pieces[0].text == "(" and depth > 0:
        opening = pieces.pop(0).text
    stated = any(piece.text in signs.RELATIONS for piece in pieces[1:])
    measured = [p.kind for p in pieces[-2:]] == ["unit", "close"]
    aside = (stated or measured) and (pieces[0].text, pieces[-1].text) == ("(", ")")
    if aside and closing_of(pieces, 0) == len(pieces) - 1:  # an aside of the sentence
        pieces, opening, closing = pieces[1:-1], "(", f"){closing}"
    if not pieces:
        return None
    if unit := reader.units.alone(pieces):
        pieces = [unit]
    maths = reader.render(pieces)
    if all(piece.kind == "before" for piece in pieces):
        maths = replace(maths, say=maths.text)  # an index of the word before the formula
    if reaction := reader.reaction(math, pieces):
        maths = replace(maths, say=reaction)
    unclear = crowded(maths, reader.words) or not complete(maths, reader.words)
    if UNSAID in maths.say or unclear:
        maths = replace(maths, say="")
    return Formula(maths, closing, opening)


def read_plain(text: str, language: str) -> Maths:
    """A formula that a sentence has in plain text: `2 < x < 18`."""
    math = etree.Element("math")
    for part in re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+|\S", text):
        kind = "mn" if part[0].isdigit() else "mi" if part.isalpha() else "mo"
        etree.SubElement(math, kind).text = part
    formula = read_formula(math, language)
    return formula.maths if formula else Maths(text, "", text)


def read_script(text: str, name: str, language: str) -> Maths:
    """A power or an index of running text, said after what it stands at.

    Args:
        name: `sup` or `sub`.
    """
    reader = _Reader(language)
    if re.fullmatch(r"\d+/\d+", text):
        return Maths(lifted(text), f" {reader.words['power']} {text}", f"^{{{text}}}")
    pieces: list[Piece] = []
    for at, part in enumerate(_FACTORS.split(text)):
        pieces += reader.leaves.product(part) if at % 2 else reader.leaves.read(part, "mi")
    pieces = reader.united(pieces)
    maths = reader.render(pieces)
    if UNSAID in maths.say:
        return replace(maths, say="")
    if name == "sub":
        said = f" {reader.words['sub']} {maths.say}"
        return Maths(lowered(maths.text), said, f"_{{{maths.latex}}}")
    power = f" {reader.scripts.power(maths, pieces)}"
    return Maths(lifted(maths.text), power, f"^{{{maths.latex}}}")


class _Reader:
    def __init__(self, language: str) -> None:
        self.words = locale_for(language).formulas.words
        self.units = UnitWords(language, self.words["per"], self.words)
        self.leaves = Leaves(self.words, self.units)
        self.scripts = Scripts(self.words, self.units, self.render)
        self.fences = Fences(self.words, self.render)

    def render(self, pieces: Sequence[Piece]) -> Maths:
        """The formula of the pieces, in this language."""
        pieces = precise(joined_numbers(pieces), self.words["uncertain"])
        return Maths(written(pieces), said(pieces, self.words), typeset(pieces))

    def reaction(self, math: etree._Element, pieces: Sequence[Piece]) -> str:
        """A chemical formula or equation as it is said; "" if the formula is none.

        What stands after an equation, such as `(slow)` or `ΔH = −5 kJ`, is said after it, and a
        label before it.
        """
        colon = next((at for at, piece in enumerate(pieces) if piece.text == ":"), 0)
        if colon and any(piece.kind == "word" for piece in pieces[:colon]):
            said = self.reaction(math, pieces[colon + 1 :])
            return f"{self.render(pieces[:colon]).say}, {said}" if said else ""
        for end in range(len(pieces), 0, -1):
            if end < len(pieces) and pieces[end].text not in ("(", "Δ", ",", " "):
                continue
            text = self.render(pieces[:end]).text
            if end < len(pieces) and not any(arrow in text for arrow in ARROWS):
                continue
            if said := self._substances(math, text):
                rest = self.render(pieces[end:]).say
                return f"{said}, {rest}" if rest and UNSAID not in rest else said
        return ""

    def _substances(self, math: etree._Element, text: str) -> str:
        if text.startswith("[") and text.find("]") == len(text) - 1:
            return ""  # a concentration
        bare = (e for e in math.iter("{*}msub", "{*}msubsup") if len(e) and not len(e[0]))
        if any(local_name(e[0]) == "mrow" for e in bare):
            return said_reaction(text, self.words, text)  # as chemists set it: `H<msub><mrow/>…`
        upright = "".join(
            leaf.text or "" for leaf in math.iter("{*}mtext", "{*}mi") if _upright(leaf)
        )
        return said_reaction(text, self.words, upright)

    def pieces(self, element: etree._Element) -> Iterator[Piece]:
        """The pieces of an element, in order; a fraction or a root is one piece."""
        name = local_name(element)
        if name in _ATOMS:
            style = _style(element)
            if style == "italic" and (name == "mi" or _FACTORS_ONLY((element.text or "").strip())):
                yield from self.leaves.product((element.text or "").strip())
                return
            upright = name == "mi" and style == "normal"
            yield from self.leaves.read(element.text or "", "mtext" if upright else name)
        elif name == "mspace":
            yield Piece("space", " ", "", r"\ ")
        elif name in _NOTHING:
            return
        elif name in ("semantics", "maction") and len(element):
            yield from self.pieces(element[0])
        elif name == "mlabeledtr":
            yield from self._row(list(element)[1:])
        elif name == "mfenced":
            yield from self._fenced(element)
        elif name == "menclose":
            yield from self._enclosed(element)
        elif name == "mfrac" and (element.get("linethickness") or "").startswith("0"):
            above, below = (self.render(self._of(child)) for child in element[:2])
            said = f"{above.say}\0{below.say}"
            latex = f"{{{above.latex}}}{{{below.latex}}}"
            yield Piece("stack", f"{above.text} {below.text}", said + UNSAID, latex)
        elif name in ("mstack", "mlongdiv"):
            yield self._column(element, name)
        elif name in ("msup", "msubsup", "msub") and len(element):
            yield from self._scripted(element, name)
        elif (build := getattr(self, f"_{name}", None)) and len(element):
            yield build(list(element))
        elif name in _ROWS:
            yield from self._row(list(element))
        else:
            yield self._unnamed(element)

    def _fenced(self, element: etree._Element) -> Iterator[Piece]:
        """Brackets and separators that attributes tell: `( ) ,` if none does."""
        separators = (element.get("separators") or ",").replace(" ", "")
        if element.get("separators", ",").strip() == "":
            separators = ""
        yield from self.leaves.read(element.get("open", "("), "mo")
        for at, child in enumerate(element):
            signs_around = [local_name(e) for e in (child, child.getprevious()) if e is not None]
            if at and separators and "mo" not in signs_around:
                yield from self.leaves.read(separators[min(at, len(separators)) - 1], "mo")
            yield from self.pieces(child)
        yield from self.leaves.read(element.get("close", ")"), "mo")

    def _enclosed(self, element: etree._Element) -> Iterator[Piece]:
        notations = (element.get("notation") or "longdiv").split()
        if "radical" in notations:
            yield self._msqrt(list(element))
        elif element.get("notation") and "longdiv" in notations:
            inside = self.render(self._of_all(element))
            said = f"{inside.say}\0{self.words['÷']}"
            latex = rf"\overline{{)\,{inside.latex}}}"
            yield Piece("sign", f"⟌{inside.text}", said, latex)
        else:
            known = not element.get("notation") or _CROSSED_OUT.issuperset(notations)
            yield from self._row(list(element)) if known else [self._unnamed(element)]

    @staticmethod
    def _unnamed(element: etree._Element) -> Piece:
        """What nobody can say."""
        text = " ".join("".join(element.itertext()).split()) or "▢"
        return Piece("group", text, UNSAID, rf"\text{{{text}}}")

    def _of_all(self, element: etree._Element) -> list[Piece]:
        return self.united([piece for piece in self._row(list(element)) if piece.text])

    def _column(self, element: etree._Element, name: str) -> Piece:
        """Sums written in columns, and long divisions."""
        rows = [self.render(self._of(child)) for child in element if local_name(child) != "msline"]
        rows = [row for row in rows if row.text]
        lined = any(local_name(child) == "msline" for child in element)
        equals = self.words["="]
        said = [row.say for row in rows]
        if name == "mlongdiv" and len(rows) >= 3:
            said = [said[2], self.words["÷"], said[0], equals, said[1]]
        elif lined and len(said) > 1 and local_name(element[-1]) != "msline":
            said.insert(-1, equals)
        text = " ".join(row.text for row in rows)
        return Piece("group", text, " ".join(said), r"\ ".join(row.latex for row in rows))

    def _scripted(self, element: etree._Element, name: str) -> Iterator[Piece]:
        """A base with its scripts, after what of the base has no share in them."""
        base, scripts = self._of(element[0]), self._scripts(element, name)
        if all(p.kind == "sign" and p.text in signs.SPACED for p in base):
            # `+` with an index is the sign, and the mass of the nuclide after it.
            if [piece.text for piece in base] == ["|"]:
                yield self.scripts.evaluated(Maths("|", "", "|"), *scripts)
                return
            lead = len(base)
        else:
            lead = self._lead(base)
        yield from base[:lead]
        yield self.scripts.read(base[lead:], *scripts)

    @staticmethod
    def _lead(base: Sequence[Piece]) -> int:
        """How many pieces of the base have no share in the scripts.

        So are a bracket that the base does not close, as in `[H` with the index 2, and a label.
        """
        for at in range(len(base) - 1, 0, -1):
            if base[at - 1].text == ":" and base[at].kind != "space":
                return at
            if base[at].kind == "space" and base[at - 1].text == ":":
                return at + 1 if at + 1 < len(base) else 0
        if len(base) > 1 and (base[-1].kind == "unit" or re.match(r"\.\d", base[0].text)):
            return len(base) - 1  # `.80 m/s` with a power
        depth = sum((piece.kind == "open") - piece.closes for piece in base)
        return 1 if len(base) > 1 and base[0].kind == "open" and depth == 1 else 0

    def _scripts(self, element: etree._Element, name: str) -> tuple[list[Piece], list[Piece]]:
        """(below, above)."""
        found = [self._of(child) for child in element[1:3]]
        if name == "msubsup" and len(found) == 2:
            return found[0], found[1]
        scripts = found[0] if found else []
        return (scripts, []) if name == "msub" else ([], scripts)

    def _row(self, children: Sequence[etree._Element]) -> Iterator[Piece]:
        at = 0
        held: Piece | None = None
        children = list(_flat(children))
        while at < len(children):
            found = list(self.pieces(children[at]))
            if local_name(children[at]) == "mmultiscripts" and at + 1 < len(children):
                # Books often put the second letter of an element's symbol outside.
                more = "".join(children[at + 1].itertext()).strip()
                whole = self._isotope(list(children[at]), more) if _SECOND(more) else None
                if whole is not None:
                    found, at = [whole], at + 1
            if held is not None and found and (joint := self._joined(held, found, children, at)):
                held, found = joint, found[1:]
            for piece in found:
                if held is not None:
                    yield held
                held = piece
            at += 1
        if held is not None:
            yield held

    def _joined(
        self,
        before: Piece,
        found: Sequence[Piece],
        children: Sequence[etree._Element],
        at: int,
    ) -> Piece | None:
        """A piece with the one after it that belongs to it: a script, or what it divides."""
        after = found[0]
        if after.text.startswith("⟌") and before.kind in OPERANDS:
            inside, over = after.say.split("\0")
            said = f"{inside} {over} {before.say}"
            return Piece("group", before.text + after.text, said, before.latex + after.latex)
        if after.kind != "before" or before.kind not in OPERANDS or before.text == " ":
            return None
        name = local_name(children[at])
        if name not in ("msub", "msup", "msubsup") or len(children[at]) < 2:
            return None
        following = "".join(children[at + 1].itertext()).strip() if at + 1 < len(children) else ""
        below, above = self._scripts(children[at], name)
        symbol = re.match(r"[A-Z][a-z]?", following)
        mass = "".join(piece.text for piece in above)
        if mass.isdigit() and symbol and symbol[0] in ELEMENTS:
            return None  # the mass of the nuclide after it
        if re.search(r"[_^]", before.latex):
            before = replace(before, latex=f"{{{before.latex}}}")
        return self.scripts.read([before], below, above)

    def _of(self, element: etree._Element) -> list[Piece]:
        found = self.united([piece for piece in self.pieces(element) if piece.text])
        while found and (found[-1].kind == "space" or found[-1].text in (".", ",", ";")):
            found.pop()  # the punctuation of the sentence, left inside an index or a fraction
        return found

    def united(self, pieces: list[Piece]) -> list[Piece]:
        """The pieces, with functions and units that were in several pieces merged."""
        pieces = precise(pieces, self.words["uncertain"])
        pieces = in_context(self.fences.read(pieces), self.words)
        made: list[Piece] = []
        at = 0
        while at < len(pieces):
            piece = pieces[at]
            before = first_shown(reversed(made))
            counted = before is not None and before.kind == "number"
            if piece.text == "min" and (counted or not followed(pieces, at)):
                piece = Piece("unit", "min", "min", r"\mathrm{min}")  # minutes
            if word := _word(pieces[at:]) or _joining(made, pieces[at:]):
                made.append(Piece("word", word, word, rf"\text{{{word}}}"))
                at += len(word)
                continue
            run = list(takewhile(lambda p: p.kind == "letter", pieces[at : at + 3]))
            if (name := "".join(p.text for p in run)) in signs.FUNCTIONS:
                made.append(self.leaves.piece(name, "mi"))
                at += len(run)
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
        if unit := self.units.over(above, below) or self._per(above, below):
            return unit
        top, bottom = self.render(above), self.render(below)
        latex = f"\\frac{{{top.latex}}}{{{bottom.latex}}}"
        if found := _PARTIAL.fullmatch(f"{top.text}/{bottom.text}"):
            bare = ([p for p in part if p.text != "∂"] for part in (above, below))
            of, by = (self.render(part).say for part in bare)
            said = f"{self.words['partial derivative'].format(variable=by)} {of}"
            return Piece("fraction", f"{top.text}/{bottom.text}", said, latex)
        if found := _DERIVATIVE.fullmatch(f"{top.text}/{bottom.text}"):
            key = "second derivative" if found["order"] else "derivative"
            variable = self.render(list(self.leaves.read(found["variable"], "mi"))).say
            said = self.words[key].format(variable=variable)
            return Piece("function", f"{top.text}/({bottom.text})", said, latex)
        text = f"{_bracketed(top.text)}/{_bracketed(bottom.text, factors(below))}"
        if top.text.isdecimal() and bottom.text.isdecimal():
            return Piece("fraction", text, text, latex)
        quantity, over = self.words["quantity"], self.words["over"]
        nested = compound(above) or any(map(_divides, above))
        said_top = f"{quantity} {top.say}," if nested else top.say
        longer = any(word in top.say for word in (self.words["power"], quantity, self.words["×"]))
        longer = longer or any(piece.kind == "function" for piece in above)
        if (longer or top.text.endswith(("⁺]", "⁻]"))) and not nested:
            said_top += ","  # what is over the line is more than its end, such as a power
        several = any(map(_divides, below)) or f" {self.words['×']} " in bottom.say
        said_bottom = f"{quantity} {bottom.say}" if several or compound(below) else bottom.say
        summed = quantity in top.say and quantity in bottom.say
        if summed and any(map(divided, above)) and any(map(divided, below)):
            said_bottom = UNSAID  # an ear cannot tell which line divides what
        return Piece("fraction", text, f"{said_top} {over} {said_bottom}", latex)

    def _per(self, above: Sequence[Piece], below: Sequence[Piece]) -> Piece | None:
        """A measured thing for each of another: `80 beats` over `min`, `decays` over `second`."""
        top, bottom = ([p for p in part if p.kind != "space"] for part in (above, below))
        if len(bottom) != 1 or not top or {top[-1].kind, bottom[0].kind} not in _EACH:
            return None
        last, each = top[-1], bottom[0]
        rate = len(top) == 1 and each.kind == "word" and read_unit([each.text])[1] > 0
        counted = any(piece.kind == "number" for piece in top)
        if not (rate or counted) or last.text == each.text or any(p.text in "+−" for p in top):
            return None
        what = self.render(above)
        one = self.units.one(each.text) if each.kind == "unit" else each.say
        latex = f"\\frac{{{what.latex}}}{{{each.latex}}}"
        said = f"{what.say} {self.words['per']} {one}"
        kind: Kind = "unit" if rate else "group"
        return Piece(kind, f"{_bracketed(what.text)}/{each.text}", said, latex)

    def _msqrt(self, children: list[etree._Element]) -> Piece:
        inside = list(self._row(children))
        what = self.render(inside)
        text = f"√{_bracketed(what.text, factors(inside))}"
        said = f"{self.words['root']} {self._whole(inside, what)}"
        return Piece("group", text, said, f"\\sqrt{{{what.latex}}}")

    def _mroot(self, children: list[etree._Element]) -> Piece:
        inside = self._of(children[0])
        what, order = self.render(inside), self.render(self._of(children[-1]))
        root = self.words["nth root"].format(order=order.say)
        text = f"{lifted(order.text)}√{_bracketed(what.text, factors(inside))}"
        said = f"{root} {self._whole(inside, what)}"
        return Piece("group", text, said, f"\\sqrt[{order.latex}]{{{what.latex}}}")

    def _whole(self, pieces: Sequence[Piece], maths: Maths) -> str:
        """How a sum or a fraction is said of which something is taken."""
        several = compound(pieces) or any(map(_divides, pieces))
        several = several or f" {self.words['×']} " in maths.say
        return f"{self.words['quantity']} {maths.say}" if several else maths.say

    def _mover(self, children: list[etree._Element]) -> Piece:
        base, accent = self.render(self._of(children[0])), self.render(self._of(children[-1]))
        if accent.text in ACCENTS:
            combining, command, key = ACCENTS[accent.text]
            if accent.text in "¯−" and re.fullmatch(r"[\d.]+", base.text):
                said = f"{base.say} {self.words['repeating']}"
                return Piece("number", base.text + combining, said, rf"\overline{{{base.latex}}}")
            if accent.text in "¯−" and len(base.text) > 1 and base.text.isupper():
                said = f"{self.words['segment']} {' '.join(base.text)}"
                return Piece("group", base.text + combining, said, rf"\overline{{{base.latex}}}")
            if len(base.text) > 1:
                command = {r"\vec": r"\overrightarrow", r"\bar": r"\overline"}.get(command, command)
            word = self.words[key]
            said = f"{word} {base.say}" if key == "vector" else f"{base.say} {word}"
            return Piece("group", base.text + combining, said, f"{command}{{{base.latex}}}")
        if accent.text == "↔" and base.text.isupper():
            latex = f"\\overleftrightarrow{{{base.latex}}}"
            return Piece("group", base.text, f"{self.words['line']} {base.say}", latex)
        if accent.text in ("⌢", "⌒", "⏜"):
            latex = f"\\overset{{\\frown}}{{{base.latex}}}"
            return Piece("group", base.text, f"{self.words['arc']} {base.say}", latex)
        if accent.text in ("⏞", "︷", "⏟", "︸"):
            return Piece("group", base.text, base.say, base.latex)
        latex = f"\\overset{{{accent.latex}}}{{{base.latex}}}"
        if base.text not in signs.SPACED:
            return Piece("group", base.text, UNSAID, latex)
        said = f"{base.say} {self.words['above arrow']} {accent.say}" if accent.say else base.say
        return Piece("sign", base.text, said, latex)

    def _munder(self, children: list[etree._Element]) -> Piece:
        base, under = self._of(children[0]), self.render(self._of(children[-1]))
        if len(base) == 1 and base[0].lines and _is_line(children[-1]):
            return replace(base[0], latex=rf"\underline{{{base[0].latex}}}")
        if _is_line(children[-1]) and len(base) > 1:  # that of a sum
            what = self.render(base)
            return Piece("group", what.text, what.say, rf"\underline{{{what.latex}}}")
        if under.text in (*ACCENTS, "⏟", "︸"):
            return self._mover(children)
        return self.scripts.read(base, self._of(children[-1]), [])

    def _munderover(self, children: list[etree._Element]) -> Piece:
        return self.scripts.read(*(self._of(child) for child in children[:3]))

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
        if symbol in ELEMENTS and (mass.text.isdigit() or not mass.text):
            said = [ELEMENTS[symbol], mass.say]
        elif symbol in _PARTICLES:
            said = [self.words[_PARTICLES[symbol]]]
        elif mass.text and number.text:
            told = self.words["nuclide"]
            said = [told.format(symbol=base.say, mass=mass.say, number=number.say)]
        else:
            said = [UNSAID if mass.text else base.say]
        said += [low.say, high.say]
        text = lifted(mass.text) + lowered(number.text) + symbol
        latex = "{}" * bool(mass.latex or number.latex)
        latex += f"_{{{number.latex}}}" * bool(number.latex) + f"^{{{mass.latex}}}" * bool(
            mass.latex
        )
        latex += f"\\mathrm{{{symbol}}}" if more else base.latex
        latex += f"_{{{low.latex}}}" * bool(low.latex) + f"^{{{high.latex}}}" * bool(high.latex)
        text += lowered(low.text) + lifted(high.text)
        return Piece("group", text, " ".join(part for part in said if part), latex)

    def _mtable(self, children: list[etree._Element]) -> Piece:
        rows: list[Row] = []
        for line in filter(len, children):
            cells = [self._of(e) for e in (line if local_name(line) in _ROWS else (line,))]
            told = tuple(self._cell(cells, at) for at in range(len(cells)))
            pieces = [piece for cell in cells for piece in cell]
            reaction = self.reaction(line, pieces) if has_arrow(told) else ""
            lined = any(_is_line(e[-1]) for e in line.iter("{*}munder"))
            rows.append(Row(told, reaction, lined))
        return read_table(rows, self.words)

    def _cell(self, cells: Sequence[Sequence[Piece]], at: int) -> Maths:
        """A cell of a line: `≈ 3` goes on with the cells before it."""
        maths, sign = self.render(cells[at]), first_shown(cells[at])
        if sign is None or sign.text not in "≈~∼" or not any(cells[:at]):
            return maths
        return replace(maths, say=sign.say + maths.say.removeprefix(self.words["about"]))


def _divides(piece: Piece) -> bool:
    """Whether a piece is a fraction, or the sign of one, so that its end has to be heard."""
    return divided(piece) or piece.text in ("/", "÷")


def _word(pieces: Sequence[Piece]) -> str:
    """The word that single small letters spell, five of them at least: `p` `h` `o` `t` `o` `n`."""
    run = "".join(p.text if p.kind == "letter" else " " for p in pieces).split(" ")[0]
    word = re.match(r"[a-z]*", run)[0]  # type: ignore[index]
    return word if len(word) >= _SPELT and re.search("[aeiou]", word) else ""


def _joining(made: Sequence[Piece], pieces: Sequence[Piece]) -> str:
    """The small word that letters between spaces spell: `a` `n` `d`."""
    if made and made[-1].kind != "space":
        return ""
    run = "".join(p.text for p in takewhile(lambda p: p.kind == "letter", pieces))
    after = pieces[len(run) : len(run) + 1]
    return run if run in _JOINING and after and after[0].kind == "space" else ""


def _flat(children: Sequence[etree._Element]) -> Iterator[etree._Element]:
    """The elements of a row, those of rows inside it in their place."""
    for child in children:
        if local_name(child) in ("mrow", "mstyle") and len(child):
            yield from _flat(list(child))
        else:
            yield child


def _ends_aside(pieces: Sequence[Piece]) -> bool:
    """Whether the last piece closes brackets that the sentence opened before the formula."""
    closed = sum(piece.kind == "close" and piece.text[:1] in ")]" for piece in pieces)
    depth = sum(piece.kind == "open" for piece in pieces) - closed
    return pieces[-1].text == ")" and depth < 0


def _is_line(element: etree._Element) -> bool:
    """Whether an element is the line under a sum that is written in columns."""
    return set("".join(element.itertext()).strip()) in ({"_"}, {"¯"}, {"―"}, {"‾"})


def _style(leaf: etree._Element) -> str:
    """How a leaf is set: `italic`, `normal`, or "" if neither it nor a style around it tells."""
    above = next((e for e in leaf.iterancestors() if local_name(e) == "mstyle"), None)
    told = (e.get("mathvariant") or e.get("fontstyle") for e in (leaf, above) if e is not None)
    return next(filter(None, told), "")


def _upright(leaf: etree._Element) -> bool:
    """Whether a leaf is set upright, as the symbols of elements are."""
    name, text = local_name(leaf), (leaf.text or "").strip()
    return name == "mtext" or len(text) > 1 or _style(leaf) == "normal"


def _bracketed(text: str, factors: int = 1) -> str:
    """The text in brackets if it would be ambiguous in a fraction or a root.

    Args:
        factors: number of factors; with several, only the first would seem divided or rooted.
    """
    whole = text.startswith("(") and text.endswith(")") and text.count("(") == 1
    if whole or (factors < 2 and not re.search(r"[ /+−×⋅,=]", text)):
        return text
    return f"({text})"
