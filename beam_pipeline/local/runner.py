"""Makes Beam's streaming DirectRunner reliable for local jobs; never used on Dataflow.

The stock `BundleBasedDirectRunner` acknowledges a message before it is processed, blocks in a
pull for up to 30 seconds, fails with its pipeline when Pub/Sub is briefly unavailable, counts
only the metrics of the first bundle, runs every step for every message, and keeps an empty bundle
for every pull. `install` replaces its executor by one that has worker threads, of which each pulls
messages and passes them through the whole graph (`bundles.py`):

1. a message is acknowledged after the whole graph has processed it; its lease is extended until
   then, and it is released at once when the pipeline fails or drains;
2. a pull asks for at most `max_messages`, returns as soon as there is one, and ends at once when
   the pipeline fails or drains;
3. a worker waits while Pub/Sub is unavailable, and while a restarted emulator lacks its topics;
4. counters and distributions accumulate;
5. any attribute name can be published (`timeout` is a keyword of the stock writer), and any
   message that can be published can be read;
6. when no message comes, no step runs, and nothing that was processed is kept;
7. several workers process one pull each at the same time, and do not wait for each other.

It uses private API of Beam 2.77; tests/test_local_runner.py holds it to each promise.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import grpc  # type: ignore[import-untyped]
from apache_beam.io.gcp import pubsub as beam_pubsub
from apache_beam.pipeline import AppliedPTransform
from apache_beam.runners.direct import executor
from apache_beam.runners.direct.direct_runner import _DirectReadFromPubSub
from apache_beam.runners.direct.evaluation_context import EvaluationContext
from apache_beam.transforms.window import GlobalWindows
from apache_beam.utils.timestamp import Timestamp
from apache_beam.utils.windowed_value import WindowedValue
from google.api_core import exceptions as api
from google.api_core.gapic_v1 import routing_header
from google.api_core.retry import Retry, if_exception_type
from google.cloud import pubsub

from beam_pipeline.local.bundles import Bundles, Consumers
from beam_pipeline.pubsub import publisher_client, subscriber_client

LOG = logging.getLogger(__name__)
AWAY = (
    api.ServiceUnavailable,
    api.InternalServerError,
    api.TooManyRequests,
    api.Unknown,
    api.Cancelled,
    api.Aborted,
)
NOT_THERE_YET = (*AWAY, api.NotFound)
RECONNECT_S = 1.0
CALL_S = 10.0
PULL_S = 30.0
PUBLISH_S = 30.0
MAX_PUBLISH_BYTES = 9_000_000


@dataclass
class _Parameters:
    """The arguments of `install`."""

    max_messages: int = 10
    bundles: int = 1
    lease: int = 60
    release_claims: Callable[[], object] = lambda: None
    mark_notified: Callable[[], object] = lambda: None


_parameters = _Parameters()
_running: _Workers | None = None


class _InFlight:
    """Received messages that are not yet processed; a thread extends their lease."""

    def __init__(self, client: Any, subscription: str, ack_ids: list[str], lease: int) -> None:
        self.client, self.subscription, self.ack_ids = client, subscription, ack_ids
        self._over = threading.Event()
        threading.Thread(
            target=self._extend, args=(lease,), daemon=True, name="pubsub-lease"
        ).start()

    def _extend(self, lease: int) -> None:
        wait = 0.0  # at once: the subscription's own deadline may be short
        while not self._over.wait(wait):
            wait = lease / 3
            try:
                self._modify(lease, retry=None)
            except Exception as error:
                LOG.warning(
                    "The lease of %d messages was not extended: %s", len(self.ack_ids), error
                )
                wait = RECONNECT_S

    def _modify(self, seconds: int, retry: Retry | None) -> None:
        self.client.modify_ack_deadline(
            subscription=self.subscription,
            ack_ids=self.ack_ids,
            ack_deadline_seconds=seconds,
            retry=retry,
            timeout=CALL_S,
        )

    def done(self) -> None:
        """Acknowledge the messages. If that fails, they are redelivered as duplicates."""
        self._over.set()
        try:
            self.client.acknowledge(
                subscription=self.subscription,
                ack_ids=self.ack_ids,
                retry=_retry(),
                timeout=CALL_S,
            )
        except api.GoogleAPIError as error:
            LOG.warning("%d messages were not acknowledged: %s", len(self.ack_ids), error)

    def give_back(self) -> None:
        """Release the messages for immediate redelivery."""
        self._over.set()
        try:
            self._modify(0, retry=_retry())
        except Exception as error:
            LOG.warning("%d messages were not given back: %s", len(self.ack_ids), error)


def _retry() -> Retry:
    return Retry(if_exception_type(*AWAY), initial=0.1, maximum=RECONNECT_S, timeout=CALL_S)


class _Workers:
    """Replaces the executor of Beam's runner, with its interface.

    A worker pulls, passes the messages through the graph, acknowledges them, and pulls again.

    Raises:
        NotImplementedError: the graph has another source than one subscription.
    """

    def __init__(self, consumers: Consumers, _registry: object, context: EvaluationContext) -> None:
        self._consumers, self._context = consumers, context
        self._client = subscriber_client()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()  # of the three below
        self._calls: set[Any] = set()
        self._in_flight: set[_InFlight] = set()
        self._failure: Exception | None = None
        self._stopping = threading.Event()
        self._over = threading.Event()
        self._ending = threading.Lock()

    def start(self, roots: set[AppliedPTransform]) -> None:
        """Start the workers."""
        global _running
        (source,) = roots
        read = source.transform
        if not isinstance(read, _DirectReadFromPubSub) or not read._source.subscription_name:
            raise NotImplementedError(f"the local runner reads a subscription only, not {source}")
        self._subscription = pubsub.SubscriberClient.subscription_path(
            read._source.project, read._source.subscription_name
        )
        _running = self
        for number in range(_parameters.bundles):
            thread = threading.Thread(
                target=self._work, args=(source,), daemon=True, name=f"bundles-{number}"
            )
            self._threads.append(thread)
            thread.start()

    def await_completion(self) -> None:
        """Wait until the pipeline fails, and raise what it failed of."""
        self._over.wait()
        if self._failure:
            raise self._failure

    def request_shutdown(self) -> None:
        """Stop at once, and give all messages back."""
        self._stop()
        self._give_back()
        self._over.set()

    def drain(self, grace: float) -> bool:
        """See the function `drain`."""
        self._stop()
        end = time.monotonic() + grace
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        done = not any(thread.is_alive() for thread in self._threads)
        if not done:
            self._give_back()
        return done

    def _stop(self) -> None:
        with self._lock:
            self._stopping.set()
            calls = list(self._calls)
        for call in calls:
            call.cancel()

    def _give_back(self) -> None:
        """Release the claims on the messages in flight, then the messages."""
        with self._lock:
            left = list(self._in_flight)
            self._in_flight.clear()
        if not left:
            return
        try:
            _parameters.release_claims()
        except Exception as error:
            LOG.warning(
                "The claims were not released, and last until their leases expire: %s", error
            )
        for messages in left:
            messages.give_back()

    def _work(self, source: AppliedPTransform) -> None:
        try:
            context = self._context
            bundles = Bundles(source, context._step_names, self._consumers, context.metrics())
            with_attributes = source.transform._source.with_attributes
            while not self._stopping.is_set():
                if received := self._pull():
                    messages = self._begin([one.ack_id for one in received])
                    bundles.process([_element(one.message, with_attributes) for one in received])
                    self._end(messages)
        except Exception as error:
            with self._lock:
                self._failure = self._failure or error
            self.request_shutdown()

    def _pull(self) -> list[Any]:
        """Messages; none if none came for a while, if Pub/Sub is away, or when stopping."""
        header = routing_header.to_grpc_metadata((("subscription", self._subscription),))
        asked = pubsub.types.PullRequest(
            subscription=self._subscription, max_messages=_parameters.max_messages
        )
        with self._lock:
            if self._stopping.is_set():
                return []
            # The API's own method, since the client's cannot be cancelled.
            call = self._client.transport.pull.future(asked, timeout=PULL_S, metadata=[header])
            self._calls.add(call)
        try:
            return list(call.result().received_messages)
        except grpc.FutureCancelledError:
            return []
        except grpc.RpcError as error:
            told = api.from_grpc_error(error)
            if isinstance(told, api.DeadlineExceeded):
                return []
            if not isinstance(told, NOT_THERE_YET):
                raise told from error
            LOG.warning("Pub/Sub is away, trying again: %s", told)
            self._stopping.wait(RECONNECT_S)
            return []
        finally:
            with self._lock:
                self._calls.discard(call)

    def _begin(self, ack_ids: list[str]) -> _InFlight:
        messages = _InFlight(self._client, self._subscription, ack_ids, _parameters.lease)
        with self._ending, self._lock:
            self._in_flight.add(messages)
        return messages

    def _end(self, messages: _InFlight) -> None:
        """Acknowledge; mark finished requests as notified if all notifications are published.

        Another bundle may have finished a request and not yet published, so that no request is
        marked before a bundle ends alone. Until then a duplicate publishes them again.
        """
        with self._ending:  # no bundle begins meanwhile
            with self._lock:
                alone = self._in_flight <= {messages}
            if alone:
                try:
                    _parameters.mark_notified()
                except Exception as error:
                    LOG.warning(
                        "What was published is published again if it is asked for: %s", error
                    )
        messages.done()
        with self._lock:
            self._in_flight.discard(messages)


def _element(message: Any, with_attributes: bool) -> WindowedValue:
    received = beam_pubsub.PubsubMessage._from_message(message)
    return GlobalWindows.windowed_value(
        received if with_attributes else received.data,
        timestamp=Timestamp.from_utc_datetime(message.publish_time),
    )


def install(
    *,
    max_messages: int = 10,
    bundles: int = 1,
    lease: int = 60,
    release_claims: Callable[[], object] = lambda: None,
    mark_notified: Callable[[], object] = lambda: None,
) -> None:
    """Fix the runner in this process. Calling it again only changes the parameters.

    Args:
        max_messages: number of messages that a worker pulls and processes at a time, at most.
        bundles: number of workers, each with a pull of its own.
        lease: ack deadline in seconds; it is extended until the messages are processed.
        release_claims: called before unfinished messages are released.
        mark_notified: called when no finished request has notifications that are not published.
    """
    global _parameters
    _parameters = _Parameters(max_messages, bundles, lease, release_claims, mark_notified)
    executor._ExecutorServiceParallelExecutor = _Workers
    beam_pubsub._PubSubWriteDoFn.setup = _set_up_publisher
    beam_pubsub._PubSubWriteDoFn._flush = _flush


def drain(grace: float) -> bool:
    """Stop pulling, and wait until the pulled messages are processed.

    Returns:
        Whether they were processed within `grace` seconds. Those that were not are released.
    """
    return _running is None or _running.drain(grace)


def _set_up_publisher(self: Any) -> None:
    self._pub_client = publisher_client()
    self._topic = f"projects/{self.project}/topics/{self.short_topic_name}"


def _flush(self: Any) -> None:
    """Publish a bundle's messages by the API itself, so that attributes can have any name."""
    waiting: list[Any] = []
    size = 0
    for element in self._buffer:
        message = pubsub.types.PubsubMessage.deserialize(element)
        weight = len(element)
        if waiting and size + weight > MAX_PUBLISH_BYTES:
            _publish(self, waiting)
            waiting, size = [], 0
        waiting.append(message)
        size += weight
    if waiting:
        _publish(self, waiting)
    self._buffer = []


def _publish(self: Any, messages: list[Any]) -> None:
    end = time.monotonic() + self.FLUSH_TIMEOUT_SECS
    while True:
        try:
            self._pub_client.publish(
                topic=self._topic,
                messages=messages,
                retry=None,
                timeout=PUBLISH_S,
            )
            return
        except (*NOT_THERE_YET, api.DeadlineExceeded) as error:
            if time.monotonic() > end:
                raise
            LOG.warning("Pub/Sub is away, publishing again: %s", error)
            time.sleep(RECONNECT_S)
