"""Chooses the passage of a topic that answers a question.

The lesson says it first. Questions with the same answering passage share a lesson
(`vividly.model.wanted`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from vividly.lesson.scripting.book_composer import book_answer
from vividly.library.corpus import all_topics
from vividly.model.lesson import Passage, PassageKind, Understanding
from vividly.text.locales import locale_for
from vividly.text.words import QUESTION, stems, words

ANSWERS: tuple[PassageKind, ...] = ("summary", "section", "definition", "misconception")
"""Kinds of passages that can answer. Every lesson begins with the summary of its topic."""


def answering(
    understanding: Understanding,
    passages: Sequence[Passage],
    query: str,
    *,
    grade_level: int,
    language: str,
) -> str:
    """Return the key of the passage that answers a question on a topic.

    Args:
        passages: the passages of the topic, scored for the question; others are ignored.

    Returns:
        "" if the question only names the topic ("explain photosynthesis"), or if the topic's
        summary answers: then the lesson keeps its author's order.
    """
    of_topic = [p for p in passages if p.topic_id == understanding.topic_id]
    ranked = sorted(
        (p for p in of_topic if p.kind in ANSWERS and p.score > 0), key=lambda p: -p.score
    )
    if not ranked or not _asks_more(query, understanding.title, ranked, language):
        return ""
    if understanding.topic_id not in all_topics():
        return book_answer(understanding, of_topic, query, grade_level, language)
    return "" if ranked[0].kind == "summary" else ranked[0].key


def _asks_more(query: str, title: str, passages: Sequence[Passage], language: str) -> bool:
    """Whether a question has words besides the topic's title that its passages use."""
    asked = set(stems(words(query, QUESTION))) - _filler(language)
    asked.difference_update(stems(words(title, QUESTION)))
    return any(asked.intersection(stems(words(p.text, QUESTION))) for p in passages)


@cache
def _filler(language: str) -> frozenset[str]:
    """The stems of a language's words that ask for nothing."""
    return frozenset(stems(words(locale_for(language).questions.filler, QUESTION)))
