"""The numbers at the axes of plots."""

from __future__ import annotations

import math


def nice(step: float) -> float:
    """The next larger of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(n * power for n in (1, 2, 5, 10) if n * power >= step * 0.999)


def ticks(first: float, last: float, step: float) -> list[float]:
    """The multiples of `step` from `first` to `last`."""
    start = math.ceil(first / step - 1e-9)
    return [round(n * step, 9) for n in range(start, math.floor(last / step + 1e-9) + 1)]
