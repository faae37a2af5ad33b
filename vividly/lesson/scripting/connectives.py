"""The few phrases that join the parts of a lesson. None states a fact."""

from __future__ import annotations

import hashlib

from vividly.model.lesson import Line
from vividly.text.languages import primary

_ENGLISH = {
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
_SPANISH = {
    "opening": (
        "Vamos paso a paso.",
        "Veámoslo juntos.",
    ),
    "worked_example": (
        "Resolvamos juntos un ejemplo.",
        "Es hora de usar lo que vimos.",
        "Veamos cómo funciona en un caso real.",
        "Probemos con un caso concreto.",
    ),
    "misconception": (
        "Hay una idea que confunde a mucha gente.",
        "Antes de terminar, aclaremos una confusión.",
        "Cuidado con una trampa muy común.",
    ),
    "takeaways": (
        "Entonces, llévate estas tres ideas.",
        "Aquí está todo en tres frases.",
        "Quédate con estos tres puntos.",
    ),
    "takeaways_few": (
        "Entonces, llévate esto contigo.",
        "Esto es lo que hay que recordar.",
    ),
    "check": (
        "Ahora te toca a ti.",
        "Aquí tienes una pregunta.",
        "Intenta resolver esto.",
    ),
}
PHRASES = {"en": _ENGLISH, "es": _SPANISH}
"""By language (its primary subtag) and the part of a lesson that they lead into."""
ALL = frozenset(
    phrase for kinds in PHRASES.values() for phrases in kinds.values() for phrase in phrases
)


def connective(kind: str, topic_id: str, language: str = "en") -> Line:
    """The phrase that leads into a part: always the same one for a topic.

    Args:
        language: BCP 47; English where there are no phrases in it.
    """
    phrases = PHRASES.get(primary(language), _ENGLISH)[kind]
    digest = hashlib.sha256(f"{kind}/{topic_id}".encode()).digest()
    return Line(phrases[digest[0] % len(phrases)])
