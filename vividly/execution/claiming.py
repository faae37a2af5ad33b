"""Claims a request for this process."""

from __future__ import annotations

import time
from dataclasses import replace

from vividly.execution.services import Services
from vividly.execution.stages import plan
from vividly.model.errors import DeadlineExceeded, TransientError
from vividly.model.request import FRESH, Message
from vividly.model.ticket import Ticket
from vividly.platform import retry
from vividly.platform.ledger import Claim


class WorkersLost(TransientError):
    """Every attempt at a request lost its worker.

    Attributes:
        attempt: the last attempt; the request is ended as failed in its name.
    """

    def __init__(self, message: str, *, attempt: int) -> None:
        super().__init__(message)
        self.attempt = attempt


class OutOfBudget(DeadlineExceeded):
    """A request's budget was used up before this attempt could begin.

    Attributes:
        attempt: the attempt that could not begin.
        stage: the stage that the previous attempt had reached.
    """

    def __init__(self, message: str, *, attempt: int, stage: str) -> None:
        super().__init__(message)
        self.attempt = attempt
        self.stage = stage


def claim(ticket: Ticket, services: Services) -> Ticket | Claim:
    """Claim a ticket: like `claim_aged`, without the age."""
    return claim_aged(ticket, services)[0]


def claim_aged(ticket: Ticket, services: Services) -> tuple[Ticket | Claim, float]:
    """Claim a ticket's request for this process, and start to renew the claim.

    Returns:
        The ticket with its attempt and deadline, or the `Claim` that says why it was refused;
        and the request's age in seconds.

    Raises:
        WorkersLost: the request was taken over too often.
        OutOfBudget: it has no time left.
        TransientError: the database was unavailable for `claim_wait` seconds.
    """
    settings, policy = services.settings, services.retry_policy
    claimed = retry.call(
        lambda: services.ledger.claim(
            ticket.request,
            ticket.message,
            lease=settings.lease,
            max_attempts=policy.max_takeover_attempts,
            stages=plan(ticket.request),
            budget=settings.request_budget,
        ),
        seconds=policy.claim_wait,
    )
    if claimed.result == "exhausted":
        raise WorkersLost(
            f"the request was begun {policy.max_takeover_attempts} times and every worker that "
            "had it was lost; look for a crash in the stage that its row names",
            attempt=claimed.attempt,
        )
    if claimed.result != "claimed":
        return claimed, claimed.age
    return _held(ticket, claimed, services), claimed.age


def _held(ticket: Ticket, claimed: Claim, services: Services) -> Ticket:
    """The claimed ticket, with its deadline by this machine's clock.

    Its message gets the marks of the request's row. `FRESH` is taken from the row only.
    """
    if claimed.remaining <= 0:
        stage = claimed.stage or (list(ticket.results) or ["claim"])[-1]
        raise OutOfBudget(
            f"the {services.settings.request_budget:.0f} seconds of the request "
            f"(--request_budget) were used up; it had come to {stage}",
            attempt=claimed.attempt,
            stage=stage,
        )
    others = {name: value for name, value in ticket.message.attributes.items() if name != FRESH}
    held = replace(
        ticket,
        message=Message(ticket.message.data, {**others, **claimed.marks}),
        attempt=claimed.attempt,
        deadline=time.time() + claimed.remaining,
    )
    services.heartbeat.start_renewing(held, claimed.remaining)
    return held
