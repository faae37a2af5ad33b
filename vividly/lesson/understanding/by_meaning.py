"""Chooses the topic of a question by the passages that answer it.

Candidates are all topics, shipped and ingested. A candidate's score is the nearness in meaning of
its best passages, plus parts for its match by words. Words also know when a question is vague, in
another language, or has a word with several meanings; then they may ask back instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vividly.lesson.understanding import Understander
from vividly.lesson.understanding.catalogue import Catalogue
from vividly.lesson.understanding.catalogue_index import Hit
from vividly.lesson.understanding.meaning import Meaning, Near, lead
from vividly.lesson.understanding.offline import Leaning, OfflineUnderstander
from vividly.model.lesson import Answer, Understanding
from vividly.text.locales import primary_subtag

VERSION = 3
"""Increase it when decisions change: results are cached under `identity`."""
LANGUAGE = "en"
"""The language of the encoder."""
LESSON_WORDS, BOOK_WORDS, FOUND = 0.25, 0.2, 0.1
"""Added to a nearness: for a shipped lesson's match by words, for a book section's, and for the
best passage that the search by words finds. Each match is between 0 and 1."""
FLOOR, OUTSIDE_FLOOR = 0.46, 0.55
"""Minimum score of a topic; and if the question has phrases that belong to no lesson."""
NOTHING = Near("", 0.0)
CONTEXT, LEAD = 2, 0.12
"""An ambiguous word is settled by more than `CONTEXT` telling words, or by as many and a lead of
the best topic."""


class MeaningUnderstander:
    """Chooses among all topics by meaning and words. Thread-safe."""

    def __init__(
        self,
        words: Understander,
        english: OfflineUnderstander,
        meaning: Meaning,
        catalogue: Catalogue | None = None,
    ) -> None:
        """
        Args:
            words: the understander to ask first.
            english: reports how the words of a question match the shipped lessons.
            catalogue: the ingested topics; None to use the shipped topics only.
        """
        self.words = words
        self._english = english
        self._meaning = meaning
        self._catalogue = catalogue

    @property
    def identity(self) -> str:
        """Names the code and data. Changes when the library changes.

        Raises:
            TransientError: the database is unavailable.
        """
        return f"{self.words.identity}+{self._meaning.identity}-{VERSION}"

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """Return the topic, or an answer instead.

        Raises:
            TransientError: the database is unavailable.
        """
        found = self.words.understand(query, grade_level=grade_level, language=language)
        if primary_subtag(language) != LANGUAGE or _is_settled(found):
            return found
        leaning = self._english.leaning(query)
        ranked = self._ranked(query, language, leaning)
        best = ranked[0] if ranked else NOTHING
        floor = OUTSIDE_FLOOR if leaning.outside else FLOOR
        if isinstance(found, Answer) and found.status == "clarification_needed":
            settled = leaning.telling > CONTEXT or (
                leaning.telling == CONTEXT and lead(ranked) >= LEAD
            )
            return self._understanding(best, language) if settled and ranked else found
        if best.nearness < floor - (0 if self._catalogue else FOUND / 2):
            return found if isinstance(found, Answer) else self._english.nothing_on(query)
        return self._understanding(best, language)

    def _ranked(self, query: str, language: str, leaning: Leaning) -> list[Near]:
        """Score all topics, best first, without lessons that are less near than another topic."""
        library = self._catalogue
        hits: Sequence[Hit] = library.search(query, language) if library else ()
        found: Mapping[str, float] = library.found(query, language) if library else {}
        books = {id: of for id, (_, of) in library.vectors(language).items()} if library else {}
        text = (library.plain(query, language) if library else "") or leaning.text
        scores = {near.topic_id: near.nearness for near in self._meaning.rank(text, books)}
        for parts, weight in (
            ({match.topic_id: match.score for match in leaning.ranked}, LESSON_WORDS),
            ({hit.topic.id: hit.score for hit in hits}, BOOK_WORDS),
            (found, FOUND),
        ):
            for id, part in parts.items():
                scores[id] = scores.get(id, 0.0) + weight * part
        elsewhere = self._meaning.without_lesson(text)
        ranked = (
            Near(id, score) for id, score in scores.items() if "/" in id or score >= elsewhere
        )
        return sorted(ranked, key=lambda near: (-near.nearness, near.topic_id))

    def _understanding(self, near: Near, language: str) -> Understanding:
        confidence = round(min(1.0, max(0.0, near.nearness)), 4)
        topic = self._english.topics.get(near.topic_id) or (
            self._catalogue.topic(near.topic_id, language) if self._catalogue else None
        )
        if topic is None:
            raise KeyError(near.topic_id)
        return Understanding(topic.id, topic.title, topic.subject, confidence)


def _is_settled(found: Understanding | Answer) -> bool:
    """Whether the result by words stands: it is the name of a lesson, or no matter of topics."""
    if isinstance(found, Understanding):
        return found.confidence == 1.0 and "/" not in found.topic_id
    return found.status == "blocked" or found.category in ("language", "vague")
