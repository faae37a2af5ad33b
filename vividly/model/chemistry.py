"""The chemical elements, and how formulas and equations of them are said.

>>> words = {"+": "plus", "⟶": "gives", "liquid": "liquid"}
>>> said_reaction("2H₂ + O₂ ⟶ 2H₂O(l)", words)
'2 H 2 plus O 2 gives 2 H 2 O liquid'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_LISTED = """
H hydrogen He helium Li lithium Be beryllium B boron C carbon N nitrogen O oxygen F fluorine
Ne neon Na sodium Mg magnesium Al aluminum Si silicon P phosphorus S sulfur Cl chlorine
Ar argon K potassium Ca calcium Sc scandium Ti titanium V vanadium Cr chromium Mn manganese
Fe iron Co cobalt Ni nickel Cu copper Zn zinc Ga gallium Ge germanium As arsenic Se selenium
Br bromine Kr krypton Rb rubidium Sr strontium Y yttrium Zr zirconium Nb niobium Mo molybdenum
Tc technetium Ru ruthenium Rh rhodium Pd palladium Ag silver Cd cadmium In indium Sn tin
Sb antimony Te tellurium I iodine Xe xenon Cs cesium Ba barium La lanthanum Ce cerium
Pr praseodymium Nd neodymium Pm promethium Sm samarium Eu europium Gd gadolinium Tb terbium
Dy dysprosium Ho holmium Er erbium Tm thulium Yb ytterbium Lu lutetium Hf hafnium Ta tantalum
W tungsten Re rhenium Os osmium Ir iridium Pt platinum Au gold Hg mercury Tl thallium Pb lead
Bi bismuth Po polonium At astatine Rn radon Fr francium Ra radium Ac actinium Th thorium
Pa protactinium U uranium Np neptunium Pu plutonium Am americium Cm curium Bk berkelium
Cf californium Es einsteinium Fm fermium Md mendelevium No nobelium Lr lawrencium
Rf rutherfordium Db dubnium Sg seaborgium Bh bohrium Hs hassium Mt meitnerium Ds darmstadtium
Rg roentgenium Cn copernicium Nh nihonium Fl flerovium Mc moscovium Lv livermorium
Ts tennessine Og oganesson
"""
_PAIRS = _LISTED.split()
ELEMENTS: Mapping[str, str] = MappingProxyType(dict(zip(_PAIRS[::2], _PAIRS[1::2], strict=True)))
"""Symbol -> English name of all 118, by atomic number."""

_PIECE = re.compile(r"([A-Z][a-z]?|\(|\))(\d*)")


def atoms_of(formula: str) -> dict[str, int]:
    """The atoms of a formula in plain letters and digits: `Ca(OH)2` -> Ca 1, O 2, H 2.

    Raises:
        ValueError: it is no formula, or has an element that does not exist.
    """
    levels: list[dict[str, int]] = [{}]
    at = 0
    for found in _PIECE.finditer(formula):
        if found.start() != at:
            break
        sign, count = found[1], int(found[2] or 1)
        if sign == "(":
            levels.append({})
        elif sign == ")" and len(levels) > 1:
            for element, number in levels.pop().items():
                levels[-1][element] = levels[-1].get(element, 0) + number * count
        elif sign in ELEMENTS and count:
            levels[-1][sign] = levels[-1].get(sign, 0) + count
        else:
            break
        at = found.end()
    if at != len(formula) or not levels[0] or len(levels) > 1:
        raise ValueError(f"{formula!r} is no chemical formula")
    return levels[0]


ARROWS = "→⟶⇌↔⟵"
_STATES = {"s": "solid", "l": "liquid", "ℓ": "liquid", "g": "gas", "aq": "aqueous"}
_STATES |= {"↓": "solid", "↑": "gas"}
_STATED = re.compile(r"\((?:s|l|g|aq)(?:, ?[a-z]+)?\)")
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "01234567890123456789+−")
_SYMBOL = r"[A-Z][a-z]?"
_CORE, _SHELL = re.compile(r"\[([A-Z][a-z])\]"), re.compile("([1-8])([spdf])([⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_ORBITALS = re.compile(rf"(?:{_CORE.pattern})? ?(?:{_SHELL.pattern} ?)+")
"""An electron configuration: `[Ne]3s²3p¹`."""


def said_orbitals(text: str) -> str:
    """An electron configuration as it is said; "" if a text is none.

    >>> said_orbitals("[Ne]3s²3p¹")
    'N E, 3 s 2, 3 p 1'
    """
    if not _ORBITALS.fullmatch(text):
        return ""
    core, shells = _CORE.findall(text), _SHELL.findall(text.replace(" ", ""))
    told = [f"{n} {kind} {count.translate(_DIGITS)}" for n, kind, count in shells]
    return ", ".join([*(" ".join(symbol.upper()) for symbol in core), *told])


_PART = re.compile(
    rf"(?P<state>\((?:s|l|ℓ|g|aq)(?:, ?[a-z]+)?\)|[↓↑])|(?P<electron>e(?=⁻))"
    rf"|(?P<symbol>{_SYMBOL})|(?P<count>[₀-₉]+|\d+(?:/\d+)?)"
    r"|(?P<charge>[⁰¹²³⁴-⁹]*[⁺⁻]|\^\(\d*[+−]\))|(?P<bracket>[()\[\]])"
    r"|(?P<bond>[−=≡–](?!\s*\d))|(?P<word>(?<!\()(?!sin|cos|tan|log|lim)[a-z]{3,}|h[νv](?!\w))"
    rf"|(?P<dot>[⋅·•])|(?P<plus>\s\+\s)|(?P<arrow>\s?[{ARROWS}]\s?)|(?P<space>\s+)"
)


GENERIC = frozenset("AMRXZ")
"""Letters that stand for any atom or group where the rest is chemistry: `HA`, `MX₂`."""


def said_reaction(text: str, words: Mapping[str, str], upright: str = "") -> str:
    """A chemical formula or equation as it is said, letter by letter; "" if it is none.

    Args:
        text: in Unicode, as written: `SO₄²⁻`, `CuSO₄⋅5H₂O`.
        words: sign or phrase -> how to say it; `taken` is a format string with a number.
        upright: the letters that are set upright; variables are not.
    """
    text = text.strip()
    if orbitals := said_orbitals(text):
        return orbitals
    parts: list[str] = []
    symbols: list[str] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            return ""
        kind, part = str(found.lastgroup), found[0]
        if kind == "symbol":
            if part not in ELEMENTS:
                part = part[0]
            if part not in ELEMENTS and not (part in GENERIC and _STATED.search(text)):
                return ""
            symbols.append(part)
            parts += list(part.upper())
        elif kind in ("count", "charge"):
            plain = part.translate(_DIGITS).strip("^()")
            number = plain.rstrip("+−")
            if number and kind == "count" and at and text[at - 1] in ")]" and parts:
                parts[-1] += ","
                number = words["taken"].format(number=number)
            parts += [number, *(words[sign] for sign in plain[len(number) :])]
        elif kind in ("electron", "word"):  # `heat`, or a photon, that reacts too
            parts.append("h nu" if part[:2] in ("hν", "hv") else part)
        elif kind == "state":
            state, _, form = part.strip("()").partition(",")  # `(s, yellow)`
            parts += [words[_STATES[state]], *form.split()]
        elif kind in ("plus", "arrow"):
            parts.append(words[part.strip()])
        elif kind == "dot":
            parts.append(words["dot"])
        elif kind == "bond":
            parts.append(words[{"=": "double bond", "≡": "triple bond"}.get(part, "bond")])
        at = at + len(part) if kind == "symbol" else found.end()
    if not symbols or not _is_chemistry(text, symbols, upright):
        return ""
    return " ".join(" ".join(parts).split())


def _is_chemistry(text: str, symbols: list[str], upright: str) -> bool:
    """Whether a text of symbols is chemistry, and not a formula of variables."""
    if any(arrow in text for arrow in ARROWS) or _STATED.search(text):
        return True
    if _KNOWN.fullmatch(text) and len(set(symbols)) > 1 and {"H", "O"}.intersection(symbols):
        return True  # in italics, by mistake
    told = all(symbol in upright for symbol in symbols)
    pair = any(len(symbol) == 2 for symbol in symbols)
    if "=" in text or "≡" in text or "−" in text:
        return told and len(symbols) > 1 and bool(re.search("[₀-₉]", text) or pair)
    several = len(set(symbols)) > 1
    return told and (pair or (several and bool(re.search("[₀-₉⁺⁻]", text))) or bool(
        re.fullmatch(r"[A-Z](?:[₂₃₄]|[²³]?[⁺⁻])", text)
    ))  # fmt: skip


_KNOWN = re.compile(
    rf"\d*(?!O(?!H))(?:{_SYMBOL}(?![₀₁])[₂-₉]?)*{_SYMBOL}[₂-₉](?:{_SYMBOL})?[⁰-⁹²³]?[⁺⁻]?"
)
"""A substance with a number of atoms, of which no point or variable has the form: `H₂O`."""
_FORMULA = re.compile(r"\d*(?:[A-Z][a-z]?\d*|\((?:[A-Z][a-z]?\d*)+\)\d*)+")
_NONMETALS = frozenset(["H", "C", "N", "O", "F", "P", "S", "I", "Cl", "Br"])


def is_formula(token: str) -> bool:
    """Whether a token is a chemical formula: of elements, with numbers or several elements.

    >>> is_formula("Al2(SO4)3"), is_formula("NaCl"), is_formula("HeLa"), is_formula("No")
    (True, True, False, False)
    """
    symbols = re.findall("[A-Z][a-z]?", token)
    if not _FORMULA.fullmatch(token) or not all(symbol in ELEMENTS for symbol in symbols):
        return False
    if re.search(r"\D\d", token):
        return True
    one_metal = any(len(symbol) == 2 for symbol in symbols) and _NONMETALS.intersection(symbols)
    return len(symbols) > 1 and bool(one_metal)
