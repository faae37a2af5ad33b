"""Formulas in the subset of TeX that matplotlib's mathtext can typeset.

Mathtext is imported at first use, since that takes a third of a second.
"""

from __future__ import annotations

import re
import threading
from functools import lru_cache
from typing import Any

_COMMAND = re.compile(r"\\([A-Za-z]+)")
_REFUSED = ("$", "\\text{\\", "%", "#")
_NOT_MATHEMATICS = frozenset({"input", "include", "def", "write", "href", "url", "usepackage"})
_typesetting = threading.Lock()
UNIT = 100
"""Font size of typeset formulas, in pixels per em."""


@lru_cache(maxsize=256)
def typeset(formula: str) -> Any:
    """Typeset a formula in STIX: width, height, depth, glyphs and rules, in pixels.

    Raises:
        ValueError, RuntimeError: the formula cannot be typeset.
    """
    import matplotlib
    from matplotlib.mathtext import MathTextParser

    # Neither the parser nor matplotlib's settings are thread-safe: two threads would mix up their
    # formulas.
    settings = {"mathtext.fontset": "stix", "font.size": UNIT}
    with _typesetting, matplotlib.rc_context(settings):
        # At 72 dots per inch, points are pixels.
        return MathTextParser("path").parse(f"${formula}$", dpi=72)


@lru_cache(maxsize=1024)
def formula_problem(formula: str) -> str | None:
    """Why a formula cannot be typeset, or None if it can."""
    if any(mark in formula for mark in _REFUSED):
        return f"the formula {formula[:40]!r} holds a sign that mathematics has no use for"
    if commands := _NOT_MATHEMATICS.intersection(_COMMAND.findall(formula)):
        return f"the formula {formula[:40]!r} holds the command \\{min(commands)}"
    try:
        typeset(formula)
    except (ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[-1][:80] if str(error).strip() else "?"
        return f"the formula {formula[:40]!r} cannot be typeset: {reason}"
    return None
