"""Phrases that join the parts of a lesson. None states a fact."""

from __future__ import annotations

from vividly.model.lesson import Line
from vividly.text.locales import DEFAULT, locale_for
from vividly.text.locales.sections import LessonPart


def connective(part: LessonPart, topic_id: str, language: str = DEFAULT) -> Line:
    """Return the phrase that leads into a part of a lesson; always the same for a topic."""
    return Line(locale_for(language).lesson.connectives.phrase(part, topic_id))
