"""The work on a lesson's sound and pictures: made once, for every request that subscribed to it.

A request subscribes when its text is ready (`subscribe`). The first subscriber of a lesson has a
*token* published on the media topic; the others cost no message. A worker that receives a token
takes the lesson that matters most (`take`), which need not be the lesson that the token was
published for: a token stands for one lesson that waits, whichever it is. At the end all
subscribers are completed in one transaction (`complete`).

Every write names the worker's attempt, as in `fence.py`. Locks are taken in one order: first the
row of `lesson_work`, then those of `content_requests`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Double, and_, case, cast, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from vividly.model.errors import Superseded
from vividly.model.ticket import Ticket, Token
from vividly.platform.ledger.fence import ENDS_NOW, Fenced
from vividly.platform.ledger.fence import seconds as interval
from vividly.platform.ledger.outbox import TO_BE_RECORDED, TO_TRY_AGAIN
from vividly.platform.ledger.schema import (
    ACTIVE,
    ENDED,
    content_requests,
    lesson_work,
    request_events,
    request_stages,
)
from vividly.platform.retry import RetryPolicy

_W = lesson_work.c
_R = content_requests.c
_S = request_stages.c
RECENT = 20
RECENT_S = 600.0
"""The last lessons, by number and age, whose median duration is the estimate for the next."""
CANDIDATES = 8
OVERBOOKED = 1.25
"""How far beyond its budget a request's lesson must be expected before it is given up: the
forecast is an estimate, and giving up too early fails a request that might have been served."""
_LONGEST_DOUBLING = 6
_UNLEASED = and_(_R.status.in_(ACTIVE), _R.lease_owner.is_(None))
_LOST = and_(_W.status == "working", _W.lease_expires_at < func.now())
_TAKEABLE = or_(
    and_(
        _W.status == "waiting",
        or_(_W.next_attempt_at.is_(None), _W.next_attempt_at <= func.now()),
    ),
    _LOST,
)
_COMPLETED = {"event_type": "completed", "event_message": "The lesson is ready"}
_AT_REST: Mapping[str, Any] = {"lease_owner": None, "lease_expires_at": None}


@dataclass(frozen=True)
class Subscription:
    """The result of subscribing to a lesson.

    Attributes:
        status: of the lesson's work. If it is `done`, the request was not subscribed.
        token: to publish, if this request is the one that begins the work.
        results: the results of the lesson's stages if it is `done`.
        attempt: the attempt that made it if it is `done`.
    """

    status: str
    token: Token | None = None
    results: Mapping[str, str] = field(default_factory=dict)
    attempt: int = 0


@dataclass(frozen=True)
class Taken:
    """A lesson that a worker has taken.

    Attributes:
        ticket: as `subscribe` stored it.
        exhausted: whether its workers were lost too often; then it must be failed.
    """

    key: str
    attempt: int
    ticket: bytes
    exhausted: bool


class LessonWork(Fenced):
    """The table `lesson_work`, and the requests that wait for its rows."""

    # -- subscribing -----------------------------------------------------------------------

    def subscribe(self, ticket: Ticket, key: str, work: bytes) -> Subscription:
        """Subscribe a request to a lesson, and release its claim, unless the lesson is done.

        Work that failed or was dropped begins anew.

        Args:
            key: of the lesson.
            work: the ticket that the worker needs, kept until the work ends.

        Raises:
            Superseded: the request is no longer this attempt's.
        """
        by = f"{ticket.request.request_id}/{ticket.attempt}"
        ended = _W.status.in_(("failed", "dropped"))
        new = insert(lesson_work).values(key=key, ticket=work, token_by=by)
        anew = {
            "status": "waiting",
            "ticket": new.excluded.ticket,
            "token_by": by,
            "token_at": func.now(),
            "tokens": 1,
            "retry_count": 0,
            "next_attempt_at": None,
            "error_message": None,
            "error_stage": None,
            "error_details": None,
        }
        statement = new.on_conflict_do_update(
            index_elements=["key"],
            set_={name: case((ended, value), else_=_W[name]) for name, value in anew.items()},
        ).returning(
            _W.status,
            _W.attempt,
            _W.results,
            _W.token_by,
            _text(_W.token_at).label("token_at"),
            (_W.token_at == func.now()).label("begun"),
        )
        with self._transaction() as connection:
            row = connection.execute(statement).one()
            if row.status == "done":
                return Subscription("done", results=row.results, attempt=row.attempt)
            self._write(
                connection,
                ticket,
                status="generating",
                current_stage=TO_BE_RECORDED,
                lesson_key=key,
                **_AT_REST,
            )
            # If this very bundle runs again, its token may not have been published.
            begins = row.begun or (row.status == "waiting" and row.token_by == by)
            return Subscription(row.status, Token(key, row.token_at) if begins else None)

    def reopen(self, key: str, attempt: int) -> None:
        """Mark a finished lesson as failed, because its files are gone."""
        with self._transaction() as connection:
            connection.execute(
                update(lesson_work)
                .where(_W.key == key, _W.attempt == attempt, _W.status == "done")
                .values(status="failed", error_message="its files are gone", results={})
            )

    def status(self, key: str) -> str:
        """The status of a lesson's work; empty if there is none."""
        with self._transaction() as connection:
            return connection.execute(select(_W.status).where(_W.key == key)).scalar() or ""

    # -- taking ----------------------------------------------------------------------------

    def take(self, token: Token, *, lease: float, max_attempts: int) -> Taken | None:
        """Take the lesson that matters most, for the token of any of them.

        Of the lessons that can still be ready in time, this is the one for which the most
        requests wait in the least time that is left. Exactly one of several racing callers takes
        a lesson.

        Args:
            lease: seconds until another worker may take it over.
            max_attempts: how often it may lose its worker.

        Returns:
            None if no lesson waits: the token is of no use any more.
        """
        published = cast(token.published_at, _W.token_at.type)
        with self._transaction() as connection:
            for key in self._by_urgency(connection):
                row = connection.execute(
                    select(_W.status, _W.token_at)
                    .where(_W.key == key, _TAKEABLE)
                    .with_for_update(skip_locked=True)
                ).one_or_none()
                if row is None:
                    continue
                taken = connection.execute(
                    update(lesson_work)
                    .where(_W.key == key)
                    .values(
                        status="working",
                        attempt=_W.attempt + 1,
                        retry_count=_W.retry_count + (1 if row.status == "working" else 0),
                        lease_owner=self.owner,
                        lease_expires_at=func.now() + interval(lease),
                        taken_at=func.now(),
                        taken_token_at=published,
                        next_attempt_at=None,
                        served=[],
                    )
                    .returning(_W.attempt, _W.ticket, _W.retry_count)
                ).one()
                # The lesson of this token now waits for the token of the lesson that was taken.
                connection.execute(
                    update(lesson_work)
                    .where(_W.token_at == published, _W.status == "waiting", _W.key != key)
                    .values(token_at=row.token_at)
                )
                connection.execute(
                    update(content_requests)
                    .where(_R.lesson_key == key, _UNLEASED)
                    .values(next_attempt_at=None, error_stage=None, error_message=None)
                )
                exhausted = taken.retry_count >= max_attempts
                return Taken(key, taken.attempt, bytes(taken.ticket or b""), exhausted)
        return None

    def _by_urgency(self, connection: Connection) -> list[str]:
        rows = connection.execute(_urgency(_estimate(connection) or 0.0).limit(CANDIDATES))
        return [row.key for row in rows if row.in_time]

    def renew(self, held: Sequence[tuple[str, int]], *, lease: float) -> set[tuple[str, int]]:
        """Renew leases for `lease` more seconds.

        Args:
            held: (key, attempt) of each.

        Returns:
            Those that still belong to this owner.
        """
        if not held:
            return set()
        statement = (
            update(lesson_work)
            .where(
                _W.key.in_([key for key, _ in held]),
                _W.lease_owner == self.owner,
                _W.status == "working",
            )
            .values(lease_expires_at=func.now() + interval(lease))
            .returning(_W.key, _W.attempt)
        )
        with self._transaction() as connection:
            return {(row.key, row.attempt) for row in connection.execute(statement)}

    def release_claims(self) -> int:
        """Let go of all lessons of this owner, so that other workers can continue at once.

        Returns:
            The number of lessons.
        """
        statement = (
            update(lesson_work)
            .where(_W.lease_owner == self.owner, _W.status == "working")
            .values(status="waiting", **_AT_REST)
        )
        with self._transaction() as connection:
            return connection.execute(statement).rowcount

    # -- in progress: the same interface as `Ledger` ---------------------------------------

    def check(self, ticket: Ticket) -> None:
        """Check that the lesson still belongs to this attempt.

        Raises:
            Superseded: another worker has it, or nobody waits for it any more.
        """
        with self._transaction() as connection:
            if connection.execute(select(_W.key).where(_mine(ticket))).first() is None:
                raise _superseded(ticket)

    def stage_started(
        self, ticket: Ticket, stage: str, *, doing: str, progress: int, lease: float
    ) -> None:
        """Record that a stage begins, for all subscribers.

        Raises:
            Superseded: another worker has the lesson, or nobody waits for it any more.
        """
        with self._transaction() as connection:
            self._hold(connection, ticket, {"lease_expires_at": func.now() + interval(lease)})
            connection.execute(
                _subscribers(ticket).values(
                    current_stage=doing,
                    progress_percentage=func.greatest(_R.progress_percentage, progress),
                )
            )
            connection.execute(
                _stage_rows(ticket, stage)
                .where(_S.status == "pending")
                .values(status="in_progress", started_at=func.now())
            )

    def progress(self, ticket: Ticket, progress: int) -> None:
        """Record progress inside a stage, for all subscribers.

        Raises:
            Superseded: another worker has the lesson, or nobody waits for it any more.
        """
        with self._transaction() as connection:
            self._hold(connection, ticket)
            connection.execute(
                _subscribers(ticket).values(
                    progress_percentage=func.greatest(_R.progress_percentage, progress)
                )
            )

    def stage_completed(
        self,
        ticket: Ticket,
        stage: str,
        *,
        progress: int,
        seconds: float,
        retries: int,
        metadata: Mapping[str, Any],
        cost_usd: float | None = None,
    ) -> None:
        """Record that a stage is done. The request that began the lesson bears its cost.

        Raises:
            Superseded: another worker has the lesson, or nobody waits for it any more.
        """
        with self._transaction() as connection:
            self._hold(connection, ticket)
            connection.execute(
                _subscribers(ticket).values(
                    progress_percentage=func.greatest(_R.progress_percentage, progress)
                )
            )
            began = _S.request_id == ticket.request.request_id
            shared = _S.stage_metadata.type
            connection.execute(
                _stage_rows(ticket, stage).values(
                    status="completed",
                    completed_at=func.now(),
                    duration_seconds=seconds,
                    retry_count=retries,
                    error_message=None,
                    stage_metadata=case(
                        (began, cast(dict(metadata), shared)),
                        else_=cast({"reused": True}, shared),
                    ),
                )
            )
            if cost_usd is not None:
                _add_cost(connection, ticket, cost_usd)

    def record_cost(
        self, ticket: Ticket, stage: str, cost_usd: float | None, *, metadata: Mapping[str, Any]
    ) -> None:
        """Record the cost of a stage that failed or was superseded. Not fenced: it is billed."""
        before = _S.stage_metadata
        with self._transaction() as connection:
            _add_cost(connection, ticket, cost_usd or 0.0)
            connection.execute(
                update(request_stages)
                .where(_S.request_id == ticket.request.request_id, _S.stage_name == stage)
                .values(stage_metadata=before.op("||")(cast(dict(metadata), before.type)))
            )

    def record_stage_error(self, ticket: Ticket, stage: str, message: str) -> None:
        """Record why a stage is being retried. Cleared when the stage is completed."""
        with self._transaction() as connection:
            connection.execute(
                _stage_rows(ticket, stage)
                .where(_S.status == "in_progress")
                .values(error_message=message)
            )

    def cost(self, ticket: Ticket) -> float:
        """The cost so far of the request that began the lesson, in US dollars."""
        with self._transaction() as connection:
            query = select(_R.cost_usd).where(_R.id == ticket.request.request_id)
            return float(connection.execute(query).scalar() or 0.0)

    def record_over_cost(self, ticket: Ticket, stage: str, message: str) -> None:
        """Log for all subscribers that the lesson stops because it would cost too much."""
        with self._transaction() as connection:
            _log_all(connection, ticket, "over_cost", message, stage=stage, severity="WARNING")

    def schedule_retry(
        self,
        ticket: Ticket,
        stage: str,
        error: str,
        *,
        at_least: float,
        counted: bool,
        policy: RetryPolicy,
    ) -> float | None:
        """Let go of the lesson, and schedule a further attempt.

        The arguments are those of `Outbox.schedule_retry`.

        Returns:
            The delay in seconds. None if no attempt is left, or no subscriber has time left.

        Raises:
            Superseded: another worker has the lesson, or nobody waits for it any more.
        """
        query = select(_W.retry_count).where(_mine(ticket)).with_for_update()
        latest = select(func.extract("epoch", func.max(_R.deadline_at) - func.now())).where(
            _R.lesson_key == ticket.lesson, _UNLEASED
        )
        with self._transaction() as connection:
            retries = connection.execute(query).scalar()
            if retries is None:
                raise _superseded(ticket)
            left = float(connection.execute(latest).scalar() or 0.0)
            used = retries + (1 if counted else 0)
            delay = policy.delay(retries, at_least=at_least)
            if used >= policy.max_scheduled_attempts or left - delay < policy.least_budget:
                return None
            due = func.now() + interval(delay)
            connection.execute(
                update(lesson_work)
                .where(_W.key == ticket.lesson)
                .values(
                    status="waiting",
                    retry_count=used,
                    next_attempt_at=due,
                    error_stage=stage,
                    error_message=error,
                    **_AT_REST,
                )
            )
            connection.execute(
                _subscribers(ticket).values(
                    current_stage=TO_TRY_AGAIN,
                    next_attempt_at=due,
                    retry_count=used,
                    error_stage=stage,
                    error_message=error,
                )
            )
            connection.execute(
                _stage_rows(ticket, stage).values(status="pending", error_message=error)
            )
            data = {"seconds": round(delay, 1), "counted": counted}
            _log_all(
                connection, ticket, "put_down", error, stage=stage, severity="WARNING", data=data
            )
        return delay

    # -- the ends --------------------------------------------------------------------------

    def subscribers(self, ticket: Ticket) -> list[Mapping[str, Any]]:
        """The rows of the requests that wait for the lesson, oldest first."""
        query = (
            select(content_requests)
            .where(_R.lesson_key == ticket.lesson, _UNLEASED)
            .order_by(_R.created_at)
        )
        with self._transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def unnotified(self, *, after: float, limit: int) -> list[Mapping[str, Any]]:
        """Rows of requests that ended with their lesson and may not have been notified.

        Their messages were acknowledged when they subscribed, so no redelivery finds them.

        Args:
            after: seconds since their end, by when a worker that lives has notified them.
        """
        query = (
            select(content_requests)
            .where(
                _R.lease_owner.is_not(None),
                _R.lesson_key.is_not(None),
                _R.status.in_(ENDED),
                func.coalesce(_R.completed_at, _R.failed_at) < func.now() - interval(after),
            )
            .limit(limit)
        )
        with self._transaction() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def rows(self, request_ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """The rows of requests by id."""
        if not request_ids:
            return {}
        query = select(content_requests).where(_R.id.in_(list(request_ids)))
        with self._transaction() as connection:
            return {row["id"]: dict(row) for row in connection.execute(query).mappings()}

    def complete(
        self,
        ticket: Ticket,
        delivered: Mapping[str, int],
        *,
        columns: Mapping[str, tuple[str, str]],
    ) -> tuple[list[str], bool]:
        """End the subscribers that have their files. The lesson is done if none is left.

        Args:
            delivered: request id -> attempt, of the requests that have their files.
            columns: column -> what stands before and after the request's id in its value.

        Returns:
            The ids of the requests that were completed by this call, or by an earlier one of the
            same attempt if the lesson is done already; and whether the lesson is done.

        Raises:
            Superseded: another worker has the lesson, or nobody waits for it any more.
        """
        shape = {
            name: func.concat(before, cast(_R.id, _W.key.type), after)
            for name, (before, after) in columns.items()
        }
        with self._transaction() as connection:
            lesson = connection.execute(
                select(_W.status, _W.served)
                .where(_W.key == ticket.lesson, _W.attempt == ticket.lesson_attempt)
                .with_for_update()
            ).one_or_none()
            if lesson is not None and lesson.status == "done":
                return list(lesson.served), True
            if lesson is None or lesson.status != "working":
                raise _superseded(ticket)
            done = connection.execute(
                update(content_requests)
                .where(
                    _R.lesson_key == ticket.lesson,
                    _UNLEASED,
                    or_(
                        *(
                            and_(_R.id == request_id, _R.attempt == attempt)
                            for request_id, attempt in delivered.items()
                        ),
                        literal(False),
                    ),
                )
                .values(
                    **ENDS_NOW,
                    **shape,
                    status="completed",
                    current_stage=None,
                    progress_percentage=100,
                    completed_at=func.now(),
                    lease_owner=self._notifier,
                )
                .returning(_R.id)
            )
            ids = [row.id for row in done]
            if ids:
                end_stages(connection, ids, list(ticket.results))
                connection.execute(
                    insert(request_events),
                    [{"request_id": one, **_COMPLETED} for one in ids],
                )
            left = select(_R.id).where(_R.lesson_key == ticket.lesson, _UNLEASED).limit(1)
            over = connection.execute(left).first() is None
            served = [*lesson.served, *ids]
            values: dict[str, Any] = {"served": served}
            if over:
                values |= {
                    **_AT_REST,
                    "status": "done",
                    "results": dict(ticket.results),
                    "seconds": func.extract("epoch", func.now() - _W.taken_at),
                    "ended_at": func.now(),
                    "ticket": None,
                }
            connection.execute(update(lesson_work).where(_W.key == ticket.lesson).values(values))
            return ids, over

    def fail(
        self, ticket: Ticket, *, stage: str, message: str, details: Mapping[str, Any]
    ) -> list[Mapping[str, Any]]:
        """End the lesson as failed.

        Returns:
            The rows of its subscribers, which must be failed with the same reason. Those that
            are not, since the worker is lost, are found by `forsaken`.

        Raises:
            Superseded: another worker has the lesson, or nobody waits for it any more.
        """
        with self._transaction() as connection:
            end = {
                **_AT_REST,
                "status": "failed",
                "ended_at": func.now(),
                "error_stage": stage,
                "error_message": message,
                "error_details": dict(details),
                "ticket": None,
            }
            self._hold(connection, ticket, end)
            query = select(content_requests).where(_R.lesson_key == ticket.lesson, _UNLEASED)
            return [dict(row) for row in connection.execute(query).mappings()]

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
                .values(status="dropped", ended_at=func.now(), ticket=None, **_AT_REST)
            ).rowcount

    # -- what the requeue looks for --------------------------------------------------------

    def due_tokens(self, *, limit: int, again_after: float) -> list[Token]:
        """Tokens to publish now: of due retries, of lost workers, and of lost tokens.

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
        pause = interval(again_after) * func.power(2, func.least(_W.tokens - 1, _LONGEST_DOUBLING))
        lost = and_(
            _W.token_at < func.now() - pause,
            or_(_W.token_at < frontier - interval(again_after), idle),
        )
        since = func.coalesce(_W.next_attempt_at, _W.lease_expires_at)
        chosen = (
            select(_W.key)
            .where(_TAKEABLE, _wanted(), or_(_W.token_at < since, lost))
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
                .returning(_W.key, _text(_W.token_at).label("token_at"))
            )
            return [Token(row.key, row.token_at) for row in rows]

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
            query = select(_R.id).where(_UNLEASED, or_(*found))
            return [row.id for row in connection.execute(query)]

    def forsaken(self, *, after: float, limit: int) -> list[str]:
        """The ids of requests whose lesson failed `after` seconds ago, and that still wait."""
        query = (
            select(_R.id)
            .join(lesson_work, _W.key == _R.lesson_key)
            .where(
                _UNLEASED,
                _W.status == "failed",
                _W.ended_at < func.now() - interval(after),
            )
            .limit(limit)
        )
        with self._transaction() as connection:
            return [row.id for row in connection.execute(query)]

    def _hold(
        self, connection: Connection, ticket: Ticket, values: Mapping[str, Any] | None = None
    ) -> None:
        """Write to the lesson's row, which locks it."""
        values = values or {"lease_owner": self.owner}
        statement = update(lesson_work).where(_mine(ticket)).values(dict(values))
        if connection.execute(statement).rowcount != 1:
            raise _superseded(ticket)


def end_stages(connection: Connection, request_ids: Sequence[str], made: Sequence[str]) -> None:
    """Close the stage rows of requests that end: those with a result were found made."""
    found = _S.stage_name.in_(list(made))
    connection.execute(
        update(request_stages)
        .where(_S.request_id.in_(list(request_ids)), _S.status.in_(("pending", "in_progress")))
        .values(
            status=case((found, "completed"), else_="skipped"),
            completed_at=case((found, func.now()), else_=_S.completed_at),
            stage_metadata=case(
                (found, cast({"reused": True}, _S.stage_metadata.type)),
                else_=_S.stage_metadata,
            ),
        )
    )


def _text(moment: Any) -> Any:
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
        .join(content_requests, and_(_R.lesson_key == _W.key, _UNLEASED))
        .where(or_(_W.status == "waiting", _LOST), _TAKEABLE)
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
    return select(_R.id).where(_R.lesson_key == _W.key, _UNLEASED).correlate(lesson_work).exists()


def _mine(ticket: Ticket) -> Any:
    return and_(
        _W.key == ticket.lesson, _W.attempt == ticket.lesson_attempt, _W.status == "working"
    )


def _subscribers(ticket: Ticket) -> Any:
    return update(content_requests).where(_R.lesson_key == ticket.lesson, _UNLEASED)


def _stage_rows(ticket: Ticket, stage: str) -> Any:
    waiting = select(_R.id).where(_R.lesson_key == ticket.lesson, _UNLEASED)
    return update(request_stages).where(_S.stage_name == stage, _S.request_id.in_(waiting))


def _add_cost(connection: Connection, ticket: Ticket, cost_usd: float) -> None:
    connection.execute(
        update(content_requests)
        .where(_R.id == ticket.request.request_id)
        .values(cost_usd=func.coalesce(_R.cost_usd, 0) + cost_usd)
    )


def _log_all(
    connection: Connection,
    ticket: Ticket,
    event: str,
    message: str,
    *,
    stage: str,
    severity: str,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append an event to the log of every subscriber."""
    waiting = select(_R.id).where(_R.lesson_key == ticket.lesson, _UNLEASED)
    rows = [
        {
            "request_id": row.id,
            "event_type": event,
            "event_message": message,
            "stage_name": stage,
            "severity": severity,
            "event_data": dict(data or {}),
        }
        for row in connection.execute(waiting)
    ]
    if rows:
        connection.execute(insert(request_events), rows)


def _superseded(ticket: Ticket) -> Superseded:
    return Superseded(
        f"lesson {ticket.lesson}: attempt {ticket.lesson_attempt} is no longer the one in charge "
        "(taken over, ended, or nobody waits for it)"
    )
