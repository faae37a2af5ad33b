"""What becomes of a request that a step could not go on with: later, or a failure."""

from __future__ import annotations

import logging

from vividly.execution.failures import ticket_failure
from vividly.execution.services import Services
from vividly.model.errors import Superseded, TransientError
from vividly.model.ticket import Failure, Ticket
from vividly.platform import retry
from vividly.platform.breaker import CircuitOpen

LOG = logging.getLogger(__name__)
SECONDS = 10.0
"""How long a database that is away is waited for: the claim runs out by itself."""


def later_or_failed(
    error: BaseException, *, stage: str, ticket: Ticket, services: Services, tries: int = 1
) -> Failure | None:
    """Put the request down where the error will pass; otherwise the failure that ends it.

    Returns:
        None where it waits, or is no longer ours: there is nothing more to do for it here.
    """
    services.heartbeat.let_go(ticket)
    failure = ticket_failure(error, stage=stage, ticket=ticket, tries=tries)
    if services.settings.retries_later and isinstance(error, TransientError):
        try:
            if _put_down(error, failure, ticket, services):
                return None
        except Superseded:
            return None
        except Exception:
            # Its claim runs out, and then it is found as one whose worker was lost.
            LOG.exception("Request %s could not be put down", ticket.request.request_id)
            return None
    return failure


def _put_down(error: TransientError, failure: Failure, ticket: Ticket, services: Services) -> bool:
    delay = retry.call(
        lambda: services.ledger.put_down(
            ticket,
            failure.stage,
            failure.error_message,
            at_least=error.retry_after or 0.0,
            counted=not isinstance(error, CircuitOpen),
            max_attempts=services.settings.max_attempts,
        ),
        seconds=SECONDS,
        worth=retry.is_transient,
    )
    if delay is None:
        return False
    LOG.warning(
        "Request %s waits for %.0f s in %s: %s",
        failure.request_id,
        delay,
        failure.stage,
        failure.error_message,
    )
    return True
