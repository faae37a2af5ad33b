"""Measures of quality and of speed that several evaluations share."""

from __future__ import annotations

import math
from collections.abc import Sequence


def share(hits: Sequence[bool]) -> float:
    """The part of true ones, 0 to 1; NaN of none."""
    return sum(hits) / len(hits) if hits else math.nan


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean; NaN of none."""
    return sum(values) / len(values) if values else math.nan


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest value that at least `part` (0 to 1) of all do not exceed; NaN of none."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def reciprocal_rank(relevant: Sequence[bool]) -> float:
    """1 for a hit in the first place, 1/2 in the second, ...; 0 without a hit."""
    return next((1 / place for place, hit in enumerate(relevant, 1) if hit), 0.0)
