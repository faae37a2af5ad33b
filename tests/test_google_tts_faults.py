"""Errors of Text-to-Speech, and what a call raises for each."""

from __future__ import annotations

import io
import socket
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest
from google.cloud import texttospeech_v1beta1 as api

from tests.support import google_faults as rest
from tests.support.google_server import GoogleServer
from tests.support.tts_server import (
    SpeechServer,
    aborts,
    close_speech_clients,
    speech_server,
    waits,
)
from tests.support.tts_studio import Change, noise, wav
from tests.test_google_tts import settings_for, voice_of
from vividly.lesson.speech import make_synthesizer
from vividly.lesson.speech.google_audio import check_plausible, read_wav
from vividly.lesson.speech.google_voices import choose_voice
from vividly.lesson.speech.ssml import speech_requests
from vividly.model.errors import (
    DeadlineExceeded,
    PermanentError,
    TransientError,
    UnusableAnswer,
    VividlyError,
)
from vividly.model.settings import Settings
from vividly.model.time_left import until
from vividly.platform.cost import metered

TEXT = "Chlorophyll captures the energy of light."
STUDIO_MARKS = "`<mark>` tags are not currently supported by Studio voices."


@dataclass(frozen=True)
class Refused:
    """An error answer, on each transport.

    Attributes:
        error: the exception that the call raises.
        says: text in its message.
        wait: the wait that the service asked for.
    """

    http: int
    code: str
    message: str
    error: type[VividlyError]
    says: str
    wait: float = 0.0

    def play(self, server: SpeechServer, times: int = 1) -> None:
        """Let the next requests fail so."""
        if isinstance(server.server, GoogleServer):
            delay = f"{self.wait:g}s" if self.wait else ""
            fault = rest.status(self.http, self.message, name=self.code, retry_delay=delay)
            server.server.play(*[fault] * times, on="text:synthesize")
        else:
            fault = aborts(self.code, self.message, retry_delay=self.wait)
            server.server.play(*[fault] * times)


REFUSED = (
    Refused(400, "INVALID_ARGUMENT", STUDIO_MARKS, PermanentError, "--speech_voice"),
    Refused(401, "UNAUTHENTICATED", "Invalid credential.", PermanentError, "service account"),
    Refused(403, "PERMISSION_DENIED", "API is disabled.", PermanentError, "texttospeech.google"),
    Refused(404, "NOT_FOUND", "No such voice.", PermanentError, "--speech_voice"),
    Refused(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", TransientError, "Quota", wait=7.0),
    Refused(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", TransientError, "Quota"),
    Refused(500, "INTERNAL", "Internal error.", TransientError, "Internal"),
    Refused(503, "UNAVAILABLE", "Back-end away.", TransientError, "away"),
    Refused(504, "DEADLINE_EXCEEDED", "Took too long.", TransientError, "long"),
)


@pytest.fixture(params=["grpc", "rest"])
def server(request: pytest.FixtureRequest) -> Iterator[SpeechServer]:
    """Text-to-Speech over each transport in turn."""
    with speech_server(request.param) as server:
        yield server


@pytest.mark.parametrize("refused", REFUSED, ids=lambda r: f"{r.code}-{r.wait:g}")
def test_a_refusal_says_why_and_what_to_do(server: SpeechServer, refused: Refused) -> None:
    synthesizer = voice_of(server)
    refused.play(server)
    with metered() as meter, pytest.raises(refused.error, match=refused.says) as caught:
        synthesizer.synthesize(TEXT)
    assert "Text-to-Speech (en-US-Neural2-F)" in str(caught.value)
    # On a 401 the REST client asks for new credentials, and reports that there are none.
    said = "no usable credentials" if refused.http == 401 else refused.message.split(".")[0]
    assert said in str(caught.value) or refused.message in str(caught.value)
    assert meter.usage == ()
    if isinstance(caught.value, TransientError):
        assert caught.value.retry_after == (refused.wait or None)
    assert len(synthesizer.synthesize(TEXT).words) == 6


@pytest.mark.parametrize("voice", ["en-US-Neural2-F", "en-US-Studio-O", "Chirp3-HD-Kore"])
def test_a_refusal_that_repeats_the_text_is_not_passed_on(server: SpeechServer, voice: str) -> None:
    message = f"Cannot say: {TEXT}"
    Refused(400, "INVALID_ARGUMENT", message, PermanentError, "").play(server)
    with pytest.raises(PermanentError, match="withheld") as caught:
        voice_of(server, voice).synthesize(TEXT)
    assert "hlorophyll" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("voice", ["en-US-Neural2-F", "Chirp3-HD-Kore"])
@pytest.mark.parametrize(
    "message",
    [
        "This request contains sentences that are too long. Consider splitting up long sentences"
        " with sentence ending punctuation e.g. periods.",
        'Sentence starting with: "When" is too long. To fix, split it into shorter sentences.',
    ],
    ids=["any", "one"],
)
def test_a_sentence_that_is_too_long_is_cut_at_a_comma(
    server: SpeechServer, voice: str, message: str
) -> None:
    long = "When light falls on a leaf, the green chlorophyll captures its energy."
    whole = voice_of(server, voice).synthesize(long)
    before = len(server.truth)
    refused = Refused(400, "INVALID_ARGUMENT", message, PermanentError, "")
    refused.play(server)
    cut = voice_of(server, voice).synthesize(long)
    assert [word.text for word in cut.words] == [word.text for word in whole.words]
    said = [" ".join(word for word, _, _ in spoken.words) for spoken in server.truth[before:]]
    assert [one.split()[-1].strip(",.") for one in said] == ["leaf", "energy"]
    refused.play(server, times=20)
    with pytest.raises(PermanentError):
        voice_of(server, voice).synthesize("Light falls on a leaf.")


def test_an_answer_that_comes_too_late_is_not_waited_for(server: SpeechServer) -> None:
    settings = settings_for(server, speech_timeout=0.4)
    synthesizer = make_synthesizer(settings, "en-US")
    if isinstance(server.server, GoogleServer):
        server.server.play(rest.slow(1.5), on="text:synthesize")
    else:
        server.server.play(waits(1.5))
    with pytest.raises(TransientError):
        synthesizer.synthesize(TEXT)


def test_a_call_takes_no_longer_than_its_stage_has_left(server: SpeechServer) -> None:
    synthesizer = voice_of(server)
    if isinstance(server.server, GoogleServer):
        server.server.play(rest.slow(5), on="text:synthesize")
    else:
        server.server.play(waits(5))
    began = time.monotonic()
    with until(time.time() + 0.5), pytest.raises(TransientError, match="Text-to-Speech"):
        synthesizer.synthesize(TEXT)
    assert time.monotonic() - began < 2
    with until(time.time()), pytest.raises(DeadlineExceeded):
        synthesizer.synthesize(TEXT)


@pytest.mark.parametrize(
    "fault",
    [rest.hung_up, rest.dropped, rest.page(), rest.page(502), rest.truncated],
    ids=["hung up", "dropped", "a page", "a page with 502", "truncated"],
)
def test_a_rest_answer_that_is_none_will_pass(fault: Callable[..., None]) -> None:
    with speech_server("rest") as server:
        assert isinstance(server.server, GoogleServer)
        server.server.play(fault, on="text:synthesize")
        synthesizer = voice_of(server)
        with pytest.raises(TransientError):
            synthesizer.synthesize(TEXT)
        assert len(synthesizer.synthesize(TEXT).words) == 6


@contextmanager
def hanging_up() -> Iterator[str]:
    """The address of a server that closes every connection after a few bytes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def close_all() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connection.recv(64)
            connection.close()

    threading.Thread(target=close_all, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()


@pytest.fixture
def _closed() -> Iterator[None]:
    yield
    close_speech_clients()


@pytest.mark.usefixtures("_closed")
@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_a_connection_that_is_dropped_or_refused_will_pass(transport: str) -> None:
    settings = Settings("", "", "", speech_provider="google", tts_transport=transport,
                        speech_timeout=3.0)  # fmt: skip
    with hanging_up() as url, pytest.raises(TransientError, match="Text-to-Speech"):
        make_synthesizer(replace(settings, tts_endpoint=url), "en-US").synthesize(TEXT)
    with pytest.raises(TransientError, match="Text-to-Speech"):
        make_synthesizer(replace(settings, tts_endpoint=url), "en-US").synthesize(TEXT)


def sound(data: bytes | Callable[[bytes], bytes]) -> Change:
    """Puts another sound into an answer."""

    def change(answer: api.SynthesizeSpeechResponse) -> api.SynthesizeSpeechResponse:
        answer.audio_content = data(answer.audio_content) if callable(data) else data
        return answer

    return change


def eight_bit() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(1)
        out.setframerate(24_000)
        out.writeframes(bytes(24_000))
    return file.getvalue()


SPOILED: tuple[tuple[str, bytes | Callable[[bytes], bytes], str], ...] = (
    ("nothing", b"", "0 bytes that are no whole WAV file"),
    ("a page", rest.PAGE, "no whole WAV file .*<"),
    ("an MP3", b"ID3\x04" + bytes(900), "no whole WAV file .*ID3"),
    ("bare samples", bytes(range(250)) * 90, "22500 bytes that are no whole WAV file"),
    ("cut off", lambda wav: wav[: len(wav) // 2], r"cut off: \d+ samples are missing"),
    ("the header alone", lambda wav: wav[:36], "no whole WAV file .*RIFF"),
    ("half a header", lambda wav: wav[:20], "no whole WAV file .*ends early.*RIFF"),
    ("no samples", wav(np.zeros(0, np.int16), 24_000), "cut off: .*, and 0 are there"),
    ("another rate", wav(np.ones(16_000, np.int16), 16_000), "16000 Hz"),
    ("two channels", wav(np.ones(48_000, np.int16), 24_000, channels=2), "2 channels"),
    ("eight bits", eight_bit(), "8 bits"),
    ("silence", wav(np.zeros(48_000, np.int16), 24_000), "silence for 6 words"),
    ("too short", noise(0.05), "0.1 s of sound for 6 words"),
    ("too long", noise(40.0), "40.0 s of sound for 6 words"),
)


@pytest.mark.parametrize(("name", "data", "says"), SPOILED, ids=[row[0] for row in SPOILED])
def test_a_sound_that_is_none_never_gets_into_a_lesson(
    server: SpeechServer, name: str, data: bytes | Callable[[bytes], bytes], says: str
) -> None:
    synthesizer = voice_of(server)
    server.spoil(sound(data))
    with metered() as meter, pytest.raises(UnusableAnswer, match=says) as caught:
        synthesizer.synthesize(TEXT)
    assert "hlorophyll" not in str(caught.value)
    assert [usage.sku for usage in meter.usage] == ["google-tts/neural2"]
    assert len(synthesizer.synthesize(TEXT).words) == 6


@pytest.mark.parametrize(
    "extra", [b"LIST\x05\x00\x00\x00INFO\x00\x00", b"fact\x04\x00\x00\x00abcd"]
)
def test_other_chunks_of_a_wav_file_are_passed_over(extra: bytes) -> None:
    plain = noise(0.5)
    longer = plain[8:36] + extra + plain[36:]
    longer = b"RIFF" + len(longer).to_bytes(4, "little") + longer
    assert np.array_equal(read_wav(longer, 24_000), read_wav(plain, 24_000))


@pytest.mark.parametrize("seconds", [1.0, 2.5, 6.0])
def test_slow_and_fast_speech_are_plausible(seconds: float) -> None:
    family = choose_voice("en-US").family
    (request,) = speech_requests(TEXT, "en-US", ssml=family.ssml, marks=True)
    words = [token.expected for token in request.tokens if token.expected]
    check_plausible(read_wav(noise(seconds), 24_000), 24_000, words, 1.0)
