"""Which lesson a request asks for, and whether it exists already.

Requests for the same topic, interest, grade band and language are served the same
lesson (docs/interfaces.md#statuses), whatever words they use. The key of a lesson also holds who
makes it from what, so that one made with other prompts, models or passages is not served.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence

from vividly.library.corpus import all_topics
from vividly.text.interests import EVERYDAY, bridge_interest, known_interests, plain_words

BANDS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12))
"""Two grades each: a lesson at the level of one is within reach of the other."""


def grade_band(grade: int) -> str:
    """The band of a grade: `9-10`."""
    low, high = next(band for band in BANDS if band[0] <= grade <= band[1])
    return f"{low}-{high}"


def served_interest(interest: str | None, topic_id: str, language: str, *, composed: bool) -> str:
    """The interest that a lesson would be made for.

    Args:
        composed: whether lessons are composed from the bridges that a topic has; a model
            can write for any interest.

    Returns:
        A slug of `interests.yaml`, plain lower-case words, or `everyday`.
    """
    if composed:
        topic = all_topics().get(topic_id)
        bridges = [bridge.interest for bridge in topic.bridges] if topic else []
        return bridge_interest(interest, bridges, language)
    known = bridge_interest(interest, known_interests(), language)
    return known if known != EVERYDAY else plain_words(interest or "") or EVERYDAY


def identity_of(parts: Mapping[str, str] | Sequence[str]) -> str:
    """A digest of who makes lessons from what."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
