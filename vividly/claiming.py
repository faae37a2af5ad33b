"""Taking a request on, in the text job and, once handed over, in the media job."""

from __future__ import annotations

import time
from dataclasses import replace

from vividly import retry
from vividly.errors import TransientError
from vividly.ledger import Claim
from vividly.services import Services
from vividly.stages import plan
from vividly.ticket import Ticket

CLAIM_SECONDS = 120.0
"""How long a claim waits for a database that is away."""
FIRST_LEASE_S = 120.0


class WorkersLost(TransientError):
    """Every attempt at a request ended with its worker gone.

    Attributes:
        attempt: the last one, in whose name the request can be ended as failed.
    """

    def __init__(self, message: str, *, attempt: int) -> None:
        super().__init__(message)
        self.attempt = attempt


def claim(ticket: Ticket, services: Services) -> Ticket | Claim:
    """The ticket with its attempt and deadline, or why it was not given.

    Raises:
        WorkersLost: the request was taken over too often.
        TransientError: the database stayed away.
    """
    settings = services.settings
    claimed = retry.call(
        lambda: services.ledger.claim(
            ticket.request,
            ticket.message,
            lease=FIRST_LEASE_S,
            max_attempts=settings.max_attempts,
            stages=plan(ticket.request),
        ),
        seconds=CLAIM_SECONDS,
    )
    if claimed.result == "exhausted":
        raise WorkersLost(
            f"the request was begun {settings.max_attempts} times and every worker that had it "
            "was lost; look for a crash in the stage that its row names",
            attempt=claimed.attempt,
        )
    if claimed.result != "claimed":
        return claimed
    return replace(ticket, attempt=claimed.attempt, deadline=time.time() + settings.request_budget)


def resume(ticket: Ticket, services: Services) -> bool:
    """Whether the media job is the one that goes on with a handed-over request."""
    return retry.call(
        lambda: services.ledger.resume(ticket, lease=FIRST_LEASE_S), seconds=CLAIM_SECONDS
    )
