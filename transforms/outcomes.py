"""Write outcomes: a request's final status, to Postgres and as a notification."""

from __future__ import annotations

import logging

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage

from transforms.concurrent import MAIN, ConcurrentDoFn, Emitted, FromSettings, step
from vividly.execution.outcomes import finish
from vividly.model.ticket import Failure, Outcome
from vividly.platform import retry
from vividly.platform.telemetry.traces import request_span

LOG = logging.getLogger(__name__)


class WriteOutcomesDoFn(ConcurrentDoFn):
    """Outcome -> its notification, or Failure if the row could not be written."""

    def work(self, outcome: Outcome) -> Emitted:
        request_id = outcome.ticket.request.request_id
        try:
            notification = retry.call(
                lambda: finish(outcome, self.services),
                seconds=self.services.retry_policy.outcome_wait,
            )
        except Exception as error:
            LOG.exception("Request %s: its end could not be written", request_id)
            return self.retry_or_fail(error, outcome.ticket)
        self.services.heartbeat.stop_renewing(outcome.ticket)
        settings = self.settings
        request_span(
            settings.trace_export, outcome.ticket, outcome.status, budget=settings.request_budget
        )
        if notification is None:
            return Emitted(counts=["superseded"])
        LOG.info("Request %s ended: %s", request_id, outcome.status)
        took = {"total_ms": self.since_claim_ms(outcome.ticket)}
        return Emitted([(MAIN, PubsubMessage(*notification))], [outcome.status], took)


class WriteOutcomes(FromSettings):
    """PCollection[Outcome] -> (main: notifications, failures)."""

    def expand(self, outcomes: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return outcomes | "WriteStatus" >> step(
            WriteOutcomesDoFn(self.settings, "write_outcome"), PubsubMessage, failures=Failure
        )
