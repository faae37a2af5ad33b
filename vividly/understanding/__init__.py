"""From a student's question to a topic, a question back, or "not school matter"."""

from __future__ import annotations

from typing import Protocol

from vividly.corpus import load_topics
from vividly.errors import SettingsError
from vividly.lesson import Answer, Understanding


class Understander(Protocol):
    """Finds what a question is about."""

    identity: str

    def understand(
        self, query: str, *, grade_level: int, language: str
    ) -> Understanding | Answer:
        """The topic, or an answer instead of a lesson."""


class _Aliases:
    identity = "aliases/0"

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        q = query.lower()
        if q.strip() == "waves":
            return Answer("clarification_needed", "Which waves?", ("Sound waves?", "Light waves?"))
        for t in load_topics().values():
            if any(a in q for a in t.aliases):
                return Understanding(t.id, t.title, t.subject, 1.0)
        return Answer("out_of_scope", "No lesson on that.")


def make_understander(provider: str) -> Understander:
    if provider == "offline":
        return _Aliases()
    raise SettingsError(provider)
