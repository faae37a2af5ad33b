"""Stores documents: only changed ones are written, each in one transaction."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Engine, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from vividly.library.oer.model import ParsedDocument
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.library import corpus_versions, documents, passages, topics

Change = Literal["new", "changed", "unchanged"]
POLL_S = 0.5
_TRY = "SELECT pg_try_advisory_lock(hashtextextended(:name, 7130205))"
_RELEASE = "SELECT pg_advisory_unlock(hashtextextended(:name, 7130205))"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(:name, 7130205))"


@dataclass(frozen=True)
class DocumentChange:
    """The result of storing a document, with the numbers of its parts after that."""

    key: str
    change: Change
    passages: int
    topics: int
    equations: int
    figures: int


@contextmanager
def corpus_turn(engine: Engine, corpus: str) -> Iterator[None]:
    """Hold the lock of a corpus for the block; waits for another holder.

    The lock ends with its connection, so a process that died does not keep it.
    """
    name = {"name": f"oer:{corpus}"}
    with database_errors(engine), engine.connect() as connection:
        connection = connection.execution_options(isolation_level="AUTOCOMMIT")
        # Polled instead of one waiting call, since the time of a statement is limited.
        while not connection.execute(text(_TRY), name).scalar():
            time.sleep(POLL_S)
        try:
            yield
        finally:
            connection.execute(text(_RELEASE), name)


def load_documents(engine: Engine, loaded: Iterable[ParsedDocument]) -> list[DocumentChange]:
    """Store whole corpora, and remove their other documents.

    Raises:
        TransientError: the database is unreachable; stored documents are kept, and storing
            them again does no harm.
    """
    changes: list[DocumentChange] = []
    keys: dict[str, set[str]] = {}
    for document in loaded:
        changes.append(store_document(engine, document))
        keys.setdefault(document.origin.corpus, set()).add(document.key)
    for corpus, kept in keys.items():
        finish_corpus(engine, corpus, kept)
    return changes


def store_document(engine: Engine, document: ParsedDocument) -> DocumentChange:
    """Store one document in one transaction, if it differs from the stored one."""
    with database_errors(engine), engine.begin() as connection:
        connection.execute(text(_LOCK), {"name": document.key})
        known = connection.execute(
            select(documents.c.digest).where(documents.c.key == document.key)
        ).scalar()
        change: Change = "new" if known is None else "changed"
        if known == document.digest:
            change = "unchanged"
        else:
            _write(connection, document)
    return DocumentChange(
        key=document.key,
        change=change,
        passages=len(document.passages),
        topics=int(document.topic is not None),
        equations=document.equations,
        figures=document.figures,
    )


def finish_corpus(engine: Engine, corpus: str, keys: Collection[str]) -> int:
    """Remove documents that are no longer in the corpus, and write its new version.

    Args:
        keys: of all documents that the corpus still has, stored now or before.

    Returns:
        Number of removed documents.
    """
    with database_errors(engine), engine.begin() as connection:
        connection.execute(text(_LOCK), {"name": f"version:{corpus}"})
        removed = connection.execute(
            delete(documents).where(
                documents.c.corpus == corpus, documents.c.key.not_in(sorted(keys))
            )
        ).rowcount
        digest = hashlib.sha256()
        stored = select(documents.c.key, documents.c.digest).where(documents.c.corpus == corpus)
        for key, part in sorted(connection.execute(stored)):
            digest.update(f"{key}\0{part}\0".encode())
        mark = insert(corpus_versions).values(name=corpus, digest=digest.hexdigest())
        connection.execute(
            mark.on_conflict_do_update(
                index_elements=["name"],
                set_={"digest": mark.excluded.digest, "loaded_at": func.now()},
                where=corpus_versions.c.digest != mark.excluded.digest,
            )
        )
    return int(removed)


def _write(connection: Connection, document: ParsedDocument) -> None:
    origin = document.origin
    row = {
        "key": document.key,
        "corpus": origin.corpus,
        "book": origin.book,
        "chapter": origin.chapter or None,
        "title": document.title,
        "url": document.url,
        "licence": origin.licence,
        "attribution": origin.attribution,
        "language": origin.language,
        "position": origin.position,
        "digest": document.digest,
    }
    new = insert(documents).values(row)
    replaced = {name: new.excluded[name] for name in row if name != "key"}
    connection.execute(
        new.on_conflict_do_update(
            index_elements=["key"], set_={**replaced, "ingested_at": func.now()}
        )
    )
    _write_passages(connection, document)
    _write_topic(connection, document)


def _write_passages(connection: Connection, document: ParsedDocument) -> None:
    """Replace the passages whose words have changed; the others keep their rows and vectors."""
    wanted = {row["key"]: row for row in _rows(document)}
    columns = [passages.c[name] for name in next(iter(wanted.values()), {"key": None})]
    found = connection.execute(
        select(*columns).where(passages.c.document_key == document.key)
    ).mappings()
    stored = {str(row["key"]): dict(row) for row in found}
    gone = [
        key
        for key, row in stored.items()
        if key not in wanted
        or (row["heading"], row["body"]) != (wanted[key]["heading"], wanted[key]["body"])
    ]
    if gone:
        connection.execute(delete(passages).where(passages.c.key.in_(gone)))
    kept = stored.keys() - set(gone)
    for key in sorted(kept):
        if stored[key] != wanted[key]:
            connection.execute(update(passages).where(passages.c.key == key).values(wanted[key]))
    added = [row for key, row in wanted.items() if key not in kept]
    if added:
        connection.execute(insert(passages), added)


def _rows(document: ParsedDocument) -> Iterator[dict[str, Any]]:
    origin = document.origin
    for passage in document.passages:
        yield {
            "key": passage.key,
            "corpus": origin.corpus,
            "topic_id": passage.topic_id,
            "subject": origin.subject,
            "kind": passage.kind,
            "heading": passage.heading,
            "position": passage.position,
            "body": passage.text,
            "sentences": [asdict(sentence) for sentence in passage.sentences],
            "source": asdict(passage.source),
            "document_key": document.key,
            "language": origin.language,
            "grade_low": origin.grades[0],
            "grade_high": origin.grades[1],
            "details": document.details[passage.key],
        }


def _write_topic(connection: Connection, document: ParsedDocument) -> None:
    topic = document.topic
    others = delete(topics).where(topics.c.document_key == document.key)
    connection.execute(others.where(topics.c.id != topic.id) if topic else others)
    if topic is None:
        return
    new = insert(topics).values(
        id=topic.id,
        corpus=document.origin.corpus,
        document_key=document.key,
        title=topic.title,
        subject=topic.subject,
        grade_low=topic.grades[0],
        grade_high=topic.grades[1],
        language=topic.language,
        terms=list(topic.terms),
    )
    replaced = {c.name: new.excluded[c.name] for c in topics.c if c.name != "id"}
    connection.execute(new.on_conflict_do_update(index_elements=["id"], set_=replaced))
