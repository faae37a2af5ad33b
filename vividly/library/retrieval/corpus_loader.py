"""Loads the package's own corpus into the table `passages`."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import Connection, Engine, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from vividly.library.corpus import all_topics, corpus_digest
from vividly.library.corpus.passages import topic_passages
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.schema import corpus_versions, passages

NAME = "vividly"
_LOCK = 7_130_205_165


def corpus_is_loaded(engine: Engine) -> bool:
    """Whether the database has exactly the corpus of this package."""
    with database_errors(engine), engine.connect() as connection:
        return _loaded_digest(connection) == corpus_digest()


def load_corpus(engine: Engine) -> bool:
    """Update the table to this corpus: add or replace its passages, and remove old ones.

    Returns:
        Whether the table was out of date.
    """
    rows = [
        {
            "key": passage.key,
            "corpus": NAME,
            "topic_id": topic.id,
            "subject": topic.subject,
            "kind": passage.kind,
            "heading": passage.heading,
            "position": passage.position,
            "body": passage.text,
            "sentences": [asdict(sentence) for sentence in passage.sentences],
            "source": asdict(passage.source),
            "language": topic.language,
        }
        for topic in all_topics().values()
        for passage in topic_passages(topic)
    ]
    with database_errors(engine), engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _loaded_digest(connection) == corpus_digest():
            return False
        keys = [row["key"] for row in rows]
        connection.execute(
            delete(passages).where(passages.c.corpus == NAME, passages.c.key.not_in(keys))
        )
        new = insert(passages)
        columns = {
            c.name: new.excluded[c.name] for c in passages.c if c.name not in ("key", "search")
        }
        connection.execute(new.on_conflict_do_update(index_elements=["key"], set_=columns), rows)
        mark = insert(corpus_versions).values(name=NAME, digest=corpus_digest())
        connection.execute(
            mark.on_conflict_do_update(
                index_elements=["name"],
                set_={"digest": mark.excluded.digest, "loaded_at": func.now()},
            )
        )
        return True


def _loaded_digest(connection: Connection) -> str | None:
    digest: str | None = connection.execute(
        select(corpus_versions.c.digest).where(corpus_versions.c.name == NAME)
    ).scalar()
    return digest
