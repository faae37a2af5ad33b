"""Dead letters: every failure is written to the request's row and to the dead-letter topic."""

from __future__ import annotations

import hashlib
import logging

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage

from transforms.concurrent import MAIN, NOTIFICATIONS, ConcurrentDoFn, Emitted, step
from vividly.execution.failures import dead_letter_attributes
from vividly.execution.outcomes import fail
from vividly.model.settings import Settings
from vividly.model.ticket import Failure
from vividly.platform import retry

LOG = logging.getLogger(__name__)
MAX_MESSAGE_BYTES = 10_000_000
"""Pub/Sub's limit for data and attributes together."""


class DeadLetterDoFn(ConcurrentDoFn):
    """Failure -> its dead letter, and the notification of a known request."""

    def __init__(self, settings: Settings, job: str) -> None:
        super().__init__(settings, "dead_letters")
        self.job = job

    def work(self, failure: Failure) -> Emitted:
        LOG.warning(
            "Dead letter: request %s, stage %s, %s: %s",
            failure.request_id or "unknown",
            failure.stage,
            failure.reason,
            failure.error_message,
        )
        emitted = Emitted.one(MAIN, self._dead_letter(failure), failure.reason)
        try:
            notification = retry.call(
                lambda: fail(failure, self.services),
                seconds=self.services.retry_policy.dead_letter_wait,
                retryable=retry.is_transient,
            )
        except Exception:
            if failure.attempt and self.services.retry_policy.durable:
                # Its lease expires, and it is requeued and fails then. One dead letter is enough.
                LOG.exception("Request %s: its failure is written later", failure.request_id)
                return Emitted(counts=["later"])
            # Publish the dead letter anyway: the request can be replayed from it alone.
            LOG.exception("Request %s: its failure could not be written", failure.request_id)
            emitted.counts.append("row_not_written")
            return emitted
        if notification:
            emitted.values.append((NOTIFICATIONS, PubsubMessage(*notification)))
        return emitted

    def _dead_letter(self, failure: Failure) -> PubsubMessage:
        """The dead letter. Data too large for a message is stored in the temp bucket."""
        data = failure.message.data
        attributes = dead_letter_attributes(failure, job=self.job)
        size = len(data) + sum(len((k + v).encode()) + 16 for k, v in attributes.items())
        if size <= MAX_MESSAGE_BYTES:
            return PubsubMessage(data, attributes)
        name = f"dead-letters/{hashlib.sha256(data).hexdigest()}"
        self.services.temp.write(name, data, "application/octet-stream")
        return PubsubMessage(b"", attributes | {"dlq_data_url": self.services.temp.uri(name)})


class DeadLetters(beam.PTransform):  # type: ignore[misc]
    """PCollection[Failure] -> (main: dead letters, notifications)."""

    def __init__(self, settings: Settings, job: str) -> None:
        super().__init__()
        self.settings = settings
        self.job = job

    def expand(self, failures: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return failures | "WriteFailure" >> step(
            DeadLetterDoFn(self.settings, self.job), PubsubMessage, notifications=PubsubMessage
        )
