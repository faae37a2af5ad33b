"""The lesson that a request asks for, and the lesson that it is served."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal


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
