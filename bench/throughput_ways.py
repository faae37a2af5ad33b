"""The three baselines of `bench.throughput`, each a process of its own until SIGTERM.

    python -m bench.throughput_ways bare SUBSCRIPTION TOPIC     # read, ParDo, write: Beam alone
    python -m bench.throughput_ways row SUBSCRIPTION TOPIC      # and a row in Postgres per message
    python -m bench.throughput_ways plain SUBSCRIPTION TOPIC    # the same work without Beam

It prints `reading`; the plain one then the number of messages that are done, as it changes.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial

import apache_beam as beam
from apache_beam.io.gcp.pubsub import ReadFromPubSub, WriteToPubSub
from apache_beam.options.pipeline_options import PipelineOptions
from google.cloud import pubsub
from sqlalchemy import text

from beam_pipeline.cli.context import Context
from beam_pipeline.local import runner
from vividly.execution.claiming import claim
from vividly.execution.failures import dead_letter_attributes, failure_of
from vividly.execution.outcomes import finish
from vividly.execution.services import Services
from vividly.execution.stages import STAGES, WRITE_SCRIPT
from vividly.execution.stages.execute import execute
from vividly.model.errors import InvalidRequest
from vividly.model.lesson import Script, from_json
from vividly.model.request import Message, parse_request
from vividly.model.ticket import Outcome, Ticket

AT_ONCE = 10
"""Messages in work at a time, as in the text job of the local stack."""
TEXT = ("understand", "find_lesson", "retrieve", "write_script")
_done = 0
_lock = threading.Lock()


class Work(beam.DoFn):  # type: ignore[misc]
    """Reads a message's JSON and passes the message on."""

    def process(self, data: bytes) -> Iterable[bytes]:
        json.loads(data)
        yield data


class Store(beam.DoFn):  # type: ignore[misc]
    """Writes a message to a row of its own, and passes the message on."""

    def setup(self) -> None:
        self._engine = Context().engine

    def process(self, data: bytes) -> Iterable[bytes]:
        with self._engine.begin() as connection:
            connection.execute(
                text("INSERT INTO bench_rows (data) VALUES (:data)"), {"data": data.decode()}
            )
        yield data


def bare(subscription: str, topic: str, *, store: bool = False) -> None:
    """Read, ParDo, write on the local runner; with `store`, each message is a row, too."""
    runner.install(max_messages=AT_ONCE)
    options = PipelineOptions(["--runner=BundleBasedDirectRunner", "--streaming"])
    pipeline = beam.Pipeline(options=options)
    worked = pipeline | ReadFromPubSub(subscription=subscription) | beam.ParDo(Work())
    if store:
        worked = worked | beam.ParDo(Store())
    worked | WriteToPubSub(topic)
    result = pipeline.run()
    print("reading", flush=True)
    result.wait_until_finish()


def plain(subscription: str, topic: str) -> None:
    """Streaming pull, and the product's own functions."""
    context = Context()
    services, publisher = context.services, pubsub.PublisherClient()

    def publish(data: bytes, attributes: dict[str, str]) -> None:
        publisher.publish(topic, data, **attributes).result()

    def work(received: pubsub.subscriber.message.Message) -> None:
        message = Message(received.data, dict(received.attributes))
        try:
            request = parse_request(message.data, environment=services.settings.environment)
        except InvalidRequest as error:
            failure = failure_of(error, stage="validate", message=message)
            publish(message.data, dead_letter_attributes(failure, job="bench"))
        else:
            _make(Ticket(message, request, attempt=0, deadline=0.0), services, publish)
        received.ack()
        _count()

    flow = pubsub.types.FlowControl(max_messages=AT_ONCE)
    with pubsub.SubscriberClient() as subscriber:
        pulling = subscriber.subscribe(subscription, callback=work, flow_control=flow)
        print("reading", flush=True)
        pulling.result()


def _make(
    ticket: Ticket, services: Services, publish: Callable[[bytes, dict[str, str]], None]
) -> None:
    """The text of a request, to its end; nothing for a duplicate."""
    current = claim(ticket, services)
    for stage in TEXT:
        if not isinstance(current, Ticket):
            return
        current = execute(STAGES[stage], current, services)  # type: ignore[assignment]
    if isinstance(current, Ticket):
        script = from_json(Script, services.temp.read(current.results[WRITE_SCRIPT.name]))
        services.ledger.text_ready(current, script.text)
        if told := finish(Outcome(current, "completed"), services):
            publish(*told)


def _count() -> None:
    global _done
    with _lock:
        _done += 1


def _tell() -> None:
    told = 0
    while True:
        time.sleep(0.02)
        if _done != told:
            told = _done
            print(told, flush=True)


def main() -> None:
    """Run one of the three."""
    way, subscription, topic = sys.argv[1:]
    threading.Thread(target=_tell, daemon=True).start()
    ways: dict[str, Callable[[str, str], None]] = {
        "bare": bare,
        "row": partial(bare, store=True),
        "plain": plain,
    }
    ways[way](subscription, topic)


if __name__ == "__main__":
    main()
