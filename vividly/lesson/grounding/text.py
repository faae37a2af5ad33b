"""Word lists and word weights, to compare a script with its sources."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.text.locales import Locale, known_locales, locale_for
from vividly.text.words import PROSE, stem, words

_FUNCTION_SHARE = 0.25


class Lexicon:
    """The word lists of one language.

    Attributes:
        lists: the lists as stored (`locales/*/grounding.yaml`).
        groups: maps a stem to the numbers of its groups of synonyms.
        opposites: maps a stem to the stems of its opposites.
    """

    def __init__(self, locale: Locale) -> None:
        self.language = locale.tag
        self.lists = locale.grounding
        self.decimal_comma = locale.speech.decimal_comma
        groups: dict[str, set[int]] = {}
        for at, group in enumerate(self.lists.same):
            for found in self._stems(group):
                groups.setdefault(found, set()).add(at)
        self.groups = {found: frozenset(ats) for found, ats in groups.items()}
        opposites: dict[str, set[str]] = {}
        for sides in self.lists.opposite:
            stemmed = [self._stems(side) for side in sides]
            for side in stemmed:
                others = frozenset().union(*(o for o in stemmed if o is not side)) - side
                for found in side:
                    opposites.setdefault(found, set()).update(others)
        self.opposites = {found: frozenset(others) for found, others in opposites.items()}

    def _stems(self, some: Iterable[str]) -> frozenset[str]:
        return frozenset(stem(word, self.language) for word in some)


def words_file() -> bytes:
    """Return the stored word lists of all languages, as bytes to hash."""
    return b"\0".join(locale_for(tag).file("grounding") for tag in known_locales())


def lexicon(language: str) -> Lexicon:
    """Return the word lists of a language (BCP 47), or the English ones. Cached."""
    return _lexicon(locale_for(language).tag)


@cache
def _lexicon(tag: str) -> Lexicon:
    return Lexicon(locale_for(tag))


def content(text: str, lexicon: Lexicon) -> list[str]:
    """Return the stems of the content words of a text, in order."""
    return [
        stem(word, lexicon.language)
        for word in words(text, PROSE)
        if word not in lexicon.lists.function
        and word not in lexicon.lists.discourse
        and word not in lexicon.lists.numbers
        and len(word) > 1
    ]


def language_of(text: str) -> str:
    """Detect the language of a longer text by its function words; "" if it has no locale."""
    spoken = words(text, PROSE)
    shares = {
        name: sum(word in lexicon(name).lists.function for word in spoken) / max(1, len(spoken))
        for name in known_locales()
    }
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _FUNCTION_SHARE else ""


@cache
def _frequencies(language: str) -> tuple[Mapping[str, int], int]:
    """Return (sentences per stem, total sentences) of the shipped corpus."""
    counts: Counter[str] = Counter()
    total = 0
    for topic in load_topics().values():
        for passage in topic_passages(topic):
            for sentence in passage.sentences:
                total += 1
                counts.update({stem(word, language) for word in words(sentence.say, PROSE)})
    return counts, total


def weight(stemmed: str, language: str) -> float:
    """Return the weight of a stem: its inverse document frequency in the shipped corpus.

    An unknown stem weighs as much as one that occurs once.
    """
    counts, total = _frequencies(language)
    return math.log(total / max(1, counts.get(stemmed, 0)))
