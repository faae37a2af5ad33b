"""The few words that the slides themselves add, in the language of the lesson."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Labels:
    """Words on slides. `grade` is a format with one number."""

    grade: str
    problem: str
    answer: str
    you_might_think: str
    in_fact: str
    question: str
    pause_and_think: str
    sources: str
    transcript: str
    subjects: dict[str, str]


_ENGLISH = Labels(
    grade="Grade {}",
    problem="Problem",
    answer="Answer",
    you_might_think="You might think",
    in_fact="In fact",
    question="Question",
    pause_and_think="Pause and think",
    sources="Sources",
    transcript="Transcript",
    subjects={
        "physics": "Physics",
        "chemistry": "Chemistry",
        "biology": "Biology",
        "earth-science": "Earth science",
        "mathematics": "Mathematics",
    },
)
_SPANISH = Labels(
    grade="Grado {}",
    problem="Problema",
    answer="Respuesta",
    you_might_think="Podrías pensar",
    in_fact="En realidad",
    question="Pregunta",
    pause_and_think="Haz una pausa y piensa",
    sources="Fuentes",
    transcript="Transcripción",
    subjects={
        "physics": "Física",
        "chemistry": "Química",
        "biology": "Biología",
        "earth-science": "Ciencias de la Tierra",
        "mathematics": "Matemáticas",
    },
)


def labels_of(language: str) -> Labels:
    """The labels in a BCP 47 language; English where there are none."""
    return _SPANISH if language.lower().split("-")[0] == "es" else _ENGLISH
