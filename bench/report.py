"""What the benchmarks print: tables in Markdown, with the aim beside each result."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterable, Sequence

_BEGAN = time.monotonic()


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown. Numbers get three significant digits."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(shown, line))} |" for line in lines)


def shown(value: object) -> str:
    """A number with three significant digits, `-` for none; other values as they are.

    Example: 0.12345 is `0.123`, 1234.5 is `1,234`.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    digits = 2 - math.floor(math.log10(abs(value))) if value else 2
    return f"{value:,.{min(max(digits, 0), 4)}f}"


def aim(
    what: str, value: float, *, at_most: float | None = None, at_least: float | None = None
) -> tuple[str, float, str, str]:
    """A row of `AIMS`: the result, its aim, and whether it is met. No value does not meet it."""
    if at_most is not None:
        return what, value, f"≤ {shown(at_most)}", "yes" if value <= at_most else "**no**"
    if at_least is not None:
        return what, value, f"≥ {shown(at_least)}", "yes" if value >= at_least else "**no**"
    return what, value, "", ""


AIMS = ("result", "value", "aim", "met")


def say(line: str) -> None:
    """Show progress on standard error."""
    print(f"{time.monotonic() - _BEGAN:7.1f} s  {line}", file=sys.stderr, flush=True)
