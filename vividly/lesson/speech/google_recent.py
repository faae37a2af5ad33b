"""A cache of recently spoken parts, so that a retried narration is not paid for twice."""

from __future__ import annotations

import threading
from collections import OrderedDict

from vividly.lesson.speech.assemble import Part
from vividly.lesson.speech.ssml import SpeechRequest

MOST_SECONDS = 600.0
"""Seconds of speech to keep: three to five lessons, 29 MB at 24,000 samples a second."""


class RecentParts:
    """An LRU cache of spoken parts by request. Thread-safe."""

    def __init__(self, most_seconds: float = MOST_SECONDS) -> None:
        self._most = most_seconds
        self._parts: OrderedDict[SpeechRequest, Part] = OrderedDict()
        self._seconds = 0.0
        self._lock = threading.Lock()

    def get(self, request: SpeechRequest) -> Part | None:
        """The part for a request, or None. Its samples are read-only."""
        with self._lock:
            if request in self._parts:
                self._parts.move_to_end(request)
            return self._parts.get(request)

    def keep(self, request: SpeechRequest, part: Part) -> None:
        """Keep a part, and evict the least recently used ones. Makes its samples read-only."""
        part.samples.flags.writeable = False
        with self._lock:
            if request not in self._parts:
                self._seconds += _seconds(part)
                self._parts[request] = part
            while self._seconds > self._most:
                _, forgotten = self._parts.popitem(last=False)
                self._seconds -= _seconds(forgotten)


def _seconds(part: Part) -> float:
    return len(part.samples) / part.sample_rate
