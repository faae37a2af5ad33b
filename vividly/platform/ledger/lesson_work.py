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

from sqlalchemy import Connection, and_, case, cast, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from vividly.model.errors import Superseded
from vividly.model.ticket import Ticket, Token
from vividly.platform.ledger.fence import ENDS_NOW, add_cost
from vividly.platform.ledger.fence import seconds as interval
from vividly.platform.ledger.lesson_queue import AT_REST, TAKEABLE, UNLEASED, LessonQueue, iso
from vividly.platform.ledger.outbox import TO_BE_RECORDED, TO_TRY_AGAIN
from vividly.platform.ledger.schema import (
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
_TAKING = 7_130_205_165
"""Id of the advisory lock by which workers take lessons in turn."""
_COMPLETED = {"event_type": "completed", "event_message": "The lesson is ready"}


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


class LessonWork(LessonQueue):
    """The table `lesson_work`, and the requests that wait for its rows."""

    # -- subscribing -----------------------------------------------------------------------

    def subscribe(
        self, ticket: Ticket, key: str, work: bytes, *, in_one_job: bool = False
    ) -> Subscription:
        """Subscribe a request to a lesson, and release its claim, unless the lesson is done.

        Work that failed or was dropped begins anew.

        Args:
            key: of the lesson.
            work: the ticket that the worker needs, kept until the work ends.
            in_one_job: whether the job runs all stages, so that there is no media topic.

        Raises:
            Superseded: the request is no longer this attempt's.
        """
        by = f"{ticket.request.request_id}/{ticket.attempt}"
        ended = _W.status.in_(("failed", "dropped"))
        new = insert(lesson_work).values(key=key, ticket=work, token_by=by, in_one_job=in_one_job)
        anew = {
            "status": "waiting",
            "ticket": new.excluded.ticket,
            "token_by": by,
            "in_one_job": in_one_job,
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
            iso(_W.token_at).label("token_at"),
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
                **AT_REST,
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
        published = cast(token.published_at or None, _W.token_at.type)
        with self._transaction() as connection:
            # One worker takes at a time: each may change two lessons, in any order.
            connection.execute(select(func.pg_advisory_xact_lock(_TAKING)))
            for key in self.by_urgency(connection):
                row = connection.execute(
                    select(_W.status, _W.token_at).where(_W.key == key, TAKEABLE).with_for_update()
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
                    .where(_R.lesson_key == key, UNLEASED)
                    .values(next_attempt_at=None, error_stage=None, error_message=None)
                )
                exhausted = taken.retry_count >= max_attempts
                return Taken(key, taken.attempt, bytes(taken.ticket or b""), exhausted)
        return None

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
            .values(status="waiting", **AT_REST)
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
                add_cost(connection, ticket, cost_usd)

    def record_stage_error(self, ticket: Ticket, stage: str, message: str) -> None:
        """Record why a stage is being retried. Cleared when the stage is completed."""
        with self._transaction() as connection:
            connection.execute(
                _stage_rows(ticket, stage)
                .where(_S.status == "in_progress")
                .values(error_message=message)
            )

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
            _R.lesson_key == ticket.lesson, UNLEASED
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
                    **AT_REST,
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
            .where(_R.lesson_key == ticket.lesson, UNLEASED)
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
                    UNLEASED,
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
            left = select(_R.id).where(_R.lesson_key == ticket.lesson, UNLEASED).limit(1)
            over = connection.execute(left).first() is None
            served = [*lesson.served, *ids]
            values: dict[str, Any] = {"served": served}
            if over:
                values |= {
                    **AT_REST,
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
                **AT_REST,
                "status": "failed",
                "ended_at": func.now(),
                "error_stage": stage,
                "error_message": message,
                "error_details": dict(details),
                "ticket": None,
            }
            self._hold(connection, ticket, end)
            query = select(content_requests).where(_R.lesson_key == ticket.lesson, UNLEASED)
            return [dict(row) for row in connection.execute(query).mappings()]

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


def _mine(ticket: Ticket) -> Any:
    return and_(
        _W.key == ticket.lesson, _W.attempt == ticket.lesson_attempt, _W.status == "working"
    )


def _subscribers(ticket: Ticket) -> Any:
    return update(content_requests).where(_R.lesson_key == ticket.lesson, UNLEASED)


def _stage_rows(ticket: Ticket, stage: str) -> Any:
    waiting = select(_R.id).where(_R.lesson_key == ticket.lesson, UNLEASED)
    return update(request_stages).where(_S.stage_name == stage, _S.request_id.in_(waiting))


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
    waiting = select(_R.id).where(_R.lesson_key == ticket.lesson, UNLEASED)
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
