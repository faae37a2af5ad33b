"""Words with several school meanings, and what to ask about them."""

from __future__ import annotations

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass

from vividly.text.locales import DEFAULT, locale_for
from vividly.text.words import QUESTION, stems, words


@dataclass(frozen=True)
class Option:
    """One meaning: its topic, what to type to get it, and the stems that settle it."""

    topic_id: str
    say: str
    context: frozenset[str]


@dataclass(frozen=True)
class Ambiguity:
    """A word with several meanings; `phrases` are stems of its forms, `words` all it has."""

    phrases: tuple[tuple[str, ...], ...]
    ask: str
    options: tuple[Option, ...]
    words: frozenset[str]

    def spoken_in(self, sentence: Sequence[str]) -> frozenset[str]:
        """The stems of its forms that stand in the question; empty if it does not."""
        return frozenset(
            stem
            for phrase in self.phrases
            for at in range(len(sentence) - len(phrase) + 1)
            if tuple(sentence[at : at + len(phrase)]) == phrase
            for stem in phrase
        )

    def settled_by(self, rest: Collection[str]) -> list[Option]:
        """The options with most words of their context among the rest of the question."""
        counts = [len(option.context & set(rest)) for option in self.options]
        most = max(counts)
        return [o for o, n in zip(self.options, counts, strict=True) if n == most and n]


def load_ambiguities(topics: Container[str]) -> tuple[Ambiguity, ...]:
    """The ambiguities between topics that exist; a word left with one meaning is none."""
    found = []
    for entry in locale_for(DEFAULT).hints.ambiguities:
        options = tuple(
            Option(
                o.topic, o.say, frozenset(s for c in o.context for s in stems(words(c, QUESTION)))
            )
            for o in entry.options
            if o.topic in topics
        )
        if len(options) > 1:
            phrases = tuple(tuple(stems(words(phrase, QUESTION))) for phrase in entry.words)
            texts = (*entry.words, *(c for o in entry.options for c in o.context))
            known = frozenset(word for text in texts for word in words(text, QUESTION))
            found.append(Ambiguity(phrases, entry.ask, options, known))
    return tuple(found)
