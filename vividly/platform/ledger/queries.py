"""Read-only queries of the ledger: one request, the latest requests, counts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, Text, and_, case, cast, func, or_, select, union_all

from vividly.platform.breaker import NAMED_IN
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.fence import seconds
from vividly.platform.ledger.outbox import FOR_A_PLACE, FOR_ANOTHER
from vividly.platform.ledger.schema import (
    ACTIVE,
    content_requests,
    corpus_versions,
    lesson_work,
    request_events,
    request_stages,
    topics,
)

_R = content_requests.c
_S = request_stages.c
_SECONDS = {
    "seconds_to_text": func.extract("epoch", _R.text_ready_at - _R.created_at),
    "seconds_to_end": _R.total_duration_seconds,
}
_in_progress = (
    select(_S.stage_name)
    .where(_S.request_id == _R.id, _S.status == "in_progress")
    .order_by(_S.stage_order.desc())
    .limit(1)
    .scalar_subquery()
)
_trouble = (
    select(_S.error_message)
    .where(_S.request_id == _R.id, _S.status == "in_progress", _S.error_message.is_not(None))
    .limit(1)
    .scalar_subquery()
)
"""Why the current stage of a request is being retried."""
_lesson = (
    select(lesson_work.c.status)
    .where(lesson_work.c.key == _R.lesson_key, _R.status.in_(ACTIVE))
    .scalar_subquery()
)
"""The status of the lesson that an open request waits for."""
_SHOWN = [
    *(
        column
        for column in content_requests.c
        if column.name not in ("message_data", "message_attributes", "script_text", "handover")
    ),
    *(value.label(name) for name, value in _SECONDS.items()),
    _trouble.label("trouble"),
    _lesson.label("lesson_status"),
    func.now().label("read_at"),
]
_WAITS = and_(
    _R.status.in_(("pending", *ACTIVE)),
    or_(
        _R.status == "pending",
        _R.next_attempt_at.is_not(None),
        _lesson == "waiting",
        _R.lease_expires_at < func.now(),
        _R.current_stage.in_((FOR_ANOTHER, FOR_A_PLACE)),
        _trouble.is_not(None),
    ),
)
"""True of a request that has not ended and is not in work (see `execution.report.waiting`)."""


def recent(engine: Engine, *, limit: int, status: str | None = None) -> list[Mapping[str, Any]]:
    """The newest requests, newest first."""
    query = select(*_SHOWN).order_by(_R.created_at.desc()).limit(limit)
    if status:
        query = query.where(_R.status == status)
    return _rows(engine, query)


def page(
    engine: Engine,
    *,
    limit: int,
    students: Sequence[str] | None = None,
    statuses: Sequence[str] | None = None,
    topic: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    after: tuple[datetime, str] | None = None,
) -> list[Mapping[str, Any]]:
    """Requests, newest first.

    Args:
        students: only of these; None for all.
        statuses: only with one of these; None for all.
        since: only created then or later.
        until: only created before.
        after: (`created_at`, id) of the last row of the page before. A page costs the same
            however far down the list it is.
    """
    query = select(*_SHOWN).order_by(_R.created_at.desc(), _R.id.desc()).limit(limit)
    if students is not None:
        query = query.where(_R.student_id.in_(students))
    if statuses:
        query = query.where(_R.status.in_(statuses))
    if topic is not None:
        query = query.where(_R.topic == topic)
    if since is not None:
        query = query.where(_R.created_at >= since)
    if until is not None:
        query = query.where(_R.created_at < until)
    if after is not None:
        at, request_id = after
        query = query.where(
            _R.created_at <= at, or_(_R.created_at < at, _R.id < cast(request_id, _R.id.type))
        )
    return _rows(engine, query)


def message_of(engine: Engine, request_id: str) -> Mapping[str, Any] | None:
    """`id`, `status` and `message_data` of a request; None if it does not exist."""
    query = select(_R.id, _R.status, _R.message_data).where(_R.id == request_id)
    return next(iter(_rows(engine, query)), None)


def seconds_until_free(engine: Engine, student_id: str, *, at_most: int, within: float) -> float:
    """Seconds until a student has created fewer than `at_most` requests `within` seconds.

    Returns:
        0 if the student may ask now.
    """
    lately = (
        select(_R.created_at)
        .where(_R.student_id == student_id, _R.created_at > func.now() - seconds(within))
        .order_by(_R.created_at.desc())
        .offset(at_most - 1)
        .limit(1)
    )
    left = func.extract("epoch", lately.scalar_subquery() + seconds(within) - func.now())
    (row,) = _rows(engine, select(left.label("left")))
    return max(0.0, float(row["left"] or 0))


def topic_of(engine: Engine, request_id: str, student_id: str) -> str:
    """The title of the topic of a student's request; "" if it has none, or is not the student's."""
    query = select(_R.topic).where(_R.id == request_id, _R.student_id == student_id)
    with database_errors(engine), engine.connect() as connection:
        return connection.execute(query).scalar() or ""


def by_id(
    engine: Engine, request_ids: Iterable[str], *, with_text: bool = False
) -> dict[str, Mapping[str, Any]]:
    """The requests with these ids, by id. Unknown ids are left out.

    Args:
        with_text: also `script_text`, which is long.
    """
    shown = [*_SHOWN, _R.script_text] if with_text else _SHOWN
    query = select(*shown).where(_R.id.in_(list(request_ids)))
    return {row["id"]: row for row in _rows(engine, query)}


def by_prefix(engine: Engine, prefix: str) -> list[Mapping[str, Any]]:
    """The requests whose id begins with `prefix`, two at most."""
    query = select(*_SHOWN).where(_R.id.cast(Text).startswith(prefix, autoescape=True)).limit(2)
    return _rows(engine, query)


def counts(engine: Engine) -> dict[str, int]:
    """Status -> number of requests, most frequent first."""
    number = func.count().label("number")
    query = select(_R.status, number).group_by(_R.status).order_by(number.desc())
    return {row["status"]: row["number"] for row in _rows(engine, query)}


def waiting(engine: Engine, *, limit: int) -> list[Mapping[str, Any]]:
    """The requests that are waiting, oldest first."""
    return _rows(engine, select(*_SHOWN).where(_WAITS).order_by(_R.created_at).limit(limit))


def circuits(engine: Engine) -> list[str]:
    """The services whose open circuits requests wait for, as the jobs have recorded it."""
    name = func.substring(_R.error_message, NAMED_IN).label("name")
    query = select(name).distinct().where(_WAITS, name.is_not(None)).order_by(name)
    return [row["name"] for row in _rows(engine, query)]


def backlog(engine: Engine) -> list[Mapping[str, Any]]:
    """The open requests by `stage`: how many are `waiting` and `at_work`.

    Also `oldest`: the age in seconds of the oldest waiting request, or None. The stage is `claim`
    if none has begun, and `speak` if the requests wait for the media job.
    """
    stage = case(
        (_R.status == "pending", "claim"),
        (_R.next_attempt_at.is_not(None), func.coalesce(_R.error_stage, "claim")),
        (_lesson == "waiting", "speak"),
        else_=func.coalesce(_in_progress, "claim"),
    )
    open_ = (
        select(stage.label("stage"), func.coalesce(_WAITS, False).label("waits"), _R.created_at)
        .where(_R.status.in_(("pending", *ACTIVE)))
        .subquery()
    )
    age = func.extract("epoch", func.now() - func.min(open_.c.created_at).filter(open_.c.waits))
    query = select(
        open_.c.stage,
        func.count().filter(open_.c.waits).label("waiting"),
        func.count().filter(~open_.c.waits).label("at_work"),
        age.label("oldest"),
    ).group_by(open_.c.stage)
    return _rows(engine, query)


def holders(engine: Engine) -> dict[str, int]:
    """Process -> number of requests and lessons that it is working on."""
    requests = select(_R.lease_owner).where(
        _R.status.in_(ACTIVE), _R.lease_owner.is_not(None), _R.lease_expires_at > func.now()
    )
    work = lesson_work.c
    lessons = select(work.lease_owner).where(
        work.status == "working", work.lease_expires_at > func.now()
    )
    held = union_all(requests, lessons).subquery().c
    query = (
        select(held.lease_owner, func.count().label("number"))
        .group_by(held.lease_owner)
        .order_by(held.lease_owner)
    )
    return {row["lease_owner"]: row["number"] for row in _rows(engine, query)}


def last_event(engine: Engine) -> Mapping[str, Any] | None:
    """The newest event of all requests, with `seconds_ago`."""
    table = request_events
    ago = func.extract("epoch", func.now() - table.c.created_at).label("seconds_ago")
    rows = _rows(engine, select(table, ago).order_by(table.c.id.desc()).limit(1))
    return rows[0] if rows else None


def ingested_topics(engine: Engine) -> list[Mapping[str, Any]]:
    """The ingested topics, ordered by subject and title."""
    query = select(topics).order_by(topics.c.subject, topics.c.title)
    return _rows(engine, query)


def library_digest(engine: Engine) -> str:
    """A digest of all passages; it changes when any passage changes."""
    versions = corpus_versions.c
    rows = _rows(engine, select(versions.name, versions.digest).order_by(versions.name))
    listed = "\n".join(f"{row['name']} {row['digest']}" for row in rows)
    return hashlib.sha256(listed.encode()).hexdigest()


def script_text(engine: Engine, request_id: str) -> str | None:
    """The text of a request's lesson; None if it is not ready."""
    query = select(_R.script_text).where(_R.id == request_id)
    return next((row["script_text"] for row in _rows(engine, query)), None)


def stages_of(engine: Engine, request_ids: Iterable[str]) -> list[Mapping[str, Any]]:
    """The stages of requests, in order within each request."""
    table = request_stages
    chosen = table.c.request_id.in_(list(request_ids))
    return _rows(engine, select(table).where(chosen).order_by(table.c.stage_order))


def stages(engine: Engine, request_id: str) -> list[Mapping[str, Any]]:
    """A request's stages in order."""
    return stages_of(engine, [request_id])


def events_of(engine: Engine, request_ids: Iterable[str]) -> list[Mapping[str, Any]]:
    """The events of requests, oldest first within each request."""
    table = request_events
    chosen = table.c.request_id.in_(list(request_ids))
    return _rows(engine, select(table).where(chosen).order_by(table.c.id))


def events(engine: Engine, request_id: str) -> list[Mapping[str, Any]]:
    """The events of a request, oldest first."""
    return events_of(engine, [request_id])


def _rows(engine: Engine, query: Any) -> list[Mapping[str, Any]]:
    with database_errors(engine), engine.connect() as connection:
        found: Sequence[Row[Any]] = connection.execute(query).all()
        return [dict(row._mapping) for row in found]
