"""Libraries for retrieval tests: a chapter of a book, notes, and their vectors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from vividly.library.oer import load_documents, read_library

EXAMPLES = Path(__file__).parents[2] / "examples" / "oer"
BOOK = "physics-in-motion"
REAL_BOOK = Path(
    os.environ.get("VIVIDLY_BOOK")
    or Path(__file__).parents[3] / "shared" / "data" / "openstax-physics"
)
"""A checkout of a publisher's whole book, if there is one; it is no part of this project."""


def ingest_examples(engine: Engine) -> None:
    """Load a chapter on Newton's laws, and notes in English and Spanish, into the database."""
    load_documents(engine, read_library(str(EXAMPLES)))


def add_passage(
    connection: Connection,
    key: str,
    body: str,
    *,
    heading: str = "Heading",
    language: str = "en",
    subject: str = "physics",
    kind: str = "section",
    grades: tuple[int, int] = (1, 12),
) -> None:
    """Add one passage; the part of its key before the first `/` is its corpus."""
    corpus, topic = key.split("/")[:2]
    connection.execute(
        text(
            "INSERT INTO passages (key, corpus, topic_id, subject, kind, heading, position, body, "
            "sentences, source, language, grade_low, grade_high) VALUES (:key, :corpus, :topic, "
            ":subject, :kind, :heading, 1, :body, "
            "jsonb_build_array(jsonb_build_object('say', CAST(:body AS text))), "
            """'{"title": "T", "section": "1.1 S", "attribution": "A", "licence": "L"}', """
            ":language, :low, :high)"
        ),
        {
            "key": key,
            "corpus": corpus,
            "topic": f"{corpus}/{topic}",
            "subject": subject,
            "kind": kind,
            "heading": heading,
            "body": body,
            "language": language,
            "low": grades[0],
            "high": grades[1],
        },
    )


def new_version(connection: Connection, name: str, digest: str) -> None:
    """Record a new version of a corpus, as loading does."""
    connection.execute(
        text(
            "INSERT INTO corpus_versions (name, digest) VALUES (:n, :d) "
            "ON CONFLICT (name) DO UPDATE SET digest = :d"
        ),
        {"n": name, "d": digest},
    )


def keys(found: Sequence[object]) -> list[str]:
    """The keys of passages, in order."""
    return [passage.key for passage in found]  # type: ignore[attr-defined]
