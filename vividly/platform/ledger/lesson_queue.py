"""The queue of lessons that wait for a worker: what comes next, what is lost, what is late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Double, and_, cast, func, literal, or_, select, update

from vividly.model.ticket import Token
from vividly.platform.ledger.fence import Fenced
from vividly.platform.ledger.fence import seconds as interval
from vividly.platform.ledger.schema import ACTIVE, content_requests, lesson_work

_W = lesson_work.c
_R = content_requests.c
RECENT = 20
RECENT_S = 600.0
"""The last lessons, by number and age, whose median duration is the estimate for the next."""
CANDIDATES = 8
OVERBOOKED = 2.0
"""How far beyond its budget a request's lesson must be expected before it is given up: the
forecast is an estimate, and giving up too early fails a request that might have been served."""
_LONGEST_DOUBLING = 6
UNLEASED = and_(_R.status.in_(ACTIVE), _R.lease_owner.is_(None))
_LOST = and_(_W.status == "working", _W.lease_expires_at < func.now())
TAKEABLE = or_(
    and_(
        _W.status == "waiting",
        or_(_W.next_attempt_at.is_(None), _W.next_attempt_at <= func.now()),
    ),
    _LOST,
)
AT_REST: Mapping[str, Any] = {"lease_owner": None, "lease_expires_at": None}


class LessonQueue(Fenced):
    """The rows of `lesson_work` that wait, and the requests that wait for them."""

    def by_urgency(self, connection: Connection) -> list[str]:
        """The keys of lessons that can be ready in time, the one that matters most first."""
        rows = connection.execute(_urgency(_estimate(connection) or 0.0).limit(CANDIDATES))
        return [row.key for row in rows if row.in_time]

    def due_tokens(self, *, limit: int, again_after: float) -> list[tuple[Token, bool]]:
        """Tokens to publish now: of due retries, of lost workers, and of lost tokens.

        Each comes with whether one job runs all stages, so that it goes to the requests' topic.

        A token is lost by evidence only: a token that was published `again_after` seconds later
        has been received, or no worker has anything to do, although the lesson waits. So what
        waits in a long queue is not published again. The interval doubles each time.
        """
        frontier = select(func.max(_W.taken_token_at)).scalar_subquery()
        last = select(func.max(_W.taken_at)).where(_W.taken_token_at.is_not(None))
        at_work = (
            select(_W.key)
            .where(_W.status == "working", _W.lease_expires_at > func.now())
            .correlate(None)
            .exists()
        )
        idle = and_(
            ~at_work,
            func.coalesce(last.scalar_subquery(), _W.token_at) < func.now() - interval(again_after),
        )
        doubled = func.power(2, func.least(_W.tokens - 1, _LONGEST_DOUBLING))
        pause = doubled * interval(again_after)
        lost = and_(
            _W.token_at < func.now() - pause,
            or_(_W.token_at < frontier - interval(again_after), idle),
        )
        since = func.coalesce(_W.next_attempt_at, _W.lease_expires_at)
        chosen = (
            select(_W.key)
            .where(TAKEABLE, _wanted(), or_(_W.token_at < since, lost))
            .order_by(_W.token_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self._transaction() as connection:
            keys = [row.key for row in connection.execute(chosen)]
            if not keys:
                return []
            rows = connection.execute(
                update(lesson_work)
                .where(_W.key.in_(keys))
                .values(token_at=func.clock_timestamp(), tokens=_W.tokens + 1)
                .returning(_W.key, iso(_W.token_at).label("token_at"), _W.in_one_job)
            )
            return [(Token(row.key, row.token_at), row.in_one_job) for row in rows]

    def late(self, *, capacity: int) -> list[str]:
        """The ids of requests whose lesson will not be ready within their budget.

        The lessons that wait are made in the order of `take`, as many at once as are in work
        now, or `capacity` if that is more; each takes as long as the last ones did.
        """
        with self._transaction() as connection:
            seconds = _estimate(connection)
            if seconds is None:
                return []
            working = select(func.count()).where(
                _W.status == "working", _W.lease_expires_at > func.now()
            )
            at_once = max(capacity, connection.execute(working).scalar() or 0)
            found = []
            for place, row in enumerate(connection.execute(_urgency(seconds)).all()):
                ready = seconds + (place / at_once * seconds if at_once else 0.0)
                end = max(seconds, ready / OVERBOOKED)
                if float(row.least) < end:
                    found.append(and_(_R.lesson_key == row.key, _left() < end))
            if not found:
                return []
            query = select(_R.id).where(UNLEASED, or_(*found))
            return [row.id for row in connection.execute(query)]

    def forsaken(self, *, after: float, limit: int) -> list[str]:
        """The ids of requests whose lesson failed `after` seconds ago, and that still wait."""
        query = (
            select(_R.id)
            .join(lesson_work, _W.key == _R.lesson_key)
            .where(
                UNLEASED,
                _W.status == "failed",
                _W.ended_at < func.now() - interval(after),
            )
            .limit(limit)
        )
        with self._transaction() as connection:
            return [row.id for row in connection.execute(query)]

    def drop_unwanted(self, *, key: str = "", stop: bool = False) -> int:
        """Drop lessons for which nobody waits.

        Args:
            key: of one lesson; all that wait if empty.
            stop: drop it even if a worker has begun it. The worker's next write is refused.

        Returns:
            The number of lessons dropped.
        """
        states = ("waiting", "working") if stop else ("waiting",)
        chosen = (
            select(_W.key)
            .where(_W.status.in_(states), *([_W.key == key] if key else []))
            .where(~_wanted())
            .with_for_update(skip_locked=True)
        )
        with self._transaction() as connection:
            keys = [row.key for row in connection.execute(chosen)]
            if not keys:
                return 0
            # A second look: a request may have subscribed before the row was locked.
            return connection.execute(
                update(lesson_work)
                .where(_W.key.in_(keys), ~_wanted())
                .values(status="dropped", ended_at=func.now(), ticket=None, **AT_REST)
            ).rowcount


def iso(moment: Any) -> Any:
    """A moment as ISO 8601 in UTC, to the microsecond."""
    return func.to_char(func.timezone("UTC", moment), literal('YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'))


def _left() -> Any:
    return func.extract("epoch", _R.deadline_at - func.now())


def _urgency(seconds: float) -> Any:
    """The lessons that wait, the one that matters most first.

    Args:
        seconds: how long a lesson takes, by estimate.
    """
    in_time = _left() > seconds
    waits = func.count().filter(in_time)
    urgent = func.min(_left()).filter(in_time)
    score = waits / func.greatest(cast(urgent, Double) - seconds, 1.0)
    return (
        select(_W.key, (waits > 0).label("in_time"), func.min(_left()).label("least"))
        .join(content_requests, and_(_R.lesson_key == _W.key, UNLEASED))
        .where(or_(_W.status == "waiting", _LOST), TAKEABLE)
        .group_by(_W.key)
        .order_by((waits > 0).desc(), score.desc(), func.min(_R.created_at), _W.key)
    )


def _estimate(connection: Connection) -> float | None:
    """How long a lesson takes, in seconds: the median of the last ones; None if there are none.

    Older ones do not count: if nothing is finished for a while, any lesson may be begun, so that
    a wrong estimate cannot stop the work for ever.
    """
    recent = (
        select(_W.seconds)
        .where(_W.seconds.is_not(None), _W.ended_at > func.now() - interval(RECENT_S))
        .order_by(_W.ended_at.desc())
        .limit(RECENT)
        .subquery()
    )
    median = func.percentile_cont(0.5).within_group(recent.c.seconds)
    found = connection.execute(select(median)).scalar()
    return None if found is None else float(found)


def _wanted() -> Any:
    return select(_R.id).where(_R.lesson_key == _W.key, UNLEASED).correlate(lesson_work).exists()
