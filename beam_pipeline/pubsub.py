"""Topics and subscriptions: checks, creation, and publishing and pulling by hand."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.api_core import exceptions as api
from google.api_core.retry import Retry, if_transient_error
from google.auth import exceptions as auth
from google.cloud import pubsub
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1 import PublisherClient as PublisherApi

from vividly.model.errors import SettingsError, TransientError

ACK_DEADLINE_S = 60
ACKS_AT_ONCE = 500
RETENTION = Duration(seconds=7 * 24 * 3600)
MAX_RECONNECT_MS = 5_000


def emulator() -> str | None:
    """HOST:PORT of the emulator; None if no emulator is used.

    Raises:
        SettingsError: PUBSUB_EMULATOR_HOST is malformed.
    """
    address = os.environ.get("PUBSUB_EMULATOR_HOST")
    if address and not re.fullmatch(r"(\[[^\s\]]+\]|[^\s:/]+):\d{1,5}", address):
        raise SettingsError(
            f"PUBSUB_EMULATOR_HOST is {address!r}: want HOST:PORT, such as localhost:8085"
        )
    return address


def subscriber_client() -> pubsub.SubscriberClient:
    """A client for the service, or for the emulator of PUBSUB_EMULATOR_HOST."""
    host = os.environ.get("PUBSUB_EMULATOR_HOST")
    if not host:
        return pubsub.SubscriberClient()
    kind = pubsub.SubscriberClient.get_transport_class("grpc")
    return pubsub.SubscriberClient(transport=kind(channel=_channel(host)))


def publisher_client() -> PublisherApi:
    """A client for the service, or for the emulator of PUBSUB_EMULATOR_HOST.

    It is the API itself: the library's own client takes attributes as keywords.
    """
    host = os.environ.get("PUBSUB_EMULATOR_HOST")
    if not host:
        return PublisherApi()
    return PublisherApi(transport=PublisherApi.get_transport_class("grpc")(channel=_channel(host)))


def _channel(host: str) -> grpc.Channel:
    """A channel to an emulator, which may be restarted.

    The library opens one with gRPC's limit of 4 MB per received message: a pull of ten messages
    of half a megabyte would fail every time.
    """
    return grpc.insecure_channel(
        host,
        options=[
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_reconnect_backoff_ms", MAX_RECONNECT_MS),
        ],
    )


@dataclass(frozen=True)
class Received:
    """A message that was pulled by hand.

    Attributes:
        message_id: the same at every delivery of the message, unlike `ack_id`.
        published: time of publishing, by Pub/Sub's clock.
    """

    data: bytes
    attributes: Mapping[str, str]
    ack_id: str
    message_id: str
    published: datetime


class Resources:
    """Topics and subscriptions of one project, or of the emulator."""

    def __init__(self, *, timeout: float = 10.0) -> None:
        with _errors("Pub/Sub"):
            self._publisher = pubsub.PublisherClient()
            self._subscriber = subscriber_client()
        self._timeout = timeout

    def check_topic(self, topic: str, *, create: bool = False) -> None:
        """Check that the topic exists and may be published to; create it if asked.

        Raises:
            SettingsError: it does not exist, or a permission to read or publish is missing.
        """
        with _errors(topic):
            try:
                self._publisher.get_topic(topic=topic, timeout=self._timeout, retry=None)
            except api.NotFound:
                if not create:
                    raise
                self._publisher.create_topic(name=topic, timeout=self._timeout, retry=None)
            self._check_permission(self._publisher, topic, "topics.publish", "publisher")

    def check_subscription(
        self, subscription: str, *, topic: str | None = None, create: bool = False
    ) -> None:
        """Check that the subscription exists and may be read; create it if asked.

        Args:
            topic: the topic to subscribe to; by default the subscription's name without
                `-sub` or `-worker-sub`.
        """
        with _errors(subscription):
            try:
                self._subscriber.get_subscription(
                    subscription=subscription, timeout=self._timeout, retry=None
                )
            except api.NotFound:
                if not create:
                    raise
                topic = topic or topic_of(subscription)
                self.check_topic(topic, create=True)
                self._subscriber.create_subscription(
                    request={
                        "name": subscription,
                        "topic": topic,
                        "ack_deadline_seconds": ACK_DEADLINE_S,
                        "message_retention_duration": RETENTION,
                    },
                    timeout=self._timeout,
                    retry=None,
                )
            self._check_permission(
                self._subscriber, subscription, "subscriptions.consume", "subscriber"
            )

    def _check_permission(self, client: Any, resource: str, permission: str, role: str) -> None:
        wanted = f"pubsub.{permission}"
        try:
            granted = client.test_iam_permissions(
                request={"resource": resource, "permissions": [wanted]},
                timeout=self._timeout,
                retry=None,
            )
        except api.MethodNotImplemented:  # the emulator, where all is allowed
            return
        if wanted not in granted.permissions:
            raise SettingsError(
                f"{resource}: the service account lacks {wanted}: grant it roles/pubsub.{role}"
            )

    def check_has_subscription(self, topic: str, *, create: bool = False) -> None:
        """Check that the topic has a subscription, so that its messages are kept.

        Raises:
            SettingsError: there is no subscription: published messages are lost.
        """
        with _errors(topic):
            found = list(
                self._publisher.list_topic_subscriptions(
                    topic=topic, timeout=self._timeout, retry=None
                )
            )
            if found:
                return
            if not create:
                raise SettingsError(
                    f"{topic} has no subscription, so its messages are lost; "
                    "run `vividly verify --create`"
                )
            self.check_subscription(subscription_of(topic), topic=topic, create=True)

    def publish(self, topic: str, data: bytes, attributes: Mapping[str, str]) -> str:
        """Publish one message.

        Returns:
            Its message id.
        """
        with _errors(topic):
            message = pubsub.types.PubsubMessage(data=data, attributes=dict(attributes))
            # The API itself, since the client's own method takes attributes as keywords.
            sent = PublisherApi.publish(
                self._publisher,
                topic=topic,
                messages=[message],
                timeout=self._timeout,
                # The client's own retry goes on for ten minutes while a user waits.
                retry=Retry(predicate=if_transient_error, timeout=self._timeout),
            )
            return str(sent.message_ids[0])

    def pull(self, subscription: str, *, limit: int, wait: float) -> list[Received]:
        """Up to `limit` messages, or none after `wait` seconds. They are not acknowledged."""
        with _errors(subscription):
            try:
                response = self._subscriber.pull(
                    subscription=subscription, max_messages=limit, timeout=wait, retry=None
                )
            except api.DeadlineExceeded:
                return []
            return [
                Received(
                    m.message.data,
                    dict(m.message.attributes),
                    m.ack_id,
                    m.message.message_id,
                    m.message.publish_time,
                )
                for m in response.received_messages
            ]

    def acknowledge(self, subscription: str, ack_ids: list[str]) -> None:
        """Acknowledge pulled messages."""
        for batch in _batches(ack_ids):
            with _errors(subscription):
                self._subscriber.acknowledge(
                    subscription=subscription, ack_ids=batch, timeout=self._timeout, retry=None
                )

    def extend(self, subscription: str, ack_ids: list[str], *, seconds: int) -> None:
        """Hold pulled messages for so many seconds from now; 0 releases them."""
        for batch in _batches(ack_ids):
            with _errors(subscription):
                self._subscriber.modify_ack_deadline(
                    subscription=subscription,
                    ack_ids=batch,
                    ack_deadline_seconds=seconds,
                    timeout=self._timeout,
                    retry=None,
                )

    def close(self) -> None:
        """Close the connections."""
        self._publisher.stop()
        self._subscriber.close()


def _batches(ack_ids: list[str]) -> Iterator[list[str]]:
    """As many as fit into one request."""
    for at in range(0, len(ack_ids), ACKS_AT_ONCE):
        yield ack_ids[at : at + ACKS_AT_ONCE]


def topic_of(subscription: str) -> str:
    """The topic of one of our subscriptions, by its name."""
    name = subscription.replace("/subscriptions/", "/topics/").removesuffix("-sub")
    if name.endswith("/content-generation-worker"):
        return name.removesuffix("-worker") + "-requests"
    return name.removesuffix("-worker")


def subscription_of(topic: str) -> str:
    """The subscription of one of our topics, by its name."""
    return topic.replace("/topics/", "/subscriptions/") + "-sub"


@contextmanager
def _errors(where: str) -> Iterator[None]:
    """Turn the client's errors into ours, with the resource and the fix."""
    try:
        yield
    except api.NotFound as error:
        raise SettingsError(f"{where} does not exist; run `vividly verify --create`") from error
    except api.PermissionDenied as error:
        raise SettingsError(
            f"{where}: permission denied; the service account needs roles/pubsub.subscriber, "
            "roles/pubsub.publisher and roles/pubsub.viewer"
        ) from error
    except auth.DefaultCredentialsError as error:
        raise SettingsError(
            f"{where}: there are no Google Cloud credentials; run `gcloud auth "
            "application-default login`, or set PUBSUB_EMULATOR_HOST"
        ) from error
    except (api.ServerError, api.RetryError, api.TooManyRequests, api.GatewayTimeout) as error:
        raise TransientError(f"{where}: {_away(error)}") from error
    except api.GoogleAPICallError as error:
        raise SettingsError(f"{where}: {error}") from error


def _away(error: Exception) -> str:
    """The message for a Pub/Sub that does not answer."""
    if "Connection refused" in str(error):
        address = f"{emulator()} (PUBSUB_EMULATOR_HOST)" if emulator() else "its address"
        return f"Pub/Sub cannot be reached: nothing listens at {address}"
    of = f" at {emulator()} (PUBSUB_EMULATOR_HOST)" if emulator() else ""
    return f"Pub/Sub{of} cannot be reached just now ({type(error).__name__})"
