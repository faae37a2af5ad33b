"""Google's voices, over gRPC and REST: text, times, cost and choice of voice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from google.cloud import texttospeech_v1beta1 as api

from tests.support.recognise import word_error_rate
from tests.support.tts_server import SpeechServer, speech_server
from tests.support.tts_studio import Change, Spoken
from vividly.lesson.speech import SpeechSynthesizer, Utterance, google_tts, make_synthesizer
from vividly.lesson.speech.google_audio import read_wav
from vividly.model.errors import PermanentError, SettingsError
from vividly.model.settings import Settings
from vividly.platform.cost import load_prices, metered

CLEAR = (
    "Chlorophyll in the leaves captures the energy of light."
    " That energy splits water, and oxygen is set free."
)
LINES = (
    CLEAR,
    "Bees carry pollen from one flower to another, and the flower pays them in nectar.",
    "Divide both sides of the equation by three. What is left is the answer.",
    "The moon has no air, so a feather falls as fast as a hammer.",
    "Ice floats because water, unlike most liquids, grows lighter when it freezes.",
)
UGLY = (
    "Dr. Smith measured 3.5 grams of CO2, didn't he?",
    "“It’s a well-known fact” — she said… at 100°C (212 °F)!",
    "6 CO₂ + 6 H₂O → C₆H₁₂O₆ + 6 O₂",
    "Naïve café 😀 students' 'tis 1,234,567.89 50% $5.50 #1",
    "if a < b && c > d, </speak> then \x00 stop",
)
FAMILIES = ("", "en-US-Wavenet-D", "en-US-Standard-C", "en-US-Studio-O", "Chirp3-HD-Kore",
            "en-US-Polyglot-1")  # fmt: skip


@pytest.fixture(params=["grpc", "rest"])
def server(request: pytest.FixtureRequest) -> Iterator[SpeechServer]:
    """Text-to-Speech over each transport in turn."""
    with speech_server(request.param) as server:
        yield server


@pytest.fixture
def grpc_server() -> Iterator[SpeechServer]:
    """Text-to-Speech, for tests that do not depend on the transport."""
    with speech_server("grpc") as server:
        yield server


def settings_for(server: SpeechServer, **changes: object) -> Settings:
    """Settings of a job that speaks by this server."""
    return Settings(
        "",
        "",
        "",
        **{
            "speech_provider": "google",
            "tts_transport": server.transport,
            "tts_endpoint": server.url,
            **changes,
        },  # type: ignore[arg-type]
    )


def voice_of(
    server: SpeechServer, voice: str = "", language: str = "en-US", style: str = ""
) -> SpeechSynthesizer:
    """A voice of this server."""
    return make_synthesizer(settings_for(server, speech_voice=voice, speech_style=style), language)


def onset_errors(utterance: Utterance, spoken: Spoken, sent: bytes) -> list[float]:
    """How far the onset of every word is off, in seconds, for a text of one request."""
    rate = utterance.sample_rate
    whole = read_wav(sent, rate)
    inner = utterance.samples[2000:6000].tobytes()
    shift = whole.tobytes().index(inner) / 2 / rate - 2000 / rate
    assert len(spoken.words) == len(utterance.words)
    pairs = zip(utterance.words, spoken.words, strict=True)
    return [abs(word.start + shift - said[1]) for word, said in pairs]


def keeping(answers: list[bytes]) -> Change:
    """Lets an answer through, and keeps its sound."""

    def keep(answer: api.SynthesizeSpeechResponse) -> api.SynthesizeSpeechResponse:
        answers.append(answer.audio_content)
        return answer

    return keep


@pytest.mark.parametrize("text", UGLY)
@pytest.mark.parametrize("voice", FAMILIES)
def test_words_are_the_tokens_of_the_text_in_order_inside_the_sound(
    grpc_server: SpeechServer, voice: str, text: str
) -> None:
    utterance = voice_of(grpc_server, voice).synthesize(text)
    assert [word.text for word in utterance.words] == text.split()
    assert all(word.start <= word.end for word in utterance.words)
    assert all(one.end <= other.start for one, other in pairwise(utterance.words))
    assert utterance.words[0].start >= 0
    assert utterance.words[-1].end <= utterance.duration
    assert utterance.sample_rate == 24_000
    assert utterance.samples.dtype == np.int16 and utterance.samples.ndim == 1


@pytest.mark.parametrize(
    ("voice", "median", "most"),
    [("", 0.01, 0.13), ("en-US-Wavenet-D", 0.01, 0.13), ("en-US-Studio-O", 0.06, 0.35),
     ("Chirp3-HD-Kore", 0.06, 0.35)],
)  # fmt: skip
def test_words_are_where_they_are_said(
    server: SpeechServer, voice: str, median: float, most: float
) -> None:
    sent: list[bytes] = []
    server.spoil(*[keeping(sent)] * len(LINES))
    synthesizer = voice_of(server, voice)
    off: list[float] = []
    for at, line in enumerate(LINES):
        utterance = synthesizer.synthesize(line)
        off += onset_errors(utterance, server.truth[at], sent[at])
    assert np.median(off) <= median
    assert max(off) <= most


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.7])
def test_marks_that_are_left_out_are_made_up_for(grpc_server: SpeechServer, kept: float) -> None:
    sent: list[bytes] = []

    def drop(answer: api.SynthesizeSpeechResponse) -> api.SynthesizeSpeechResponse:
        sent.append(answer.audio_content)
        random = np.random.default_rng(5)
        points = [point for point in answer.timepoints if random.random() < kept]
        answer.timepoints = points
        return answer

    grpc_server.spoil(drop)
    utterance = voice_of(grpc_server, "en-US-Standard-C").synthesize(CLEAR)
    off = onset_errors(utterance, grpc_server.truth[0], sent[0])
    assert np.median(off) <= {0.0: 0.1, 0.3: 0.06, 0.7: 0.01}[kept]
    assert max(off) <= {0.0: 0.35, 0.3: 0.3, 0.7: 0.2}[kept]


def test_marks_that_cannot_be_are_passed_over(grpc_server: SpeechServer) -> None:
    sent: list[bytes] = []

    def confuse(answer: api.SynthesizeSpeechResponse) -> api.SynthesizeSpeechResponse:
        sent.append(answer.audio_content)
        for at, seconds in ((2, 900.0), (4, -3.0), (6, 0.0)):
            answer.timepoints[at].time_seconds = seconds
        answer.timepoints[8].mark_name = "no mark of ours"
        return answer

    grpc_server.spoil(confuse)
    utterance = voice_of(grpc_server).synthesize(CLEAR)
    assert max(onset_errors(utterance, grpc_server.truth[0], sent[0])) <= 0.3


def test_a_recogniser_understands_it(grpc_server: SpeechServer) -> None:
    utterance = voice_of(grpc_server, "en-US-Neural2-D").synthesize(CLEAR)
    assert word_error_rate(utterance.samples, utterance.sample_rate, CLEAR) <= 0.1


@pytest.mark.parametrize("voice", FAMILIES)
def test_a_family_is_only_asked_for_what_it_can_do(server: SpeechServer, voice: str) -> None:
    voice_of(server, voice, style="calm").synthesize("Plants take in CO₂.")
    request = server.truth[0].request
    marks = not re.search("Studio|Chirp|Polyglot", voice)
    assert bool(request.input.ssml) == ("Chirp" not in voice)
    assert ("<mark" in request.input.ssml) == marks
    assert bool(request.enable_time_pointing) == marks
    assert request.audio_config.pitch == (-1.0 if marks else 0.0)
    assert request.audio_config.speaking_rate == pytest.approx(0.92)
    assert "C O 2" in (request.input.ssml or request.input.text)


def test_a_plain_http_address_is_given_no_credentials(
    server: SpeechServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json")
    voice_of(server).synthesize("Hello.")
    assert server.truth[0].authorization == ""


@pytest.mark.parametrize(
    ("voice", "sku"),
    [("", "google-tts/neural2"), ("en-US-Wavenet-D", "google-tts/wavenet"),
     ("en-US-Standard-C", "google-tts/standard"), ("en-US-Studio-O", "google-tts/studio"),
     ("en-US-Polyglot-1", "google-tts/polyglot"), ("Chirp3-HD-Kore", "google-tts/chirp3-hd")],
)  # fmt: skip
def test_every_character_but_those_of_marks_is_charged_and_has_a_price(
    grpc_server: SpeechServer, voice: str, sku: str
) -> None:
    synthesizer = voice_of(grpc_server, voice)
    with metered() as meter:
        synthesizer.synthesize("Plants take in CO₂.")
    (usage,) = meter.usage
    given = grpc_server.truth[0].request.input
    billed = len(re.sub(r"<mark [^>]*>", "", given.ssml or given.text))
    assert (usage.sku, usage.unit, usage.amount) == (sku, "characters", billed)
    assert synthesizer.sku == sku
    assert load_prices("").price(sku, "characters") > 0


def test_what_was_spoken_lately_is_not_paid_for_again(grpc_server: SpeechServer) -> None:
    synthesizer = voice_of(grpc_server)
    first = synthesizer.synthesize(CLEAR)
    with metered() as meter:
        again = synthesizer.synthesize(CLEAR)
    assert meter.usage == ()
    assert len(grpc_server.truth) == 1
    assert np.array_equal(first.samples, again.samples) and first.words == again.words
    synthesizer.synthesize("Something else.")
    assert len(grpc_server.truth) == 2


def test_the_same_words_at_other_places_of_a_text_keep_their_own_times(
    grpc_server: SpeechServer,
) -> None:
    synthesizer = voice_of(grpc_server, "en-US-Studio-O")
    first = synthesizer.synthesize("Water is split.")
    moved = synthesizer.synthesize("😀 Water is split.")
    assert [word.text for word in moved.words] == ["😀", "Water", "is", "split."]
    assert moved.words[1:] == first.words


def test_only_so_much_speech_is_kept(
    grpc_server: SpeechServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google_tts, "_RECENT_SECONDS", 1.5)
    synthesizer = voice_of(grpc_server)
    for text in ("Light.", "Light.", "Heat moves up.", "Light."):
        synthesizer.synthesize(text)
    asked = [spoken.request.input.ssml for spoken in grpc_server.truth]
    assert ["Light" in ssml for ssml in asked] == [True, False, True]


def test_a_long_text_is_spoken_in_several_requests_and_joined_without_a_click(
    grpc_server: SpeechServer,
) -> None:
    text = " ".join(f"{CLEAR} This was said {count} times." for count in range(2, 16))
    utterance = voice_of(grpc_server).synthesize(text)
    inputs = [spoken.request.input.ssml for spoken in grpc_server.truth]
    assert len(inputs) > 1
    assert max(len(ssml.encode()) for ssml in inputs) <= 5000
    assert all(re.search(r"[.!?]</speak>$", ssml) for ssml in inputs)
    assert [word.text for word in utterance.words] == text.split()
    assert all(one.end <= other.start for one, other in pairwise(utterance.words))
    # At the joins the sound jumps no more than inside a single request.
    alone = voice_of(grpc_server).synthesize(CLEAR)
    jumps = np.abs(np.diff(utterance.samples.astype(int)))
    assert jumps.max() <= 1.5 * np.abs(np.diff(alone.samples.astype(int))).max()
    lead = len(re.findall("<mark", inputs[0]))
    one, other = utterance.words[lead - 1], utterance.words[lead]
    assert 0.28 <= other.start - one.end <= 0.5
    middle = round((one.end + other.start) / 2 * utterance.sample_rate)
    assert not utterance.samples[middle - 200 : middle + 200].any()


@pytest.mark.parametrize(
    ("text", "pause"), [("the water is split, " * 60, 0.12), ("the water is split " * 60, 0.0)]
)
def test_a_cut_inside_of_a_sentence_is_a_short_pause(
    grpc_server: SpeechServer, text: str, pause: float
) -> None:
    utterance = voice_of(grpc_server).synthesize(text)
    assert len(grpc_server.truth) == 2
    cut = len(re.findall("<mark", grpc_server.truth[0].request.input.ssml))
    one, other = utterance.words[cut - 1], utterance.words[cut]
    # Each part keeps a margin of 0.05 s around its words.
    assert other.start - one.end == pytest.approx(pause + 0.1, abs=0.03)


def test_a_style_changes_the_pace(grpc_server: SpeechServer) -> None:
    calm = voice_of(grpc_server, "en-US-Neural2-F", style="calm").synthesize(CLEAR)
    lively = voice_of(grpc_server, "en-US-Neural2-F", style="lively").synthesize(CLEAR)
    # The stand-in voice rounds its durations, so its pace follows the rate in steps.
    assert 1.05 <= calm.duration / lively.duration <= 1.35


def test_many_threads_share_a_voice(server: SpeechServer) -> None:
    synthesizer = voice_of(server)
    texts = [f"Leaf number {count} catches light." for count in range(4)] * 3
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(synthesizer.synthesize, texts))
    for one, other in zip(found[:4], found[4:8], strict=True):
        assert np.array_equal(one.samples, other.samples) and one.words == other.words


def test_identities_tell_apart_what_sounds_different(grpc_server: SpeechServer) -> None:
    voices = [
        voice_of(grpc_server),
        voice_of(grpc_server, style="calm"),
        voice_of(grpc_server, style="lively"),
        voice_of(grpc_server, "en-US-Wavenet-D"),
        voice_of(grpc_server, "Chirp3-HD-Kore"),
        voice_of(grpc_server, language="en-GB"),
        voice_of(grpc_server, language="es-MX"),
    ]
    assert len({voice.identity for voice in voices}) == len(voices)
    assert voice_of(grpc_server).identity == voice_of(grpc_server, style="warm").identity


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es-MX", "La fotosíntesis convierte la luz en azúcar, ¿verdad?"),
        ("fr-FR", "L’eau bout à 100 °C, n’est-ce pas ?"),
        ("de-DE", "Pflanzen brauchen Licht und Wasser."),
        ("pt-BR", "As plantas usam a luz do sol."),
        ("it-IT", "Le piante usano la luce del sole."),
    ],
)
def test_other_languages_are_spoken(server: SpeechServer, language: str, text: str) -> None:
    utterance = voice_of(server, language=language).synthesize(text)
    assert [word.text for word in utterance.words] == text.split()
    assert server.truth[0].request.voice.language_code in ("es-US", language)


def test_the_service_is_asked_whether_it_has_the_voice(server: SpeechServer) -> None:
    for voice in FAMILIES:
        voice_of(server, voice).check()  # type: ignore[attr-defined]
    gone = voice_of(server, "en-US-Neural2-Z")
    with pytest.raises(SettingsError, match=r"no voice 'en-US-Neural2-Z'.*en-US-Neural2-F"):
        gone.check()  # type: ignore[attr-defined]
    with pytest.raises(PermanentError, match="does not exist"):
        gone.synthesize("Hello.")


@pytest.mark.parametrize("text", ["", "?!", "😀", "\x00\x01"])
def test_nothing_to_say_is_refused_before_anything_is_sent(
    grpc_server: SpeechServer, text: str
) -> None:
    with pytest.raises(PermanentError, match="nothing to speak"):
        voice_of(grpc_server).synthesize(text)
    assert grpc_server.truth == []


@pytest.mark.parametrize(
    "endpoint", ["ftp://host", "https://", "http://host/path", "host:notaport", "https://h:0"]
)
@pytest.mark.parametrize("transport", ["grpc", "rest"])
def test_an_address_that_is_none_is_a_setting_to_fix(endpoint: str, transport: str) -> None:
    settings = Settings(
        "", "", "", speech_provider="google", tts_transport=transport, tts_endpoint=endpoint
    )
    with pytest.raises(SettingsError, match="--tts_endpoint="):
        make_synthesizer(settings, "en-US")
