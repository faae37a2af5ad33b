"""Scores the topics of a corpus against the words of a question.

A score combines two parts. Aliases, the phrases that students type for a topic, are compared
as sets of stems. All words of a topic count by the best place where they occur: a title counts
more than a sentence. Rare words count more (inverse document frequency).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from vividly.library.corpus import Topic
from vividly.text.words import QUESTION, words

TITLE, TERM, ALIAS, HEADING, SUMMARY = 1.0, 0.9, 0.7, 0.6, 0.6
CLUE = 0.55
"""Weight of a word that the thesaurus lists for a topic."""
SENTENCE = 0.25
"""Weight of a word in one sentence. With n sentences: 1 - (1 - SENTENCE)**n."""
SENTENCES_AT_MOST = 0.7
UNKNOWN = 0.6
"""Weight of a word that no topic has, as a fraction of the weight of the rarest word."""
ALIAS_PART = 0.65
"""Weight of the aliases in a score; all the words have the rest."""
WORDS_ALONE = 0.75
"""Factor for the score by all the words when no alias matches."""
WEAK = 0.4
"""Factor for the rarity of words that many topics could have."""
NUMERAL = 0.15
"""Factor for the rarity of numbers that no topic has ("5x", "1997")."""
KEY_TERM = 0.8
"""Factor for a key term used as an alias. Topics share key terms, so none decides alone."""
OUT_OF_ORDER = 0.88
"""Factor for an alias whose words are in another order in the question."""
EXTRA = 0.35
"""Penalty factor for the words of the question that an alias lacks."""


@dataclass(frozen=True)
class Match:
    """A topic with its score in [0, 1].

    Attributes:
        exact: an alias is the whole question.
        alias: the stems of the best matching alias, if the question has them all.
    """

    topic_id: str
    score: float
    exact: bool = False
    alias: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Alias:
    """A phrase for a topic, as stems in order, and the factor for a match with it."""

    stems: tuple[str, ...]
    worth: float

    @cached_property
    def set(self) -> frozenset[str]:
        return frozenset(self.stems)

    def order(self, content: Sequence[str]) -> float:
        """Return the factor for the order of the shared words in the question."""
        shared = [stem for stem in content if stem in self.set]
        same = shared == [stem for stem in self.stems if stem in shared]
        return 1.0 if same else OUT_OF_ORDER


class TopicIndex:
    """The words of all topics. Immutable and thread-safe."""

    def __init__(
        self,
        topics: Mapping[str, Topic],
        content_of: Callable[[str], Sequence[str]],
        *,
        clues: Mapping[str, Collection[str]],
        weak: Collection[str],
    ) -> None:
        """Reads the topics.

        Args:
            topics: by id.
            content_of: returns the content stems of a text.
            clues: further stems that hint at a topic, by topic id.
            weak: stems that carry little information about a topic.
        """
        self._content = content_of
        self._clues = clues
        self._weak = frozenset(weak)
        self.weights = {id: dict(self._weights(topic)) for id, topic in topics.items()}
        self.aliases = {id: self._aliases(topic) for id, topic in topics.items()}
        found_in = Counter(stem for weights in self.weights.values() for stem in weights)
        count = len(topics)
        self._rarity = {
            stem: math.log(1 + (count - n + 0.5) / (n + 0.5)) for stem, n in found_in.items()
        }
        self.rarest = math.log(1 + (count - 0.5) / 1.5)
        """The weight of a word that only one topic has."""
        self._unknown = UNKNOWN * self.rarest
        self.names = {
            w for t in topics.values() for name in names_of(t) for w in words(name, QUESTION)
        }
        """All words of titles, aliases and key terms."""
        self.words = {
            w for t in topics.values() for text in texts_of(t) for w in words(text, QUESTION)
        }
        """All words of the corpus."""

    def rarity(self, stem: str) -> float:
        """Return the weight of a stem, from about 0 (in every topic) to about log(topics)."""
        rarity = self._rarity.get(stem, self._unknown)
        if stem not in self._rarity and not stem.isalpha():
            return NUMERAL * rarity
        return WEAK * rarity if stem in self._weak or len(stem) == 1 else rarity

    def rank(self, content: Sequence[str], *, outside: float = 0.0) -> list[Match]:
        """Return all topics that share a word with the question, best first.

        Args:
            content: the question's stems without filler, in order, each once.
            outside: weight of phrases that belong to no lesson, in units of `rarest`.
        """
        wanted = {stem: self.rarity(stem) for stem in content}
        against = outside * self.rarest
        found = (self._match(id, tuple(content), wanted, against) for id in self.weights)
        return sorted((m for m in found if m.score > 0), key=lambda m: (-m.score, m.topic_id))

    def covers(self, topic_id: str, content: Collection[str]) -> int:
        """Count the stems that a topic has in more than a single sentence."""
        return sum(self.weights[topic_id].get(stem, 0.0) > SENTENCE for stem in content)

    def hints(self, topic_id: str, stem: str) -> bool:
        """Whether a stem belongs to a topic mainly through the thesaurus."""
        return stem in self._clues.get(topic_id, ()) and self.weights[topic_id][stem] == CLUE

    def _match(
        self, id: str, content: tuple[str, ...], wanted: Mapping[str, float], against: float
    ) -> Match:
        total = sum(wanted.values()) + against
        weights = self.weights[id]
        left = {stem: w * (1 - weights.get(stem, 0.0)) for stem, w in wanted.items()}
        coverage = (total - against - sum(left.values())) / total if total else 0.0
        best, best_alias = 0.0, _Alias((), 0.0)
        for alias in self.aliases[id]:
            shared = sum(wanted[stem] for stem in alias.set if stem in wanted)
            if not shared:
                continue
            if alias.set == wanted.keys() and alias.worth == 1 and not against:
                return Match(id, 1.0, True, alias.set)
            missing = sum(self.rarity(stem) for stem in alias.set if stem not in wanted)
            extra = EXTRA * sum(w for stem, w in left.items() if stem not in alias.set)
            score = shared / (shared + missing + extra + against)
            score *= alias.worth * alias.order(content)
            if score > best:
                best, best_alias = score, alias
        whole = best_alias.set <= wanted.keys()
        return Match(
            id,
            max(ALIAS_PART * best + (1 - ALIAS_PART) * coverage, WORDS_ALONE * coverage),
            alias=best_alias.set if whole else frozenset(),
        )

    def _weights(self, topic: Topic) -> Iterator[tuple[str, float]]:
        places: dict[str, float] = {}

        def place(text: str, weight: float) -> None:
            for stem in self._content(text):
                places[stem] = max(places.get(stem, 0.0), weight)

        place(topic.title, TITLE)
        for alias in topic.aliases:
            place(alias, TITLE if len(self._content(alias)) == 1 else ALIAS)
        for term in topic.key_terms:
            place(term.term, TERM)
        place(topic.summary, SUMMARY)
        for section in topic.sections:
            place(section.heading, HEADING)
        for stem in self._clues.get(topic.id, ()):
            places[stem] = max(places.get(stem, 0.0), CLUE)
        counts = Counter(s for text in _sentences(topic) for s in set(self._content(text)))
        for stem, n in counts.items():
            weight = min(SENTENCES_AT_MOST, 1 - (1 - SENTENCE) ** n)
            places[stem] = max(places.get(stem, 0.0), weight)
        yield from places.items()

    def _aliases(self, topic: Topic) -> tuple[_Alias, ...]:
        found: dict[tuple[str, ...], float] = {}
        for worth, names in ((1.0, (topic.title, *topic.aliases)), (KEY_TERM, _terms(topic))):
            for name in names:
                content = tuple(dict.fromkeys(self._content(name)))
                if content:
                    found[content] = max(found.get(content, 0), worth)
        return tuple(_Alias(content, worth) for content, worth in found.items())


def _terms(topic: Topic) -> tuple[str, ...]:
    return tuple(term.term for term in topic.key_terms)


def names_of(topic: Topic) -> tuple[str, ...]:
    """Return the title, aliases and key terms of a topic."""
    return (topic.title, *topic.aliases, *_terms(topic))


def _sentences(topic: Topic) -> Iterator[str]:
    for term in topic.key_terms:
        yield term.say
    for section in topic.sections:
        yield from (sentence.say for sentence in section.sentences)
    yield topic.worked_example.problem.say
    yield from (s.say for s in topic.worked_example.steps)
    yield topic.worked_example.answer.say
    yield topic.misconception.belief.say
    yield from (s.say for s in topic.misconception.correction)
    yield from (s.say for s in topic.takeaways)
    yield topic.check.question.say
    yield topic.check.answer.say


def _bridge_texts(topic: Topic) -> Iterator[str]:
    for bridge in topic.bridges:
        yield bridge.interest
        yield from (sentence.say for sentence in bridge.hook)
        yield bridge.link.say
        yield bridge.close


def texts_of(topic: Topic) -> Iterator[str]:
    """Yield all texts of a topic, part by part."""
    yield from names_of(topic)
    yield topic.summary
    yield from (section.heading for section in topic.sections)
    yield from _sentences(topic)
    yield from _bridge_texts(topic)
