"""Hand over tickets from the text job to the media job, through a topic."""

from __future__ import annotations

import logging

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage

from transforms.concurrent import FAILURES, MAIN, ConcurrentDoFn, Emitted, FromSettings, step
from vividly.execution.failures import failure_of
from vividly.model.errors import InvalidRequest, Superseded
from vividly.model.request import Message
from vividly.model.ticket import Failure, Ticket, from_handover, to_handover
from vividly.platform import retry

LOG = logging.getLogger(__name__)


class HandOverDoFn(ConcurrentDoFn):
    """Ticket -> the message for the media job. Its claim is released."""

    def work(self, ticket: Ticket) -> Emitted:
        request_id = ticket.request.request_id
        handover = to_handover(ticket)
        try:
            retry.call(
                lambda: self.services.ledger.hand_over(ticket, handover),
                seconds=self.services.retry_policy.hand_over_wait,
            )
            self.services.heartbeat.stop_renewing(ticket)
        except Superseded:
            self.services.heartbeat.stop_renewing(ticket)
            return Emitted(counts=["superseded"])
        except Exception as error:
            LOG.exception("Request %s could not be handed over", request_id)
            return self.retry_or_fail(error, ticket)
        # Keep the original attributes: subscription filters and traces need them.
        attributes = {**ticket.message.attributes, "request_id": request_id}
        return Emitted.one(MAIN, PubsubMessage(handover, attributes), "handed_over")


class HandOver(FromSettings):
    """PCollection[Ticket] -> (main: Pub/Sub messages, failures)."""

    def expand(self, tickets: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return tickets | "LetGo" >> step(
            HandOverDoFn(self.settings, "hand_over"), PubsubMessage, failures=Failure
        )


class TakeOverDoFn(beam.DoFn):  # type: ignore[misc]
    """Hand-over message -> its Ticket, or Failure (tagged)."""

    def process(self, message: Message):  # type: ignore[no-untyped-def]
        try:
            yield from_handover(message.data)
        except Exception as error:
            wrong = InvalidRequest(f"the message on the media topic is not a hand-over: {error}")
            yield beam.pvalue.TaggedOutput(
                FAILURES, failure_of(wrong, stage="take_over", message=message)
            )


class TakeOver(beam.PTransform):  # type: ignore[misc]
    """PCollection[Message] -> (main: tickets, failures)."""

    def expand(self, messages: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return messages | "ReadHandOver" >> beam.ParDo(TakeOverDoFn()).with_output_types(
            Ticket, **{FAILURES: Failure}
        ).with_outputs(FAILURES, main=MAIN)
