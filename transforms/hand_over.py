"""Hand over to the media job: subscribe requests to lessons, and read the lessons' tokens."""

from __future__ import annotations

import json
import logging

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage

from transforms.concurrent import (
    ANSWERS,
    FAILURES,
    MAIN,
    ConcurrentDoFn,
    Emitted,
    step,
)
from vividly.execution.failures import failure_of
from vividly.execution.shared_lesson import join
from vividly.model.errors import InvalidRequest, Superseded
from vividly.model.request import Message
from vividly.model.settings import Settings
from vividly.model.ticket import Failure, Outcome, Ticket, Token, token_from_json, token_to_json
from vividly.platform import retry
from vividly.platform.telemetry import prometheus

LOG = logging.getLogger(__name__)


class HandOverDoFn(ConcurrentDoFn):
    """Ticket -> a message for the media job, if it is the first for its lesson.

    The outcome of the request if its lesson exists. Nothing if its lesson is being made: then
    the request is completed together with the one that began the lesson.
    """

    def __init__(self, settings: Settings, *, in_one_job: bool) -> None:
        super().__init__(settings, "hand_over")
        self.in_one_job = in_one_job

    def work(self, ticket: Ticket) -> Emitted:
        request_id = ticket.request.request_id
        try:
            joined = retry.call(
                lambda: join(ticket, self.services, in_one_job=self.in_one_job),
                seconds=self.services.retry_policy.hand_over_wait,
            )
        except Superseded:
            self.services.heartbeat.stop_renewing(ticket)
            return Emitted(counts=["superseded"])
        except Exception as error:
            LOG.exception("Request %s could not be handed over", request_id)
            return self.retry_or_fail(error, ticket)
        if joined.served is not None:
            outcome = Outcome(joined.served, "completed", details=json.dumps(dict(joined.urls)))
            return Emitted.one(ANSWERS, outcome, "served")
        self.services.heartbeat.stop_renewing(ticket)
        if joined.token is None:
            return Emitted(counts=["joined"])
        # Keep the original attributes: subscription filters and traces need them.
        attributes = {**ticket.message.attributes, "request_id": request_id}
        message = PubsubMessage(token_to_json(joined.token), attributes)
        return Emitted.one(MAIN, message, "handed_over")


class HandOver(beam.PTransform):  # type: ignore[misc]
    """PCollection[Ticket] -> (main: messages of the media topic, answers, failures).

    Args:
        in_one_job: whether this job runs all stages, so that there is no media topic.
    """

    def __init__(self, settings: Settings, *, in_one_job: bool = False) -> None:
        super().__init__()
        self.settings = settings
        self.in_one_job = in_one_job

    def expand(self, tickets: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return tickets | "LetGo" >> step(
            HandOverDoFn(self.settings, in_one_job=self.in_one_job),
            PubsubMessage,
            answers=Outcome,
            failures=Failure,
        )


class ReadTokenDoFn(beam.DoFn):  # type: ignore[misc]
    """Message of the media topic -> its Token, or Failure (tagged)."""

    def process(self, message: Message):  # type: ignore[no-untyped-def]
        try:
            token = token_from_json(message.data)
        except Exception as error:
            wrong = InvalidRequest(f"the message on the media topic is no token: {error}")
            yield beam.pvalue.TaggedOutput(
                FAILURES, failure_of(wrong, stage="take_over", message=message)
            )
            return
        if token is None:
            # Its request is begun again by the requeue, and then waits for its lesson.
            prometheus.count("take_over", "older_version")
            LOG.warning("A hand-over of an older text job was left to the requeue")
            return
        yield token


class ReadTokens(beam.PTransform):  # type: ignore[misc]
    """PCollection[Message] -> (main: tokens, failures)."""

    def expand(self, messages: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return messages | "ReadToken" >> beam.ParDo(ReadTokenDoFn()).with_output_types(
            Token, **{FAILURES: Failure}
        ).with_outputs(FAILURES, main=MAIN)
