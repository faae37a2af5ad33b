"""Word lists, word weights and clauses, to compare a script with its sources."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import cache

from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.text.locales import DEFAULT, Locale, known_locales, locale_for
from vividly.text.words import PROSE, one_spelling, stem, words

_FUNCTION_SHARE = 0.25


class Lexicon:
    """The word lists of one language.

    Attributes:
        lists: the lists as stored (`locales/*/grounding.yaml`).
        groups: maps a stem to the numbers of its groups of synonyms.
        opposites: maps a stem to the stems of its opposites.
        take, give: stems of verbs whose objects must not be swapped.
    """

    def __init__(self, locale: Locale) -> None:
        self.language = locale.tag
        self.lists = locale.grounding
        self.decimal_comma = locale.speech.decimal_comma
        self.take = self._stems(self.lists.take)
        self.give = self._stems(self.lists.give)
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


def clauses(text: str) -> list[str]:
    """Split a text into clauses at punctuation and common conjunctions."""
    return [part for part in _clause().split(one_spelling(text)) if part and part.strip()]


def halves(clause: str) -> list[str]:
    """Split a clause at "and"."""
    return _and().split(clause)


@cache
def _clause() -> re.Pattern[str]:
    """Pattern of clause boundaries in all languages."""
    words_ = sorted(w for tag in known_locales() for w in locale_for(tag).grounding.conjunctions)
    return re.compile(rf"[.;:!?]\s+|,\s+|\s+(?:{'|'.join(words_)})\s+", re.IGNORECASE)


@cache
def _and() -> re.Pattern[str]:
    words_ = sorted({locale_for(tag).grounding.and_ for tag in known_locales()})
    return re.compile(rf"\s+(?:{'|'.join(words_)})\s+")


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
def _frequencies(language: str) -> tuple[Mapping[str, int], int, frozenset[str]]:
    """Return (sentences per stem, total sentences, lower-case words) of the shipped corpus."""
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
    """Return the weight of a stem: its inverse document frequency in the shipped corpus.

    An unknown stem weighs as much as one that occurs once.
    """
    counts, total, _ = _frequencies(language)
    return math.log(total / max(1, counts.get(stemmed, 0)))


def is_plain_word(word: str) -> bool:
    """Whether a word occurs in lower case in the shipped corpus, so that it is not a name."""
    return word in _frequencies(DEFAULT)[2]


@cache
def plain_stems() -> frozenset[str]:
    """Return the stems of all words that occur in lower case in the corpus."""
    return frozenset(stem(word, DEFAULT) for word in _frequencies(DEFAULT)[2])
