"""Formulas in TeX's mathematics, as far as the typesetter takes them (matplotlib's mathtext).

The typesetter is loaded when first used: it takes a third of a second.
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
"""Size that formulas are set in, in pixels an em."""


@lru_cache(maxsize=256)
def typeset(formula: str) -> Any:
    """A formula as mathtext sets it in STIX: width, height, depth, glyphs and rules, in pixels.

    Raises:
        ValueError, RuntimeError: it cannot be set.
    """
    import matplotlib
    from matplotlib.mathtext import MathTextParser

    # Neither the parser nor the settings of matplotlib can be used by two threads at once: each
    # would meet the other's formula, and refuse its own.
    settings = {"mathtext.fontset": "stix", "font.size": UNIT}
    with _typesetting, matplotlib.rc_context(settings):
        # Points are pixels at 72 dots an inch.
        return MathTextParser("path").parse(f"${formula}$", dpi=72)


@lru_cache(maxsize=1024)
def formula_problem(formula: str) -> str | None:
    """What keeps a formula from being typeset, or None."""
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
