"""What the interests of `interests.yaml` are called in the languages that there are lessons in."""

from __future__ import annotations

from collections.abc import Mapping

_SPANISH = {
    "american-football": "el fútbol americano",
    "animals": "los animales",
    "art": "el arte",
    "baseball": "el béisbol",
    "basketball": "el baloncesto",
    "cars": "los autos",
    "coding": "la programación",
    "cooking": "la cocina",
    "cycling": "el ciclismo",
    "dance": "el baile",
    "fashion": "la moda",
    "fishing": "la pesca",
    "gardening": "la jardinería",
    "hiking": "el senderismo",
    "movies": "el cine",
    "music": "la música",
    "photography": "la fotografía",
    "robotics": "la robótica",
    "running": "el atletismo",
    "skateboarding": "el patinaje",
    "soccer": "el fútbol",
    "space": "el espacio",
    "swimming": "la natación",
    "tennis": "el tenis",
    "video-games": "los videojuegos",
}
_NAMES: Mapping[str, Mapping[str, str]] = {"es": _SPANISH}
"""By language: slug -> the name with its article. English ones are their slugs."""


def interest_name(slug: str, language: str, *, article: bool = False) -> str:
    """The name of an interest in lower case; its own words where it has none in the language.

    Args:
        language: BCP 47.
        article: with it where the language has one before such names ("el fútbol").
    """
    name = _NAMES.get(language.split("-")[0].lower(), {}).get(slug)
    if name is None:
        return slug.replace("-", " ")
    return name if article else name.partition(" ")[2]
