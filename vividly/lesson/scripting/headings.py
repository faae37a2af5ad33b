"""What the scenes are called that are in every lesson, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vividly.text.languages import DEFAULT, primary


@dataclass(frozen=True)
class Headings:
    """The headings of a lesson in one language."""

    words_to_know: str
    worked_example: str
    misconception: str
    takeaways: str
    check: str
    answer: str
    sources: str


_HEADINGS: Mapping[str, Headings] = {
    "en": Headings(
        words_to_know="Words to know",
        worked_example="Worked example",
        misconception="A common mix-up",
        takeaways="Takeaways",
        check="Your turn",
        answer="Answer",
        sources="Sources",
    ),
    "es": Headings(
        words_to_know="Palabras clave",
        worked_example="Ejemplo resuelto",
        misconception="Una confusión común",
        takeaways="Para recordar",
        check="Te toca a ti",
        answer="Respuesta",
        sources="Fuentes",
    ),
}


def headings_in(language: str) -> Headings:
    """The headings in a BCP 47 language; English where there are none."""
    return _HEADINGS.get(primary(language), _HEADINGS[DEFAULT])
