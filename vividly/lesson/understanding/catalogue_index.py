"""Scores ingested topics against a question by their names and all their words.

The score is like that of `index.TopicIndex`, for topics with a title, terms and long running
text instead of aliases and a lesson. There may be thousands of topics, so the index uses
postings. Word rarity counts the shipped topics too; otherwise every word of a small library
would look rare.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from vividly.lesson.understanding.phrases import Phrases
from vividly.lesson.understanding.question import Question
from vividly.text.words import QUESTION, words

Content = Callable[[str], Sequence[str]]
TITLE, TERM, HEADING = 1.0, 0.9, 0.6
"""Weight of a word by the best place where it occurs."""
TEXT, TEXT_HALF = 0.75, 4
"""Maximum weight of a word in running text, and the count at which it has half of that."""
OFTEN = 0.5
"""Weight from which a topic is about a word, and does not just mention it."""
NAME_WORTH = {"title": 1.0, "part": 0.97, "term": 0.94, "heading": 0.8}
"""Factor by kind of the matched name; a part is one side of "Work and Power"."""
NAME_PART = 0.6
"""Weight of the names in a score; all the words have the rest."""
WORDS_ALONE = 0.75
"""Factor for the score by all the words when no name matches."""
EXTRA = 0.35
"""Penalty factor for the words of the question that a name lacks."""
UNKNOWN = 0.75
"""Weight of a word that no topic has, as a fraction of the weight of the rarest word."""
NUMERAL, WEAK = 0.15, 0.4
"""Factors for unknown numbers, and for words that many topics could have."""
OUT_OF_ORDER = 0.88
"""Factor for a name whose words are in another order in the question."""
PASSAGE, TOGETHER = 0.6, 3
"""Factor for a match with one passage, and the number of telling words that it needs. Everyday
wording matches a book's examples rather than its terms."""
APART = 0.9
"""Factor for a topic that lacks an adjacent pair of words of the question ("black hole") that
another topic has."""
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s")
_PARTS = re.compile(r"\s*(?::|,|;|\(|\)|\band\b|\bvs\.?|\bor\b)\s*")


@dataclass(frozen=True)
class CatalogueTopic:
    """A library topic as the index reads it.

    Attributes:
        language: primary subtag, such as `en`.
        terms: the key terms of its document.
        headings: the headings of its passages.
        texts: the texts of its passages.
    """

    id: str
    title: str
    subject: str
    language: str
    terms: tuple[str, ...]
    headings: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A topic with its score in [0, 1].

    Attributes:
        covered: share of the question's words, by weight, that the topic has.
        named: one of its names is the whole question, apart from filler and weak words.
        name: the stems of the best matching name.
        words: number of words of the name that is the whole question apart from filler, or 0.
        fresh: the question has all of `name`, which has a stem that no shipped topic has.
        together: number of telling words of the question in its best matching passage.
    """

    topic: CatalogueTopic
    score: float
    covered: float
    named: bool
    name: frozenset[str]
    words: int
    fresh: bool
    together: int


@dataclass(frozen=True)
class _Name:
    topic: int
    stems: tuple[str, ...]
    worth: float


class CatalogueIndex:
    """The words of all ingested topics of one language. Immutable and thread-safe."""

    def __init__(
        self,
        topics: Sequence[CatalogueTopic],
        content_of: Content,
        text_of: Content,
        *,
        background: Sequence[Collection[str]] = (),
        weak: Collection[str] = (),
    ) -> None:
        """Reads the topics: about a second for a book.

        Args:
            topics: the topics to index.
            content_of: returns the content stems of a name.
            text_of: returns the content stems of a sentence; called for every sentence.
            background: the stems of each shipped topic, counted for word rarity.
            weak: stems that carry little information about a topic.
        """
        self._topics = tuple(topics)
        self._by_id = {topic.id: topic for topic in self._topics}
        self._weak = frozenset(weak)
        self._postings: dict[str, dict[int, float]] = defaultdict(dict)
        self._pairs: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._passages: dict[str, list[int]] = defaultdict(list)
        self._topic_of: list[int] = []
        self._names: list[_Name] = []
        self._named: dict[str, list[int]] = defaultdict(list)
        self._content = content_of
        for at, topic in enumerate(self._topics):
            self._read_text(at, topic, text_of)
            self._read_names(at, topic)
        self._shipped = frozenset(stem for stems in background for stem in stems)
        self._called = Phrases(self._names_of_topics())
        found_in = Counter(stem for stems in background for stem in stems)
        found_in.update({stem: len(by) for stem, by in self._postings.items()})
        count = len(self._topics) + len(background)
        self._rarity = {s: math.log(1 + (count - n + 0.5) / (n + 0.5)) for s, n in found_in.items()}
        self._rarest = math.log(1 + (count - 0.5) / 1.5) if count else 0.0
        texts = [text for t in self._topics for text in (t.title, *t.terms)]
        self.names = frozenset(word for text in texts for word in words(text, QUESTION))
        """All words of titles and terms."""
        self.words = self.names | {w for t in self._topics for w in words(_all(t), QUESTION)}
        """All words of the topics."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Ids of all topics."""
        return tuple(topic.id for topic in self._topics)

    def topic(self, topic_id: str) -> CatalogueTopic | None:
        """Return a topic by its id; None if it is unknown."""
        return self._by_id.get(topic_id)

    def has(self, phrase: Sequence[str]) -> bool:
        """Whether a topic has this phrase as a name, or has its words side by side."""
        if any(found.end - found.start == len(phrase) for found in self._called.find(phrase)):
            return True
        stems = self._content(" ".join(phrase))
        if len(stems) == 1:
            return max(self._postings.get(stems[0], {}).values(), default=0.0) >= OFTEN
        together = [self._pairs.get(pair, set()) for pair in pairwise(stems)]
        return bool(together) and bool(set.intersection(*together))

    def rarity(self, stem: str) -> float:
        """Return the weight of a stem: rare stems weigh more."""
        rarity = self._rarity.get(stem, UNKNOWN * self._rarest)
        if stem not in self._rarity and not stem.isalpha():
            return NUMERAL * rarity
        return WEAK * rarity if stem in self._weak or len(stem) == 1 else rarity

    def search(self, question: Question) -> list[Hit]:
        """Return the topics that share a word with the question, best first."""
        called, length = self._called_so(question)
        content = question.content
        wanted = {stem: self.rarity(stem) for stem in content}
        against = 0.0 if called else question.against
        weight_against = against * self._rarest
        total = sum(wanted.values()) + weight_against
        share: dict[int, float] = defaultdict(float)
        covered: dict[int, float] = defaultdict(float)
        for stem, weight in wanted.items():
            for at, place in self._postings.get(stem, {}).items():
                share[at] += weight * place / total
                covered[at] += weight / total
        for at in called:
            covered[at] = 1.0
        names = self._best_names(content, wanted, weight_against)
        passages = self._best_passages(wanted)
        pairs = [found for pair in pairwise(content) if (found := self._pairs.get(pair))]
        hits = []
        for at in covered:
            fit, name = names.get(at, (0.0, _Name(at, (), 0.0)))
            score = max(NAME_PART * fit + (1 - NAME_PART) * share[at], WORDS_ALONE * share[at])
            score *= APART ** sum(at not in found for found in pairs)
            weight, together = passages.get(at, (0.0, 0))
            if together >= TOGETHER:
                score = max(score, PASSAGE * weight / total)
            score = max(score, called.get(at, 0.0))
            hits.append(
                Hit(
                    topic=self._topics[at],
                    score=min(score, 1.0),
                    covered=covered[at],
                    named=at in called or (not against and self._is_all(name.stems, wanted)),
                    name=frozenset(name.stems),
                    words=length if at in called else 0,
                    fresh=set(name.stems) <= wanted.keys()
                    and not self._shipped.issuperset(name.stems),
                    together=together,
                )
            )
        return sorted(hits, key=lambda hit: (-hit.score, hit.topic.id))

    def _is_all(self, name: Collection[str], wanted: Collection[str]) -> bool:
        telling = [stem for stem in wanted if stem not in self._weak]
        return bool(telling) and set(name) <= set(wanted) and set(telling) <= set(name)

    def _called_so(self, question: Question) -> tuple[dict[int, float], int]:
        """Find topics whose name is the whole question apart from filler.

        Returns:
            The factor of the name by topic index, and the length of the name in words.
        """
        if any(not area.school for area in question.outside):
            return {}, 0
        for found in self._called.find(question.words):
            around = (*question.filler[: found.start], *question.filler[found.end :])
            if all(around):
                return found.value, found.end - found.start
        return {}, 0

    def _names_of_topics(self) -> dict[str, dict[int, float]]:
        """Map each name to its topics, each with the factor of the name."""
        found: dict[str, dict[int, float]] = defaultdict(dict)
        for at, topic in enumerate(self._topics):
            for kind, _, name in _names(topic):
                plain = words(name, QUESTION)
                if self._content(name):
                    worths = found[" ".join(plain)]
                    worths[at] = max(worths.get(at, 0.0), NAME_WORTH[kind])
        return dict(found)

    def _best_passages(self, wanted: Mapping[str, float]) -> dict[int, tuple[float, int]]:
        """Map each topic to (weight, telling words) of its best matching passage."""
        weights: dict[int, float] = defaultdict(float)
        counts: Counter[int] = Counter()
        for stem, weight in wanted.items():
            for passage in self._passages.get(stem, ()):
                weights[passage] += weight
                counts[passage] += stem not in self._weak
        best: dict[int, tuple[float, int]] = {}
        for passage, weight in weights.items():
            at = self._topic_of[passage]
            best[at] = max(best.get(at, (0.0, 0)), (weight, counts[passage]))
        return best

    def _best_names(
        self,
        content: Sequence[str],
        wanted: Mapping[str, float],
        against: float,
    ) -> dict[int, tuple[float, _Name]]:
        """Map each topic to its best matching name and that name's score."""
        best: dict[int, tuple[float, _Name]] = {}
        candidates = {at for stem in wanted for at in self._named.get(stem, ())}
        everything = sum(wanted.values())
        for at in candidates:
            name = self._names[at]
            shared = sum(wanted.get(stem, 0.0) for stem in name.stems)
            missing = sum(self.rarity(stem) for stem in name.stems if stem not in wanted)
            fit = name.worth * shared / (shared + missing + EXTRA * (everything - shared) + against)
            if [s for s in content if s in name.stems] != [s for s in name.stems if s in wanted]:
                fit *= OUT_OF_ORDER
            known = best.get(name.topic)
            if known is None or fit > known[0]:
                best[name.topic] = (fit, name)
        return best

    def _read_text(self, at: int, topic: CatalogueTopic, text_of: Content) -> None:
        counts: Counter[str] = Counter()
        for text in topic.texts:
            in_passage: set[str] = set()
            for sentence in _SENTENCE_END.split(text):
                found = text_of(sentence)
                in_passage.update(found)
                counts.update(found)
                for pair in pairwise(found):
                    self._pairs[pair].add(at)
            for stem in in_passage:
                self._passages[stem].append(len(self._topic_of))
            self._topic_of.append(at)
        for stem, n in counts.items():
            self._postings[stem][at] = TEXT * n / (n + TEXT_HALF)

    def _read_names(self, at: int, topic: CatalogueTopic) -> None:
        taken: set[tuple[str, ...]] = set()
        for kind, place, text in _names(topic):
            stems = tuple(dict.fromkeys(self._content(text)))
            for stem in stems:
                self._postings[stem][at] = max(self._postings[stem].get(at, 0.0), place)
            for pair in pairwise(stems):
                self._pairs[pair].add(at)
            if stems and stems not in taken:
                taken.add(stems)
                for stem in stems:
                    self._named[stem].append(len(self._names))
                self._names.append(_Name(at, stems, NAME_WORTH[kind]))


def _all(topic: CatalogueTopic) -> str:
    return " ".join((*topic.headings, *topic.texts))


def _names(topic: CatalogueTopic) -> Iterator[tuple[str, float, str]]:
    """Yield (kind, weight of its words, name), best kinds first."""
    yield "title", TITLE, topic.title
    for part in _PARTS.split(topic.title):
        yield "part", TITLE, part
    for term in topic.terms:
        yield "term", TERM, term
    for heading in dict.fromkeys(topic.headings):
        yield "heading", HEADING, heading
