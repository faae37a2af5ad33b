"""Helpers that write to a ledger and read its tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any, TypeVar

from sqlalchemy import Engine, text

from vividly.execution.failures import ticket_failure
from vividly.execution.stages import plan
from vividly.model.errors import TransientError
from vividly.model.ticket import Ticket, Token, ticket_from_json, ticket_to_json
from vividly.platform.ledger import Claim, Ledger, queries
from vividly.platform.ledger.lesson_work import LessonWork, Subscription

T = TypeVar("T")
ANSWERS = ("clarification_needed", "out_of_scope", "blocked")


def at_once(number: int, call: Callable[[int], T]) -> list[T]:
    """The results of `number` calls that start at the same moment."""
    barrier = Barrier(number)

    def start(index: int) -> T:
        barrier.wait()
        return call(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(start, range(number)))


def claim(ledger: Ledger, sent: Ticket, *, lease: float = 60, max_attempts: int = 5) -> Claim:
    return ledger.claim(
        sent.request,
        sent.message,
        lease=lease,
        max_attempts=max_attempts,
        stages=plan(sent.request),
    )


def row(engine: Engine, sent: Ticket) -> Mapping[str, Any]:
    with engine.connect() as connection:
        query = text("SELECT * FROM content_requests WHERE id = :id")
        found = connection.execute(query, {"id": sent.request.request_id}).one()
        return found._asdict()


def expire(engine: Engine, sent: Ticket) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE content_requests SET lease_expires_at = now() - interval '1 second' "
                "WHERE id = :id"
            ),
            {"id": sent.request.request_id},
        )


def fail(ledger: Ledger, sent: Ticket, stage: str = "speak") -> bool:
    error = TransientError("the voice is away")
    return ledger.fail(ticket_failure(error, stage=stage, ticket=sent, tries=3))


def start(ledger: Ledger, sent: Ticket, stage: str = "speak", progress: int = 50) -> None:
    ledger.stage_started(sent, stage, doing="Speaking", progress=progress, lease=60)


def complete(ledger: Ledger, sent: Ticket, stage: str = "speak", **metadata: Any) -> None:
    ledger.stage_completed(sent, stage, progress=60, seconds=1.5, retries=2, metadata=metadata)


def stage_row(engine: Engine, sent: Ticket, name: str = "speak") -> Mapping[str, Any]:
    rows = queries.stages(engine, sent.request.request_id)
    return next(found for found in rows if found["stage_name"] == name)


def lesson_work(ledger: Ledger) -> LessonWork:
    """The work on lessons, in the name of a ledger's owner."""
    work = LessonWork(ledger.engine, owner=ledger.owner)
    work.marks_notified = ledger.marks_notified
    return work


def subscribe(ledger: Ledger, sent: Ticket, key: str = "lesson") -> Subscription:
    """Let a claimed request wait for a lesson."""
    work = ticket_to_json(replace(sent, lesson=key))
    return lesson_work(ledger).subscribe(sent, key, work)


def taken(ledger: Ledger, token: Token, *, lease: float = 60, max_attempts: int = 5) -> Ticket:
    """The ticket of the lesson that a worker gets for a token."""
    found = lesson_work(ledger).take(token, lease=lease, max_attempts=max_attempts)
    assert found is not None
    return replace(ticket_from_json(found.ticket), lesson=found.key, lesson_attempt=found.attempt)
