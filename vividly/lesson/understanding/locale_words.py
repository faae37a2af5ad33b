"""Normalizes the words of one language: text-message spellings, stems and sounds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vividly.text.locales import Locale
from vividly.text.words import PLAIN, QUESTION, stems, words


class LocaleWords:
    """Normalizes the words of one language. Immutable and thread-safe."""

    def __init__(self, locale: Locale) -> None:
        table = locale.questions
        self._language = locale.tag
        self._texting = table.texting
        self._sounds = tuple((re.compile(pattern), heard) for pattern, heard in table.sounds)
        self._endings = tuple((re.compile(ending), own) for ending, own in table.before_stemming)
        self.filler = frozenset(words(table.filler, QUESTION))
        """Words that carry no information about a topic."""

    def words(self, text: str) -> list[str]:
        """Split a text into lower-case words without accents; expand texting abbreviations."""
        return [self._texting.get(word, word) for word in words(text, QUESTION)]

    def stems(self, some: Iterable[str]) -> list[str]:
        """Return the stem of each word, in order, without accents ("nubes" -> "nub")."""
        return ["".join(words(s, PLAIN)) for s in stems(map(self._spelt, some), self._language)]

    def content_stems(self, text: str) -> tuple[str, ...]:
        """Return the stems of the words that are not filler, in order."""
        return tuple(self.stems(word for word in self.words(text) if word not in self.filler))

    def sound(self, word: str) -> str:
        """Return a phonetic form of a word: the same for "fuersa" and "fuerza".

        Without `sounds` in the locale, the word itself.
        """
        for pattern, heard in self._sounds:
            word = pattern.sub(heard, word)
        return word

    def _spelt(self, word: str) -> str:
        for ending, own in self._endings:
            word = ending.sub(own, word)
        return word
