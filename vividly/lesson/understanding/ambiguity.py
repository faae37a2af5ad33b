"""Words with several school meanings, and what to ask about them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from vividly.library.corpus import load_topics
from vividly.text.locales import locale_for
from vividly.text.words import QUESTION, stems, words


@dataclass(frozen=True)
class Option:
    """One meaning: its topic, the question that selects it, and stems that point to it."""

    topic_id: str
    say: str
    context: frozenset[str]


@dataclass(frozen=True)
class Ambiguity:
    """A word with several meanings.

    Attributes:
        phrases: the stems of each of its forms.
    """

    phrases: tuple[tuple[str, ...], ...]
    ask: str
    options: tuple[Option, ...]

    def spoken_in(self, sentence: Sequence[str]) -> frozenset[str]:
        """Return the stems of its forms that occur in a sentence; empty if none does."""
        return frozenset(
            stem
            for phrase in self.phrases
            for at in range(len(sentence) - len(phrase) + 1)
            if tuple(sentence[at : at + len(phrase)]) == phrase
            for stem in phrase
        )

    def settled_by(self, rest: Collection[str]) -> list[Option]:
        """Return the options with the most context stems in the rest of the question."""
        counts = [len(option.context & set(rest)) for option in self.options]
        most = max(counts)
        return [o for o, n in zip(self.options, counts, strict=True) if n == most and n]


def load_ambiguities(language: str) -> tuple[Ambiguity, ...]:
    """Load the words of a language that have at least two meanings among its shipped topics."""
    topics = load_topics(language)
    found = []
    for entry in locale_for(language).hints.ambiguities:
        options = tuple(
            Option(
                o.topic, o.say, frozenset(s for c in o.context for s in stems(words(c, QUESTION)))
            )
            for o in entry.options
            if o.topic in topics
        )
        if len(options) > 1:
            phrases = tuple(tuple(stems(words(phrase, QUESTION))) for phrase in entry.words)
            found.append(Ambiguity(phrases, entry.ask, options))
    return tuple(found)
