"""The topics that can be asked about: those of the package, and the ingested ones."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from vividly.library.corpus import all_topics
from vividly.platform.ledger import queries
from vividly.text.locales import DEFAULT, primary_subtag

SHIPPED = "vividly"
"""The corpus of the topics that ship with the package."""


def topics_to_ask(engine: Engine | None) -> list[dict[str, Any]]:
    """The topics by subject and title, English first.

    Args:
        engine: the database with the ingested topics; without it there are only the shipped ones.
    """
    shipped = [
        _topic(id, one.title, one.subject, one.grades, one.language, SHIPPED)
        for id, one in all_topics().items()
    ]
    ingested = [
        _topic(
            one["id"],
            one["title"],
            one["subject"],
            (one["grade_low"], one["grade_high"]),
            primary_subtag(one["language"]),
            one["corpus"],
        )
        for one in (queries.ingested_topics(engine) if engine else ())
    ]
    return sorted(
        [*shipped, *ingested],
        key=lambda one: (one["subject"], one["language"] != DEFAULT, one["language"], one["title"]),
    )


def _topic(
    id: str, title: str, subject: str, grades: tuple[int, int], language: str, corpus: str
) -> dict[str, Any]:
    return {
        "topic_id": id,
        "title": title,
        "subject": subject,
        "grade_low": grades[0],
        "grade_high": grades[1],
        "language": language,
        "corpus": corpus,
    }
