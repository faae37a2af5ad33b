"""Google Cloud Text-to-Speech on loopback, over REST and over gRPC, with real sound.

    with speech_server("grpc") as server:
        settings = replace(settings, speech_provider="google", tts_transport="grpc",
                           tts_endpoint=server.url)

`server.truth` has the words and times of every answer, even if the answer does not contain
them (`tests.support.tts_studio`).
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import grpc
from google.cloud import texttospeech_v1beta1 as api
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from tests.support.google_server import STATUS, Call, GoogleServer, Json, Refusal
from tests.support.tts_studio import Change, Spoken, Studio, listed
from vividly.lesson.speech.google_client import _clients


def _rest(server: GoogleServer, studio: Studio) -> None:
    """Add Text-to-Speech to a server of Google's REST services."""

    def synthesize(call: Call) -> Json:
        try:
            request = api.SynthesizeSpeechRequest.from_json(json.dumps(call.body))
        except Exception as error:
            raise Refusal(400, f"Invalid JSON payload received. {type(error).__name__}") from None
        answer = studio.synthesize(request, call.headers.get("authorization", ""))
        return json.loads(api.SynthesizeSpeechResponse.to_json(answer))

    def voices(call: Call) -> Json:
        answer = api.ListVoicesResponse(voices=listed(call.query.get("languageCode", "")))
        return json.loads(api.ListVoicesResponse.to_json(answer))

    server.route("POST", r"/v1(?:beta1)?/text:synthesize", synthesize)
    server.route("GET", r"/v1(?:beta1)?/voices", voices)


Stand = Callable[[grpc.ServicerContext], None]
"""A fault of the gRPC server: it aborts the call or delays it."""


def aborts(code: str, message: str, *, retry_delay: float = 0.0) -> Stand:
    """Abort a call as Google does, with `RetryInfo` if a delay is given."""

    def stand(context: grpc.ServicerContext) -> None:
        status = status_pb2.Status(code=grpc.StatusCode[code].value[0], message=message)
        if retry_delay:
            info = error_details_pb2.RetryInfo()
            info.retry_delay.FromTimedelta(timedelta(seconds=retry_delay))
            status.details.add().Pack(info)
        context.abort_with_status(rpc_status.to_status(status))

    return stand


def waits(seconds: float) -> Stand:
    """Answer late."""
    return lambda _: time.sleep(seconds)


class GrpcServer:
    """A context manager: Text-to-Speech over gRPC on a port of its own.

    Attributes:
        asked_at: times of the requests for speech, on the monotonic clock.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._faults: deque[Stand] = deque()
        self._cuts = 0
        self.asked_at: list[float] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(8))
        handlers = {
            "SynthesizeSpeech": grpc.unary_unary_rpc_method_handler(
                self._synthesize,
                request_deserializer=api.SynthesizeSpeechRequest.deserialize,
                response_serializer=self._written,
            ),
            "ListVoices": grpc.unary_unary_rpc_method_handler(
                lambda request, _: api.ListVoicesResponse(voices=listed(request.language_code)),
                request_deserializer=api.ListVoicesRequest.deserialize,
                response_serializer=api.ListVoicesResponse.serialize,
            ),
        }
        service = "google.cloud.texttospeech.v1beta1.TextToSpeech"
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(service, handlers),)
        )
        self._port = self._server.add_insecure_port("127.0.0.1:0")

    @property
    def url(self) -> str:
        """Its address, for `--tts_endpoint`."""
        return f"http://127.0.0.1:{self._port}"

    def play(self, *faults: Stand) -> None:
        """Answer the next requests for speech with these faults, one each."""
        self._faults.extend(faults)

    def truncate(self, times: int) -> None:
        """Cut the messages of the next answers in the middle."""
        self._cuts = times

    def _written(self, answer: api.SynthesizeSpeechResponse) -> bytes:
        data: bytes = api.SynthesizeSpeechResponse.serialize(answer)
        if not self._cuts:
            return data
        self._cuts -= 1
        return data[: len(data) // 2]

    def _synthesize(
        self, request: api.SynthesizeSpeechRequest, context: grpc.ServicerContext
    ) -> api.SynthesizeSpeechResponse:
        self.asked_at.append(time.monotonic())
        if self._faults:
            self._faults.popleft()(context)
        metadata = {name: str(value) for name, value in context.invocation_metadata()}
        try:
            return self._studio.synthesize(request, metadata.get("authorization", ""))
        except Refusal as refusal:
            context.abort(grpc.StatusCode[STATUS[refusal.code]], str(refusal))
            raise

    def __enter__(self) -> GrpcServer:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(0).wait(5)


@dataclass(frozen=True)
class SpeechServer:
    """One of the two servers, with its studio."""

    transport: str
    server: GoogleServer | GrpcServer
    studio: Studio

    @property
    def url(self) -> str:
        """Its address, for `--tts_endpoint`."""
        return self.server.url

    @property
    def truth(self) -> list[Spoken]:
        """The answers so far."""
        return self.studio.truth

    def spoil(self, *changes: Change) -> None:
        """Apply these changes to the next answers, one each."""
        self.studio.changes.extend(changes)


def close_speech_clients() -> None:
    """Close the process's clients and forget them: an open one keeps trying to connect."""
    for client in _clients.values():
        client.transport.close()
    _clients.clear()


@contextmanager
def speech_server(transport: str) -> Iterator[SpeechServer]:
    """A server for `rest` or `grpc`. The clients are closed at its end."""
    studio = Studio()
    try:
        if transport == "grpc":
            with GrpcServer(studio) as server:
                yield SpeechServer(transport, server, studio)
        else:
            with GoogleServer() as rest:
                _rest(rest, studio)
                yield SpeechServer(transport, rest, studio)
    finally:
        close_speech_clients()
