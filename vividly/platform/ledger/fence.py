"""What every write to the ledger shares: a transaction, and the fence.

Each write is one short transaction. A write by a worker names its attempt (the
fencing number of its claim) and does nothing unless that is still the newest
one and the request is still open: a worker that lost its claim cannot
overwrite what came after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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
ENDS_NOW: Mapping[str, Any] = {
    "lease_expires_at": None,
    "next_attempt_at": None,
    "total_duration_seconds": func.extract("epoch", func.now() - _R.created_at),
}
"""What every end writes besides its status, in the same statement."""


class Fenced:
    """A connection pool, whose owner writes in the name of attempts.

    Attributes:
        confirms: whether the owner says of what it has ended that it was told (`told`). Until
            then a message that comes again, and finds its request ended, has it told again.
    """

    def __init__(self, engine: Engine, *, owner: str) -> None:
        self.engine = engine
        self.owner = owner
        self.confirms = False

    @property
    def _teller(self) -> str | None:
        """The owner of a request that has ended, until everybody was told."""
        return self.owner if self.confirms else None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with database_errors(self.engine), self.engine.begin() as connection:
            yield connection

    def check(self, ticket: Ticket) -> None:
        """Make sure that a request is this attempt's still.

        Raises:
            Superseded: it is not, or was cancelled.
        """
        with self._transaction() as connection:
            if connection.execute(select(_R.id).where(self._open(ticket))).first() is None:
                raise superseded(ticket)

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


def superseded(ticket: Ticket) -> Superseded:
    """The error of who comes too late."""
    return Superseded(
        f"request {ticket.request.request_id}: attempt {ticket.attempt} is no longer "
        "the one in charge (cancelled, ended, or taken over)"
    )


def seconds(value: float) -> Any:
    """An interval for SQL."""
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
    """Append to the log of what happened to a request."""
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


def reached(connection: Connection, request_id: str) -> str:
    """The stage that an attempt before this one was in, or had put the request down in."""
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
