"""The words of questions and topics in a language: as they are meant, stemmed, and heard."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vividly.text.locales import Locale
from vividly.text.words import PLAIN, QUESTION, stems, words


class LocaleWords:
    """Reads the words of a language. Immutable once made, safe between threads."""

    def __init__(self, locale: Locale) -> None:
        table = locale.questions
        self._language = locale.tag
        self._texting = table.texting
        self._sounds = tuple((re.compile(pattern), heard) for pattern, heard in table.sounds)
        self._endings = tuple((re.compile(ending), own) for ending, own in table.before_stemming)
        self.filler = frozenset(words(table.filler, QUESTION))
        """The words that say nothing about a topic."""

    def words(self, text: str) -> list[str]:
        """The words of a text in lower case without accents, those of text messages in full."""
        return [self._texting.get(word, word) for word in words(text, QUESTION)]

    def stems(self, some: Iterable[str]) -> list[str]:
        """The stem of each word, in order, without accents ("nubes" and "nube" are "nub")."""
        return ["".join(words(s, PLAIN)) for s in stems(map(self._spelt, some), self._language)]

    def content_stems(self, text: str) -> tuple[str, ...]:
        """The stems of the words of a text that may say what it is about, in order."""
        return tuple(self.stems(word for word in self.words(text) if word not in self.filler))

    def sound(self, word: str) -> str:
        """A word as it is heard: the same for "fuersa" and "fuerza"; itself without `sounds`."""
        for pattern, heard in self._sounds:
            word = pattern.sub(heard, word)
        return word

    def _spelt(self, word: str) -> str:
        for ending, own in self._endings:
            word = ending.sub(own, word)
        return word
