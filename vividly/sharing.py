"""Which lesson a request asks for, and whether it exists already.

Requests for the same topic, interest, grade band and language are served the same
lesson (docs/interfaces.md#statuses), whatever words they use. The key of a lesson also holds who
makes it from what, so that one made with other prompts, models or passages is not served.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from vividly.corpus import EVERYDAY, all_topics
from vividly.interests import bridge_interest, known_interests, plain_words

BANDS = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12))
"""Two grades each: a lesson at the level of one is within reach of the other."""


@dataclass(frozen=True)
class Wanted:
    """A lesson that is wanted.

    Attributes:
        interest: as the writer knows it (`served_interest`).
        identity: digest of all that makes lessons: writer, prompts, models, passages.
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
        key: of the lesson, made or to be made.
        interest: what it is made for; another one than was asked for where `how` is `similar`.
        how: `new`; `same`, asked for before; `similar`, one for a like interest.
        distance: cosine distance of the interests where `similar`.
    """

    key: str
    interest: str
    how: Literal["new", "same", "similar"]
    distance: float = 0.0


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
