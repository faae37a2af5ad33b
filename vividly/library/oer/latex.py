"""Reads LaTeX formulas by converting them to MathML."""

from __future__ import annotations

import re
from dataclasses import replace

from latex2mathml.converter import convert
from lxml import etree

from vividly.library.oer.mathml import Formula, read_formula

LONGEST = 2000
MOST_GROUPS = 200


def read_latex(source: str, language: str) -> Formula | None:
    """The formula of a LaTeX source, or None if it is empty or not LaTeX."""
    source = source.strip()
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
