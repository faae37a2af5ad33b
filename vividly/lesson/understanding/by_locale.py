"""Understanding questions in languages other than English, without a model.

Each topic is the counterpart of an English topic, so an English question for a Spanish lesson
is understood too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vividly.lesson.understanding import Understander, answers
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
from vividly.lesson.understanding.locale_words import LocaleWords
from vividly.lesson.understanding.phrasing import interest_phrases
from vividly.lesson.understanding.question import CERTAIN, HINT
from vividly.lesson.understanding.scope import Area, outside_phrases
from vividly.library.corpus import Topic, corpus_languages
from vividly.model.lesson import Answer, Understanding
from vividly.text import languages
from vividly.text.locales import DEFAULT, Locale, primary_subtag
from vividly.text.spelling import NameSpeller
from vividly.text.words import QUESTION, singular, words

VERSION = 2
"""Increase it when decisions change: results are cached under `identity`."""
SURE = 0.6
"""Minimum confidence to use the counterpart of an English question's topic."""
SOUND_FROM = 4
"""Minimum length in letters of a word to correct, by its sound or its spelling."""


@dataclass(frozen=True)
class _Question:
    """The parts of a question.

    Attributes:
        content: stems that may name the topic, in order, each once.
        subject: slug of the subject that it names; empty for none.
        outside: the areas of phrases that belong to no lesson.
        against: weight of these phrases against any lesson, in units of the rarest word.
    """

    content: tuple[str, ...]
    subject: str
    outside: tuple[Area, ...]
    against: float


class LocaleUnderstander:
    """Finds the topic in one language by words. Immutable and thread-safe.

    Its `identity` covers the code only. The identity of the English understander covers the
    data files.
    """

    def __init__(self, locale: Locale, topics: Mapping[str, Topic], english: Understander) -> None:
        """Reads the topics.

        Args:
            locale: the locale of the language.
            topics: the topics in the language, by id.
            english: understands English questions.
        """
        self.identity = f"{locale.tag}/{VERSION}"
        self._tag = locale.tag
        self._topics = topics
        self._words = LocaleWords(locale)
        self._texts = locale.answers
        self._english = english
        self._counterparts = {topic.counterpart: id for id, topic in topics.items()}
        own, filler, stems = self._words, self._words.filler, self._words.stems
        self._subjects = locale.questions.subjects
        subjects = [word for name in self._subjects for word in words(name, QUESTION)]
        thesaurus = locale.hints.thesaurus
        clues = {id: words(some, QUESTION) for id, some in thesaurus.items() if id in topics}
        weak = words(locale.questions.weak, QUESTION)
        self._index = TopicIndex(
            topics,
            own.content_stems,
            clues={id: frozenset(stems(some)) for id, some in clues.items()},
            weak=frozenset(stems(weak)),
        )
        self._weak = frozenset(stems([*weak, *subjects]))
        self._outside = outside_phrases(locale.tag)
        self._interests = interest_phrases()
        hints = {word for some in clues.values() for word in some}
        self._lessons = frozenset(map(singular, (*self._index.names, *hints)))
        known = self._index.words | hints | filler | self._outside.words
        known |= self._interests.words | set(subjects)
        self._known = frozenset(known)
        correct = {*self._index.names, *filler}
        self._by_sound = self._heard(correct)
        self._speller = NameSpeller(known, correct, stems)

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """Return the topic, or an answer in the language instead. The grade is ignored."""
        spoken = languages.detect(query, expected=(self._tag, DEFAULT), known=self._known)
        if spoken not in (self._tag, DEFAULT):
            return answers.language(corpus_languages(), spoken)
        found = self._of_own(query, language)
        if isinstance(found, Understanding) and (spoken == self._tag or found.confidence >= SURE):
            return found
        if spoken == DEFAULT or len(words(query, QUESTION)) == 1:
            return self._of_english(query, grade_level, language) or found
        return found

    def lesson_on(self, query: str) -> tuple[str, float]:
        """Return the title and confidence of the lesson on a question, or ("", 0.0)."""
        found = self._of_own(query, self._tag)
        if isinstance(found, Answer):
            return "", 0.0
        return self._titles([found.topic_id])[0], found.confidence

    def _of_english(
        self, query: str, grade_level: int, language: str
    ) -> Answer | Understanding | None:
        """Understand an English question and map it to a lesson in this language.

        None if the question is not understood as English; an answer if the lesson is missing.
        """
        found = self._english.understand(query, grade_level=grade_level, language=DEFAULT)
        if isinstance(found, Answer):
            return None
        id = self._counterparts.get(found.topic_id, "")
        if id and found.confidence >= SURE:
            topic = self._topics[id]
            return Understanding(id, topic.title, topic.subject, found.confidence)
        return answers.no_lesson_yet("", self._titles(self._topics), language=language)

    def _of_own(self, query: str, language: str) -> Understanding | Answer:
        question = self._read(query)
        ranked = self._index.rank(question.content, outside=question.against)
        telling = [stem for stem in question.content if self._tells(stem)]
        if not telling and not (ranked and ranked[0].exact):
            return self._nothing_to_go_by(question, language)
        if not self._is_enough(question, ranked) or self._is_a_hint_alone(telling, ranked[0]):
            return self._nothing_on(question, ranked, language)
        best = ranked[0]
        rivals = [match.topic_id for match in ranked if best.score - match.score < CLEAR]
        if len(rivals) > 1 and not best.exact:
            titles = self._titles(rivals)
            return answers.close(titles, self._choices(rivals), language=language)
        topic = self._topics[best.topic_id]
        return Understanding(topic.id, topic.title, topic.subject, round(best.score, 4))

    def _read(self, query: str) -> _Question:
        spelt = [self._spelt(word) for word in self._words.words(query)]
        taught = self._lessons
        outside = [
            found
            for found in self._outside.find(spelt)
            if found.end - found.start > 1 or singular(spelt[found.start]) not in taught
        ]
        interests = [
            found
            for found in self._interests.find(spelt)
            if found.end - found.start > 1 or singular(spelt[found.start]) not in taught
        ]
        aside = {at for area in outside for at in range(area.start, area.end)}
        aside |= {at for one in interests for at in range(one.start, one.end)}
        subjects = self._subjects
        left = [
            word
            for at, word in enumerate(spelt)
            if at not in aside and word not in self._words.filler and word not in subjects
        ]
        named = [subjects[word] for word in spelt if word in subjects]
        return _Question(
            content=tuple(dict.fromkeys(self._words.stems(left))),
            subject=max(named, default=""),
            outside=tuple(found.value for found in outside),
            against=sum(
                CERTAIN if found.value.school or found.end - found.start > 1 else HINT
                for found in outside
            ),
        )

    def _spelt(self, word: str) -> str:
        """Correct a word: first to one that sounds the same, then to the closest spelling."""
        if word in self._known or len(word) < SOUND_FROM:
            return word
        return self._by_sound.get(self._words.sound(word)) or self._speller.correct(word)

    def _tells(self, stem: str) -> bool:
        """Whether a stem is telling: neither a common word nor a single letter."""
        return len(stem) > 1 and stem not in self._weak

    def _is_enough(self, question: _Question, ranked: Sequence[Match]) -> bool:
        if not ranked or ranked[0].score < LOW:
            return False
        return ranked[0].score >= ENOUGH or (
            lead(ranked) >= FAR
            and not question.outside
            and self._index.covers(ranked[0].topic_id, question.content) > 1
        )

    def _is_a_hint_alone(self, telling: Sequence[str], match: Match) -> bool:
        """Whether the only telling word just hints at the topic ("rifa": probability)."""
        return len(telling) == 1 and self._index.hints(match.topic_id, telling[0])

    def _nothing_to_go_by(self, question: _Question, language: str) -> Answer:
        if question.outside:
            return self._nothing_on(question, (), language)
        of_subject = [
            id
            for id, topic in self._topics.items()
            if not question.subject or topic.subject == question.subject
        ]
        return answers.vague(self._choices(spread(of_subject)), question.subject, language=language)

    def _nothing_on(self, question: _Question, ranked: Sequence[Match], language: str) -> Answer:
        near = [match.topic_id for match in ranked[:NEAR] if match.score >= NEAR_ENOUGH]
        titles = self._titles(near or self._topics)
        school = [area.name for area in question.outside if area.school]
        if school:
            return answers.no_lesson_yet(school[0], titles, language=language)
        if question.outside:
            return answers.not_school(titles, language=language)
        return answers.no_lesson_yet("", titles, language=language)

    def _titles(self, ids: Iterable[str]) -> list[str]:
        return [self._texts.in_sentence(self._topics[id].title) for id in ids]

    def _choices(self, ids: Iterable[str]) -> list[str]:
        return [self._texts.explain.format(title) for title in self._titles(ids)]

    def _heard(self, correct: Iterable[str]) -> dict[str, str]:
        """Map each sound to its word, or to "" if several words share the sound."""
        found: dict[str, str] = {}
        for word in correct:
            if len(word) >= SOUND_FROM:
                heard = self._words.sound(word)
                found[heard] = word if found.get(heard, word) == word else ""
        return found


class ByLanguage:
    """Chooses the understander by the requested language of the lesson.

    A request's `language` is the language of the lesson, not of the question. The answer to a
    Spanish question for an English lesson explains, in Spanish, how to request the lesson in
    Spanish. A student who requests English never gets a Spanish lesson.
    """

    def __init__(self, english: Understander, others: Mapping[str, LocaleUnderstander]) -> None:
        """
        Args:
            others: understanders of the other languages with lessons, by primary subtag.
        """
        self._english = english
        self._others = others
        self.identity = "+".join(one.identity for one in (english, *others.values()))

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """Return the topic, or an answer instead."""
        wanted = primary_subtag(language)
        own = self._others.get(wanted, self._english)
        found = own.understand(query, grade_level=grade_level, language=language)
        if wanted in self._others or isinstance(found, Understanding) or found.status == "blocked":
            return found
        if found.category == "language":
            there = corpus_languages()
            foreign = languages.detect(query) if wanted in there else wanted
            if foreign not in self._others:
                return answers.language(there, foreign)
            return answers.asked_in(foreign, self._others[foreign].lesson_on(query)[0])
        # One word is too short to detect its language, but it may name a Spanish lesson
        # ("fotosíntesis").
        for tag, other in self._others.items():
            title, confidence = other.lesson_on(query)
            if confidence == 1.0:
                return answers.asked_in(tag, title)
        return found
