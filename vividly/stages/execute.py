"""Runs one stage for one request: record, reuse, deadline, retries, record again."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from vividly import retry
from vividly.errors import Superseded
from vividly.lesson import Answer, from_json, to_json
from vividly.services import Services
from vividly.stages.base import Deadline, StageContext, StageSpec
from vividly.ticket import Outcome, Ticket

REPORT_EVERY_S = 1.0


class StageFailed(Exception):
    """A stage gave up. The cause is `__cause__`; `tries` says how often it was tried."""

    def __init__(self, tries: int) -> None:
        super().__init__(f"gave up after {tries} tries")
        self.tries = tries


def execute(
    stage: StageSpec,
    ticket: Ticket,
    services: Services,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Ticket | Answer:
    """The ticket with the stage's result, or the answer that ends the request.

    A result that is in the temp bucket already is used as it is. Transient errors
    are tried again, with full-jitter exponential backoff or as long as the service
    asked to wait, while the stage's time lasts; errors that nobody foresaw, a few times.

    Raises:
        StageFailed: with the last error as its cause.
        Superseded: the request is somebody else's now, or has ended.
    """
    deadline = Deadline(min(ticket.deadline, time.time() + stage.time_limit))
    tries = 0

    def once() -> Ticket | Answer:
        nonlocal tries
        tries += 1
        deadline.check()
        return _run(stage, ticket, services, deadline, retries=tries - 1)

    def worth(error: BaseException) -> bool:
        return retry.is_transient(error) or (
            retry.is_worth_retrying(error) and tries < services.settings.max_attempts
        )

    try:
        return retry.call(once, seconds=deadline.remaining, worth=worth, sleep=sleep)
    except Superseded:
        raise
    except Exception as error:
        raise StageFailed(tries) from error


def _run(
    stage: StageSpec, ticket: Ticket, services: Services, deadline: Deadline, *, retries: int
) -> Ticket | Answer:
    """One try."""
    began = time.monotonic()
    services.ledger.stage_started(
        ticket,
        stage.name,
        doing=stage.doing,
        progress=stage.start,
        lease=stage.time_limit + services.settings.lease_margin,
    )
    context = StageContext(ticket, services, deadline, _reporter(stage, ticket, services))
    prefix = stage.result_prefix(context)
    name = f"{prefix}.json"
    result: object
    if services.temp.exists(name):
        result = from_json(stage.result, services.temp.read(name))
        context.metadata["reused"] = True
    else:
        result = stage.run(context, prefix)
        if not isinstance(result, Answer):
            services.temp.write(name, to_json(result), "application/json")
    if not isinstance(result, Answer):
        context.metadata |= stage.describe(result)
    services.ledger.stage_completed(
        ticket,
        stage.name,
        progress=stage.end,
        seconds=time.monotonic() - began,
        retries=retries,
        metadata=context.metadata,
    )
    return result if isinstance(result, Answer) else ticket.with_result(stage.name, name)


def _reporter(stage: StageSpec, ticket: Ticket, services: Services) -> Callable[[float], None]:
    """Progress inside the stage, written at most once a second and only when it has grown."""
    last_at, last = time.monotonic(), stage.start

    def report(fraction: float) -> None:
        nonlocal last_at, last
        now = time.monotonic()
        progress = stage.start + int((stage.end - stage.start) * min(max(fraction, 0.0), 1.0))
        if progress > last and now - last_at >= REPORT_EVERY_S:
            last_at, last = now, progress
            services.ledger.progress(ticket, progress)

    return report


def outcome_of(answer: Answer, ticket: Ticket) -> Outcome:
    """An answer as the end of its request."""
    return Outcome(
        ticket=ticket,
        status=answer.status,
        message=answer.message,
        details=json.dumps({"questions": answer.questions, "category": answer.category}),
    )
