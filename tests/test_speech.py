"""The offline voices: words, times, and the same sound every time."""

from __future__ import annotations

import hashlib
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.support.recognise import aligned_words, word_error_rate
from vividly.lesson.speech import SpeechSynthesizer, Utterance, make_synthesizer
from vividly.lesson.speech.espeak import EspeakSynthesizer
from vividly.model.errors import PermanentError, SettingsError, TransientError
from vividly.model.settings import Settings

UGLY = (
    "Dr. Smith measured 3.5 grams of CO2, didn't he?",
    "“It’s a well-known fact” — she said… at 100°C (212 °F)!",
    "6 CO₂ + 6 H₂O → C₆H₁₂O₆ + 6 O₂",
    "Naïve café 😀 students' 'tis 1,234,567.89 50% $5.50 #1",
    "- first; second: e.g. a/b, 10–20 km/h & 东京.",
    "!? word",
)
CLEAR = (
    "Chlorophyll in the leaves captures the energy of light.",
    "That energy splits water, and oxygen is set free.",
    "The stored energy then turns carbon dioxide into sugar.",
)


def speaker(provider: str, voice: str = "", language: str = "en-US") -> SpeechSynthesizer:
    """A voice by the settings that matter to it."""
    settings = Settings("", "", "", speech_provider=provider, speech_voice=voice)
    return make_synthesizer(settings, language)


@pytest.fixture(params=["hibari/", "espeak/"], scope="module")
def voice(request: pytest.FixtureRequest) -> SpeechSynthesizer:
    """Every English voice in turn."""
    provider, _, name = request.param.partition("/")
    return speaker(provider, name)


@pytest.fixture(scope="module")
def heart() -> SpeechSynthesizer:
    """The default voice."""
    return speaker("hibari")


def digest(utterance: Utterance) -> str:
    """A hash of the sound and of the word times."""
    return hashlib.sha256(utterance.samples.tobytes() + repr(utterance.words).encode()).hexdigest()


def level(samples: np.ndarray) -> float:
    """Root mean square in dB below full scale."""
    return float(20 * np.log10(np.sqrt(np.mean((samples / 32768.0) ** 2)) + 1e-9))


@pytest.mark.parametrize("text", UGLY)
def test_words_are_the_tokens_of_the_text_in_order_inside_the_sound(
    voice: SpeechSynthesizer, text: str
) -> None:
    utterance = voice.synthesize(text)
    assert [word.text for word in utterance.words] == text.split()
    assert all(word.start <= word.end for word in utterance.words)
    assert all(one.end <= other.start for one, other in pairwise(utterance.words))
    assert utterance.words[0].start >= 0
    assert utterance.words[-1].end <= utterance.duration
    gaps = [other.start - one.end for one, other in pairwise(utterance.words)]
    assert max(gaps, default=0) < 0.6
    assert level(utterance.samples) > -40
    assert utterance.samples.dtype == np.int16
    assert utterance.samples.ndim == 1


def test_silence_around_the_words_is_short_and_silent(voice: SpeechSynthesizer) -> None:
    utterance = voice.synthesize(CLEAR[0])
    first, last = utterance.words[0], utterance.words[-1]
    assert first.start <= 0.051
    assert utterance.duration - last.end <= 0.052
    loud = np.flatnonzero(np.abs(utterance.samples) > 0.05 * np.abs(utterance.samples).max())
    rate = utterance.sample_rate
    assert loud[0] / rate < 0.15
    assert utterance.duration - loud[-1] / rate < 0.2
    assert abs(int(utterance.samples[0])) < 50
    assert abs(int(utterance.samples[-1])) < 50


def test_sentences_are_apart(voice: SpeechSynthesizer) -> None:
    utterance = voice.synthesize("Water is split. Oxygen is set free.")
    gap = utterance.words[3].start - utterance.words[2].end
    assert 0.28 <= gap <= 0.5
    middle = (utterance.words[2].end + utterance.words[3].start) / 2
    at = round(middle * utterance.sample_rate)
    assert not utterance.samples[at - 200 : at + 200].any()


def test_the_same_text_gives_the_same_bytes(voice: SpeechSynthesizer) -> None:
    text = CLEAR[0] + " " + CLEAR[1]
    first = digest(voice.synthesize(text))
    voice.synthesize("Something else in between.")
    assert digest(voice.synthesize(text)) == first
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: digest(voice.synthesize(text)), range(8))) == {first}


@pytest.mark.parametrize("provider", ["hibari", "espeak"])
def test_a_new_process_gives_the_same_bytes(provider: str) -> None:
    here = digest(speaker(provider).synthesize(CLEAR[1]))
    code = (
        "import sys; from tests.test_speech import digest, speaker;"
        "print(digest(speaker(sys.argv[1]).synthesize(sys.argv[2])))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code, provider, CLEAR[1]],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == here


def test_a_recogniser_understands_it(voice: SpeechSynthesizer) -> None:
    utterance = voice.synthesize(" ".join(CLEAR))
    assert word_error_rate(utterance.samples, utterance.sample_rate, " ".join(CLEAR)) <= 0.1


def test_a_recogniser_does_not_hear_what_was_not_said(heart: SpeechSynthesizer) -> None:
    utterance = heart.synthesize("Every number has a square root, and some of them are whole.")
    assert word_error_rate(utterance.samples, utterance.sample_rate, " ".join(CLEAR)) > 0.5


def test_word_times_agree_with_a_forced_alignment(voice: SpeechSynthesizer) -> None:
    text = " ".join(CLEAR)
    utterance = voice.synthesize(text)
    aligned = aligned_words(utterance.samples, utterance.sample_rate, text)
    assert len(aligned) == len(utterance.words)
    off = [abs(word.start - at[1]) for word, at in zip(utterance.words, aligned, strict=True)]
    assert statistics.median(off) <= 0.06
    assert sorted(off)[len(off) * 9 // 10] <= 0.12


def test_a_number_lasts_as_long_as_its_words(heart: SpeechSynthesizer) -> None:
    utterance = heart.synthesize("It holds 3.5 grams.")
    lasts = {word.text: word.end - word.start for word in utterance.words}
    assert lasts["3.5"] > 2 * lasts["It"]
    aligned = aligned_words(
        utterance.samples, utterance.sample_rate, "it holds three point five grams"
    )
    assert utterance.words[2].start == pytest.approx(aligned[2][1], abs=0.1)
    assert utterance.words[2].end == pytest.approx(aligned[4][2], abs=0.1)


def test_spanish_is_spoken_by_espeak_only() -> None:
    spanish = speaker("espeak", language="es-MX")
    text = "La fotosíntesis convierte la luz en azúcar, ¿verdad?"
    utterance = spanish.synthesize(text)
    assert [word.text for word in utterance.words] == text.split()
    english = speaker("espeak")
    assert digest(utterance) != digest(english.synthesize(text))
    assert spanish.identity != english.identity
    with pytest.raises(PermanentError, match="English only"):
        speaker("hibari", language="es-MX")


def test_identities_tell_voices_apart() -> None:
    names = {speaker("espeak", name).identity for name in ("", "en-gb", "en-us+f3")}
    assert len(names | {speaker("hibari").identity}) == 4


@pytest.mark.parametrize("text", ["", "   ", "?!", "\x00\x01", "😀"])
def test_nothing_to_say_is_refused(voice: SpeechSynthesizer, text: str) -> None:
    with pytest.raises(PermanentError, match="nothing to speak"):
        voice.synthesize(text)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 200,
        "7" * 60,
        "A1" * 30,
        "'" * 100 + "s",
        "%$&" * 60 + "a",
        "x²" * 40,
        "東" * 60,
        "\x1b[0m \x00ok\x7f",
        "1" + ",1" * 40,
        "((((" * 40 + "Ab",
    ],
)
def test_odd_text_is_spoken_without_harm(heart: SpeechSynthesizer, text: str) -> None:
    utterance = heart.synthesize(text)
    assert [word.text for word in utterance.words] == text.split()
    assert len(utterance.samples)


@pytest.mark.parametrize(
    ("provider", "name", "language", "error", "message"),
    [
        ("nobody", "", "en-US", SettingsError, "choose one of hibari, kokoro, espeak, google"),
        ("hibari", "kal99", "en-US", SettingsError, "hibari has heart"),
        ("espeak", "", "xx-XX", PermanentError, "no espeak-ng voice"),
    ],
)
def test_what_is_not_there_is_named(
    provider: str, name: str, language: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        speaker(provider, name, language)


def test_an_unknown_espeak_voice_is_named() -> None:
    with pytest.raises(SettingsError, match="no voice 'nobody'"):
        speaker("espeak", "nobody").synthesize("Hello.")


def test_a_slow_espeak_is_stopped() -> None:
    with pytest.raises(TransientError, match="was stopped"):
        EspeakSynthesizer(timeout=0.001).synthesize("Hello.")
