"""Formulas that a file writes in LaTeX, read by way of MathML."""

from __future__ import annotations

import re
from dataclasses import replace

from latex2mathml.converter import convert
from lxml import etree

from vividly.library.oer.mathml import Formula, read_formula

LONGEST = 2000
MOST_GROUPS = 200


def read_latex(source: str, language: str) -> Formula | None:
    """The formula of a LaTeX source, or None where it shows nothing or is not LaTeX."""
    source = source.strip()
    braces = re.sub(r"\\[{}]", "", source)
    opened, closed = braces.count("{"), braces.count("}")
    if opened != closed or opened > MOST_GROUPS or len(source) > LONGEST:
        return None
    try:
        math = etree.fromstring(convert(source).encode())
    except Exception:  # it has no common base: what cannot be read stays as it is written
        return None
    found = read_formula(math, language)
    return replace(found, maths=replace(found.maths, latex=source.rstrip(".,;"))) if found else None
