"""Understanding with ingested topics: shipped lessons first, then the library."""

from __future__ import annotations

from collections.abc import Sequence

from vividly.lesson.understanding import Understander, answers
from vividly.lesson.understanding.catalogue import Catalogue
from vividly.lesson.understanding.catalogue_index import Hit
from vividly.model.lesson import Answer, Understanding

VERSION = 1
"""Increase it when decisions change: results are cached under `identity`."""
ENOUGH, SURE = 0.4, 0.8
"""Minimum score of a match: if one passage has two or more telling words of the question, and
if it has fewer."""
COVERED = 0.5
"""Minimum share of the question that a matching topic covers."""
WHOLE = 0.95
"""Minimum share that counts as the whole question."""
CLEAR = 0.03
"""Lead over the next topic from which the best topic is the only match."""
WHOLE_MATCH_LEAD, WHOLE_MATCH_WORDS = 0.1, 3
"""Margins for a topic that matches the whole question: its lead over the other topics and over
the shipped lesson, and the number of the question's telling words in one of its passages."""
CHOICES = 3
"""Maximum number of topics to offer."""
SHIPPED_CONFIDENCE = 0.75
"""Confidence in a shipped lesson below which a close topic of the library may replace it."""
CLOSE_SCORE, CLOSE_LEAD = 0.65, 0.25
"""Minimum score of such a topic, and its minimum lead over the shipped lesson."""


class CatalogueUnderstander:
    """Searches the library when the shipped lessons do not answer a question.

    Shipped lessons are written for students, so they come first. A section of a book is used
    if no shipped lesson fits, or if the book fits clearly better.
    """

    def __init__(self, shipped: Understander, catalogue: Catalogue) -> None:
        self._shipped = shipped
        self._catalogue = catalogue

    @property
    def identity(self) -> str:
        """Names the code and data of both sources. Changes when the library changes.

        Raises:
            TransientError: the database is unavailable.
        """
        return f"{self._shipped.identity}+library/{VERSION}-{self._catalogue.version[:12]}"

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """Return the topic, or an answer instead.

        Raises:
            TransientError: the database is unavailable.
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
    """Return the topic whose name is the question, unless another such topic is close."""
    named = [hit for hit in hits if hit.named]
    if not named or (len(named) > 1 and named[0].score - named[1].score < CLEAR):
        return None
    return named[0]


def _distinctly_named(hits: Sequence[Hit]) -> Hit | None:
    """Like `_named`, but only if the name is not a single everyday word."""
    named = _named(hits)
    return named if named and (named.fresh or named.words > 1 or len(named.name) > 1) else None


def _close(hits: Sequence[Hit], confidence: float) -> Hit | None:
    """Return a library topic that fits better than a shipped lesson of this confidence.

    Its name is several words ("heat engine") or a word that no shipped lesson has, or it
    covers a whole question of several words.
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
    """Return a topic, a question with a few choices, or None if the library has no match."""
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
