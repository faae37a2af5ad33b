"""The lesson that a request asks for, and the lesson that it is served."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

BANDS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12))
"""Pairs of grades that share a lesson, since their levels are close."""


def grades_of_band(grade: int) -> tuple[int, int]:
    """The first and last grade of the band of a grade, 1 to 12."""
    return next(band for band in BANDS if band[0] <= grade <= band[1])


def grade_band(grade: int) -> str:
    """The band of a grade, 1 to 12: `9-10` for 9 and for 10."""
    low, high = grades_of_band(grade)
    return f"{low}-{high}"


@dataclass(frozen=True)
class Wanted:
    """The lesson that a request asks for.

    Attributes:
        interest: as `served_interest` returns it.
        identity: digest of what makes the lesson besides: writer, prompts, models, library, and
            the passage that answers first.
    """

    topic_id: str
    interest: str
    grade_band: str
    language: str
    identity: str

    @property
    def key(self) -> str:
        """The lesson's key: 40 hexadecimal digits."""
        canonical = json.dumps(asdict(self), sort_keys=True)
        return hashlib.sha256(canonical.encode()).hexdigest()[:40]


@dataclass(frozen=True)
class Found:
    """The lesson that a request is served.

    Attributes:
        key: the key of the lesson, which may still have to be made.
        interest: the interest that it is made for; if `how` is `similar`, not the requested one.
        how: `new`; `same`, requested before; `similar`, made for a similar interest.
        distance: cosine distance of the interests if `similar`.
    """

    key: str
    interest: str
    how: Literal["new", "same", "similar"]
    distance: float = 0.0
