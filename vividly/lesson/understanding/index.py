"""Scores topics against the words of a question, by their names and by all their words.

Names are a topic's title, its aliases (what students type for it), its key terms and headings.
All other words count by the best place where they occur. Rare words count more (inverse document
frequency).
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vividly.lesson.understanding.phrases import Phrases
from vividly.lesson.understanding.reading import Question
from vividly.library.corpus import Topic
from vividly.text.words import QUESTION, words

TITLE, TERM, HEADING = 1.0, 0.9, 0.8
"""Worth of a name by its kind, and weight of its words."""
CLUE = 0.55
"""Weight of a word that the thesaurus lists for a topic."""
TEXT, TEXT_HALF = 0.75, 2
"""Maximum weight of a word of the text, and the number of sentences at which it has half of it."""
NAME_PART = 0.6
"""Weight of the best name in a score; all words have the rest."""
WEAK, UNKNOWN = 0.4, 0.6
"""Factor for words that many topics could have; weight of a word that no topic has, in units of
the rarest word."""
EXTRA = 0.35
"""Factor for the words of the question that a name lacks."""
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s")
_PARTS = re.compile(r"\s*(?::|,|;|\(|\)|\band\b|\bvs\.?|\bor\b)\s*")


@dataclass(frozen=True)
class Entry:
    """A topic as the index reads it.

    Attributes:
        names: (name, worth), the best first.
        clues: further words that hint at it.
        texts: its running text.
        shipped: whether it ships with the package; otherwise it was ingested.
    """

    id: str
    title: str
    subject: str
    names: tuple[tuple[str, float], ...]
    texts: tuple[str, ...]
    clues: str = ""
    shipped: bool = False


@dataclass(frozen=True)
class Match:
    """A topic with its score in [0, 1].

    Attributes:
        name: the stems of the best matching name, if the question has them all.
        exact: whether that name is the whole question.
    """

    topic_id: str
    score: float
    name: frozenset[str] = frozenset()
    exact: bool = False


@dataclass(frozen=True)
class _Name:
    topic: int
    stems: frozenset[str]
    worth: float


class TopicIndex:
    """The words of all topics of one language. Immutable and thread-safe."""

    def __init__(
        self,
        topics: Sequence[Entry],
        content: Callable[[str], Sequence[str]],
        text_content: Callable[[str], Sequence[str]],
        weak: Collection[str],
    ) -> None:
        """Reads the topics: about a second for a book.

        Args:
            content: returns the content stems of a name.
            text_content: returns the content stems of a sentence; called for every sentence.
            weak: stems that carry little information about a topic.
        """
        self.topics: Mapping[str, Entry] = {topic.id: topic for topic in topics}
        """The topics by id."""
        self._ids = tuple(self.topics)
        self._content = content
        self._weak = frozenset(weak)
        self._postings: dict[str, dict[int, float]] = defaultdict(dict)
        self._pairs: set[tuple[str, str]] = set()
        self._names: list[_Name] = []
        self._with: dict[str, list[int]] = defaultdict(list)
        for at, topic in enumerate(topics):
            self._read_text(at, topic, text_content)
            self._read_names(at, topic)
        self._called = Phrases(self._ids_by_name())
        count = len(topics)
        self._rarity = {
            stem: math.log(1 + (count - len(of) + 0.5) / (len(of) + 0.5))
            for stem, of in self._postings.items()
        }
        self._rarest = math.log(1 + (count - 0.5) / 1.5) if count else 0.0
        names = (name for topic in topics for name, _ in topic.names)
        self.names = frozenset(word for name in names for word in words(name, QUESTION))
        """All words of names."""
        self.hints = frozenset(word for topic in topics for word in words(topic.clues, QUESTION))
        """All words of the thesaurus."""
        texts = (text for topic in topics for text in topic.texts)
        self.words = self.names | {word for text in texts for word in words(text, QUESTION)}
        """All words of the topics."""

    def rank(self, question: Question) -> list[Match]:
        """Return the topics that share a word with the question, best first."""
        wanted = {stem: self._weight(stem) for stem in question.content}
        everything = sum(wanted.values())
        against = question.against * self._rarest
        total = (everything + against) or 1.0
        covered: dict[int, float] = defaultdict(float)
        for stem, weight in wanted.items():
            for at, place in self._postings.get(stem, {}).items():
                covered[at] += weight * place / total
        best: dict[int, tuple[float, _Name]] = {}
        for at in {at for stem in wanted for at in self._with.get(stem, ())}:
            name = self._names[at]
            shared = sum(wanted.get(stem, 0.0) for stem in name.stems)
            missing = sum(self._weight(stem) for stem in name.stems if stem not in wanted)
            fit = name.worth * shared / (shared + missing + EXTRA * (everything - shared) + against)
            if fit > best.get(name.topic, (0.0, name))[0]:
                best[name.topic] = (fit, name)
        found = []
        for at, share in covered.items():
            fit, name = best.get(at, (0.0, _Name(at, frozenset(), 0.0)))
            whole = name.stems <= wanted.keys()
            exact = bool(name.stems) and name.stems == wanted.keys() and not against
            exact = exact and name.worth == TITLE
            score = NAME_PART * fit + (1 - NAME_PART) * share
            found.append(
                Match(
                    self._ids[at],
                    1.0 if exact else min(1.0, max(score, TEXT * share)),
                    name.stems if whole else frozenset(),
                    exact,
                )
            )
        return sorted(found, key=lambda match: (-match.score, match.topic_id))

    def named(self, question: Question) -> tuple[str, int]:
        """Return the topic with a name that is the whole question apart from filler.

        The filler inside the name must match ("why do things keep moving"). Shipped topics come
        first. A name that several topics share counts for none.

        Returns:
            The topic's id and the number of words of the name; ("", 0) for none.
        """
        if any(not area.school for area in question.outside):
            return "", 0
        for found in self._called.find(question.words):
            around = (*question.filler[: found.start], *question.filler[found.end :])
            if all(around) and found.value:
                return found.value, found.end - found.start
        return "", 0

    def teaches(self, phrase: Sequence[str]) -> bool:
        """Whether an ingested topic has this phrase as a name, or its words side by side."""
        stems = self._content(" ".join(phrase))
        if len(stems) == 1:
            weights = self._postings.get(stems[0], {}).items()
            return any(w >= CLUE and not self.topics[self._ids[at]].shipped for at, w in weights)
        return bool(stems) and all(pair in self._pairs for pair in pairwise(stems))

    def _weight(self, stem: str) -> float:
        rarity = self._rarity.get(stem, UNKNOWN * self._rarest)
        common = stem in self._weak or len(stem) == 1
        return WEAK * rarity if common or not (stem in self._rarity or stem.isalpha()) else rarity

    def _ids_by_name(self) -> dict[str, str]:
        """Map each title, alias and term to its topic, or to "" if topics share it."""
        found: dict[str, tuple[tuple[bool, float], str]] = {}
        for topic in self.topics.values():
            for name, worth in topic.names:
                plain, rank = " ".join(words(name, QUESTION)), (topic.shipped, worth)
                best, id = found.get(plain, ((False, 0.0), ""))
                if worth > HEADING and rank >= best and self._content(name):
                    shared = rank == best and id != topic.id
                    found[plain] = (rank, "" if shared else topic.id)
        return {name: id for name, (_, id) in found.items()}

    def _read_text(self, at: int, topic: Entry, content: Callable[[str], Sequence[str]]) -> None:
        counts: Counter[str] = Counter()
        for text in topic.texts:
            for sentence in _SENTENCE_END.split(text):
                stems = content(sentence)
                counts.update(set(stems))
                if not topic.shipped:
                    self._pairs.update(pairwise(stems))
        for stem, n in counts.items():
            self._postings[stem][at] = TEXT * n / (n + TEXT_HALF)
        for stem in content(topic.clues):
            self._postings[stem][at] = max(self._postings[stem].get(at, 0.0), CLUE)

    def _read_names(self, at: int, topic: Entry) -> None:
        taken: set[frozenset[str]] = set()
        for name, worth in topic.names:
            content = self._content(name)
            for stem in content:
                self._postings[stem][at] = max(self._postings[stem].get(at, 0.0), worth)
            if not topic.shipped:
                self._pairs.update(pairwise(content))
            stems = frozenset(content)
            if stems and stems not in taken:
                taken.add(stems)
                for stem in stems:
                    self._with[stem].append(len(self._names))
                self._names.append(_Name(at, stems, worth))


def shipped_entry(topic: Topic, clues: str = "") -> Entry:
    """Return a topic of the corpus as the index reads it.

    Args:
        clues: the words that the thesaurus lists for it.
    """
    titles = (topic.title, *topic.aliases)
    terms = (term.term for term in topic.key_terms)
    return Entry(
        topic.id,
        topic.title,
        topic.subject,
        (
            *((name, TITLE) for name in titles),
            *((term, TERM) for term in terms),
            *((section.heading, HEADING) for section in topic.sections),
        ),
        tuple(_texts(topic)),
        clues,
        shipped=True,
    )


def book_entry(
    id: str,
    title: str,
    subject: str,
    *,
    terms: Sequence[str],
    headings: Sequence[str],
    texts: Sequence[str],
) -> Entry:
    """Return an ingested topic as the index reads it. Each side of "Work and Power" is a name."""
    names = {
        title: TITLE,
        **dict.fromkeys(filter(None, _PARTS.split(title)), TITLE),
        **dict.fromkeys(terms, TERM),
    }
    return Entry(
        id, title, subject, (*names.items(), *((h, HEADING) for h in headings)), tuple(texts)
    )


def _texts(topic: Topic) -> Iterator[str]:
    yield topic.summary
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
