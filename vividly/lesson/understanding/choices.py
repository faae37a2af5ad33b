"""The topics that a model may choose from for a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vividly.lesson.understanding.catalogue import Catalogue
from vividly.library.corpus import load_topics

FROM_LIBRARY = 12
"""Ingested topics to offer at most: those that share most with the question."""


@dataclass(frozen=True)
class TopicChoice:
    """A topic that there can be a lesson on."""

    topic_id: str
    title: str
    subject: str


class Choices(Protocol):
    """Which topics come into question, likeliest or not, in an order that holds still."""

    def __call__(self, query: str, language: str) -> Sequence[TopicChoice]:
        """The topics with lessons in a language (BCP 47); none where there are none.

        Raises:
            TransientError: the database is away.
        """


def shipped_choices(query: str, language: str) -> Sequence[TopicChoice]:
    """All topics that ship with the package, whatever the question."""
    return [TopicChoice(t.id, t.title, t.subject) for t in load_topics(language).values()]


class LibraryChoices:
    """The shipped topics, and those of the library that share words with the question.

    A library has hundreds of topics: too many to send with every question.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __call__(self, query: str, language: str) -> Sequence[TopicChoice]:
        """See `Choices`."""
        hits = self._catalogue.search(query, language)[:FROM_LIBRARY]
        return [
            *shipped_choices(query, language),
            *(TopicChoice(hit.topic.id, hit.topic.title, hit.topic.subject) for hit in hits),
        ]
