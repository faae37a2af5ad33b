"""How well each ingested topic answers a question: its names and all its words.

The measure is that of `index.TopicIndex`, for topics that come as a title, terms and
long running text instead of aliases and a lesson; by postings, as there may be thousands.
What the shipped topics say counts for how rare a word is, so that in a library of one
short file not every word is telling.
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
"""Weight of a word by the best place where it stands."""
TEXT, TEXT_HALF = 0.75, 4
"""What the running text gives a word at most, and how often it says a word for half of that."""
OFTEN = 0.5
"""Weight from which a word is something that a topic speaks of, not mentions."""
NAME_WORTH = {"title": 1.0, "part": 0.97, "term": 0.94, "heading": 0.8}
"""Worth of a name that the question matches; a part is one side of "Work and Power"."""
NAME_PART = 0.6
"""Share of the names in a score; the rest is that of all the words."""
WORDS_ALONE = 0.75
"""What all the words are worth where no name fits."""
EXTRA = 0.35
"""How much a word that is in the question but not in the name tells against the name."""
UNKNOWN = 0.75
"""Weight of a word that no topic has, as a part of the weight of the rarest word."""
NUMERAL, WEAK = 0.15, 0.4
"""The same for numbers, and for words that many topics could have."""
OUT_OF_ORDER = 0.88
"""Worth of a name whose words stand in another order in the question."""
PASSAGE, TOGETHER = 0.6, 3
"""What a question is worth that is all in one passage, if so many of its words are in there:
everyday wordings meet a book in its examples, not in its terms."""
APART = 0.9
"""What a topic is worth that never has two words side by side which are so in the question,
and in another topic ("black hole")."""
_SENTENCE_END = re.compile(r"(?<=[.!?;:])\s")
_PARTS = re.compile(r"\s*(?::|,|;|\(|\)|\band\b|\bvs\.?|\bor\b)\s*")


@dataclass(frozen=True)
class CatalogueTopic:
    """A topic of the library, as it is searched.

    Attributes:
        language: primary subtag, such as `en`.
        terms: the words that its document teaches.
        headings: those of its passages.
        texts: what each of its passages says.
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
        covered: share of the question, by weight, that the topic has anything on.
        named: the name that fits best is all of the question, or the question all but
            filler and words that tell little.
        name: the stems of that name.
        words: of how many words the name is that is all of the question but filler; 0 for none.
        fresh: the question has that name with a word that no shipped topic has.
        together: how many telling words of the question stand in one of its passages.
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
    """The words of all ingested topics of one language. Immutable, safe between threads."""

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
            topics: what can be found.
            content_of: gives the stems of a name that say something about its topic.
            text_of: the same for a sentence of running text, of which there are many.
            background: the stems of each topic that ships, for how rare a word is.
            weak: stems that say little about a topic.
        """
        self._topics = tuple(topics)
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
        """The words of titles and terms."""
        self.words = self.names | {w for t in self._topics for w in words(_all(t), QUESTION)}
        """Every word of the topics."""

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all topics."""
        return tuple(topic.id for topic in self._topics)

    def has(self, phrase: Sequence[str]) -> bool:
        """Whether a topic speaks of these words: it is called so, or says them side by side."""
        if any(found.end - found.start == len(phrase) for found in self._called.find(phrase)):
            return True
        stems = self._content(" ".join(phrase))
        if len(stems) == 1:
            return max(self._postings.get(stems[0], {}).values(), default=0.0) >= OFTEN
        together = [self._pairs.get(pair, set()) for pair in pairwise(stems)]
        return bool(together) and bool(set.intersection(*together))

    def rarity(self, stem: str) -> float:
        """How much a word tells."""
        rarity = self._rarity.get(stem, UNKNOWN * self._rarest)
        if stem not in self._rarity and not stem.isalpha():
            return NUMERAL * rarity
        return WEAK * rarity if stem in self._weak or len(stem) == 1 else rarity

    def search(self, question: Question) -> list[Hit]:
        """The topics that share a word with the question, best first."""
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
        """The topics whose name is all of the question but filler, and its length in words."""
        if any(not area.school for area in question.outside):
            return {}, 0
        for found in self._called.find(question.words):
            around = (*question.filler[: found.start], *question.filler[found.end :])
            if all(around):
                return found.value, found.end - found.start
        return {}, 0

    def _names_of_topics(self) -> dict[str, dict[int, float]]:
        """Each name -> the topics that are called so, with the worth of it."""
        found: dict[str, dict[int, float]] = defaultdict(dict)
        for at, topic in enumerate(self._topics):
            for kind, _, name in _names(topic):
                plain = words(name, QUESTION)
                if self._content(name):
                    worths = found[" ".join(plain)]
                    worths[at] = max(worths.get(at, 0.0), NAME_WORTH[kind])
        return dict(found)

    def _best_passages(self, wanted: Mapping[str, float]) -> dict[int, tuple[float, int]]:
        """By topic, for its passage that has most of the question: weight and telling words."""
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
        """The name of each topic that fits best, with how well."""
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
    """(kind, weight of its words, name), the best kinds first."""
    yield "title", TITLE, topic.title
    for part in _PARTS.split(topic.title):
        yield "part", TITLE, part
    for term in topic.terms:
        yield "term", TERM, term
    for heading in dict.fromkeys(topic.headings):
        yield "heading", HEADING, heading
