"""The few phrases that join the parts of a lesson. None states a fact."""

from __future__ import annotations

import hashlib

from vividly.lesson import Line

PHRASES = {
    "opening": (
        "Let us take this one step by step.",
        "Let us look at this together.",
    ),
    "worked_example": (
        "Let us work one through together.",
        "Time to put that to work.",
        "Here is how that plays out in a real case.",
        "Let us try it on a concrete case.",
    ),
    "misconception": (
        "One thing trips up a lot of people.",
        "Before we finish, clear up one mix-up.",
        "Watch out for one common trap.",
    ),
    "takeaways": (
        "So, three things to take with you.",
        "Here is the whole idea in three lines.",
        "Keep these three points.",
    ),
    "takeaways_few": (
        "So, this is what to take with you.",
        "Here is what to remember.",
    ),
    "check": (
        "Now it is your turn.",
        "Here is one for you.",
        "Try this one yourself.",
    ),
}
ALL = frozenset(phrase for phrases in PHRASES.values() for phrase in phrases)


def connective(kind: str, topic_id: str) -> Line:
    """The phrase that leads into a part: always the same one for a topic."""
    phrases = PHRASES[kind]
    digest = hashlib.sha256(f"{kind}/{topic_id}".encode()).digest()
    return Line(phrases[digest[0] % len(phrases)])
