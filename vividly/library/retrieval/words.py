"""Which words of a passage or a question are worth searching for."""

from __future__ import annotations

from vividly.text.locales import locale_for
from vividly.text.words import PASSAGE, words

MOST_WORDS = 64
"""Of a question; more do not change what it is about, and bound the work on it."""


def content_words(text: str, language: str = "en") -> list[str]:
    """The words of a text that can be searched for: no articles, pronouns and the like."""
    fillers = locale_for(language).search
    return [
        word
        for word in words(text, PASSAGE)
        if word not in fillers.stop and word not in fillers.never and len(word) > 1
    ]


def is_soft(word: str, language: str = "en") -> bool:
    """Whether a word of a question seldom says what it is about."""
    return word in locale_for(language).search.soft


def is_plain(word: str, language: str = "en") -> bool:
    """Whether a word is one that every question may have, and so is never misspelt."""
    fillers = locale_for(language).search
    return word in fillers.stop or word in fillers.soft or word in fillers.never
