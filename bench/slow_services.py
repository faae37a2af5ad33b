"""Model and voice servers on loopback that are as slow as the cloud's, for the real clients.

A model call takes 2 to 8 seconds, a spoken sentence 1 to 3. The same request always takes the
same time. Prints the two addresses as one line of JSON, and serves until it is stopped.
"""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Callable

from tests.support.google_server import Call, Exchange, Fault, GoogleServer, as_usual
from tests.support.google_understand import understands
from tests.support.google_vertex import asks_for
from tests.support.script_server import ScriptModel
from tests.support.tts_server import speech_server

MODEL_S = (2.0, 8.0)
VOICE_S = (1.0, 3.0)


class _Always:
    """A queue of faults that never ends."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    def popleft(self) -> Fault:
        return self._fault


def _slowly(
    server: GoogleServer, is_slow: Callable[[Call], bool], seconds: tuple[float, float]
) -> None:
    def answer(exchange: Exchange) -> None:
        server.calls.clear()  # all requests would be kept otherwise
        if is_slow(exchange.call):
            draw = random.Random(json.dumps(exchange.call.body, sort_keys=True))
            time.sleep(draw.uniform(*seconds))
        as_usual(exchange)

    server._faults = [("", _Always(answer))]  # type: ignore[list-item]


def options(model: str, voice: str) -> list[str]:
    """The job's options that make it use the two servers."""
    return [
        "--understanding_provider=gemini",
        "--script_provider=gemini",
        "--vertex_project=school",
        f"--vertex_endpoint={model}",
        "--speech_provider=google",
        "--tts_transport=rest",
        f"--tts_endpoint={voice}",
    ]


def main() -> None:
    """Serve until SIGTERM."""
    with GoogleServer() as model, speech_server("rest") as speech:
        understands(model)
        model.generates(asks_for("scenes"), ScriptModel())
        assert isinstance(speech.server, GoogleServer)
        _slowly(model, lambda call: call.path.endswith(":generateContent"), MODEL_S)
        _slowly(speech.server, lambda call: call.path.endswith(":synthesize"), VOICE_S)
        print(json.dumps({"model": model.url, "voice": speech.url}), flush=True)
        signal.sigwait([signal.SIGTERM, signal.SIGINT])


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
    main()
