"""Puts the pieces of a formula together: spaces to read, words to say, LaTeX to typeset."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vividly.library.oer.maths_words import RELATIONS, SPACED
from vividly.library.oer.model import Maths
from vividly.model.chemistry import ELEMENTS
from vividly.text.units import FORMULA_UNITS

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
_INDEX_AT_THE_END = re.compile(r"[_^]\w*[^\W\d_]$")
_SUBSTANCE = re.compile("(?:[A-Z][a-z]?){2,}$")
_POWER = re.compile(r"\^|_\(|[⁰⁴-⁹ⁿ]|[¹⁻][¹²³]")
"""A power that is more than a square, or an index, which a term after it would seem to be in."""
_ROOT = re.compile("[⁰-⁹¹²³ⁿ]*√[^(]")
_OPEN_END = re.compile(r"[⁺⁻]\]$|_\(.*\)$")
"""The end of an ion's concentration, or of an index of several parts."""
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
        if depth <= 0 and piece.kind == "sign" and not _unary(pieces, at):
            if piece.text in RELATIONS:
                return False
            found = found or piece.text in "+−±∓"
    return found


def factors(pieces: Sequence[Piece]) -> int:
    """How many things it has side by side: two in `2π`, one in `v²`."""
    return sum(piece.kind in (*OPERANDS, "open") for piece in pieces)


def render(pieces: Sequence[Piece], words: Mapping[str, str]) -> Maths:
    """The whole in its three forms; nothing is said if a piece cannot be.

    Args:
        words: sign or phrase -> how to say it.
    """
    pieces = precise(joined_numbers(pieces), words["uncertain"])
    said = _say(pieces, words)
    return Maths(_text(pieces), UNSAID if UNSAID in said else said, _latex(pieces))


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


def _unary(pieces: Sequence[Piece], at: int) -> bool:
    before = first_shown(reversed(pieces[:at]))
    return pieces[at].text in "+−±∓" and (before is None or before.kind not in OPERANDS)


def _text(pieces: Sequence[Piece]) -> str:
    written = ""
    before: Piece | None = None
    tight = True  # nothing, a bracket or a sign of its own stands before
    for at, piece in enumerate(pieces):
        if piece.kind == "space":
            signed = before is not None and before.kind == "sign" and tight
            written += "" if signed else " "
            continue
        if piece.kind == "sign" and piece.text in SPACED:
            if _unary(pieces, at):
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


def _multiplied(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a product is meant that no sign shows, and that has to be heard."""
    shown = [piece for piece in pieces[:at] if piece.kind != "space"]
    fenced = _fenced(pieces[at]) or (pieces[at].kind == "group" and pieces[at].text[:1] == "[")
    if not shown or shown[-1].text == "Δ" or _limited(shown[-1]):  # what follows is changed, summed
        return False
    before = shown[-1].kind
    if before == "close" and pieces[at].kind in ("letter", "group", "number"):
        opened = _opening(pieces, max(i for i in range(at) if pieces[i].kind == "close"))
        if opened is not None and _applied(pieces, opened):
            return pieces[at].text not in ("d", "Δ")
    if pieces[at].kind == "open" and _aside(pieces[at : (closing(pieces, at) or at) + 1]):
        return False
    if divided(shown[-1]):
        return pieces[at].kind in ("letter", "number", "fraction", "group", "function", "open")
    if _fenced(shown[-1]) or shown[-1].text == "!":
        return pieces[at].kind in ("letter", "number", "fraction", "group", "function", "open")
    if pieces[at].kind == "fraction":
        mixed = before == "number" and not divided(pieces[at])  # `3 1/2`
        apart = re.match(r"[\d(]|[a-z]{3}", pieces[at].text) or before in ("unit", "close")
        return before in OPERANDS and before != "function" and bool(apart) and not mixed
    raised = pieces[at].kind == "close" or pieces[at].text[-1:] != ")"
    if pieces[at].kind in ("close", "group") and raised and re.match(r"\(.", pieces[at].text):
        # With what it closes, and a power: `2(x + 1)²`, but not `f(x)²`.
        of = _RAISED_VARIABLE(pieces[at].text) or shown[-1].text in "fghFGPE"
        factor = before in ("letter", "group") and not of
        return factor or before in ("number", "unit", "fraction", "close")
    unit = pieces[at].text in FORMULA_UNITS and pieces[at].latex.startswith(r"\mathrm")
    if pieces[at].kind == "group" and pieces[at].text[:1].isdigit() and before == "group":
        return True  # `N₀2ⁿ`: the index ends where the next factor begins
    if pieces[at].kind in ("letter", "group") and before == "close" and not (unit or fenced):
        if at + 1 < len(pieces) and _applied(pieces, at + 1):
            return True
        inner = _inside(pieces[:at])
        return compound(inner) or any(p.kind == "unit" or divided(p) for p in inner)
    if not (fenced or pieces[at].kind in ("open", "function")):
        return False
    if pieces[at].kind == "group":
        return before in ("letter", "number", "unit", "close", "group", "fraction")
    if pieces[at].kind == "function":
        return before in ("letter", "number", "unit", "close", "group", "fraction")
    if before in ("number", "unit", "close", "fraction"):
        return True
    end = closing(pieces, at)
    inside = pieces[at + 1 : end]
    whole = compound(inside) or any(divided(p) or _fenced(p) for p in inside)
    whole = whole or (end is not None and raised_whole(inside, pieces[end].text))
    if before == "word" and shown[-1].text.isupper():  # `IQR(1.5)`
        return whole or _is_number(inside)
    factor = shown[-1].text == "π" or (len(shown) > 1 and shown[-2].kind in OPERANDS)
    if before in ("letter", "group") and factor and _is_number(inside):
        return True  # `2π(3)`
    if before == "letter" and any(p.kind == "unit" or p.text == "×" for p in inside):
        return True  # `m(9.8 m/s²)`
    return before in ("letter", "group") and end is not None and whole


def _is_number(pieces: Sequence[Piece]) -> bool:
    kinds = [p.kind for p in pieces if p.kind != "space" and p.text != "−"]
    return kinds == ["number"]


def _unclear(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a number in brackets may be a factor as well as what a function is of: `C(3)`."""
    inside = pieces[at + 1 : closing(pieces, at)]
    return at > 0 and pieces[at - 1].kind == "letter" and _is_number(inside)


_FUNCTION_OF = {"f": r"[\w−+√].*", "P": r"[A-Z∅Χ].*|[a-zα-ω\d−].*[=<>≤≥].*", "E": r"[XY].*"}
_FUNCTION_OF |= {"U": r"[xyzrtR]|\d.*"}
_FUNCTION_OF |= dict.fromkeys("ghFG", r"[xtu−+]?[xtufg\d]\b.*") | dict.fromkeys("xyzvarsN", "t")
"""Letter -> what stands in brackets after it where it is a function."""


def raised_whole(inside: Sequence[Piece], close: str) -> bool:
    """Whether a power is that of several factors or of a fraction: `(2x)²`, not `(2 s)²`."""
    shown = [piece for piece in inside if piece.kind != "space"]
    measured = [piece.kind for piece in shown] == ["number", "unit"]
    signed = shown[0].text in "−+±" and len(shown) == 2 if shown else False  # `(−1)ⁿ`
    signed = signed and shown[1].kind in ("number", "letter")
    several = len(shown) > 1 and not measured and not signed
    raised = any(p.kind == "group" and _POWER.search(p.text) for p in shown)
    return len(close) > 1 and (several or raised or any(map(divided, shown)))


def _substance(pieces: Sequence[Piece]) -> bool:
    """Whether the brackets that close last are those of a concentration: `[A]²`."""
    inner = _inside(pieces)
    return len(inner) == 1 and pieces[-1].text[0] == "]"


def _aside(pieces: Sequence[Piece]) -> bool:
    """Whether brackets hold no factor but a condition, such as `(n = 1, 2, 3)` or `(mod 5)`."""
    shown = [p for p in pieces if p.kind != "space"]
    stated = any(p.kind == "sign" and p.text in RELATIONS for p in shown)
    stated = stated or any(p.kind == "word" and p.text.islower() for p in shown[2:])
    return stated or "mod" in (p.text for p in shown[1:2])


def _numbered(pieces: Sequence[Piece], at: int) -> bool:
    """Whether brackets at the end hold the number of the equation before them."""
    stated = any(p.text in RELATIONS for p in pieces[:at] if p.kind == "sign")
    last = "".join(p.text for p in pieces[at:])
    return stated and pieces[at - 1].kind == "space" and re.fullmatch(r"\(\d\)", last) is not None


def _inside(pieces: Sequence[Piece]) -> Sequence[Piece]:
    """What stands in the brackets that close last."""
    starts = [at for at, piece in enumerate(pieces) if piece.kind == "open"]
    ends = {at: closing(pieces, at) for at in starts}
    last = max(at for at, piece in enumerate(pieces) if piece.kind == "close")
    return next((pieces[at + 1 : last] for at in starts if ends[at] == last), ())


def _fenced(piece: Piece) -> bool:
    """Whether a piece is a root or an absolute value: a factor after it would seem inside."""
    known = piece.latex.startswith(r"\binom") or _FENCE.match(piece.text)
    return piece.kind == "group" and bool(known)


def divided(piece: Piece) -> bool:
    """Whether a piece is a fraction after which a factor would seem to be below its line."""
    return piece.kind == "fraction" and not re.fullmatch(r"\d+/\d+", piece.text)


_VARIABLES = "[txyznuθ]"
_CHOSEN = re.compile(r"\([a-z], [a-z]\)")
_VECTOR = re.compile("[^\\W\\d_]\u20d7[₀-₉]*").fullmatch
_RAISED_VARIABLE = re.compile(rf"\({_VARIABLES}\).+").fullmatch
_COMPOSED = re.compile(r"\((?:[fgh][∘+−⋅/][fgh]|[fgh]{2})\)$")
"""Functions put together: what stands in brackets after them is what they are of."""


def _applied(pieces: Sequence[Piece], at: int) -> bool:
    """Whether the brackets hold what a function is of: `f(x)`."""
    shown = [piece for piece in pieces[:at] if piece.kind not in ("space", "tail")]
    end = closing(pieces, at) if pieces[at].kind == "open" else None
    if shown and shown[-1].kind == "close" and pieces[at].kind == "open":
        return _COMPOSED.search("".join(piece.text for piece in shown)) is not None
    pair = pieces[at].kind == "group" and pieces[at].text[:1] == "("  # `f(x, y)`
    if pair and shown and shown[-1].text in ("f", "g", "h"):
        return True
    if pair and shown and shown[-1].text in "CP" and _CHOSEN.fullmatch(pieces[at].text):
        return True  # combinations and permutations
    if pair and shown and shown[-1].text == "d" and not shown[-1].latex.startswith(r"\mathrm"):
        return True  # the distance of two points
    state = shown and re.fullmatch(r"[EGHS].*°", shown[-1].text)  # of a substance: `S°(H₂O)`
    if state and end is not None and not any(p.kind == "number" for p in pieces[at + 1 : at + 2]):
        return True
    if len(shown) > 1 and (pair or end is not None) and shown[-2].text in "∼~":
        return True  # `X ~ N(0, 1)`: a distribution and its parameters
    if not shown or end is None or shown[-1].kind not in ("letter", "group", "function"):
        return False
    inside = "".join(piece.text for piece in pieces[at + 1 : end])
    if _VECTOR(inside):
        return True
    name = re.sub(r"[′⁻¹₀-₉]+$", "", shown[-1].text)
    pattern = _FUNCTION_OF.get(name)
    several = rf"{_VARIABLES}(?:,{_VARIABLES})*"
    if re.fullmatch(several, inside) and name.isalpha() and len(name) == 1:
        return True
    if pattern is None or not re.fullmatch(pattern, inside):
        return False
    before = shown[-2] if len(shown) > 1 else None
    return name in "fP" or before is None or before.kind not in OPERANDS or before.kind == "close"


def _said_mark(pieces: Sequence[Piece], at: int, words: Mapping[str, str]) -> str:
    """A colon between numbers as "to"; "" if a mark is a pause."""
    if pieces[at].text != ":" or not 0 < at < len(pieces) - 1:
        return ""
    return words["to"] if {pieces[at - 1].kind, pieces[at + 1].kind} == {"number"} else ""


def _say(pieces: Sequence[Piece], words: Mapping[str, str]) -> str:
    said: list[str] = []
    held = ""  # the mass of a nuclide, said after its name
    skipped = -1
    for at, piece in enumerate(pieces):
        if piece.kind == "space" or at <= skipped:
            continue
        if piece.kind == "before":
            held = piece.say
            continue
        if held:
            told, used = _nuclide(held, pieces[at : at + 2], words)
            said.append(told)
            skipped = at + used - 1
            held = ""
            continue
        applied = piece.kind in ("open", "group") and _applied(pieces, at)
        if applied and _event(pieces, at):
            said[-1] = words["probability that"]
        elif applied:
            said.append(words["of"])
        elif _multiplied(pieces, at):
            closes = at and pieces[at - 1].kind == "close" and said
            inner = _inside(pieces[:at]) if closes else ()
            last = next(p for p in reversed(pieces[:at]) if p.kind != "space")
            unclear = _fenced(last) or compound(inner)
            if unclear or any(divided(p) or _OPEN_END.search(p.text) for p in (last, *inner)):
                said[-1] += ","
            said.append(words["×"])
        elif piece.kind == "open" and _unclear(pieces, at):
            said.append(UNSAID)
        if at and pieces[at - 1].text.isdigit() and re.fullmatch(r"\d+/\d+", piece.text):
            said.append(words["&"])
        if piece.kind == "open":
            end = closing(pieces, at)
            inside = pieces[at + 1 : end]
            if end is not None and (compound(inside) or raised_whole(inside, pieces[end].text)):
                said.append(piece.say)
            elif said and not applied and (_aside(pieces[at:end]) or _numbered(pieces, at)):
                said[-1] += "," * all(p.text != "mod" for p in inside)
        elif piece.kind == "unit" and at and pieces[at - 1].closes and _units_in(pieces[:at]):
            said.append(UNSAID)  # `(N/m²) s`
        elif said and (_explains(pieces, at) or _begins(pieces, at)):
            said[-1] += ","
            said.append(piece.say)
        elif piece.text in ("≈", "~", "∼") and not said:
            said.append(words["about"])
        elif piece.kind == "sign" and piece.text in "+−" and _unary(pieces, at):
            after = pieces[at + 1] if at + 1 < len(pieces) else None
            minus = piece.text == "−"
            glued = minus and after is not None and after.kind == "number"
            earlier = first_shown(reversed(pieces[: at - 1]))
            signed = earlier is not None and earlier.kind == "sign"
            second = at > 1 and pieces[at - 1].kind == "open" and signed
            end = closing(pieces, at - 1) if second else None
            lone = end is not None and not compound(pieces[at:end])
            sign = words["negative"] if minus else words["positive"]
            said.append("−" if glued else sign if lone else piece.say)
        elif piece.kind == "mark" and (told := _said_mark(pieces, at, words)):
            said.append(told)
        elif piece.text == "…" and any(
            p.kind in ("number", "letter") for p in pieces[at + 1 : at + 2]
        ):
            said.append(f"{piece.say} {words['to']}")
        elif piece.text == "!" and at and pieces[at - 1].kind == "close":
            summed = compound(_inside(pieces[:at]))
            said.append(f"{words['all']} {piece.say}" if summed else piece.say)
        elif piece.kind == "mark" and piece.text != "…":
            if said and piece.text in ",;:":
                said[-1] = said[-1].rstrip(",") + ","
            elif said and at + 1 < len(pieces) and piece.text in ".!?":
                said[-1] += piece.text
        elif piece.kind == "close" and at and _RAISED_VARIABLE(piece.text):
            raised = pieces[at - 1].kind == "letter"
            said += [words["of"], piece.say] if raised else [piece.say]
        elif piece.closes and _ends_heard(pieces, at):
            said[-1:] = [f"{' '.join([*said[-1:], *filter(None, [piece.say])])},"]
        elif piece.kind == "close" and _substance(pieces[: at + 1]):
            said.append(piece.say.removeprefix(f"{words['all']} "))
        elif piece.kind == "function" and not followed(pieces, at):
            short = piece.text in ("max", "min", "exp", "sec")
            said.append(piece.text if short else piece.say.removesuffix(f" {words['of']}"))
        elif _open_ended(pieces, at) and (
            _sum_follows(pieces, at)
            or (
                _POWER.search(piece.text) and piece.text[:2] != "10" and _factor_follows(pieces, at)
            )
        ):
            said.append(f"{piece.say},")
        elif piece.say:
            if said and said[-1] == "−":
                said[-1] += piece.say
            else:
                said.append(piece.say)
    whole = " ".join(" ".join(said).split())
    return re.sub(r",(?=[,.;:])", "", whole).rstrip(",")


def _nuclide(scripts: str, pieces: Sequence[Piece], words: Mapping[str, str]) -> tuple[str, int]:
    """How a symbol is said with the scripts before it, and how many pieces it is made of.

    Args:
        scripts: the mass and the atomic number, with a zero character between them.
    """
    mass, number = scripts.split("\0")
    text, said = pieces[0].text, pieces[0].say
    if len(pieces) > 1 and text + pieces[1].text[:1] in ELEMENTS and pieces[1].text[:1].islower():
        text, said = text + pieces[1].text, f"{text}{pieces[1].say}"
    used = 1 + (text != pieces[0].text)
    symbol = next((text[:size] for size in (2, 1) if text[:size] in ELEMENTS), "")
    if symbol and mass.isdigit() and said.startswith(symbol):
        rest = said.removeprefix(symbol).strip()
        return f"{ELEMENTS[symbol]} {mass}" + f", {rest}" * bool(rest), used
    if text in ("n", "p", "e", "β", "α", "γ", "ν"):
        return words["neutron"] if text == "n" else said, used
    if mass and number:
        return words["nuclide"].format(symbol=said, mass=mass, number=number), used
    if mass.isalpha():
        return words["nuclide of mass"].format(symbol=said, mass=mass), used
    return UNSAID, used


def _factor_follows(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a factor follows a power, which would seem to be part of the power."""
    after = first_shown(pieces[at + 1 :])
    factors = ("letter", "number", "fraction", "group", "function", "open")
    return after is not None and (after.kind in factors or after.text in "×⋅/÷")


def _sum_follows(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a sign follows, so that what is after it would seem to be in the brackets."""
    after = first_shown(pieces[at + 1 :])
    return after is not None and after.text in "+−±×⋅÷"


def _open_ended(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a term after a piece would seem to be in it: in a root, a power, under a line."""
    piece = pieces[at]
    if divided(piece) or _fenced(piece) or (piece.kind == "group" and _POWER.search(piece.text)):
        return not _limited(piece)
    for before in reversed(pieces[:at]):  # `ln x + 2`
        if before.kind == "function" or before.text == "/":
            return True
        if before.kind in ("sign", "mark", "open", "close"):
            return False
    return False


def _begins(pieces: Sequence[Piece], at: int) -> bool:
    """Whether an equation begins after another and a space: `α = 50°  a = 10`."""
    relations = [i for i, p in enumerate(pieces) if p.kind == "sign" and p.text in RELATIONS]
    before = first_shown(reversed(pieces[:at]))
    after = next((i for i in range(at + 1, len(pieces)) if pieces[i].kind != "space"), -1)
    stated = bool(relations) and relations[0] < at and after in relations
    operand = before is not None and before.kind in OPERANDS and before.kind != "word"
    letter = pieces[at].kind in ("letter", "group")
    return letter and stated and operand and pieces[at - 1].kind == "space"


def _units_in(pieces: Sequence[Piece]) -> bool:
    """Whether the brackets that close last hold units without a number."""
    inner = _inside(pieces)
    return bool(inner) and all(piece.kind != "number" for piece in inner)


def _explains(pieces: Sequence[Piece], at: int) -> bool:
    """Whether words after an equation, set apart from it, tell what is done: `= 31  Simplify`."""
    before = [piece for piece in pieces[:at] if piece.kind != "space"]
    stated = any(p.kind == "sign" and p.text in RELATIONS for p in before[:-1])
    apart = at > 0 and pieces[at - 1].kind == "space" and before and before[-1].kind in OPERANDS
    several = [p.kind for p in pieces[at + 1 : at + 3]] == ["space", "word"]
    named = pieces[at].kind == "word" and re.match("[A-Z][a-z]{2}", pieces[at].text) is not None
    return bool(apart) and named and (stated or several)


def _limited(piece: Piece) -> bool:
    """Whether a piece is a sum, an integral or a limit, which is of what follows."""
    return piece.kind == "group" and piece.text.endswith(" ")


def _event(pieces: Sequence[Piece], at: int) -> bool:
    """Whether brackets hold what may happen: `P(x > 2)`."""
    named = next((p.text for p in reversed(pieces[:at]) if p.kind != "space"), "")
    inside = pieces[at + 1 : closing(pieces, at)]
    return named == "P" and any(p.kind == "sign" and p.text in RELATIONS for p in inside)


def _ends_heard(pieces: Sequence[Piece], at: int) -> bool:
    """Whether the end of brackets has to be heard before what follows them."""
    opened = _opening(pieces, at)
    if opened is None:
        return False
    if _event(pieces, opened) and at + 1 < len(pieces):
        return pieces[at + 1].kind == "sign"
    inside = pieces[opened + 1 : at]
    return _sum_follows(pieces, at) and (compound(inside) or any(p.text == "/" for p in inside))


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


def _opening(pieces: Sequence[Piece], at: int) -> int | None:
    """Where the bracket stands that a closing one belongs to."""
    return next((start for start in range(at) if closing(pieces, start) == at), None)


def _spaced_latex(before: Piece, piece: Piece) -> bool:
    """Whether a space has to be set, which LaTeX leaves out of formulas."""
    if "space" in (before.kind, piece.kind):
        return False
    if before.kind == "number":
        return piece.kind in ("unit", "word")
    apart = before.kind in (*OPERANDS, "mark") and piece.kind in OPERANDS
    return apart and "word" in (before.kind, piece.kind) and piece.kind != "tail"


def _latex(pieces: Sequence[Piece]) -> str:
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
