"""What the words of a script and its sources mean: the word lists of a language, and weights."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.text.locales import primary_subtag
from vividly.text.words import PROSE, one_spelling, stem, words

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CLAUSE = re.compile(
    r"[.;:!?]\s+|,\s+|\s+(?:but|because|while|although|though|whereas|unless|pero|porque|aunque|"
    r"mientras|sino)\s+",
    re.IGNORECASE,
)
LANGUAGES = ("en", "es")
_FUNCTION_SHARE = 0.25
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The word lists of one language: see words.yaml. Those named `*_stems` hold stems."""

    language: str
    function: frozenset[str]
    discourse: frozenset[str]
    negators: frozenset[str]
    groups: Mapping[str, frozenset[int]]
    opposites: Mapping[str, frozenset[str]]
    take: frozenset[str]
    give: frozenset[str]
    counted: frozenset[str]
    months: frozenset[str]
    approximate: frozenset[str]
    address: frozenset[str]
    lead_in: frozenset[str]
    claims: frozenset[str]
    belief: frozenset[str]
    numbers: Mapping[str, int]
    scales: Mapping[str, int]
    parts: Mapping[str, int]
    factors: Mapping[str, int]
    halving: frozenset[str]
    point: str
    and_: str
    one: frozenset[str]
    minus: frozenset[str]
    operators: Mapping[str, str]
    phrases: tuple[tuple[str, str], ...]
    results: tuple[str, ...]


@cache
def words_file() -> bytes:
    """The word lists as they are stored."""
    return files("vividly.lesson.grounding").joinpath("words.yaml").read_bytes()


def lexicon(language: str) -> Lexicon:
    """The word lists for a BCP 47 language; English where there are none. One object each."""
    name = primary_subtag(language)
    return _lexicon(name if name in LANGUAGES else "en")


@cache
def _lexicon(name: str) -> Lexicon:
    lists: Mapping[str, Any] = yaml.load(words_file(), Loader=_LOADER)[name]

    def listed(key: str) -> frozenset[str]:
        return frozenset(lists[key].split())

    groups: dict[str, set[int]] = {}
    for at, group in enumerate(lists["same"]):
        for word in group.split():
            groups.setdefault(stem(word, name), set()).add(at)
    opposites: dict[str, set[str]] = {}
    for sides in lists["opposite"]:
        stemmed = [{stem(word, name) for word in side.split()} for side in sides]
        for side in stemmed:
            others = set().union(*(other for other in stemmed if other is not side)) - side
            for word in side:
                opposites.setdefault(word, set()).update(others)
    return Lexicon(
        language=name,
        function=listed("function"),
        discourse=listed("discourse"),
        negators=listed("negators"),
        groups={word: frozenset(ats) for word, ats in groups.items()},
        opposites={word: frozenset(others) for word, others in opposites.items()},
        take=frozenset(stem(word, name) for word in listed("take")),
        give=frozenset(stem(word, name) for word in listed("give")),
        counted=listed("counted"),
        months=listed("months"),
        approximate=listed("approximate"),
        address=listed("address"),
        lead_in=listed("lead_in"),
        claims=listed("claims"),
        belief=listed("belief"),
        numbers=lists["numbers"],
        scales=lists["scales"],
        parts=lists["parts"],
        factors=lists["factors"],
        halving=listed("halving"),
        point=lists["point"],
        and_=lists["and"],
        one=listed("a"),
        minus=listed("minus"),
        operators=lists["operators"],
        phrases=tuple((phrase, sign) for phrase, sign in lists["phrases"]),
        results=tuple(lists["results"]),
    )


def content(text: str, lexicon: Lexicon) -> list[str]:
    """The stems of the words that carry what a text says, in order."""
    return [
        stem(word, lexicon.language)
        for word in words(text, PROSE)
        if word not in lexicon.function
        and word not in lexicon.discourse
        and word not in lexicon.numbers
        and len(word) > 1
    ]


def clauses(text: str) -> list[str]:
    """The clauses of a text, as punctuation and the plainest conjunctions part them."""
    return [part for part in _CLAUSE.split(one_spelling(text)) if part and part.strip()]


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [part for part in _SENTENCE.split(text.strip()) if part]


def language_of(text: str) -> str:
    """The language of a longer text, by its small words; empty if it is none of `LANGUAGES`."""
    spoken = words(text, PROSE)
    shares = {
        name: sum(word in lexicon(name).function for word in spoken) / max(1, len(spoken))
        for name in LANGUAGES
    }
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _FUNCTION_SHARE else ""


@cache
def _frequencies(language: str) -> tuple[Mapping[str, int], int, frozenset[str]]:
    """(sentences of the shipped corpus by stem, how many there are in all, its plain words)."""
    counts: dict[str, int] = {}
    total = 0
    plain: set[str] = set()
    for topic in load_topics().values():
        for passage in topic_passages(topic):
            for sentence in passage.sentences:
                total += 1
                said = words(sentence.say, PROSE)
                plain.update(w for w in re.findall(r"\b[a-zà-ÿ']+", one_spelling(sentence.say)))
                for found in {stem(word, language) for word in said}:
                    counts[found] = counts.get(found, 0) + 1
    return counts, total, frozenset(plain)


def weight(stemmed: str, language: str) -> float:
    """How much a word tells: its inverse document frequency in the shipped corpus.

    A word that the corpus does not have tells as much as one that it has once.
    """
    counts, total, _ = _frequencies(language)
    return math.log(total / max(1, counts.get(stemmed, 0)))


def is_plain_word(word: str) -> bool:
    """Whether a lower-case word is written so somewhere in the shipped corpus: it is no name."""
    return word in _frequencies("en")[2]


@cache
def plain_stems() -> frozenset[str]:
    """The stems of all words that the corpus writes in lower case."""
    return frozenset(stem(word, "en") for word in _frequencies("en")[2])
