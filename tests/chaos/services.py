"""The model and speech servers on loopback, with storms of faults."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos.plan import POISON
from tests.support import google_faults as faults
from tests.support.google_server import Call, Exchange, Fault, GoogleServer, Json, as_usual
from tests.support.google_understand import understands
from tests.support.google_vertex import asks_for, prompt_of, student_texts
from tests.support.script_server import ScriptModel
from tests.support.tts_server import speech_server

STORMS: dict[str, Fault] = {
    "429": faults.status(429, "Quota exceeded.", retry_after="2"),
    "503": faults.status(503, "The service is unavailable."),
}
GARBAGE: tuple[Fault, ...] = (
    faults.page(),
    faults.truncated,
    faults.dropped,
    faults.hung_up,
    faults.no_candidates,
    faults.cut_text,
)
SPEECH_GARBAGE = GARBAGE[:4]


class Weather:
    """The present behaviour of a server: normal, or a storm that ends by itself."""

    def __init__(self, server: GoogleServer, garbage: tuple[Fault, ...]) -> None:
        self.server = server
        self.url = server.url
        self.met = 0
        self._garbage = garbage
        self._kind, self._until = "", 0.0
        self._draw = random.Random(1)
        self._lock = threading.Lock()
        server._faults = [("", _Always(self._answer))]  # type: ignore[list-item]

    def storm(self, kind: str, seconds: float) -> None:
        """From now on, play faults of a kind on most calls."""
        with self._lock:
            self._kind, self._until = kind, time.monotonic() + seconds

    def _answer(self, exchange: Exchange) -> None:
        with self._lock:
            self.server.calls.clear()  # otherwise hundreds of thousands of words would be kept
            stormy = time.monotonic() < self._until and self._draw.random() < 0.8
            kind, pick = self._kind, self._draw.choice(self._garbage)
            left = self._until - time.monotonic()
            self.met += stormy
        if not stormy:
            as_usual(exchange)
        elif kind == "hang":
            faults.slow(left + 1.0)(exchange)
        elif kind == "garbage":
            pick(exchange)
        else:
            STORMS[kind](exchange)


class _Always:
    """A queue of faults that never ends."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def __bool__(self) -> bool:
        return True

    def popleft(self) -> Fault:
        return self._fault


def _is_poison(call: Call) -> bool:
    return asks_for("scenes")(call) and POISON in " ".join(student_texts(prompt_of(call)))


def _nothing(call: Call) -> Json:
    return {"scenes": []}


@contextmanager
def model_and_voice() -> Iterator[tuple[Weather, Weather]]:
    """The two servers."""
    with GoogleServer() as model, speech_server("rest") as speech:
        understands(model)
        model.generates(asks_for("scenes"), ScriptModel())
        model.generates(_is_poison, _nothing)
        assert isinstance(speech.server, GoogleServer)
        yield Weather(model, GARBAGE), Weather(speech.server, SPEECH_GARBAGE)
