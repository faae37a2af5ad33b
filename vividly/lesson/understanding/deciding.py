"""Score limits that decide whether a topic matches a question, for every language."""

from __future__ import annotations

from collections.abc import Sequence

from vividly.lesson.understanding.index import Match

ENOUGH = 0.34
"""Minimum score of a match."""
CLEAR = 0.04
"""Lead over the next topic from which the best topic is the only match."""
LOW, FAR = 0.27, 0.1
"""`LOW` is the minimum score with a lead of `FAR` and two or more words of the topic."""
NEAR, NEAR_ENOUGH = 3, 0.25
"""Maximum number of suggestions when there is no lesson, and their minimum score."""
CHOICES = 4
"""Number of topics to offer for a vague question."""


def lead(ranked: Sequence[Match]) -> float:
    """Return the lead of the best topic over the next."""
    return ranked[0].score - (ranked[1].score if len(ranked) > 1 else 0.0)


def spread(ids: Sequence[str], count: int = CHOICES) -> Sequence[str]:
    """Return at most `count` of the ids, evenly spaced."""
    return ids[:: max(1, len(ids) // count)][:count]
