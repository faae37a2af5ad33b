"""The topics that a model may choose from for a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vividly.lesson.understanding.catalogue import Catalogue
from vividly.library.corpus import load_topics
from vividly.text.locales import primary_subtag

FROM_LIBRARY = 12
"""Maximum number of ingested topics to offer: the best search hits."""


@dataclass(frozen=True)
class TopicChoice:
    """A topic that has a lesson."""

    topic_id: str
    title: str
    subject: str


class Choices(Protocol):
    """Lists the candidate topics for a question, in a stable order."""

    def __call__(self, query: str, language: str) -> Sequence[TopicChoice]:
        """Return candidates with lessons in `language` (BCP 47); may be empty.

        Raises:
            TransientError: the database is unavailable.
        """


def shipped_choices(query: str, language: str) -> Sequence[TopicChoice]:
    """Return all topics that ship with the package, whatever the question."""
    return [TopicChoice(t.id, t.title, t.subject) for t in load_topics(language).values()]


class LibraryChoices:
    """Offers the shipped topics and the library topics that share words with the question.

    A library has hundreds of topics, too many to send with every question.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __call__(self, query: str, language: str) -> Sequence[TopicChoice]:
        """See `Choices`."""
        shelf = self._catalogue.shelf(primary_subtag(language))
        ranked = (
            shelf.index.topics[m.topic_id] for m in shelf.index.rank(shelf.reader.read(query))
        )
        books = [TopicChoice(t.id, t.title, t.subject) for t in ranked if not t.shipped]
        return [*shipped_choices(query, language), *books[:FROM_LIBRARY]]
