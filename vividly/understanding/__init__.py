"""From a student's question to a topic, a question back, or "not school matter"."""

from __future__ import annotations

from functools import cache
from typing import Protocol

from vividly.corpus import load_topics
from vividly.errors import SettingsError
from vividly.lesson import Answer, Understanding

__all__ = ["Understander", "make_understander"]


class Understander(Protocol):
    """Finds what a question is about. Safe between threads.

    Attributes:
        identity: who does it, with its version and data: results are cached under it.
    """

    identity: str

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """The topic of a question, or an answer instead of a lesson.

        Args:
            query: the student's own words.
            grade_level: 1 to 12.
            language: BCP 47 tag of the lesson that is asked for.

        Raises:
            TransientError: a provider that is a service was away.
        """


@cache
def make_understander(provider: str) -> Understander:
    """The provider of that name, made once per process.

    Raises:
        SettingsError: there is none of that name.
    """
    if provider == "offline":
        from vividly.understanding.offline import OfflineUnderstander

        return OfflineUnderstander(load_topics())
    raise SettingsError(
        f"understanding_provider is {provider!r}, which does not exist; use 'offline'"
    )
