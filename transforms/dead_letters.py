"""Dead letters: every failure, to the request's row and to the dead-letter topic."""

from __future__ import annotations

import hashlib
import logging

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage

from transforms.concurrent import MAIN, NOTIFICATIONS, ConcurrentDoFn, Emitted, step
from vividly.execution.ending import fail
from vividly.execution.failures import dead_letter_attributes
from vividly.model.settings import Settings
from vividly.model.ticket import Failure
from vividly.platform import retry

LOG = logging.getLogger(__name__)
SECONDS = 30.0
MAX_MESSAGE_BYTES = 10_000_000
"""Pub/Sub's limit for data and attributes together."""


class DeadLetterDoFn(ConcurrentDoFn):
    """Failure -> its dead letter, always; and the notification of a known request."""

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
        emitted = Emitted.one(MAIN, self._letter(failure), failure.reason)
        try:
            told = retry.call(
                lambda: fail(failure, self.services), seconds=SECONDS, worth=retry.is_transient
            )
        except Exception:
            if failure.attempt and self.settings.retries_later:
                # Its claim runs out, and the request comes back and ends then: not both.
                LOG.exception("Request %s: its failure is written later", failure.request_id)
                return Emitted(counts=["later"])
            # The dead letter goes out all the same: it alone is enough to replay the request.
            LOG.exception("Request %s: its failure could not be written", failure.request_id)
            emitted.counts.append("row_not_written")
            return emitted
        if told:
            emitted.values.append((NOTIFICATIONS, PubsubMessage(*told)))
        return emitted

    def _letter(self, failure: Failure) -> PubsubMessage:
        """The dead letter. Data that leaves no room for the attributes goes to the temp bucket."""
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
