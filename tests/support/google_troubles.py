"""The failures of `google_matrix`, produced on each transport."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from tests.support.bad_line import BadLine
from tests.support.google_faults import (
    PAGE,
    blocked_prompt,
    dropped,
    finish,
    no_candidates,
    page,
    rating,
    says,
    slow,
    status,
    trickling,
    truncated,
)
from tests.support.google_matrix import SPEECH_USES, VECTOR_USES
from tests.support.google_server import STATUS, Call, Exchange, Fault, GoogleServer
from tests.support.tts_server import GrpcServer, SpeechServer, aborts, waits
from tests.support.tts_studio import Change

WAIT_S = 1.0
"""The least wait that the service asks for, in seconds."""
SLOW_S = 3.0


def _dated(exchange: Exchange) -> None:
    # A date has whole seconds: two seconds ahead is more than one second from now.
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    status(429, retry_after=at)(exchange)


def _vectors(found: list[object]) -> Fault:
    return lambda exchange: exchange.json({"predictions": found})


HTTP: dict[str, Fault] = {
    **{str(code): status(code) for code in (400, 401, 403, 404, 408, 500, 503)},
    "429, `Retry-After` in seconds": status(429, retry_after="1"),
    "429, `Retry-After` as a date": _dated,
    "429, `RetryInfo` in the error": status(429, retry_delay="1s"),
    "slow first byte": slow(SLOW_S),
    "answer that trickles": trickling(20),
    "dropped connection": dropped,
    "web page instead of the answer": page(),
    "truncated answer": truncated,
    "`MAX_TOKENS`": finish("MAX_TOKENS", keep=0.3),
    "`SAFETY`": finish("SAFETY", ratings=[rating("HATE_SPEECH")]),
    "blocked prompt": blocked_prompt(ratings=[rating("HATE_SPEECH")]),
}
EMPTY, OTHER = (
    "empty: no candidate, vector or sound",
    "off the schema, another vector, wrong sound",
)
MODEL = {EMPTY: no_candidates, OTHER: says('{"verdict": "yes"}')}
VECTOR = {EMPTY: _vectors([]), OTHER: _vectors([{"embeddings": {"values": [1.0, 2.0]}}])}


def _sound(data: bytes) -> Change:
    def change(answer):  # type: ignore[no-untyped-def]
        answer.audio_content = data
        return answer

    return change


SOUND = {EMPTY: _sound(b""), OTHER: _sound(PAGE)}


@dataclass(frozen=True)
class Wire:
    """The servers of a use, and the times of its calls.

    Attributes:
        line: the proxy in front of a gRPC server.
    """

    use: str
    vertex: GoogleServer | None = None
    speech: SpeechServer | None = None
    line: BadLine | None = None

    def play(self, failure: str, times: int) -> None:
        """Make the next calls of the use fail."""
        if self.use in SPEECH_USES and failure in SOUND:
            assert self.speech
            self.speech.spoil(*[SOUND[failure]] * times)
        elif self.use == "speak grpc":
            self._over_grpc(failure, times)
        else:
            own = VECTOR if self.use in VECTOR_USES else MODEL
            fault = own.get(failure) or HTTP[failure]
            self._http.play(*[fault] * times, on=self._on)

    @property
    def calls(self) -> list[float]:
        """The times of the calls of the use that reached a server, on the monotonic clock."""
        if self.use == "speak grpc":
            assert self.speech and isinstance(self.speech.server, GrpcServer)
            return self.speech.server.asked_at
        return [call.at for call in self._http.called(self._on)]

    @property
    def _http(self) -> GoogleServer:
        if self.vertex:
            return self.vertex
        assert self.speech and isinstance(self.speech.server, GoogleServer)
        return self.speech.server

    @property
    def _on(self) -> str | Callable[[Call], bool]:
        if self.use == "repair":
            return lambda call: "What is wrong with it" in str(call.body)
        if self.use in VECTOR_USES:
            return ":predict"
        return "text:synthesize" if self.use in SPEECH_USES else ":generateContent"

    def _over_grpc(self, failure: str, times: int) -> None:
        assert self.line and self.speech and isinstance(self.speech.server, GrpcServer)
        match failure:
            case "slow first byte":
                self.speech.server.play(*[waits(SLOW_S)] * times)
            case "dropped connection":
                self.line.drops = times
            case "web page instead of the answer":
                self.line.pages = times
            case "truncated answer":
                self.speech.server.truncate(times)
            case "429, `RetryInfo` in the error":
                self.speech.server.play(
                    *[aborts("RESOURCE_EXHAUSTED", "Quota.", retry_delay=WAIT_S)] * times
                )
            case _:
                self.speech.server.play(*[aborts(STATUS[int(failure)], "It failed.")] * times)
