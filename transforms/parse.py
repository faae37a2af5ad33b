"""Parse and validate: turn a message into a request, or into a failure with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import apache_beam as beam
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput

from transforms.concurrent import FAILURES, MAIN
from vividly.execution.failures import failure_of
from vividly.model.request import Message, parse_request
from vividly.model.ticket import Failure, Ticket, is_token
from vividly.platform.taxonomy import RetryClass, is_foreseen
from vividly.platform.telemetry import prometheus

STAGE = "validate"
TOKENS = "tokens"


class ParseDoFn(beam.DoFn):  # type: ignore[misc]
    """Message -> unclaimed Ticket, or a token's message or a Failure (tagged). Never raises.

    A job that runs all stages gets the tokens of lessons that are begun again with its requests.
    """

    def __init__(self, environment: str) -> None:
        self.environment = environment

    def process(self, message: Message) -> Iterator[Ticket | TaggedOutput]:
        if is_token(message.data):
            _count("tokens")
            yield TaggedOutput(TOKENS, PubsubMessage(message.data, dict(message.attributes)))
            return
        try:
            request = parse_request(message.data, environment=self.environment)
        except Exception as error:
            # Whatever the parser raises, the fault is in the message.
            _count("invalid")
            if not is_foreseen(error):
                _count("unforeseen")
            failure = failure_of(
                error, stage=STAGE, message=message, unforeseen=RetryClass.PERMANENT
            )
            yield TaggedOutput(FAILURES, failure)
            return
        _count("valid")
        yield Ticket(message=message, request=request, attempt=0, deadline=0.0)


def _count(event: str) -> None:
    Metrics.counter(f"vividly.{STAGE}", event).inc()
    prometheus.count(STAGE, event)


class Parse(beam.PTransform):  # type: ignore[misc]
    """PCollection[Message] -> (main: tickets, tokens: messages, failures)."""

    def __init__(self, environment: str) -> None:
        super().__init__()
        self.environment = environment

    def expand(self, messages: beam.PCollection) -> beam.pvalue.DoOutputsTuple:
        return messages | "ParseMessage" >> beam.ParDo(
            ParseDoFn(self.environment)
        ).with_output_types(Ticket, **{TOKENS: PubsubMessage, FAILURES: Failure}).with_outputs(
            TOKENS, FAILURES, main=MAIN
        )
