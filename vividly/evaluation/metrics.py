"""Metrics of quality and speed that several evaluations share."""

from __future__ import annotations

import math
from collections.abc import Sequence


def share(hits: Sequence[bool]) -> float:
    """The share of true values, 0 to 1; NaN if there are no values."""
    return sum(hits) / len(hits) if hits else math.nan


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean; NaN if there are no values."""
    return sum(values) / len(values) if values else math.nan


def percentile(values: Sequence[float], part: float) -> float:
    """The quantile `part` (0 to 1): the smallest value that this share does not exceed; or NaN."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def reciprocal_rank(relevant: Sequence[bool]) -> float:
    """1 for a hit in the first place, 1/2 in the second, ...; 0 without a hit."""
    return next((1 / place for place, hit in enumerate(relevant, 1) if hit), 0.0)
