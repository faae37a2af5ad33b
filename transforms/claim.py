"""Claim: exactly one delivery of a request goes on."""

from __future__ import annotations

import logging
from dataclasses import replace

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage

from transforms.concurrent import (
    FAILURES,
    MAIN,
    NOTIFICATIONS,
    ConcurrentDoFn,
    Emitted,
    FromSettings,
    step,
)
from vividly.execution.claiming import OutOfBudget, WorkersLost, claim_aged
from vividly.execution.failures import ticket_failure
from vividly.execution.outcomes import repeat_failure, repeat_notifications, repeat_text_ready
from vividly.execution.services import Services
from vividly.model.errors import TransientError
from vividly.model.ticket import Failure, Ticket
from vividly.platform.ledger import Claim as Claimed

LOG = logging.getLogger(__name__)


class ClaimDoFn(ConcurrentDoFn):
    """Unclaimed Ticket -> claimed Ticket; nothing for a duplicate; or Failure."""

    def work(self, ticket: Ticket) -> Emitted:
        request_id = ticket.request.request_id
        try:
            claimed, age = claim_aged(ticket, self.services)
            if isinstance(claimed, Ticket):
                return Emitted(
                    [(MAIN, claimed)], ["claimed"], {"queue_age_ms": max(0, int(age * 1000))}
                )
            if claimed.result == "completed":
                LOG.info("Request already completed: %s", request_id)
            else:
                LOG.info("Request %s is not begun again: %s", request_id, claimed.result)
            return self._ended(ticket, claimed)
        except Exception as error:
            return self._refused(error, ticket)

    def _refused(self, error: Exception, ticket: Ticket) -> Emitted:
        """The failure of a request that cannot be claimed.

        Raises:
            TransientError: the database is unavailable and retries are durable. The runner
                retries the bundle, and its messages stay in Pub/Sub until it succeeds.
        """
        if isinstance(error, WorkersLost):
            last = replace(ticket, attempt=error.attempt)
            failure = ticket_failure(error, stage=self.name, ticket=last)
            return Emitted.one(FAILURES, failure, "exhausted")
        if isinstance(error, OutOfBudget):
            last = replace(ticket, attempt=error.attempt)
            failure = ticket_failure(error, stage=error.stage, ticket=last)
            return Emitted.one(FAILURES, failure, "out_of_budget")
        if isinstance(error, TransientError) and self.services.retry_policy.durable:
            raise error
        LOG.error("Request %s: %s failed", ticket.request.request_id, self.name, exc_info=error)
        failure = ticket_failure(error, stage=self.name, ticket=ticket)
        return Emitted.one(FAILURES, failure, "failed")

    def _ended(self, ticket: Ticket, found: Claimed) -> Emitted:
        emitted = Emitted(counts=[f"duplicate_{found.result}"])
        if found.untold:
            _tell_again(self.services, ticket.request.request_id, emitted)
        return emitted


def _tell_again(services: Services, request_id: str, emitted: Emitted) -> None:
    """Publish the notifications of a request again, unless they surely were published before.

    The worker that announced the text may have been lost after it subscribed the request to its
    lesson. The media job publishes the end, but not that the text is ready.
    """
    if (row := services.ledger.claim_unnotified(request_id)) is not None:
        again = repeat_notifications(row)
        if row["status"] == "failed":
            emitted.values.append((FAILURES, repeat_failure(row)))
    elif (row := services.ledger.subscriber(request_id)) is not None:
        again = repeat_text_ready(row)
    else:
        return
    emitted.counts.append("told_again")
    emitted.values += [(NOTIFICATIONS, PubsubMessage(*one)) for one in again]


class Claim(FromSettings):
    """PCollection[Ticket] -> (main: claimed tickets, notifications, failures)."""

    def expand(self, tickets: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return tickets | "ClaimRequest" >> step(
            ClaimDoFn(self.settings, "claim"),
            Ticket,
            notifications=PubsubMessage,
            failures=Failure,
        )
