"""A formula as it is said: its pieces in a row, with the words that make clear what is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from vividly.library.oer.maths_chains import unchained
from vividly.library.oer.maths_pieces import (
    OPERANDS,
    POWER,
    UNSAID,
    Piece,
    closing,
    compound,
    divided,
    fenced,
    first_shown,
    followed,
    inside_last,
    limited,
    opening,
    raised_whole,
    unary,
)
from vividly.library.oer.maths_words import RELATIONS
from vividly.model.chemistry import ELEMENTS
from vividly.text.units import FORMULA_UNITS, read_unit

_OPEN_END = re.compile(r"[⁺⁻]\]$|_\(.*\)$")
"""The end of an ion's concentration, or of an index of several parts."""


def _multiplied(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a product is meant that no sign shows, and that has to be heard."""
    shown = [piece for piece in pieces[:at] if piece.kind != "space"]
    bars = fenced(pieces[at]) or (pieces[at].kind == "group" and pieces[at].text[:1] == "[")
    if not shown or shown[-1].text == "Δ" or limited(shown[-1]):  # what follows is changed, summed
        return False
    before = shown[-1].kind
    if before == "close" and pieces[at].kind in ("letter", "group", "number"):
        opened = opening(pieces, max(i for i in range(at) if pieces[i].kind == "close"))
        if opened is not None and _applied(pieces, opened):
            return pieces[at].text not in ("d", "Δ")
    if pieces[at].kind == "open" and _aside(pieces, at):
        return False
    if divided(shown[-1]):
        return pieces[at].kind in ("letter", "number", "fraction", "group", "function", "open")
    if fenced(shown[-1]) or shown[-1].text == "!":
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
    if pieces[at].kind in ("letter", "group") and before == "close" and not (unit or bars):
        if at + 1 < len(pieces) and _applied(pieces, at + 1):
            return True
        inner = inside_last(pieces[:at])
        return compound(inner) or any(p.kind in ("unit", "function") or divided(p) for p in inner)
    if not (bars or pieces[at].kind in ("open", "function")):
        return False
    if pieces[at].kind == "group":
        return before in ("letter", "number", "unit", "close", "group", "fraction")
    if pieces[at].kind == "function":
        return before in ("letter", "number", "unit", "close", "group", "fraction")
    if before in ("number", "unit", "close", "fraction"):
        return True
    end = closing(pieces, at)
    inside = pieces[at + 1 : end]
    whole = compound(inside) or any(divided(p) or fenced(p) for p in inside)
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
_FUNCTION_OF |= dict.fromkeys("ghFG", r"[a-z]|[xtu−+]?[xtufg\d]\b.*") | dict.fromkeys(
    "xyzvarsN", "t"
)
"""Letter -> what stands in brackets after it where it is a function."""


def _substance(pieces: Sequence[Piece]) -> bool:
    """Whether the brackets that close last are those of a concentration: `[A]²`."""
    inner = inside_last(pieces)
    return len(inner) == 1 and pieces[-1].text[0] == "]"


def _aside(pieces: Sequence[Piece], at: int) -> bool:
    """Whether brackets hold no factor but a condition, such as `(n = 1, 2, 3)` or `(mod 5)`.

    After a unit, words alone are one too: `−9.4 kJ (exothermic)`.
    """
    before = first_shown(reversed(pieces[:at]))
    shown = [p for p in pieces[at : closing(pieces, at)] if p.kind != "space"]
    stated = any(p.kind == "sign" and p.text in RELATIONS for p in shown)
    words = [
        p.kind == "word" and p.text.islower() and not read_unit([p.text])[1] for p in shown[1:]
    ]
    after_unit = before is not None and before.kind == "unit" and bool(words) and all(words)
    return stated or any(words[1:]) or after_unit or "mod" in (p.text for p in shown[1:2])


def _numbered(pieces: Sequence[Piece], at: int) -> bool:
    """Whether brackets at the end hold the number of the equation before them."""
    stated = any(p.text in RELATIONS for p in pieces[:at] if p.kind == "sign")
    last = "".join(p.text for p in pieces[at:])
    return stated and pieces[at - 1].kind == "space" and re.fullmatch(r"\(\d\)", last) is not None


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
    pair = pair or (pieces[at].kind == "group" and pieces[at].text[:1] == "[")
    if len(shown) > 1 and (pair or end is not None) and shown[-2].text in "∼~":
        return True  # `X ~ N(0, 1)`: a distribution and its parameters
    if not shown or end is None or shown[-1].kind not in ("letter", "group", "function"):
        return False
    inside = "".join(piece.text for piece in pieces[at + 1 : end])
    if _VECTOR(inside) or _changes(pieces, at):
        return True
    name = re.sub(r"[′⁻¹₀-₉]+$", "", shown[-1].text)
    if "′" in shown[-1].text and len(inside) == 1:
        return True  # a derivative, of whatever letter: `g′(a)`
    pattern = _FUNCTION_OF.get(name)
    several = rf"{_VARIABLES}(?:,{_VARIABLES})*"
    if re.fullmatch(several, inside) and name.isalpha() and len(name) == 1:
        return True
    if pattern is None or not re.fullmatch(pattern, inside):
        return False
    before = shown[-2] if len(shown) > 1 else None
    return name in "fP" or before is None or before.kind not in OPERANDS or before.kind == "close"


def _changes(pieces: Sequence[Piece], at: int) -> bool:
    """Whether a letter stands before two brackets, one less the other: `θ(30 s) − θ(0 s)`."""
    shown = [piece for piece in pieces if piece.kind != "space"]
    letter = pieces[at - 1].text
    for start in (i for i, p in enumerate(shown[:-1]) if (p.kind, p.text) == ("letter", letter)):
        end = closing(shown, start + 1) if shown[start + 1].text == "(" else None
        alone = start == 0 or shown[start - 1].text == "="
        if end is not None and alone:
            return [p.text for p in shown[end + 1 : end + 4]] == ["−", letter, "("]
    return False


def _said_mark(pieces: Sequence[Piece], at: int, words: Mapping[str, str]) -> str:
    """A colon between numbers as "to"; "" if a mark is a pause."""
    if pieces[at].text != ":" or not 0 < at < len(pieces) - 1:
        return ""
    return words["to"] if {pieces[at - 1].kind, pieces[at + 1].kind} == {"number"} else ""


def said(pieces: Sequence[Piece], words: Mapping[str, str]) -> str:
    """How a formula is said; `UNSAID` if a piece of it cannot be.

    Args:
        words: sign or phrase -> how to say it.
    """
    told = _say(unchained(pieces, words), words)
    return UNSAID if UNSAID in told else told


def _say(pieces: Sequence[Piece], words: Mapping[str, str]) -> str:
    told: list[str] = []
    held = ""  # the mass of a nuclide, said after its name
    skipped = -1
    for at, piece in enumerate(pieces):
        if piece.kind == "space" or at <= skipped:
            continue
        if piece.kind == "before":
            held = piece.say
        elif held:
            nuclide, used = _nuclide(held, pieces[at : at + 2], words)
            told.append(nuclide)
            skipped = at + used - 1
            held = ""
        else:
            _join(told, pieces, at, words)
            _tell(told, pieces, at, words)
    whole = " ".join(" ".join(told).split())
    return re.sub(r",(?=[,.;:])", "", whole).rstrip(",")


def _join(told: list[str], pieces: Sequence[Piece], at: int, words: Mapping[str, str]) -> None:
    """Say what no sign shows between a piece and those before it: "of", "times", "and"."""
    piece = pieces[at]
    applied = piece.kind in ("open", "group") and _applied(pieces, at)
    if applied and _event(pieces, at):
        told[-1] = words["probability that"]
    elif applied:
        told.append(words["of"])
    elif _multiplied(pieces, at):
        closes = at and pieces[at - 1].kind == "close" and told
        inner = inside_last(pieces[:at]) if closes else ()
        last = next(p for p in reversed(pieces[:at]) if p.kind != "space")
        unclear = fenced(last) or compound(inner)
        unclear = unclear or any(p.text == "/" or p.kind == "function" for p in inner)
        if unclear or any(divided(p) or _OPEN_END.search(p.text) for p in (last, *inner)):
            told[-1] += ","
        told.append(words["×"])
    elif piece.kind == "open" and _unclear(pieces, at):
        told.append(UNSAID)
    if at and pieces[at - 1].text.isdigit() and re.fullmatch(r"\d+/\d+", piece.text):
        told.append(words["&"])


def _tell(told: list[str], pieces: Sequence[Piece], at: int, words: Mapping[str, str]) -> None:
    """Say a piece itself."""
    piece = pieces[at]
    if piece.kind == "open":
        inside = pieces[at + 1 : closing(pieces, at)]
        end = closing(pieces, at)
        if end is not None and (compound(inside) or raised_whole(inside, pieces[end].text)):
            told.append(piece.say)
        elif told and not _applied(pieces, at) and (_aside(pieces, at) or _numbered(pieces, at)):
            told[-1] += "," * all(p.text != "mod" for p in inside)
    elif piece.kind == "unit" and at and pieces[at - 1].closes and _units_in(pieces[:at]):
        told.append(UNSAID)  # `(N/m²) s`
    elif told and (_explains(pieces, at) or _begins(pieces, at)):
        told[-1] += ","
        told.append(piece.say)
    elif piece.text in ("≈", "~", "∼") and not told:
        told.append(words["about"])
    elif piece.kind == "sign" and piece.text in "+−" and unary(pieces, at):
        told.append(_signed(pieces, at, words))
    elif piece.kind == "mark" and (between := _said_mark(pieces, at, words)):
        told.append(between)
    elif piece.text == "…" and any(p.kind in ("number", "letter") for p in pieces[at + 1 : at + 2]):
        told.append(f"{piece.say} {words['to']}")
    elif piece.text == "!" and at and pieces[at - 1].kind == "close":
        summed = compound(inside_last(pieces[:at]))
        told.append(f"{words['all']} {piece.say}" if summed else piece.say)
    elif piece.kind == "mark" and piece.text != "…":
        if told and piece.text in ",;:":
            told[-1] = told[-1].rstrip(",") + ","
        elif told and at + 1 < len(pieces) and piece.text in ".!?":
            told[-1] += piece.text
    elif piece.kind == "close" and at and _RAISED_VARIABLE(piece.text):
        told += [words["of"]] * (pieces[at - 1].kind == "letter") + [piece.say]
    elif piece.closes and _ends_heard(pieces, at):
        told[-1:] = [f"{' '.join([*told[-1:], *filter(None, [piece.say])])},"]
    elif piece.kind == "close" and _substance(pieces[: at + 1]):
        told.append(piece.say.removeprefix(f"{words['all']} "))
    elif piece.kind == "function" and not followed(pieces, at):
        short = piece.text in ("max", "min", "exp", "sec")
        told.append(piece.text if short else piece.say.removesuffix(f" {words['of']}"))
    elif _open_ended(pieces, at) and (
        _sum_follows(pieces, at)
        or (POWER.search(piece.text) and piece.text[:2] != "10" and _factor_follows(pieces, at))
    ):
        told.append(f"{piece.say},")
    elif piece.say:
        if told and told[-1] == "−":
            told[-1] += piece.say
        else:
            told.append(piece.say)


def _signed(pieces: Sequence[Piece], at: int, words: Mapping[str, str]) -> str:
    """A plus or a minus that belongs to what follows it."""
    minus = pieces[at].text == "−"
    after = pieces[at + 1] if at + 1 < len(pieces) else None
    if minus and after is not None and after.kind == "number":
        return "−"
    earlier = first_shown(reversed(pieces[: at - 1]))
    second = at > 1 and pieces[at - 1].kind == "open"
    if second and earlier is not None and earlier.kind == "sign":
        end = closing(pieces, at - 1)
        if end is not None and not compound(pieces[at:end]):
            return words["negative" if minus else "positive"]
    return pieces[at].say


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
    if piece.kind == "sign":
        return False
    if divided(piece) or fenced(piece) or (piece.kind == "group" and POWER.search(piece.text)):
        return not limited(piece)
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
    operand = before is not None and before.kind in OPERANDS
    operand = operand and before is not None and before.kind not in ("word", "function")
    letter = pieces[at].kind in ("letter", "group")
    return letter and stated and operand and pieces[at - 1].kind == "space"


def _units_in(pieces: Sequence[Piece]) -> bool:
    """Whether the brackets that close last hold units without a number."""
    inner = inside_last(pieces)
    return bool(inner) and all(piece.kind != "number" for piece in inner)


def _explains(pieces: Sequence[Piece], at: int) -> bool:
    """Whether words after an equation, set apart from it, tell what is done: `= 31  Simplify`."""
    before = [piece for piece in pieces[:at] if piece.kind != "space"]
    stated = any(p.kind == "sign" and p.text in RELATIONS for p in before[:-1])
    apart = at > 0 and pieces[at - 1].kind == "space" and before and before[-1].kind in OPERANDS
    several = [p.kind for p in pieces[at + 1 : at + 3]] == ["space", "word"]
    named = pieces[at].kind == "word" and re.match("[A-Z][a-z]{2}", pieces[at].text) is not None
    return bool(apart) and named and (stated or several)


def _event(pieces: Sequence[Piece], at: int) -> bool:
    """Whether brackets hold what may happen: `P(x > 2)`."""
    named = next((p.text for p in reversed(pieces[:at]) if p.kind != "space"), "")
    inside = pieces[at + 1 : closing(pieces, at)]
    return named == "P" and any(p.kind == "sign" and p.text in RELATIONS for p in inside)


def _ends_heard(pieces: Sequence[Piece], at: int) -> bool:
    """Whether the end of brackets has to be heard before what follows them."""
    opened = opening(pieces, at)
    if opened is None:
        return False
    if _event(pieces, opened) and at + 1 < len(pieces):
        return pieces[at + 1].kind == "sign"
    inside = pieces[opened + 1 : at]
    after = first_shown(pieces[at + 1 :])
    divides = after is not None and after.text == "/" and compound(inside)  # `(n − 1)/n`
    quotient = any(p.text == "/" for p in inside)
    return divides or (_sum_follows(pieces, at) and (compound(inside) or quotient))
