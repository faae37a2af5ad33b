"""Understanding without a model: candidates, score, decide.

Candidates are all topics of the lesson's language, shipped and ingested. Each is scored by the
nearness in meaning of its passages, where the sentence encoder knows the language, and by the
words that it shares with the question. The best topic is taken if its score reaches a floor.
Before that, words tell that a question is in another language, names a topic, is vague, or has a
word with several school meanings.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vividly.lesson.understanding import answers
from vividly.lesson.understanding.ambiguity import Ambiguity, load_ambiguities
from vividly.lesson.understanding.catalogue import Catalogue, Shelf, shipped_shelf
from vividly.lesson.understanding.data import digest
from vividly.lesson.understanding.index import Entry, Match
from vividly.lesson.understanding.meaning import Meaning
from vividly.lesson.understanding.reading import Question
from vividly.library.corpus import corpus_languages, load_topics
from vividly.model.lesson import Answer, Understanding
from vividly.text import languages
from vividly.text.locales import DEFAULT, locale_for, primary_subtag
from vividly.text.words import QUESTION, words

VERSION = 7
"""Increase it when decisions change: results are cached under `identity`."""
WORDS = 0.3
"""Weight of a topic's match by words, beside its nearness in meaning."""
INGESTED = 0.06
"""Lead of an ingested topic: whoever adds a book wants its section, if that answers about as well,
and topics of the package have more names to match."""
FLOOR = 0.42
"""Minimum score of a topic."""
WORDS_FLOOR = 0.34
"""Minimum match by words of a topic without a nearness."""
CLOSE = 0.02
"""Lead in score below which two topics are equally good."""
CONTEXT, LEAD = 2, 0.12
"""A close or ambiguous question is settled by more than `CONTEXT` telling words, or by as many and
a lead of the best topic in score."""
SURE = 0.6
"""Minimum confidence to use the counterpart of an English question's topic."""
CHOICES, SUGGESTED = 4, 3
"""Number of topics to offer for a vague question, and to suggest where there is no lesson."""


@dataclass(frozen=True)
class Scored:
    """A candidate with its score: its nearness in meaning and its match by words."""

    topic: Entry
    score: float

    @property
    def rank(self) -> float:
        """The score that candidates are compared by."""
        return self.score if self.topic.shipped else self.score + INGESTED


class OfflineUnderstander:
    """Chooses among all topics by meaning and words. Thread-safe and deterministic."""

    def __init__(self, meaning: Meaning, catalogue: Catalogue | None = None) -> None:
        """
        Args:
            catalogue: the shipped and ingested topics; None to use the shipped topics only.
        """
        self._meaning = meaning
        self._catalogue = catalogue
        self._ambiguities = {tag: load_ambiguities(tag) for tag in corpus_languages()}

    @property
    def identity(self) -> str:
        """Names the code and data. Changes when the library changes.

        Raises:
            TransientError: the database is unavailable.
        """
        library = f"+library-{self._catalogue.version[:12]}" if self._catalogue else ""
        return f"offline/{VERSION}-{digest()}+{self._meaning.identity}{library}"

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """Return the topic, or an answer instead. The grade is ignored: topics serve them all.

        Raises:
            TransientError: the database is unavailable.
        """
        wanted = primary_subtag(language)
        if wanted not in corpus_languages():
            return answers.language(corpus_languages(), wanted)
        shelf = self._shelf(wanted)
        expected = (wanted, DEFAULT) if wanted != DEFAULT else (DEFAULT,)
        spoken = languages.detect(query, expected=expected, known=shelf.reader.known)
        question = shelf.reader.read(query)
        if spoken not in expected and not shelf.index.named(question)[0]:
            return self._foreign(query, spoken, wanted)
        found = self._of(shelf, question)
        if wanted == DEFAULT:
            no_lesson = isinstance(found, Answer) and found.status == "out_of_scope"
            return self._elsewhere(query, found) if no_lesson else found
        if isinstance(found, Understanding) and (spoken == wanted or found.confidence >= SURE):
            return found
        if spoken == DEFAULT or len(words(query, QUESTION)) == 1:
            return self._counterpart(query, shelf) or found
        return found

    def _shelf(self, language: str) -> Shelf:
        return self._catalogue.shelf(language) if self._catalogue else shipped_shelf(language)

    def _of(self, shelf: Shelf, question: Question) -> Understanding | Answer:
        """Understand a question in the language of a shelf."""
        name, length = shelf.index.named(question)
        named = shelf.index.topics.get(name)
        if named and length > 1:
            return _understanding(named, 1.0)
        matches = shelf.index.rank(question)
        exact = bool(matches) and matches[0].exact
        if not (question.telling or exact or named):
            return self._nothing_to_go_by(shelf, question)
        ambiguous = self._ambiguous(shelf, question, matches)
        lesson = shelf.index.topics[matches[0].topic_id] if exact else None
        if lesson and lesson.shipped and not ambiguous:
            return _understanding(lesson, 1.0)
        elsewhere = self._without_lesson(shelf, question)
        scored = [
            one
            for one in self._scored(shelf, question, matches)
            if not one.topic.shipped or one.score >= elsewhere
        ]
        settled = self._settled(question, scored)
        if meant := self._meant(shelf, ambiguous, settled=settled):
            return meant
        if lesson and lesson.shipped:
            return _understanding(lesson, 1.0)
        best = scored[0] if scored else None
        if best is None or best.score < FLOOR:
            return self._nothing_on(shelf, question)
        rivals = [one.topic.id for one in scored[:SUGGESTED] if best.rank - one.rank < CLOSE]
        if len(rivals) > 1 and not settled:
            return self._which(shelf, rivals)
        return _understanding(best.topic, best.score)

    def _scored(
        self, shelf: Shelf, question: Question, matches: Sequence[Match]
    ) -> Sequence[Scored]:
        """Score the candidates, best first."""
        by_words = {match.topic_id: match.score for match in matches}
        near: dict[str, float] = {}
        if shelf.language == self._meaning.language:
            near = self._meaning.nearness(question.text, shelf.vectors)
        scored = (
            Scored(topic, near[id] + WORDS * by_words.get(id, 0.0))
            if id in near
            else Scored(topic, by_words.get(id, 0.0) * FLOOR / WORDS_FLOOR)
            for id, topic in shelf.index.topics.items()
        )
        return sorted(scored, key=lambda one: (-one.rank, one.topic.id))

    def _without_lesson(self, shelf: Shelf, question: Question) -> float:
        """The score of the nearest topic without a lesson, which a shipped one must reach."""
        if shelf.language != self._meaning.language:
            return 0.0
        return self._meaning.without_lesson(question.text)

    def _settled(self, question: Question, scored: Sequence[Scored]) -> bool:
        telling = len(question.telling)
        lead = scored[0].rank - scored[1].rank if len(scored) > 1 else 1.0
        return telling > CONTEXT or (telling == CONTEXT and lead >= LEAD)

    def _ambiguous(
        self, shelf: Shelf, question: Question, matches: Sequence[Match]
    ) -> list[tuple[Ambiguity, list[str]]]:
        """Return the ambiguous words of a question, each with the stems beside it."""
        name = matches[0].name if matches else frozenset()
        found = []
        for ambiguity in self._ambiguities[shelf.language] if not question.outside else ():
            spoken = ambiguity.spoken_in(question.sentence)
            if spoken and not name - spoken:
                found.append((ambiguity, [s for s in question.content if s not in spoken]))
        return found

    def _meant(
        self, shelf: Shelf, ambiguous: Sequence[tuple[Ambiguity, list[str]]], *, settled: bool
    ) -> Understanding | Answer | None:
        """Resolve an ambiguous word or ask back; None if there is nothing to ask.

        Args:
            settled: whether the other words of the question may decide.
        """
        for ambiguity, rest in ambiguous:
            options = ambiguity.settled_by(rest)
            if len(options) == 1:
                return _understanding(shelf.index.topics[options[0].topic_id], 1.0)
            if not (rest and settled):
                return answers.ask(ambiguity.ask, [o.say for o in ambiguity.options], "ambiguous")
        return None

    def _nothing_to_go_by(self, shelf: Shelf, question: Question) -> Answer:
        if question.outside or question.about_interest:
            return self._nothing_on(shelf, question)
        choices = self._choices(shelf, _spread(shelf, CHOICES, question.subject or ""))
        return answers.vague(choices, question.subject or "", language=shelf.language)

    def _nothing_on(self, shelf: Shelf, question: Question) -> Answer:
        school = [area.name for area in question.outside if area.school]
        titles = self._titles(shelf, self._nearest(shelf, question, school[0] if school else ""))
        if school:
            return answers.no_lesson_yet(school[0], titles, language=shelf.language)
        if question.outside or not question.content:
            return answers.not_school(titles, language=shelf.language)
        return answers.no_lesson_yet("", titles, language=shelf.language)

    def _nearest(self, shelf: Shelf, question: Question, area: str) -> Sequence[str]:
        """Return the ids of the topics to suggest, the nearest first.

        Args:
            area: the area without lessons that the question is from. If it is a subject, its
                topics are suggested; if it is something else, topics from all over the list.
        """
        names = locale_for(shelf.language).names.subjects
        subject = next((id for id, name in names.items() if name == area), "")
        if question.outside and not subject:
            return _spread(shelf, SUGGESTED)
        scored = self._scored(shelf, question, shelf.index.rank(question))
        near = [
            one.topic.id
            for one in scored
            if one.score > 0 and (not subject or one.topic.subject == subject)
        ]
        return near[:SUGGESTED] or _spread(shelf, SUGGESTED, subject)

    def _which(self, shelf: Shelf, ids: Sequence[str]) -> Answer:
        titles = self._titles(shelf, ids)
        return answers.close(titles, self._choices(shelf, ids), language=shelf.language)

    def _titles(self, shelf: Shelf, ids: Iterable[str]) -> list[str]:
        texts = locale_for(shelf.language).answers
        return [texts.in_sentence(shelf.index.topics[id].title) for id in ids]

    def _choices(self, shelf: Shelf, ids: Iterable[str]) -> list[str]:
        texts = locale_for(shelf.language).answers
        return [texts.explain.format(title) for title in self._titles(shelf, ids)]

    def _foreign(self, query: str, spoken: str, wanted: str) -> Answer:
        """Answer a question in a language that is not that of the requested lesson.

        A request's `language` is the language of the lesson, not of the question. The answer to a
        Spanish question for an English lesson explains, in Spanish, how to request the lesson in
        Spanish. A student who requests English never gets a Spanish lesson.
        """
        if wanted != DEFAULT or spoken not in corpus_languages():
            return answers.language(corpus_languages(), spoken)
        title, _ = self._lesson_on(query, spoken)
        return answers.asked_in(spoken, title)

    def _elsewhere(self, query: str, found: Understanding | Answer) -> Understanding | Answer:
        """Look for a lesson in another language: one word is too short to detect its language."""
        for tag in corpus_languages():
            title, confidence = self._lesson_on(query, tag) if tag != DEFAULT else ("", 0.0)
            if confidence == 1.0:
                return answers.asked_in(tag, title)
        return found

    def _lesson_on(self, query: str, language: str) -> tuple[str, float]:
        """Return the title and confidence of the lesson on a question, or ("", 0.0)."""
        shelf = self._shelf(language)
        found = self._of(shelf, shelf.reader.read(query))
        if isinstance(found, Answer):
            return "", 0.0
        return self._titles(shelf, [found.topic_id])[0], found.confidence

    def _counterpart(self, query: str, shelf: Shelf) -> Answer | Understanding | None:
        """Understand an English question and map it to a lesson in the language of the shelf.

        None if the question is not understood as English; an answer if the lesson is missing.
        """
        english = self._shelf(DEFAULT)
        found = self._of(english, english.reader.read(query))
        if isinstance(found, Answer):
            return None
        topics = load_topics(shelf.language)
        own = next((t for t in topics.values() if t.counterpart == found.topic_id), None)
        if own and found.confidence >= SURE:
            return Understanding(own.id, own.title, own.subject, found.confidence)
        titles = self._titles(shelf, topics)
        return answers.no_lesson_yet("", titles, language=shelf.language)


def _spread(shelf: Shelf, count: int, subject: str = "") -> list[str]:
    """Return ids of shipped topics, of a subject if one is given, from all over the list."""
    ids = [
        topic.id
        for topic in shelf.index.topics.values()
        if topic.shipped and (not subject or topic.subject == subject)
    ]
    return ids[:: max(1, len(ids) // count)][:count]


def _understanding(topic: Entry, score: float) -> Understanding:
    confidence = round(min(1.0, max(0.0, score)), 4)
    return Understanding(topic.id, topic.title, topic.subject, confidence)
