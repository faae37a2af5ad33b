"""Understanding without a model: matches the words of a question with the corpus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vividly.lesson.understanding import answers
from vividly.lesson.understanding.ambiguity import load_ambiguities
from vividly.lesson.understanding.data import digest
from vividly.lesson.understanding.deciding import (
    CLEAR,
    ENOUGH,
    FAR,
    LOW,
    NEAR,
    NEAR_ENOUGH,
    lead,
    spread,
)
from vividly.lesson.understanding.index import Match, TopicIndex
from vividly.lesson.understanding.phrases import Phrases
from vividly.lesson.understanding.phrasing import phrasing
from vividly.lesson.understanding.question import SUBJECTS, Question, Reader
from vividly.library.corpus import Topic
from vividly.model.lesson import Answer, Understanding
from vividly.text import languages
from vividly.text.locales import DEFAULT, locale_for, primary_subtag
from vividly.text.words import QUESTION, stems, words

VERSION = 3
"""Increase it when decisions change: results are cached under `identity`."""
STARTERS = ("photosynthesis", "sound-waves", "newtons-first-law", "pythagorean-theorem")
"""Topics to suggest to a student who names none."""


@dataclass(frozen=True)
class Leaning:
    """How a question matches the lessons by words, even if too weakly to decide.

    Attributes:
        text: the question without its wrapping, with spelling corrected; the question itself
            if nothing is left.
        telling: number of its telling words.
        outside: whether it has phrases that belong to no lesson.
        ranked: the lessons that share words with it, best first.
    """

    text: str
    telling: int
    outside: bool
    ranked: Sequence[Match]


class OfflineUnderstander:
    """Finds the topic by words, and asks back when they may mean several topics.

    Immutable, thread-safe and deterministic.
    """

    def __init__(
        self, topics: Mapping[str, Topic], *, lesson_languages: Sequence[str] = (DEFAULT,)
    ) -> None:
        """Reads the topics.

        Args:
            topics: by id.
            lesson_languages: primary subtags of the topics' languages.
        """
        self.identity = f"offline/{VERSION}-{digest()}"
        self._languages = tuple(lesson_languages)
        self._topics = topics
        self._texts = locale_for(DEFAULT).answers
        self._weak = phrasing().weak | frozenset(stems(SUBJECTS))
        self._ambiguities = load_ambiguities(topics)
        clues = {
            id: words(clues, QUESTION)
            for id, clues in locale_for(DEFAULT).hints.thesaurus.items()
            if id in topics
        }
        self._index = TopicIndex(
            topics,
            lambda text: phrasing().read_plain(text).stems,
            clues={id: frozenset(stems(some)) for id, some in clues.items()},
            weak=self._weak,
        )
        self._aliases = Phrases(_long_aliases(topics))
        self._known = self._index.words | phrasing().filler
        settling = (word for ambiguity in self._ambiguities for word in ambiguity.words)
        self._reader = Reader(
            self._index.words | set(settling),
            self._index.names,
            {word for some in clues.values() for word in some},
        )

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """Return the topic, or an answer instead. The grade is ignored: topics serve them all."""
        if foreign := self._foreign(query, language):
            return answers.language(self._languages, foreign)
        question = self._reader.read(query)
        named = self._named(question)
        if named:
            return self._understanding(Match(named, 1.0))
        ranked = self._index.rank(question.content, outside=question.against)
        if not any(map(self._tells, question.content)) and not (ranked and ranked[0].exact):
            return self._nothing_to_go_by(question)
        return self._meaning(question, ranked) or self._decide(question, ranked)

    @property
    def topics(self) -> Mapping[str, Topic]:
        """The known topics, by id."""
        return self._topics

    def leaning(self, query: str) -> Leaning:
        """Return how a question matches the lessons by words."""
        question = self._reader.read(query)
        ranked = self._index.rank(question.content, outside=question.against)
        return Leaning(
            text=" ".join(question.words) or query,
            telling=sum(map(self._tells, question.content)),
            outside=bool(question.outside),
            ranked=ranked,
        )

    def nothing_on(self, query: str) -> Answer:
        """Return the answer that there is no lesson on this question."""
        return self._outside(self._reader.read(query))

    def _foreign(self, query: str, language: str) -> str:
        """Return the language without lessons that is used or requested; empty for none."""
        if not languages.supported(language, self._languages):
            return primary_subtag(language)
        spoken = languages.detect(query, expected=self._languages, known=self._known)
        return "" if spoken in self._languages else spoken

    def _named(self, question: Question) -> str:
        """Return the topic with an alias that is the whole question apart from filler, or "".

        The filler inside the alias must match ("why do things keep moving").
        """
        for found in self._aliases.find(question.words):
            outside = (*question.filler[: found.start], *question.filler[found.end :])
            if found.value and all(outside):
                return found.value
        return ""

    def _tells(self, stem: str) -> bool:
        """Whether a stem is telling: neither a common word nor a single letter."""
        return len(stem) > 1 and stem not in self._weak

    def _nothing_to_go_by(self, question: Question) -> Answer:
        bare = len(question.interests) == len(question.sentence)
        if question.outside or (question.interests and question.subject is None and not bare):
            return self._outside(question)
        if question.subject:
            ids = [id for id, t in self._topics.items() if t.subject == question.subject]
            return answers.vague(self._choices(spread(ids)), question.subject)
        return answers.vague(self._choices(id for id in STARTERS if id in self._topics))

    def _meaning(
        self, question: Question, ranked: Sequence[Match]
    ) -> Understanding | Answer | None:
        """Resolve an ambiguous word or ask back; None if no word is ambiguous here."""
        best = ranked[0] if ranked else Match("", 0.0)
        for ambiguity in self._ambiguities:
            spoken = ambiguity.spoken_in(question.sentence)
            if not spoken or question.against or best.alias - spoken:
                continue
            rest = [stem for stem in question.content if stem not in spoken]
            settled = ambiguity.settled_by(rest)
            for match in ranked:
                if len(settled) == 1 and match.topic_id == settled[0].topic_id:
                    return self._understanding(match)
            if not rest or not (settled or self._is_clear(ranked, rest)):
                return answers.ask(ambiguity.ask, [o.say for o in ambiguity.options], "ambiguous")
        return None

    def _decide(self, question: Question, ranked: Sequence[Match]) -> Understanding | Answer:
        if not self._is_enough(question, ranked):
            return self._outside(question)
        best = ranked[0]
        rivals = [m.topic_id for m in ranked[:NEAR] if best.score - m.score < CLEAR]
        if len(rivals) > 1 and not best.exact:
            return answers.close(self._titles(rivals), self._choices(rivals))
        return self._understanding(best)

    def _is_enough(self, question: Question, ranked: Sequence[Match]) -> bool:
        if not ranked or ranked[0].score < LOW or self._is_thin(question, ranked[0]):
            return False
        return ranked[0].score >= ENOUGH or (
            lead(ranked) >= FAR
            and not question.outside
            and self._index.covers(ranked[0].topic_id, question.content) > 1
        )

    def _is_thin(self, question: Question, match: Match) -> bool:
        """Whether the match rests on a single word that is not the topic's name.

        "What is a hurricane" is not about ocean waves, for which hurricanes are only a hint.
        "The price of an iPhone" is not about ratios, whose lesson mentions prices.
        """
        telling = [stem for stem in question.content if self._tells(stem)]
        had = [stem for stem in telling if stem in self._index.weights[match.topic_id]]
        if len(had) > 1 or not telling:
            return False
        hinted = bool(had) and self._index.hints(match.topic_id, had[0])
        return hinted or bool(question.outside and not match.alias)

    def _is_clear(self, ranked: Sequence[Match], rest: Sequence[str]) -> bool:
        """Whether one topic leads clearly, and not just by the ambiguous word."""
        return (
            bool(ranked)
            and ranked[0].score >= ENOUGH
            and lead(ranked) >= FAR
            and self._index.covers(ranked[0].topic_id, rest) > 0
        )

    def _outside(self, question: Question) -> Answer:
        ranked = self._index.rank([stem for stem in question.content if self._tells(stem)])
        near = self._titles(m.topic_id for m in ranked[:NEAR] if m.score >= NEAR_ENOUGH)
        school = [area.name for area in question.outside if area.school]
        if school:
            return answers.no_lesson_yet(school[0], near)
        if question.outside or not question.content:
            return answers.not_school(near)
        return answers.no_lesson_yet("", near)

    def _understanding(self, match: Match) -> Understanding:
        topic = self._topics[match.topic_id]
        return Understanding(topic.id, topic.title, topic.subject, round(match.score, 4))

    def _titles(self, ids: Iterable[str]) -> list[str]:
        return [self._texts.in_sentence(self._topics[id].title) for id in ids]

    def _choices(self, ids: Iterable[str]) -> list[str]:
        return [self._texts.explain.format(title) for title in self._titles(ids)]


def _long_aliases(topics: Mapping[str, Topic]) -> dict[str, str]:
    """Map each alias of several words to its topic, or to "" if topics share it."""
    found: dict[str, str] = {}
    for id, topic in topics.items():
        for alias in {" ".join(words(alias, QUESTION)) for alias in topic.aliases}:
            if " " in alias:
                found[alias] = "" if alias in found else id
    return found
