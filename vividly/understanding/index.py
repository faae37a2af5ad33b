"""How well each topic of the corpus covers the words of a question.

Two views of a topic are weighed together: its aliases, the phrases that students
type for it, compared as sets of stems; and all its words, each with the weight of
the best place where it stands (a title counts for more than a sentence). Words
that few topics have count for more (inverse document frequency).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from vividly.corpus import Topic
from vividly.understanding.words import stems, words

TITLE, TERM, ALIAS, HEADING, SUMMARY = 1.0, 0.9, 0.7, 0.6, 0.6
SENTENCE = 0.3
"""What one sentence gives a word; each further one gives as much of what is left."""
SENTENCES_AT_MOST = 0.7
UNKNOWN = 0.6
"""Weight of a word that no topic has, as a part of the weight of the rarest word."""
EXTRA = 0.35
"""How much a word that is in the question but not in the alias tells against the alias."""


@dataclass(frozen=True)
class Match:
    """A topic with its score in [0, 1]; `exact` where an alias is the whole question."""

    topic_id: str
    score: float
    exact: bool = False
    alias: frozenset[str] = frozenset()


class TopicIndex:
    """The words of all topics. Immutable once made, safe between threads."""

    def __init__(
        self, topics: Mapping[str, Topic], content_of: Callable[[str], list[str]]
    ) -> None:
        """`content_of` gives the stems of a text that say something about its topic."""
        self._content = content_of
        self.weights = {id: dict(self._weights(topic)) for id, topic in topics.items()}
        self.aliases = {id: self._aliases(topic) for id, topic in topics.items()}
        self.mentions = {
            id: frozenset(s for text in _bridge_texts(topic) for s in stems(words(text)))
            for id, topic in topics.items()
        }
        found_in = Counter(stem for weights in self.weights.values() for stem in weights)
        count = len(topics)
        self._rarity = {
            stem: math.log(1 + (count - n + 0.5) / (n + 0.5)) for stem, n in found_in.items()
        }
        self.rarest = math.log(1 + (count - 0.5) / 1.5)
        """The weight of a word that one topic alone has."""
        self._unknown = UNKNOWN * self.rarest
        self.names = {w for t in topics.values() for name in _names(t) for w in words(name)}
        """The words of titles, aliases and key terms."""
        self.words = {w for t in topics.values() for text in _all(t) for w in words(text)}
        """Every word of the corpus."""

    def rarity(self, stem: str) -> float:
        """How much a word tells, from about 0 (in every topic) to about log(topics)."""
        return self._rarity.get(stem, self._unknown)

    def rank(
        self, content: Collection[str], *, against: Mapping[str, float] | None = None
    ) -> list[Match]:
        """All topics that share a word with the question, best first.

        Args:
            content: the stems of the question that are not filler.
            against: stems that no topic can cover, with their weights.
        """
        wanted = {stem: self.rarity(stem) for stem in content} | dict(against or {})
        covered = {stem for stem in wanted if stem not in (against or {})}
        found = (self._match(id, wanted, covered) for id in self.weights)
        return sorted(
            (m for m in found if m.score > 0), key=lambda m: (-m.score, m.topic_id)
        )

    def near(self, content: Collection[str], limit: int) -> list[str]:
        """Topics that mention the words at all, in an interest too, best first."""
        scores = {
            id: sum(
                self.rarity(stem) * max(weights.get(stem, 0.0), 0.2 * (stem in self.mentions[id]))
                for stem in content
            )
            for id, weights in self.weights.items()
        }
        return sorted((id for id in scores if scores[id] > 0), key=lambda id: (-scores[id], id))[
            :limit
        ]

    def _match(self, id: str, wanted: Mapping[str, float], covered: Collection[str]) -> Match:
        total = sum(wanted.values())
        if not total:
            return Match(id, 0.0)
        weights = self.weights[id]
        left = {s: w * (1 - (weights.get(s, 0.0) if s in covered else 0.0))
                for s, w in wanted.items()}
        coverage = 1 - sum(left.values()) / total
        best, best_alias = 0.0, frozenset[str]()
        for alias in self.aliases[id]:
            if alias.isdisjoint(covered):
                continue
            shared = sum(wanted[s] for s in alias if s in covered)
            missing = sum(self.rarity(s) for s in alias if s not in covered)
            extra = sum(w for s, w in left.items() if s not in alias)
            score = shared / (shared + missing + EXTRA * extra) if shared else 0.0
            if (score, sorted(alias)) > (best, sorted(best_alias)):
                best, best_alias = score, alias
        whole = bool(best_alias) and best_alias == set(wanted)
        score = 1.0 if whole else 0.65 * best + 0.35 * coverage
        return Match(id, score, whole, best_alias if best_alias <= set(covered) else frozenset())

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
        counts = Counter(s for text in _sentences(topic) for s in set(self._content(text)))
        for stem, n in counts.items():
            weight = min(SENTENCES_AT_MOST, 1 - (1 - SENTENCE) ** n)
            places[stem] = max(places.get(stem, 0.0), weight)
        yield from places.items()

    def _aliases(self, topic: Topic) -> tuple[frozenset[str], ...]:
        sets = {frozenset(self._content(name)) for name in _names(topic)}
        return tuple(sorted((s for s in sets if s), key=sorted))


def _names(topic: Topic) -> tuple[str, ...]:
    return (topic.title, *topic.aliases, *(term.term for term in topic.key_terms))


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


def _all(topic: Topic) -> Iterator[str]:
    yield from _names(topic)
    yield topic.summary
    yield from (section.heading for section in topic.sections)
    yield from _sentences(topic)
    yield from _bridge_texts(topic)
