"""A Pub/Sub for one machine: the calls of google.pubsub.v1 that its clients use, on loopback.

It is for the local stack: anybody on this machine may call it. Its messages outlive a restart.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc  # type: ignore[import-untyped]
from google.pubsub_v1.types import pubsub as api

from beam_pipeline.local.pubsub_broker import MAX_BYTES, Broker, Refused
from beam_pipeline.local.pubsub_store import Store
from vividly.model.errors import SettingsError, TransientError, VividlyError

LOG = logging.getLogger(__name__)
THREADS = 64
"""Calls at once. A waiting pull is one, and so is an open stream."""
CALLS = {
    "Publisher": (
        "CreateTopic", "GetTopic", "ListTopics", "ListTopicSubscriptions", "DeleteTopic", "Publish",
    ),
    "Subscriber": (
        "CreateSubscription", "GetSubscription", "ListSubscriptions", "DeleteSubscription",
        "Pull", "Acknowledge", "ModifyAckDeadline",
    ),
}  # fmt: skip
RESOURCE_OF = {"CreateTopic": "Topic", "CreateSubscription": "Subscription"}
"""Calls whose request is the resource itself."""


class LocalPubSub:
    """The server. It runs in threads of this process."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        self._port = 0
        self._stop: Callable[[], None] | None = None

    def start(self, port: int = 0) -> str:
        """Serve on the given port, else on its last port, else on a free port.

        Returns:
            HOST:PORT, the value of PUBSUB_EMULATOR_HOST.

        Raises:
            SettingsError: the port is taken, or another process serves this database.
        """
        store = Store(self._database_url)
        broker = Broker(store)
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="pubsub")
        options = [("grpc.so_reuseport", 0), ("grpc.max_receive_message_length", 2 * MAX_BYTES)]
        server = grpc.server(pool, options=options)
        server.add_generic_rpc_handlers(_handlers(broker))
        try:
            broker.open()
            self._port = server.add_insecure_port(f"127.0.0.1:{port or self._port}")
        except BaseException as error:
            store.close()
            if isinstance(error, RuntimeError):  # gRPC's, without a class of its own
                raise SettingsError(f"port {port or self._port} cannot be used: {error}") from error
            raise
        server.start()

        def stop() -> None:
            broker.close()
            server.stop(grace=1.0).wait()
            pool.shutdown()
            store.close()

        self._stop = stop
        return f"127.0.0.1:{self._port}"

    def stop(self) -> None:
        """Stop it. Its messages are kept."""
        if self._stop:
            self._stop()
            self._stop = None


def _handlers(broker: Broker) -> list[Any]:
    """The broker's methods as gRPC's: `get_topic` answers GetTopic, and so on."""
    services = {
        service: {
            name: grpc.unary_unary_rpc_method_handler(
                _answering(getattr(broker, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower())),
                getattr(api, RESOURCE_OF.get(name, f"{name}Request")).pb().FromString,
                _serialize,
            )
            for name in calls
        }
        for service, calls in CALLS.items()
    }
    services["Subscriber"]["StreamingPull"] = grpc.stream_stream_rpc_method_handler(
        _streaming(broker.streaming_pull), api.StreamingPullRequest.pb().FromString, _serialize
    )
    return [
        grpc.method_handlers_generic_handler(f"google.pubsub.v1.{service}", calls)
        for service, calls in services.items()
    ]


def _serialize(message: Any) -> bytes:
    return bytes(message.SerializeToString())


def _answering(call: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def answer(request: Any, context: Any) -> Any:
        with _refusals(context):
            return call(request, context)

    return answer


def _streaming(call: Callable[[Any, Any], Iterator[Any]]) -> Callable[[Any, Any], Iterator[Any]]:
    def answer(requests: Iterator[Any], context: Any) -> Iterator[Any]:
        with _refusals(context):
            yield from call(requests, context)

    return answer


@contextmanager
def _refusals(context: Any) -> Iterator[None]:
    """End the call with a status code where it is refused or fails."""
    try:
        yield
    except Refused as error:
        context.abort(error.code, error.said)
    except TransientError as error:
        context.abort(grpc.StatusCode.UNAVAILABLE, str(error))
    except VividlyError as error:
        LOG.exception("A call failed")
        context.abort(grpc.StatusCode.INTERNAL, str(error))
