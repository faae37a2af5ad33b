"""Writes fenced by attempt number, each in one short transaction.

A worker's write names its attempt, which is the fencing number of its claim. It changes nothing
unless that attempt is still the newest one and the request has not ended. So a worker that lost
its claim cannot overwrite what a later attempt wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Interval,
    Update,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from vividly.model.errors import Superseded
from vividly.model.ticket import Ticket
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.schema import ACTIVE, content_requests, request_events, request_stages

_R = content_requests.c
_open: ContextVar[tuple[Engine, Connection] | None] = ContextVar("transaction", default=None)
ENDS_NOW: Mapping[str, Any] = {
    "lease_expires_at": None,
    "next_attempt_at": None,
    "total_duration_seconds": func.extract("epoch", func.now() - _R.created_at),
}
"""Columns that are written, besides the status, whenever a request ends."""


class Fenced:
    """Writes fenced by attempt number.

    Attributes:
        owner: the process that writes, as in the column `lease_owner`.
        marks_notified: whether the owner calls `mark_notified` once the notifications of a
            request that it ended are published. Until it has, a redelivered message of that
            request publishes them again (`claim_unnotified`).
    """

    def __init__(self, engine: Engine, *, owner: str) -> None:
        self.engine = engine
        self.owner = owner
        self.marks_notified = False

    @property
    def _notifier(self) -> str | None:
        """`lease_owner` of a request that has ended, until its notifications are published."""
        return self.owner if self.marks_notified else None

    @contextmanager
    def one_transaction(self) -> Iterator[None]:
        """Let all that this thread writes through the same engine be one transaction."""
        with self._transaction() as connection:
            token = _open.set((self.engine, connection))
            try:
                yield
            finally:
                _open.reset(token)

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        engine, connection = _open.get() or (None, None)
        if connection is not None and engine is self.engine:
            yield connection
            return
        with database_errors(self.engine), self.engine.begin() as connection:
            yield connection

    def check(self, ticket: Ticket) -> None:
        """Check that a request still belongs to this attempt.

        Raises:
            Superseded: another attempt has it, or it has ended.
        """
        with self._transaction() as connection:
            if connection.execute(select(_R.id).where(self._open(ticket))).first() is None:
                raise superseded(ticket)

    def cost(self, ticket: Ticket) -> float:
        """The cost of a ticket's request so far, in US dollars, over all its attempts."""
        with self._transaction() as connection:
            statement = select(_R.cost_usd).where(_R.id == ticket.request.request_id)
            return float(connection.execute(statement).scalar() or 0.0)

    def record_cost(
        self, ticket: Ticket, stage: str, cost_usd: float | None, *, metadata: Mapping[str, Any]
    ) -> None:
        """Record the cost of a stage that failed or was superseded.

        Not fenced: the usage is billed even if another attempt is in charge now.
        """
        table = request_stages.c
        added = table.stage_metadata.op("||")(cast(dict(metadata), table.stage_metadata.type))
        with self._transaction() as connection:
            add_cost(connection, ticket, cost_usd or 0.0)
            connection.execute(
                update(request_stages)
                .where(table.request_id == ticket.request.request_id, table.stage_name == stage)
                .values(stage_metadata=added)
            )

    def _open(self, ticket: Ticket) -> Any:
        return and_(
            _R.id == ticket.request.request_id,
            _R.attempt == ticket.attempt,
            _R.status.in_(ACTIVE),
        )

    def _write(self, connection: Connection, ticket: Ticket, **values: Any) -> None:
        statement: Update = update(content_requests).where(self._open(ticket)).values(**values)
        if connection.execute(statement).rowcount != 1:
            raise superseded(ticket)


def add_cost(connection: Connection, ticket: Ticket, cost_usd: float) -> None:
    """Add to the cost of a ticket's request."""
    connection.execute(
        update(content_requests)
        .where(_R.id == ticket.request.request_id)
        .values(cost_usd=func.coalesce(_R.cost_usd, 0) + cost_usd)
    )


def superseded(ticket: Ticket) -> Superseded:
    """The error of a write by an attempt that is no longer in charge."""
    return Superseded(
        f"request {ticket.request.request_id}: attempt {ticket.attempt} is no longer "
        "the one in charge (cancelled, ended, or taken over)"
    )


def seconds(value: float) -> Any:
    """A number of seconds as an SQL interval."""
    return cast(literal(f"{value} seconds"), Interval)


def log(
    connection: Connection,
    request_id: str,
    event: str,
    message: str,
    *,
    stage: str | None = None,
    severity: str = "INFO",
    data: Mapping[str, Any] | None = None,
) -> None:
    """Append an event to a request's log, `request_events`."""
    connection.execute(
        insert(request_events).values(
            request_id=request_id,
            event_type=event,
            event_message=message,
            stage_name=stage,
            severity=severity,
            event_data=dict(data or {}),
        )
    )


def stage_reached(connection: Connection, request_id: str) -> str:
    """The stage in which the previous attempt ended; empty for the first attempt."""
    stages = request_stages.c
    query = (
        select(func.coalesce(_R.error_stage, stages.stage_name))
        .select_from(content_requests.outerjoin(request_stages, stages.request_id == _R.id))
        .where(_R.id == request_id, _R.status.in_(ACTIVE))
        .where(or_(_R.error_stage.is_not(None), stages.started_at.is_not(None)))
        .order_by(stages.stage_order.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or ""
