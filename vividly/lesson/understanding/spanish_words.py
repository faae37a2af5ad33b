"""Spanish text as the stems of its words, the same for a question and for the corpus."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict

from vividly.lesson.understanding.data import load
from vividly.text.words import PLAIN, QUESTION, stems, words

_NOUN = re.compile(r"([cs])ion$")
_TEXTING = {
    "q": "que",
    "k": "que",
    "xq": "porque",
    "pq": "porque",
    "porq": "porque",
    "x": "por",
    "cmo": "como",
    "komo": "como",
    "ke": "que",
    "d": "de",
    "xa": "para",
    "bn": "bien",
    "tmb": "tambien",
    "2da": "segunda",
    "2a": "segunda",
    "2nda": "segunda",
    "1ra": "primera",
    "3ra": "tercera",
}
"""How words are shortened on a phone."""


class Table(BaseModel):
    """The content of `spanish.yaml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    filler: str
    weak: str
    subjects: Mapping[str, str]
    thesaurus: Mapping[str, str]
    no_lesson_yet: Mapping[str, tuple[str, ...]]
    not_school: Mapping[str, tuple[str, ...]]


@cache
def table() -> Table:
    """What ships with the package, read once per process."""
    return Table.model_validate(load("spanish.yaml"))


@cache
def filler() -> frozenset[str]:
    """The words that say nothing about a topic."""
    return frozenset(words(table().filler, QUESTION))


def spanish_words(text: str) -> list[str]:
    """The words of a text in lower case without accents, those of text messages written out."""
    return [_TEXTING.get(word, word) for word in words(text, QUESTION)]


def spanish_stems(some: Iterable[str]) -> list[str]:
    """The stem of each word without accents, in order ("nubes" and "nube" are both "nub").

    The accent of "-ción" is put back first: without it the stemmer keeps the ending.
    """
    accented = [_NOUN.sub(r"\1ión", word) for word in some]
    return ["".join(words(stem, PLAIN)) for stem in stems(accented, "es")]


def content_stems(text: str) -> tuple[str, ...]:
    """The stems of the words of a text that may say what it is about, in order."""
    return tuple(spanish_stems(word for word in spanish_words(text) if word not in filler()))


def sound(word: str) -> str:
    """How a word sounds in Latin America, where students write what they hear.

    "fuersa" is "fuerza", "nuves" is "nubes", "ojas" is "hojas", "enerjia" is "energia".
    """
    for pattern, heard in _SOUNDS:
        word = pattern.sub(heard, word)
    return word


_SOUNDS = tuple(
    (re.compile(pattern), heard)
    for pattern, heard in (
        (r"(?<!c)h", ""),
        (r"qu(?=[ei])", "k"),
        (r"c(?=[ei])|z", "s"),
        (r"c(?!h)|q", "k"),
        (r"g(?=[ei])", "j"),
        (r"gu(?=[ei])", "g"),
        (r"v|w", "b"),
        (r"ll|y(?=[aeiou])", "i"),
        (r"x(?=[^aeiou])", "s"),
        (r"n(?=[bp])", "m"),
        (r"(.)\1", r"\1"),
    )
)
