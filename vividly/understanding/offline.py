"""Understanding without a model: the words of a question against those of the corpus."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vividly.corpus import Topic
from vividly.lesson import Answer, Understanding
from vividly.understanding import answers
from vividly.understanding.ambiguity import Ambiguity, load_ambiguities
from vividly.understanding.data import digest
from vividly.understanding.index import Match, TopicIndex
from vividly.understanding.phrasing import interest_phrases, phrasing
from vividly.understanding.scope import Outside, scope
from vividly.understanding.spelling import Speller
from vividly.understanding.words import is_foreign_script, stems, words

VERSION = 1
"""Raise it when the code decides otherwise: answers are cached under `identity`."""
ENOUGH = 0.34
"""Score from which a topic is what the question is about."""
CLEAR = 0.06
"""Lead over the next topic from which it alone is."""
SETTLED = 0.5
"""Score from which the rest of a question settles an ambiguous word in it."""
STARTERS = ("photosynthesis", "sound-waves", "newtons-first-law", "pythagorean-theorem")
SUBJECT_WORDS = {
    "physics": "physics", "chemistry": "chemistry", "biology": "biology", "math": "mathematics",
    "maths": "mathematics", "mathematics": "mathematics", "algebra": "mathematics",
    "geometry": "mathematics", "statistics": "mathematics", "geology": "earth-science",
    "earth science": "earth-science", "science": "",
}


@dataclass(frozen=True)
class _Question:
    sentence: tuple[str, ...]
    content: tuple[str, ...]
    subject: str | None
    outside: tuple[Outside, ...]
    interests: frozenset[str]


class OfflineUnderstander:
    """Finds the topic by words, and asks back when they may mean several.

    Immutable once made: safe between threads, and the same answer every time.
    """

    def __init__(self, topics: Mapping[str, Topic]) -> None:
        self.identity = f"offline/{VERSION}-{digest()}"
        self._topics = topics
        self._phrasing = phrasing()
        self._scope = scope()
        self._ambiguities = load_ambiguities(topics)
        self._index = TopicIndex(topics, self._content_of)
        self._named = frozenset(stems(self._index.names))
        self._interests = frozenset(
            s for i in interest_phrases() for s in stems(words(i))
        ) - self._named
        data = (*self._phrasing.filler, *self._scope.words, *SUBJECT_WORDS,
                *(w for i in interest_phrases() for w in words(i)),
                *(w for a in self._ambiguities for w in a.words))
        self._speller = Speller({*self._index.words, *data},
                                {*self._index.names, *self._phrasing.filler})

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """The topic, or an answer instead. The grade plays no part: topics serve them all."""
        if language.split("-")[0].lower() not in ("en", "") or is_foreign_script(query):
            return answers.language()
        question = self._read(query)
        if not question.content:
            return self._nothing_left(question)
        ranked = self._index.rank(question.content, outside=len(question.outside))
        return self._meaning(question, ranked) or self._decide(question, ranked)

    def _read(self, query: str) -> _Question:
        wording = self._phrasing.read(query)
        spelt = replace(wording, words=tuple(map(self._speller.correct, wording.words)))
        sentence = tuple(stems(spelt.words))
        subjects = [SUBJECT_WORDS[w] for w in spelt.words if w in SUBJECT_WORDS]
        outside = tuple(
            o for o in self._scope.find(sentence)
            if o.end - o.start > 1 or spelt.words[o.start] not in self._index.names
        )
        out = {s for o in outside for s in sentence[o.start:o.end]}
        content = dict.fromkeys(
            stem
            for word, stem in zip(spelt.words, sentence, strict=True)
            if word not in spelt.filler and stem not in out and word not in SUBJECT_WORDS
        )
        interests = frozenset(self._interests & content.keys())
        return _Question(
            sentence,
            tuple(stem for stem in content if stem not in interests),
            max(subjects) if subjects else None,
            outside,
            interests,
        )

    def _nothing_left(self, question: _Question) -> Answer:
        if question.outside:
            return self._outside(question)
        if question.interests:
            return answers.not_school(self._titles(self._index.near(question.interests, 3)))
        if question.subject:
            ids = [id for id, t in self._topics.items() if t.subject == question.subject]
            name = question.subject.replace("-", " ")
            return answers.vague([self._choice(id) for id in _spread(ids, 4)], name)
        known = [id for id in STARTERS if id in self._topics] or list(self._topics)[:4]
        return answers.vague([self._choice(id) for id in known])

    def _meaning(
        self, question: _Question, ranked: Sequence[Match]
    ) -> Understanding | Answer | None:
        """What an ambiguous word means here; a question back; None where there is none."""
        best = ranked[0] if ranked else Match("", 0.0)
        for ambiguity, spoken in self._ambiguous(question):
            if spoken < best.alias:
                continue
            rest = [stem for stem in question.content if stem not in spoken]
            settled = ambiguity.settled_by(rest)
            if len(settled) == 1:
                at = next((m for m in ranked if m.topic_id == settled[0].topic_id), None)
                if at and at.score >= ENOUGH / 2 and at.score >= best.score - 2 * CLEAR:
                    return self._understanding(at)
                continue
            if question.outside and rest:
                continue
            if not rest or (not settled and self._says_nothing(rest)):
                return answers.ask(ambiguity.ask, [o.say for o in ambiguity.options], "ambiguous")
        return None

    def _says_nothing(self, rest: Sequence[str]) -> bool:
        ranked = self._index.rank(rest)
        return not ranked or ranked[0].score < SETTLED or (
            len(ranked) > 1 and ranked[0].score - ranked[1].score < CLEAR
        )

    def _ambiguous(self, question: _Question) -> Iterator[tuple[Ambiguity, frozenset[str]]]:
        for ambiguity in self._ambiguities:
            spoken = ambiguity.spoken_in(question.sentence)
            if spoken:
                yield ambiguity, spoken

    def _decide(self, question: _Question, ranked: Sequence[Match]) -> Understanding | Answer:
        if not ranked or ranked[0].score < ENOUGH:
            return self._outside(question)
        best = ranked[0]
        rivals = [m for m in ranked[:3] if best.score - m.score < CLEAR and not best.exact]
        if len(rivals) > 1:
            ids = [m.topic_id for m in rivals]
            return answers.close(self._titles(ids), [self._choice(id) for id in ids])
        return self._understanding(best)

    def _outside(self, question: _Question) -> Answer:
        near = self._titles(self._index.near((*question.content, *question.interests), 3))
        school = [o for o in question.outside if o.school]
        if school:
            return answers.no_lesson_yet(school[0].area, near)
        if question.outside or not question.content:
            return answers.not_school(near)
        return answers.no_lesson_yet("", near)

    def _understanding(self, match: Match) -> Understanding:
        topic = self._topics[match.topic_id]
        return Understanding(topic.id, topic.title, topic.subject, round(match.score, 4))

    def _titles(self, ids: Sequence[str]) -> list[str]:
        return [self._topics[id].title for id in ids]

    def _choice(self, id: str) -> str:
        return f"Explain {self._topics[id].title}"

    def _content_of(self, text: str) -> list[str]:
        return list(self._phrasing.read_plain(text).stems)


def _spread(ids: Sequence[str], count: int) -> list[str]:
    step = max(1, len(ids) // count)
    return list(ids[::step][:count])
