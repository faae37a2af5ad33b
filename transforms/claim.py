"""Claim: of all deliveries of a request, one goes on."""

from __future__ import annotations

import logging
from dataclasses import replace

import apache_beam as beam

from transforms.concurrent import FAILURES, MAIN, ConcurrentDoFn, Emitted, FromSettings, step
from vividly.claiming import WorkersLost, claim, resume
from vividly.failures import ticket_failure
from vividly.ticket import Failure, Ticket

LOG = logging.getLogger(__name__)


class ClaimDoFn(ConcurrentDoFn):
    """Unclaimed Ticket -> Ticket; nothing for a duplicate; Failure where it cannot be known."""

    def work(self, ticket: Ticket) -> Emitted:
        request_id = ticket.request.request_id
        try:
            claimed = claim(ticket, self.services)
        except WorkersLost as error:
            last = replace(ticket, attempt=error.attempt)
            failure = ticket_failure(error, stage="claim", ticket=last)
            return Emitted.one(FAILURES, failure, "exhausted")
        except Exception as error:
            LOG.exception("Request %s could not be claimed", request_id)
            return Emitted.one(
                FAILURES, ticket_failure(error, stage="claim", ticket=ticket), "failed"
            )
        if isinstance(claimed, Ticket):
            return Emitted.one(MAIN, claimed, "claimed")
        if claimed.result == "completed":
            LOG.info("Request already completed: %s", request_id)
        else:
            LOG.info("Request %s is not begun again: %s", request_id, claimed.result)
        return Emitted(counts=[f"duplicate_{claimed.result}"])


class ResumeDoFn(ConcurrentDoFn):
    """Handed-over Ticket -> the same Ticket, once; nothing for a duplicate."""

    def work(self, ticket: Ticket) -> Emitted:
        try:
            if resume(ticket, self.services):
                return Emitted.one(MAIN, ticket, "resumed")
        except Exception as error:
            LOG.exception("Request %s could not be resumed", ticket.request.request_id)
            return Emitted.one(
                FAILURES, ticket_failure(error, stage="resume", ticket=ticket), "failed"
            )
        LOG.info("Request %s is not resumed again", ticket.request.request_id)
        return Emitted(counts=["duplicate"])


class Claim(FromSettings):
    """PCollection[Ticket] -> (main: claimed tickets, failures)."""

    def expand(self, tickets: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return tickets | "ClaimRequest" >> step(
            ClaimDoFn(self.settings, "claim"), Ticket, failures=Failure
        )


class Resume(FromSettings):
    """PCollection[Ticket] -> (main: tickets that are this job's now, failures)."""

    def expand(self, tickets: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return tickets | "ResumeRequest" >> step(
            ResumeDoFn(self.settings, "resume"), Ticket, failures=Failure
        )
