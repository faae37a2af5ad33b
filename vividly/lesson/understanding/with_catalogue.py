"""Understanding with the ingested topics: the lessons that ship first, then the library."""

from __future__ import annotations

from collections.abc import Sequence

from vividly.lesson.understanding import Understander, answers
from vividly.lesson.understanding.catalogue import Catalogue
from vividly.lesson.understanding.catalogue_index import Hit
from vividly.model.lesson import Answer, Understanding

VERSION = 1
"""Raise it when the code decides otherwise: results are cached under `identity`."""
ENOUGH, SURE = 0.4, 0.8
"""Score from which a topic is what the question is about: with two telling words of it in one
passage, and with one."""
COVERED = 0.5
"""Share of the question that it must have something on."""
WHOLE = 0.95
"""The same where that is all of it, but for a word that tells little."""
CLEAR = 0.03
"""Lead over the next topic from which it alone is."""
WHOLE_MATCH_LEAD, WHOLE_MATCH_WORDS = 0.1, 3
"""Margins of a topic that matches the whole question: its lead over the other topics and over the
shipped lesson, and the number of the question's words that one of its passages has."""
CHOICES = 3
"""Topics to choose from at most."""
SHIPPED_CONFIDENCE = 0.75
"""Confidence in a shipped lesson below which a close topic of the library may replace it."""
CLOSE_SCORE, CLOSE_LEAD = 0.65, 0.25
"""Margins of such a close topic: its score, and its lead over the shipped lesson."""


class CatalogueUnderstander:
    """Asks the library where the lessons that ship do not answer a question.

    Those are made for students, so they come first; a section of a book is taken where
    they have nothing, or only something near, while the book has just what was asked.
    """

    def __init__(self, shipped: Understander, catalogue: Catalogue) -> None:
        self._shipped = shipped
        self._catalogue = catalogue

    @property
    def identity(self) -> str:
        """Changes with the library, too.

        Raises:
            TransientError: the database is away.
        """
        return f"{self._shipped.identity}+library/{VERSION}-{self._catalogue.version[:12]}"

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """The topic, or an answer instead.

        Raises:
            TransientError: the database is away.
        """
        found = self._shipped.understand(query, grade_level=grade_level, language=language)
        if isinstance(found, Answer) and found.status == "blocked":
            return found
        hits = self._catalogue.search(query, language)
        if isinstance(found, Understanding):
            close = _close(hits, found.confidence)
            return _understanding(close) if close else found
        if found.category in ("language", "vague"):
            # "Van de Graaff generator" is not Dutch, and "the Standard Model" not vague.
            named = _distinctly_named(hits)
            return _understanding(named) if named else found
        if found.status == "clarification_needed":
            close = _close(hits, 0.0)
            return _understanding(close) if close else found
        return _decide(hits) or found


def _named(hits: Sequence[Hit]) -> Hit | None:
    """The topic that is called what was asked for, if it is the only one."""
    named = [hit for hit in hits if hit.named]
    if not named or (len(named) > 1 and named[0].score - named[1].score < CLEAR):
        return None
    return named[0]


def _distinctly_named(hits: Sequence[Hit]) -> Hit | None:
    """The same, where the name is no everyday word."""
    named = _named(hits)
    return named if named and (named.fresh or named.words > 1 or len(named.name) > 1) else None


def _close(hits: Sequence[Hit], confidence: float) -> Hit | None:
    """The topic that is what was asked for, where a lesson that ships is only near.

    It is called so in several words ("heat engine"), or in one that no lesson has, or it
    has all of a question of several words.
    """
    named = _distinctly_named(hits)
    if named and (named.fresh or confidence < SHIPPED_CONFIDENCE):
        return named
    best = hits[0] if hits and confidence < SHIPPED_CONFIDENCE else None
    if best is None:
        return None
    if best.fresh:
        return best if best.score >= max(CLOSE_SCORE, confidence) else None
    if not best.name or best.covered < WHOLE or best.together < WHOLE_MATCH_WORDS:
        return None
    alone = len(hits) == 1 or best.score - hits[1].score >= WHOLE_MATCH_LEAD
    close = best.score >= max(CLOSE_SCORE, confidence + CLOSE_LEAD)
    return best if close or (alone and best.score >= confidence + WHOLE_MATCH_LEAD) else None


def _decide(hits: Sequence[Hit]) -> Understanding | Answer | None:
    """A topic, a question back between a few, or None where the library has nothing."""
    if named := _named(hits):
        return _understanding(named)
    best = hits[0] if hits else None
    if best is None or best.covered < COVERED:
        return None
    if best.score < (ENOUGH if best.together > 1 else SURE):
        return None
    rivals = [hit for hit in hits[:CHOICES] if best.score - hit.score < CLEAR]
    if len(rivals) > 1 and not best.fresh:
        titles = [hit.topic.title for hit in rivals]
        return answers.close(titles, [f"Explain {title}" for title in titles])
    return _understanding(best)


def _understanding(hit: Hit) -> Understanding:
    topic = hit.topic
    return Understanding(topic.id, topic.title, topic.subject, round(hit.score, 4))
