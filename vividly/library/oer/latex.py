"""Reads LaTeX formulas by converting them to MathML."""

from __future__ import annotations

import re
from dataclasses import replace

from latex2mathml.converter import convert
from lxml import etree

from vividly.library.oer.mathml import Formula, read_formula

_CHEMISTRY = re.compile(r"\\ce\{((?:[^{}]|\{[^{}]*\})*)\}")
_ARROWS = {"->": r"\longrightarrow ", "<->": r"\leftrightarrow ", "<=>": r"\rightleftharpoons "}
_GOES = {"v": r"\downarrow ", "^": r"\uparrow "}
"""After a substance: it falls out of a solution, or escapes as a gas."""
_ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|align|gathered|gather|split|eqnarray)\*?\}")
_NUMBERED = re.compile(r"\\(?:begin|end)\{(?:equation|displaymath)\*?\}|\\(?:label|tag)\{[^{}]*\}")
_UPRIGHT = re.compile(r"\\mathrm\{((?:[^{}]|\{[^{}]*\})*)\}")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]+")
r"""A run of letters is one name, which `\mathrm` does not tell: `\mathrm{kg^{-1}}`."""
LONGEST = 2000
MOST_GROUPS = 200


def read_latex(source: str, language: str) -> Formula | None:
    """The formula of a LaTeX source, or None if it is empty or not LaTeX."""
    source = _CHEMISTRY.sub(lambda found: _reaction(found[1]), source.strip())
    source = _UPRIGHT.sub(lambda found: "{" + _WORD.sub(r"\\text{\g<0>}", found[1]) + "}", source)
    source = _ALIGNED.sub(r"\\\1{matrix}", _NUMBERED.sub("", source)).strip()
    braces = re.sub(r"\\[{}]", "", source)
    opened, closed = braces.count("{"), braces.count("}")
    if opened != closed or opened > MOST_GROUPS or len(source) > LONGEST:
        return None
    try:
        math = etree.fromstring(convert(source).encode())
    except (
        Exception
    ):  # the library's errors have no common base; an unreadable formula stays as written
        return None
    found = read_formula(math, language)
    return replace(found, maths=replace(found.maths, latex=source.rstrip(".,;"))) if found else None


def _reaction(source: str) -> str:
    r"""The inside of mhchem's `\ce{…}` in plain LaTeX: `2H2O -> 2H2 + O2`."""
    made = re.sub(r"<=>|<->|->", lambda found: _ARROWS[found[0]], source)
    made = re.sub(r"\^\{?(\d*[+-])\}?", r"^{\1}", made)
    made = re.sub(r"(?<=[A-Za-z)\]])(\d+)", r"_{\1}", made)
    made = re.sub(r"(?<=[A-Za-z)\]}])([+-])(?=\s|$)", r"^{\1}", made)
    made = re.sub(r"\s\*\s|\s\.\s", r" \\cdot ", made)
    made = re.sub(r"(?<=\s)[v^](?=\s|$)", lambda found: _GOES[found[0]], made)
    return re.sub(r"(?<![\\A-Za-z])[A-Z][A-Za-z]*", lambda found: rf"\text{{{found[0]}}}", made)
