"""Claim: of all deliveries of a request, one goes on."""

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
from vividly.execution.claiming import OutOfBudget, WorkersLost, claim_aged, resume
from vividly.execution.ending import failure_again, told_again
from vividly.execution.failures import ticket_failure
from vividly.model.errors import TransientError
from vividly.model.ticket import Failure, Ticket
from vividly.platform.ledger import Claim as Claimed

LOG = logging.getLogger(__name__)


class _TakingOnDoFn(ConcurrentDoFn):
    """What claiming and resuming have in common: failures, and what was never told."""

    def refused(self, error: Exception, ticket: Ticket) -> Emitted:
        """The failure of a request that cannot be taken on.

        Raises:
            TransientError: the database is away and requests can wait for it: the bundle is
                tried again, and its messages stay with Pub/Sub, however long it takes.
        """
        if isinstance(error, WorkersLost):
            last = replace(ticket, attempt=error.attempt)
            failure = ticket_failure(error, stage=self.name, ticket=last)
            return Emitted.one(FAILURES, failure, "exhausted")
        if isinstance(error, OutOfBudget):
            last = replace(ticket, attempt=error.attempt)
            failure = ticket_failure(error, stage=error.stage, ticket=last)
            return Emitted.one(FAILURES, failure, "out_of_budget")
        if isinstance(error, TransientError) and self.settings.retries_later:
            raise error
        LOG.error("Request %s: %s failed", ticket.request.request_id, self.name, exc_info=error)
        failure = ticket_failure(error, stage=self.name, ticket=ticket)
        return Emitted.one(FAILURES, failure, "failed")

    def ended(self, ticket: Ticket, found: Claimed) -> Emitted:
        """Whoever wrote the end may have been lost before telling: it is told once more."""
        emitted = Emitted(counts=[f"duplicate_{found.result}"])
        if found.result in ("completed", "answered", "failed"):
            row = self.services.ledger.untold(ticket.request.request_id)
            if row is not None:
                emitted.counts.append("told_again")
                emitted.values += [(NOTIFICATIONS, PubsubMessage(*one)) for one in told_again(row)]
                if row["status"] == "failed":
                    emitted.values.append((FAILURES, failure_again(row)))
        return emitted


class ClaimDoFn(_TakingOnDoFn):
    """Unclaimed Ticket -> Ticket; nothing for a duplicate; Failure where it cannot be known."""

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
            return self.ended(ticket, claimed)
        except Exception as error:
            return self.refused(error, ticket)


class ResumeDoFn(_TakingOnDoFn):
    """Handed-over Ticket -> the same Ticket, once; nothing for a duplicate."""

    def work(self, ticket: Ticket) -> Emitted:
        try:
            resumed = resume(ticket, self.services)
            if isinstance(resumed, Ticket):
                return Emitted.one(MAIN, resumed, "resumed")
            LOG.info("Request %s is not resumed: %s", ticket.request.request_id, resumed.result)
            return self.ended(ticket, resumed)
        except Exception as error:
            return self.refused(error, ticket)


class Claim(FromSettings):
    """PCollection[Ticket] -> (main: claimed tickets, notifications, failures)."""

    def expand(self, tickets: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return tickets | "ClaimRequest" >> step(
            ClaimDoFn(self.settings, "claim"),
            Ticket,
            notifications=PubsubMessage,
            failures=Failure,
        )


class Resume(FromSettings):
    """PCollection[Ticket] -> (main: tickets that are this job's now, notifications, failures)."""

    def expand(self, tickets: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return tickets | "ResumeRequest" >> step(
            ResumeDoFn(self.settings, "resume"),
            Ticket,
            notifications=PubsubMessage,
            failures=Failure,
        )
