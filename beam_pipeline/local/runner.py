"""Makes Beam's streaming DirectRunner reliable for local jobs; never used on Dataflow.

The stock `BundleBasedDirectRunner` acknowledges a message before it is processed, blocks in a
pull for up to 30 seconds, fails with its pipeline when Pub/Sub is briefly unavailable, and counts
only the metrics of the first bundle. `install` fixes that:

1. a message is acknowledged after the whole graph has processed it; its lease is extended until
   then, and it is released at once when the pipeline fails or drains;
2. a pull waits only `poll` seconds, and asks for at most `max_messages`;
3. the reader waits while Pub/Sub is unavailable, and while a restarted emulator lacks its topics;
4. counters and distributions accumulate;
5. any attribute name can be published (`timeout` is a keyword of the stock writer), and any
   message that can be published can be read.

It uses private API of Beam 2.77; tests/test_local_runner.py holds it to each promise.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

from apache_beam.io.gcp import pubsub as beam_pubsub
from apache_beam.runners.direct import executor, transform_evaluator
from apache_beam.runners.direct.direct_runner import _DirectReadFromPubSub
from google.api_core import exceptions as api
from google.api_core.retry import Retry, if_exception_type
from google.cloud import pubsub
from google.pubsub_v1 import PublisherClient as PublisherApi

from beam_pipeline.pubsub import subscriber_client

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
PUBLISH_S = 30.0
IDLE_S = 0.05
MAX_PUBLISH_BYTES = 9_000_000

_stopping = threading.Event()


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
            except ValueError:
                return  # the client is closed: the pipeline has ended
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


class _PatientClient:
    """The stock reader's client, with our own pull and without its early acknowledgement."""

    def __init__(self, client: Any, poll: float, max_messages: int) -> None:
        self._client, self._poll, self._max_messages = client, poll, max_messages
        self.ack_ids: list[str] = []

    def pull(self, subscription: str, max_messages: int, timeout: float) -> Any:
        try:
            return self._client.pull(
                subscription=subscription,
                max_messages=self._max_messages,
                timeout=self._poll,
                retry=None,
            )
        except api.DeadlineExceeded:
            pass  # nothing there
        except NOT_THERE_YET as error:
            LOG.warning("Pub/Sub is away, trying again: %s", error)
            _stopping.wait(RECONNECT_S)
        return pubsub.types.PullResponse()

    def acknowledge(self, subscription: str, ack_ids: list[str]) -> None:
        self.ack_ids = list(ack_ids)


class AckAfterReadEvaluator(transform_evaluator._PubSubReadEvaluator):  # type: ignore[misc]
    """Reads from Pub/Sub; acknowledges a pull when the next one begins.

    The runner schedules a source again only when its last bundle is completely processed, so
    every consumer has finished by then.
    """

    poll = 1.0
    max_messages = 10
    lease = 60
    release_claims: Callable[[], object] = staticmethod(lambda: None)
    mark_notified: Callable[[], object] = staticmethod(lambda: None)
    in_flight: ClassVar[weakref.WeakKeyDictionary[Any, _InFlight]] = weakref.WeakKeyDictionary()
    # Held until the pulled messages are in flight, so that `drain` does not miss them.
    reading = threading.Lock()

    @classmethod
    def _get_subscriber_client_state_unlocked(cls, transform: Any) -> Any:
        clients = cls._subscriber_client_cache
        if transform not in clients:
            clients[transform] = transform_evaluator._PubSubSubscriberClient(subscriber_client())
            weakref.finalize(transform, clients[transform].close)
        return clients[transform]

    def _read_from_pubsub(self, timestamp_attribute: str | None) -> list[Any]:
        with self.reading:
            if not self._evaluation_context.shutdown_requested:
                self._acknowledge()
                if not _stopping.is_set():
                    return self._pull(timestamp_attribute)
        time.sleep(IDLE_S)
        return []

    def _acknowledge(self) -> None:
        key = self._applied_ptransform
        if previous := self.in_flight.get(key):
            self._confirm()
            previous.done()
            self.in_flight.pop(key, None)

    def _confirm(self) -> None:
        """Mark finished requests as notified: all notifications are published."""
        try:
            self.mark_notified()
        except Exception as error:
            LOG.warning("What was published is published again if it is asked for: %s", error)

    def _pull(self, timestamp_attribute: str | None) -> list[Any]:
        key = self._applied_ptransform
        client = super()._get_subscriber_client(key)
        self._patient = _PatientClient(client, self.poll, self.max_messages)
        messages: list[Any] = super()._read_from_pubsub(timestamp_attribute)
        if ack_ids := self._patient.ack_ids:
            self.in_flight[key] = _InFlight(client, self._sub_name, ack_ids, self.lease)
        return messages

    def _get_subscriber_client(self, _transform: Any) -> _PatientClient:
        return self._patient  # the stock reader calls this to get its client


def install(
    *,
    poll: float = 1.0,
    max_messages: int = 10,
    lease: int = 60,
    release_claims: Callable[[], object] = lambda: None,
    mark_notified: Callable[[], object] = lambda: None,
) -> None:
    """Fix the runner in this process. Calling it again only changes the parameters.

    Args:
        poll: seconds that a pull waits.
        max_messages: number of messages pulled and processed at a time, at most.
        lease: ack deadline in seconds; it is extended until the messages are processed.
        release_claims: called before unfinished messages are released.
        mark_notified: called before messages are acknowledged, when all their notifications are
            published.
    """
    if executor._ExecutorServiceParallelExecutor.NUM_WORKERS != 1:
        raise RuntimeError("the local runner has several workers: its bundles may overlap")
    evaluator = AckAfterReadEvaluator
    evaluator.poll, evaluator.max_messages, evaluator.lease = poll, max_messages, lease
    evaluator.release_claims = staticmethod(release_claims)
    evaluator.mark_notified = staticmethod(mark_notified)
    _stopping.clear()
    registry = transform_evaluator.TransformEvaluatorRegistry
    registry._test_evaluators_overrides[_DirectReadFromPubSub] = evaluator
    if not hasattr(executor, "_stock_metrics_container"):
        _accumulate_metrics()
        _give_back_on_death()
        beam_pubsub._PubSubWriteDoFn._flush = _flush


def drain(grace: float) -> bool:
    """Stop pulling, and wait until the pulled messages are processed.

    Returns:
        Whether they were processed within `grace` seconds. Those that were not are released.
    """
    _stopping.set()
    end = time.monotonic() + grace
    evaluator = AckAfterReadEvaluator
    done = False
    while not done and (left := end - time.monotonic()) > 0:
        if evaluator.reading.acquire(timeout=left):
            done = not evaluator.in_flight
            evaluator.reading.release()
        if not done:
            time.sleep(IDLE_S)
    if not done:
        _give_all_back()
    return done


def _give_all_back() -> None:
    """Release the claims on the messages in flight, then the messages."""
    try:
        AckAfterReadEvaluator.release_claims()
    except Exception as error:
        LOG.warning("The claims were not released, and last until their leases expire: %s", error)
    for messages in list(AckAfterReadEvaluator.in_flight.values()):
        messages.give_back()


def _accumulate_metrics() -> None:
    """Keep one metrics container per step: the stock runner keeps only the first bundle's."""
    stock = executor.MetricsContainer
    executor._stock_metrics_container = stock
    containers: dict[str, Any] = {}

    def container(step: str) -> Any:
        if step not in containers:
            containers[step] = stock(step)
        containers[step].reset()
        return containers[step]

    executor.MetricsContainer = container


def _give_back_on_death() -> None:
    """When a pipeline fails, stop its pulls and release its messages."""
    stock = executor._CompletionCallback.handle_exception

    def handle_exception(self: Any, transform_executor: Any, exception: Exception) -> Any:
        transform_executor._evaluation_context.shutdown_requested = True
        _give_all_back()
        AckAfterReadEvaluator.in_flight.clear()
        return stock(self, transform_executor, exception)

    executor._CompletionCallback.handle_exception = handle_exception


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
            # The API's own method, since the client's takes attributes as keywords.
            PublisherApi.publish(
                self._pub_client,
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
