"""Announce the text, so that the student can read it while the media are made."""

from __future__ import annotations

import logging
from dataclasses import replace

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage

from transforms.concurrent import (
    ANSWERS,
    MAIN,
    NOTIFICATIONS,
    ConcurrentDoFn,
    Emitted,
    FromSettings,
    step,
)
from vividly.execution.stages import WRITE_SCRIPT
from vividly.execution.stages.execute import describe_found
from vividly.model.errors import Superseded
from vividly.model.lesson import Script, from_json
from vividly.model.notifications import notification
from vividly.model.ticket import Failure, Outcome, Ticket
from vividly.platform import retry

LOG = logging.getLogger(__name__)


class AnnounceTextDoFn(ConcurrentDoFn):
    """Ticket with a script -> Ticket, or the outcome if only text was requested."""

    def work(self, ticket: Ticket) -> Emitted:
        request = ticket.request
        try:
            retry.call(lambda: self._commit(ticket), seconds=self.services.retry_policy.text_wait)
        except Superseded:
            self.services.heartbeat.stop_renewing(ticket)
            LOG.info("Request %s: its text is not announced, it was superseded", request.request_id)
            return Emitted(counts=["superseded"])
        except Exception as error:
            LOG.exception("Request %s: the text could not be stored", request.request_id)
            return self.retry_or_fail(error, ticket)
        data, attributes = notification(
            "text_ready",
            request_id=request.request_id,
            correlation_id=request.correlation_id,
            student_id=request.student_id,
            status="generating",
            progress=WRITE_SCRIPT.end,
            message=ticket.message,
        )
        notified = (NOTIFICATIONS, PubsubMessage(data, attributes))
        took = {"time_to_text_ms": self.since_claim_ms(ticket)}
        ticket = replace(ticket, unrecorded=())
        if request.wants_media:
            return Emitted([notified, (MAIN, ticket)], ["announced"], took)
        ended = (ANSWERS, Outcome(ticket, "completed"))
        return Emitted([notified, ended], ["announced", "text_only"], took)

    def _commit(self, ticket: Ticket) -> None:
        stored = self.services.temp.read(ticket.results[WRITE_SCRIPT.name])
        self.services.ledger.text_ready(
            ticket,
            from_json(Script, stored).text,
            found=describe_found(ticket, self.services),
            progress=WRITE_SCRIPT.end,
        )


class AnnounceText(FromSettings):
    """PCollection[Ticket] -> (main: tickets that want media, answers, notifications, failures)."""

    def expand(self, tickets: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return tickets | "StoreText" >> step(
            AnnounceTextDoFn(self.settings, "announce_text"),
            Ticket,
            answers=Outcome,
            notifications=PubsubMessage,
            failures=Failure,
        )
