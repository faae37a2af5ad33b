"""Selects the words of a passage or a question that are worth searching for."""

from __future__ import annotations

from vividly.text.locales import locale_for
from vividly.text.words import PASSAGE, words

MOST_WORDS = 64
"""Most words of a question to use. It bounds the work; further words add no meaning."""


def content_words(text: str, language: str = "en") -> list[str]:
    """The words of a text to search for, without articles, pronouns and similar words."""
    fillers = locale_for(language).search
    return [
        word
        for word in words(text, PASSAGE)
        if word not in fillers.stop and word not in fillers.never and len(word) > 1
    ]


def is_soft(word: str, language: str = "en") -> bool:
    """Whether a word seldom says what a question is about."""
    return word in locale_for(language).search.soft


def is_plain(word: str, language: str = "en") -> bool:
    """Whether a word is common to all questions, and therefore never counts as misspelt."""
    fillers = locale_for(language).search
    return word in fillers.stop or word in fillers.soft or word in fillers.never
