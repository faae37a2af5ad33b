"""What was spoken lately, so that a narration that is tried again is not paid for again."""

from __future__ import annotations

import threading
from collections import OrderedDict

from vividly.lesson.speech.assemble import Part
from vividly.lesson.speech.ssml import SpeechRequest

MOST_SECONDS = 600.0
"""Speech that is kept: that of three to five lessons, 29 MB at 24,000 samples a second."""


class RecentParts:
    """The last spoken parts by what was asked for. Safe to use from many threads."""

    def __init__(self, most_seconds: float = MOST_SECONDS) -> None:
        self._most = most_seconds
        self._parts: OrderedDict[SpeechRequest, Part] = OrderedDict()
        self._seconds = 0.0
        self._lock = threading.Lock()

    def get(self, request: SpeechRequest) -> Part | None:
        """A part that was kept, which nobody may change."""
        with self._lock:
            if request in self._parts:
                self._parts.move_to_end(request)
            return self._parts.get(request)

    def keep(self, request: SpeechRequest, part: Part) -> None:
        """Keep a part, and forget the ones that were not asked for for longest."""
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
