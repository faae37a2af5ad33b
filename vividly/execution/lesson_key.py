"""Determines which lesson a request asks for.

Requests for the same topic, interest, grade band and language whose questions the same passage
answers share a lesson (docs/interfaces.md#statuses), however they are worded. The key of a lesson
also includes the writer, the retriever and the library, so a change of prompts, models or passages
makes a new lesson.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from vividly.library.corpus import all_topics
from vividly.model.wanted import grades_of_band
from vividly.text.interests import (
    EVERYDAY,
    bridge_interest,
    carrying_interest,
    known_interests,
    plain_words,
)


def claims(grades: tuple[int, int], grade: int) -> bool:
    """Whether a topic for these grades, first and last, has a lesson for the band of a grade."""
    low, high = grades_of_band(grade)
    return grades[0] <= high and low <= grades[1]


def served_interest(interest: str | None, topic_id: str, language: str, *, composed: bool) -> str:
    """The interest that the lesson uses, given the one that the student named.

    Args:
        composed: whether a composer writes the lessons. It can use only interests that the
            topic has a bridge to, the student's or one near to it; a model can write for any.

    Returns:
        A slug of `interests.yaml`, plain lower-case words, or `everyday`.
    """
    if composed:
        topic = all_topics().get(topic_id)
        bridges = [bridge.interest for bridge in topic.bridges] if topic else []
        return carrying_interest(interest, bridges, language)
    known = bridge_interest(interest, known_interests(), language)
    return known if known != EVERYDAY else plain_words(interest or "") or EVERYDAY


def identity_of(parts: Mapping[str, str] | Sequence[str]) -> str:
    """A digest of the components that make a lesson: 16 hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
