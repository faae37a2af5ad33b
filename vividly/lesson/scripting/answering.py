"""Chooses the passage of a topic that answers a question.

The lesson says it first. Questions with the same answering passage share a lesson
(`vividly.model.wanted`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from vividly.lesson.scripting.book_composer import book_answer
from vividly.library.corpus import all_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.lesson import Passage, PassageKind, Understanding
from vividly.text.words import QUESTION, filler, stems, words

ANSWERS: tuple[PassageKind, ...] = ("summary", "section", "definition", "misconception")
"""Kinds of passages that can answer. Every lesson begins with the summary of its topic."""


def answering(
    understanding: Understanding,
    find: Callable[[], Sequence[Passage]],
    query: str,
    *,
    grade_level: int,
    language: str,
) -> str:
    """Return the key of the passage that answers a question on a topic.

    Args:
        find: returns the passages of the topic, scored for the question; others are ignored. It
            is not called if the question only names a topic of the package's own.

    Returns:
        "" if the question only names the topic ("explain photosynthesis"), or if the topic's
        summary answers and has the words that the question has besides the topic's title: then
        the lesson keeps its author's order.
    """
    shipped, title = all_topics().get(understanding.topic_id), understanding.title
    if shipped and not _more(query, title, _answers(topic_passages(shipped)), language):
        return ""
    of_topic = [p for p in find() if p.topic_id == understanding.topic_id]
    ranked = sorted((p for p in _answers(of_topic) if p.score > 0), key=lambda p: -p.score)
    more = _more(query, title, ranked, language)
    if shipped:
        found = next((p for p in ranked if p.kind != "summary" or more <= _stems(p.text)), None)
        return found.key if found and found.kind != "summary" else ""
    if not more:
        return ""
    return book_answer(understanding, of_topic, query, grade_level, language)


def _answers(passages: Iterable[Passage]) -> list[Passage]:
    return [p for p in passages if p.kind in ANSWERS]


def _more(query: str, title: str, passages: Sequence[Passage], language: str) -> set[str]:
    """Return the stems that a question has besides the topic's title, and that passages use."""
    asked = _stems(query) - set(stems(filler(language))) - _stems(title)
    return asked & {stem for p in passages for stem in _stems(p.text)}


def _stems(text: str) -> set[str]:
    return set(stems(words(text, QUESTION)))
