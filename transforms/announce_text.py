"""Announce the text: the student can read while sound and pictures are made."""

from __future__ import annotations

import logging

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
from vividly.model.errors import Superseded
from vividly.model.lesson import Script, from_json
from vividly.model.notifications import notification
from vividly.model.ticket import Failure, Outcome, Ticket
from vividly.platform import retry

LOG = logging.getLogger(__name__)
SECONDS = 60.0


class AnnounceTextDoFn(ConcurrentDoFn):
    """Ticket with a script -> Ticket, or the outcome where text was all that was wanted."""

    def work(self, ticket: Ticket) -> Emitted:
        request = ticket.request
        try:
            retry.call(lambda: self._commit(ticket), seconds=SECONDS)
        except Superseded:
            self.services.heartbeat.let_go(ticket)
            LOG.info("Request %s: stopped at its text, it is no longer ours", request.request_id)
            return Emitted(counts=["superseded"])
        except Exception as error:
            LOG.exception("Request %s: the text could not be stored", request.request_id)
            return self.given_up(error, ticket)
        data, attributes = notification(
            "text_ready",
            request_id=request.request_id,
            correlation_id=request.correlation_id,
            student_id=request.student_id,
            status="generating",
            progress=WRITE_SCRIPT.end,
            attributes=ticket.message.attributes,
        )
        told = (NOTIFICATIONS, PubsubMessage(data, attributes))
        took = {"time_to_text_ms": self.since_claim_ms(ticket)}
        if request.wants_media:
            return Emitted([told, (MAIN, ticket)], ["announced"], took)
        ended = (ANSWERS, Outcome(ticket, "completed"))
        return Emitted([told, ended], ["announced", "text_only"], took)

    def _commit(self, ticket: Ticket) -> None:
        stored = self.services.temp.read(ticket.results[WRITE_SCRIPT.name])
        self.services.ledger.text_ready(ticket, from_json(Script, stored).text)


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
