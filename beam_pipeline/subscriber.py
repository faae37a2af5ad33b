"""A Pub/Sub subscriber client that accepts messages of any size, on the emulator too."""

from __future__ import annotations

import os

import grpc  # type: ignore[import-untyped]
from google.cloud import pubsub

MAX_RECONNECT_MS = 5_000


def subscriber_client() -> pubsub.SubscriberClient:
    """A client for the service, or for the emulator of PUBSUB_EMULATOR_HOST.

    For an emulator the library opens a channel with gRPC's limit of 4 MB per received
    message: a pull of ten messages of half a megabyte would fail every time.
    """
    host = os.environ.get("PUBSUB_EMULATOR_HOST")
    if not host:
        return pubsub.SubscriberClient()
    channel = grpc.insecure_channel(
        host,
        options=[
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_reconnect_backoff_ms", MAX_RECONNECT_MS),
        ],
    )
    transport = pubsub.SubscriberClient.get_transport_class("grpc")(channel=channel)
    return pubsub.SubscriberClient(transport=transport)
