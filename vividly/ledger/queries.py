"""What people ask of the ledger: one request, the latest, the counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Engine, Row, Text, func, select

from vividly.ledger.engine import database_errors
from vividly.ledger.schema import (
    content_requests,
    corpus_versions,
    request_events,
    request_stages,
)

_R = content_requests.c
_SECONDS = {
    "seconds_to_text": func.extract("epoch", _R.text_ready_at - _R.created_at),
    "seconds_to_end": _R.total_duration_seconds,
}
_SHOWN = [
    column
    for column in content_requests.c
    if column.name not in ("message_data", "message_attributes", "script_text")
] + [seconds.label(name) for name, seconds in _SECONDS.items()]


def recent(engine: Engine, *, limit: int, status: str | None = None) -> list[Mapping[str, Any]]:
    """The newest requests, newest first."""
    query = select(*_SHOWN).order_by(_R.created_at.desc()).limit(limit)
    if status:
        query = query.where(_R.status == status)
    return _rows(engine, query)


def by_id(engine: Engine, request_ids: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """The requests with these ids, as far as they are known."""
    query = select(*_SHOWN).where(_R.id.in_(list(request_ids)))
    return {row["id"]: row for row in _rows(engine, query)}


def by_prefix(engine: Engine, prefix: str) -> list[Mapping[str, Any]]:
    """The requests whose id begins so, two at most."""
    query = select(*_SHOWN).where(_R.id.cast(Text).startswith(prefix, autoescape=True)).limit(2)
    return _rows(engine, query)


def counts(engine: Engine) -> dict[str, int]:
    """How many requests have each status, most first."""
    number = func.count().label("number")
    query = select(_R.status, number).group_by(_R.status).order_by(number.desc())
    return {row["status"]: row["number"] for row in _rows(engine, query)}


def library_digest(engine: Engine) -> str:
    """Digest of all that was loaded and ingested: it changes when any passage does."""
    versions = corpus_versions.c
    rows = _rows(engine, select(versions.name, versions.digest).order_by(versions.name))
    listed = "\n".join(f"{row['name']} {row['digest']}" for row in rows)
    return hashlib.sha256(listed.encode()).hexdigest()


def script_text(engine: Engine, request_id: str) -> str | None:
    """A request's text, once it is ready."""
    rows = _rows(engine, select(_R.script_text).where(_R.id == request_id))
    return rows[0]["script_text"] if rows else None


def stages(engine: Engine, request_id: str) -> list[Mapping[str, Any]]:
    """A request's stages in order."""
    table = request_stages
    query = select(table).where(table.c.request_id == request_id).order_by(table.c.stage_order)
    return _rows(engine, query)


def events(engine: Engine, request_id: str) -> list[Mapping[str, Any]]:
    """What happened to a request, oldest first."""
    table = request_events
    query = select(table).where(table.c.request_id == request_id).order_by(table.c.id)
    return _rows(engine, query)


def _rows(engine: Engine, query: Any) -> list[Mapping[str, Any]]:
    with database_errors(engine), engine.connect() as connection:
        found: Sequence[Row[Any]] = connection.execute(query).all()
        return [dict(row._mapping) for row in found]
