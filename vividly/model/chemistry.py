"""The chemical elements."""

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
