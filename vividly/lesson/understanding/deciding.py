"""When a topic is what a question is about: the same limits for every language."""

from __future__ import annotations

from collections.abc import Sequence

from vividly.lesson.understanding.index import Match

ENOUGH = 0.34
"""Score from which a topic is what the question is about."""
CLEAR = 0.04
"""Lead over the next topic from which it alone is."""
LOW, FAR = 0.27, 0.1
"""A lower score is enough with this lead, where two words or more are of the topic."""
NEAR, NEAR_ENOUGH = 3, 0.25
"""Topics to suggest at most where there is no lesson, and the score that they need."""
CHOICES = 4
"""Topics to choose from where a question is vague."""


def lead(ranked: Sequence[Match]) -> float:
    """The lead of the best topic over the next."""
    return ranked[0].score - (ranked[1].score if len(ranked) > 1 else 0.0)


def spread(ids: Sequence[str], count: int = CHOICES) -> Sequence[str]:
    """So many of the topics, from all over their order."""
    return ids[:: max(1, len(ids) // count)][:count]
