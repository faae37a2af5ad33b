"""Topics, subscriptions and deliveries of the local Pub/Sub.

As in Pub/Sub a message is delivered at least once: a delivery holds it until its deadline, and
then it is delivered again. A pull waits until a message arrives, without asking the database.
Names, limits and status codes are Pub/Sub's. What is not here (push, filters, ordering,
snapshots, exactly-once delivery) is refused as UNIMPLEMENTED.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.protobuf.empty_pb2 import Empty
from google.pubsub_v1.types import pubsub as api

from beam_pipeline.local.pubsub_store import Lease, Store
from vividly.model.errors import VividlyError

LOG = logging.getLogger(__name__)
Code = grpc.StatusCode

LONGEST_PULL_S = 90.0
MARGIN_S = 0.05
"""A pull ends so long before its client gives up, so that no message is sent to nobody."""
LEAST_WAIT_S = 0.01
EXPIRE_EVERY_S = 60.0

MAX_BYTES = 10_000_000
MAX_MESSAGES = 1000
MAX_ATTRIBUTES, MAX_KEY_BYTES, MAX_VALUE_BYTES = 100, 256, 1024
DEADLINES_S = range(10, 601)
LONGEST_LEASE_S = 600
DAY_S = 24 * 3600
RETENTIONS_S = range(600, 31 * DAY_S + 1)
DEFAULT_RETENTION_S = 7 * DAY_S
DELETED_TOPIC = "_deleted-topic_"
ID = r"projects/[^/]+/{}/(?!goog)[A-Za-z][\w.~+%-]{{2,254}}"
KNOWN = {
    "topics": {"name", "labels"},
    "subscriptions": {
        "name", "labels", "topic", "ack_deadline_seconds", "message_retention_duration",
    },
}  # fmt: skip
"""Fields of a definition that have an effect here."""


class Refused(Exception):
    """A call that is refused with a status code of gRPC."""

    def __init__(self, code: Any, said: str) -> None:
        super().__init__(said)
        self.code, self.said = code, said


def _not_found(name: str) -> Refused:
    return Refused(Code.NOT_FOUND, f"Resource not found (resource={name}).")


def _invalid(said: str) -> Refused:
    return Refused(Code.INVALID_ARGUMENT, said)


@dataclass
class _Queue:
    """What is known of a subscription without asking the database.

    Attributes:
        changes: counts the events after which a message may be free.
        acknowledged: counts the calls that acknowledged messages.
        idle_until: `time.monotonic()` before which no message is free, unless something changes.
        asking: held by the pull that asks the database; the others then know what it found.
    """

    definition: Any
    changes: int = 0
    acknowledged: int = 0
    idle_until: float = 0.0
    asking: threading.Lock = field(default_factory=threading.Lock)


class Broker:
    """Topics, subscriptions and waiting pulls. Its public methods answer gRPC's calls.

    They raise Refused for a call that Pub/Sub would refuse, and TransientError while the
    database is unavailable.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._topics: dict[str, Any] = {}
        self._queues: dict[str, _Queue] = {}
        self._shaping = threading.Lock()  # held while these two change
        self._changed = threading.Condition()
        self._closing = False
        self._expired = float("-inf")

    def open(self) -> None:
        """Read topics and subscriptions. Errors: see `Store.open`."""
        topics, subscriptions = self._store.open()
        for one in map(api.Topic.pb().FromString, topics):
            self._topics[one.name] = one
        for one in map(api.Subscription.pb().FromString, subscriptions):
            self._queues[one.name] = _Queue(one)

    def close(self) -> None:
        """End the waiting calls."""
        self._closing = True
        self._notify()

    def _topic(self, name: str) -> Any:
        if name not in self._topics:
            raise _not_found(name)
        return self._topics[name]

    def _queue(self, name: str) -> _Queue:
        if name not in self._queues:
            raise _not_found(name)
        return self._queues[name]

    def _free_in(self, seconds: float, *names: str) -> None:
        """Say that messages of these subscriptions are free in so many seconds."""
        at = time.monotonic() + seconds
        with self._changed:
            for queue in (self._queues[name] for name in names if name in self._queues):
                queue.changes += 1
                queue.idle_until = min(queue.idle_until, at)
            self._changed.notify_all()

    def _notify(self) -> None:
        """Let everything that waits look again whether it still has to."""
        with self._changed:
            self._changed.notify_all()

    def _subscriptions_of(self, topic: str) -> list[str]:
        return [name for name, one in self._queues.items() if one.definition.topic == topic]

    # -- topics and subscriptions --------------------------------------------------------------

    def create_topic(self, topic: Any, _: Any) -> Any:
        _check(topic, "topics")
        with self._shaping:
            if topic.name in self._topics:
                raise _exists(topic.name)
            self._store.keep_topic(topic.name, topic.SerializeToString())
            self._topics[topic.name] = topic
        return topic

    def get_topic(self, request: Any, _: Any) -> Any:
        return self._topic(request.topic)

    def list_topics(self, request: Any, _: Any) -> Any:
        names, token = _page(self._topics, request, f"{request.project}/topics/")
        found = [self._topics[name] for name in names]
        return api.ListTopicsResponse.pb()(topics=found, next_page_token=token)

    def list_topic_subscriptions(self, request: Any, _: Any) -> Any:
        self._topic(request.topic)
        names, token = _page(self._subscriptions_of(request.topic), request)
        return api.ListTopicSubscriptionsResponse.pb()(subscriptions=names, next_page_token=token)

    def delete_topic(self, request: Any, _: Any) -> Any:
        with self._shaping:
            self._topic(request.topic)
            for name in self._subscriptions_of(request.topic):
                self._keep(_changed(self._queues[name].definition, topic=DELETED_TOPIC))
            self._store.drop("topic", request.topic)
            del self._topics[request.topic]
        return Empty()

    def create_subscription(self, given: Any, _: Any) -> Any:
        _check(given, "subscriptions")
        deadline = given.ack_deadline_seconds or DEADLINES_S[0]
        retention = given.message_retention_duration.seconds or DEFAULT_RETENTION_S
        if deadline not in DEADLINES_S:
            raise _invalid(_range("ack_deadline_seconds", deadline, DEADLINES_S))
        if retention not in RETENTIONS_S:
            raise _invalid(_range("message_retention_duration", retention, RETENTIONS_S))
        definition = _changed(given, ack_deadline_seconds=deadline)
        definition.message_retention_duration.seconds = retention
        with self._shaping:
            self._topic(definition.topic)
            if definition.name in self._queues:
                raise _exists(definition.name)
            self._keep(definition)
        return definition

    def _keep(self, definition: Any) -> None:
        self._store.keep_subscription(
            definition.name,
            definition.topic,
            definition.message_retention_duration.seconds,
            definition.SerializeToString(),
        )
        self._queues.setdefault(definition.name, _Queue(definition)).definition = definition

    def get_subscription(self, request: Any, _: Any) -> Any:
        return self._queue(request.subscription).definition

    def list_subscriptions(self, request: Any, _: Any) -> Any:
        names, token = _page(self._queues, request, f"{request.project}/subscriptions/")
        found = [self._queues[name].definition for name in names]
        return api.ListSubscriptionsResponse.pb()(subscriptions=found, next_page_token=token)

    def delete_subscription(self, request: Any, _: Any) -> Any:
        with self._shaping:
            self._queue(request.subscription)
            self._store.drop("subscription", request.subscription)
            with self._changed:
                self._queues.pop(request.subscription).changes += 1
                self._changed.notify_all()
        return Empty()

    # -- messages ------------------------------------------------------------------------------

    def publish(self, request: Any, _: Any) -> Any:
        self._topic(request.topic)
        _check_messages(request)
        for message in request.messages:
            message.message_id = ""
            message.publish_time.GetCurrentTime()
        bodies = [message.SerializeToString() for message in request.messages]
        ids = self._store.publish(request.topic, bodies)
        self._free_in(0, *self._subscriptions_of(request.topic))
        self._expire()
        return api.PublishResponse.pb()(message_ids=map(str, ids))

    def pull(self, request: Any, context: Any) -> Any:
        queue = self._queue(request.subscription)
        if request.max_messages <= 0:
            raise _invalid(f"max_messages must be positive: {request.max_messages}")
        left = LONGEST_PULL_S
        if (allowed := context.time_remaining()) is not None:
            left = min(left, allowed - MARGIN_S)
        context.add_callback(self._notify)
        found = self._take(
            request.subscription,
            min(request.max_messages, MAX_MESSAGES),
            queue.definition.ack_deadline_seconds,
            until=0.0 if request.return_immediately else time.monotonic() + left,
            active=context.is_active,
        )
        return api.PullResponse.pb()(received_messages=_received(found))

    def _take(
        self,
        name: str,
        most: int,
        seconds: int,
        *,
        until: float,
        active: Callable[[], bool],
    ) -> list[tuple[Lease, bytes]]:
        """Lease messages for so many seconds; wait for one until `until`."""
        while active() and not self._closing:
            queue = self._queue(name)
            with queue.asking:
                seen = queue.changes
                if time.monotonic() >= queue.idle_until:
                    self._expire()
                    if taken := self._store.take(name, most, seconds=seconds):
                        if active():
                            return taken
                        self._store.extend(name, [lease for lease, _ in taken], 0)
                        self._free_in(0, name)
                        break
                    idle = time.monotonic() + max(self._store.next_due(name), LEAST_WAIT_S)
                    with self._changed:
                        if queue.changes == seen:
                            queue.idle_until = idle
            with self._changed:
                left = until - time.monotonic()
                if left <= 0:
                    break
                if queue.changes == seen:
                    self._changed.wait(min(left, queue.idle_until - time.monotonic()))
        return []

    def _expire(self) -> None:
        if time.monotonic() - self._expired > EXPIRE_EVERY_S:
            self._expired = time.monotonic()
            self._store.expire()

    def acknowledge(self, request: Any, _: Any) -> Any:
        self._queue(request.subscription)
        self._acknowledge(request.subscription, request.ack_ids)
        return Empty()

    def _acknowledge(self, name: str, ack_ids: Sequence[str]) -> None:
        self._store.acknowledge(name, _leases(ack_ids))
        with self._changed:  # a stream may have room again
            self._queue(name).acknowledged += 1
            self._changed.notify_all()

    def modify_ack_deadline(self, request: Any, _: Any) -> Any:
        self._queue(request.subscription)
        self._extend(request.subscription, request.ack_ids, request.ack_deadline_seconds)
        return Empty()

    def _extend(self, name: str, ack_ids: Sequence[str], seconds: int) -> None:
        if not 0 <= seconds <= LONGEST_LEASE_S:
            raise _invalid(_range("ack_deadline_seconds", seconds, range(LONGEST_LEASE_S + 1)))
        self._store.extend(name, _leases(ack_ids), seconds)
        self._free_in(seconds, name)

    def streaming_pull(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        """Send messages as they arrive, as many as the client's flow control allows."""
        first = next(requests)
        name, lease = first.subscription, first.stream_ack_deadline_seconds
        self._queue(name)
        if lease not in DEADLINES_S:
            raise _invalid(_range("stream_ack_deadline_seconds", lease, DEADLINES_S))
        allowed = first.max_outstanding_messages
        failures: list[Refused | VividlyError] = []

        def read() -> None:
            nonlocal lease
            try:
                for request in requests:
                    lease = request.stream_ack_deadline_seconds or lease
                    if request.ack_ids:
                        self._acknowledge(name, request.ack_ids)
                    both = request.modify_deadline_ack_ids, request.modify_deadline_seconds
                    for ack_id, seconds in zip(*both, strict=False):
                        self._extend(name, [ack_id], seconds)
            except (Refused, VividlyError) as error:
                failures.append(error)
            except Exception as error:  # gRPC's: the client has gone
                LOG.debug("A stream of %s has ended: %s", name, error)
            self._notify()

        def active() -> bool:
            return bool(context.is_active()) and not failures

        context.add_callback(self._notify)
        threading.Thread(target=read, daemon=True, name="pubsub-stream").start()
        sent: list[Lease] = []
        while active() and not self._closing:
            queue = self._queue(name)
            seen = queue.changes, queue.acknowledged
            sent = self._store.held(name, sent) if sent else []
            room = allowed - len(sent) if allowed > 0 else MAX_MESSAGES
            if room > 0:
                end = time.monotonic() + LONGEST_PULL_S
                taken = self._take(name, min(room, MAX_MESSAGES), lease, until=end, active=active)
                if taken:
                    sent += [one for one, _ in taken]
                    yield api.StreamingPullResponse.pb()(received_messages=_received(taken))
                continue
            with self._changed:
                if (queue.changes, queue.acknowledged) == seen:
                    self._changed.wait(lease)
        if failures:
            raise failures[0]


# -- limits -------------------------------------------------------------------------------------


def _exists(name: str) -> Refused:
    return Refused(
        Code.ALREADY_EXISTS, f"Resource already exists in the project (resource={name})."
    )


def _range(name: str, value: int, allowed: range) -> str:
    return f"{name} is {value}: want {allowed[0]} to {allowed[-1]} seconds"


def _check(definition: Any, kind: str) -> None:
    """Refuse a malformed name, and fields that would have no effect."""
    if not re.fullmatch(ID.format(kind), definition.name):
        raise _invalid(f"Invalid resource name given (name={definition.name}).")
    unknown = {one.name for one, _ in definition.ListFields()} - KNOWN[kind]
    if "push_config" in unknown and not definition.push_config.ListFields():
        unknown.remove("push_config")  # a pull subscription, as clients may say explicitly
    if unknown:
        names = ", ".join(sorted(unknown))
        raise Refused(Code.UNIMPLEMENTED, f"The local Pub/Sub has no {names}.")


def _check_messages(request: Any) -> None:
    count, size = len(request.messages), request.ByteSize()
    if not 1 <= count <= MAX_MESSAGES:
        raise _invalid(f"There are {count} messages in the request: want 1 to {MAX_MESSAGES}.")
    if size > MAX_BYTES:
        raise _invalid(f"The request has {size} bytes: want at most {MAX_BYTES}.")
    for message in request.messages:
        if not message.data and not message.attributes:
            raise _invalid("A message has neither data nor attributes.")
        if len(message.attributes) > MAX_ATTRIBUTES:
            raise _invalid(f"A message has more than {MAX_ATTRIBUTES} attributes.")
        for key, value in message.attributes.items():
            if not 1 <= len(key.encode()) <= MAX_KEY_BYTES or re.match("goog(?!client_)", key):
                raise _invalid(
                    f"An attribute's key is {key[:20]!r}: want 1 to {MAX_KEY_BYTES} bytes that do "
                    'not begin with "goog".'
                )
            if len(value.encode()) > MAX_VALUE_BYTES:
                raise _invalid(f"The attribute {key!r} has more than {MAX_VALUE_BYTES} bytes.")


def _leases(ack_ids: Sequence[str]) -> list[Lease]:
    if not ack_ids:
        raise _invalid("No ack ids specified.")
    found = [re.fullmatch(r"(\d{1,18})-(\d{1,18})", ack_id) for ack_id in ack_ids]
    if bad := [ack_id for ack_id, match in zip(ack_ids, found, strict=True) if not match]:
        raise _invalid(f"Invalid ack id (ack_id={bad[0][:100]}).")
    return [Lease(int(match[1]), int(match[2])) for match in found if match]


def _received(taken: list[tuple[Lease, bytes]]) -> list[Any]:
    found = []
    for lease, body in taken:
        message = api.PubsubMessage.pb().FromString(body)
        message.message_id = str(lease.message)
        found.append(api.ReceivedMessage.pb()(ack_id=str(lease), message=message))
    return found


def _changed(definition: Any, **fields: Any) -> Any:
    """A copy with other values of these fields."""
    copy = type(definition)()
    copy.CopyFrom(definition)
    for name, value in fields.items():
        setattr(copy, name, value)
    return copy


def _page(names: Sequence[str] | dict[str, Any], request: Any, prefix: str = "") -> Any:
    """One page of the names that begin with the prefix, and the token of the next page."""
    after = sorted(
        name for name in list(names) if name.startswith(prefix) and name > request.page_token
    )
    size = request.page_size if request.page_size > 0 else MAX_MESSAGES
    return after[:size], after[size - 1] if len(after) > size else ""
