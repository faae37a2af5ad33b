"""Which words of a passage or a question are worth searching for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from vividly.text.locales import primary_subtag
from vividly.text.words import PASSAGE, words

_STOP: Mapping[str, str] = MappingProxyType(
    {
        "en": "i me my myself we our ours ourselves you your yours yourself yourselves he him his "
        "himself she her hers herself it its itself they them their theirs themselves what which "
        "who whom this that these those am is are was were be been being have has had having do "
        "does did doing a an the and but if or because as until while of at by for with about "
        "against between into through during before after above below to from up down in out on "
        "off over under again further then once here there when where why how all any both each "
        "few more most other some such no nor not only own same so than too very s t can will just "
        "don should now",
        "es": "de la que el en y a los del se las por un para con no una su al lo como más pero "
        "sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay "
        "donde quien desde todo nos durante todos uno les ni contra otros ese eso ante "
        "ellos e esto mí antes algunos qué unos yo otro otras otra él tanto esa estos "
        "mucho quienes nada muchos cual poco ella estar estas algunas algo nosotros mi "
        "mis tú te ti tu tus es son ser está están cómo cuál cuáles dónde fue era han ha "
        "he",
    }
)
MOST_WORDS = 64
"""Of a question; more do not change what it is about, and bound the work on it."""


@dataclass(frozen=True)
class _Fillers:
    soft: frozenset[str]
    never: frozenset[str]
    stop: frozenset[str]


def content_words(text: str, language: str = "en") -> list[str]:
    """The words of a text that can be searched for: no articles, pronouns and the like."""
    fillers = _fillers(primary_subtag(language))
    return [
        word
        for word in words(text, PASSAGE)
        if word not in fillers.stop and word not in fillers.never and len(word) > 1
    ]


def is_soft(word: str, language: str = "en") -> bool:
    """Whether a word of a question seldom says what it is about."""
    return word in _fillers(primary_subtag(language)).soft


def is_plain(word: str, language: str = "en") -> bool:
    """Whether a word is one that every question may have, and so is never misspelt."""
    fillers = _fillers(primary_subtag(language))
    return word in fillers.stop or word in fillers.soft or word in fillers.never


@cache
def _fillers(language: str) -> _Fillers:
    data = yaml.safe_load(
        files("vividly.library.retrieval").joinpath("fillers.yaml").read_text("utf-8")
    )
    own = data.get(language, {})
    return _Fillers(
        soft=frozenset(own.get("soft", "").split()),
        never=frozenset(own.get("never", "").split()),
        stop=frozenset(_STOP.get(language, "").split()),
    )
