"""The table of Google's voices, and how one is chosen."""

from __future__ import annotations

import pytest

from tests.support.tts_studio import VOICES
from vividly.lesson.speech import LanguageNotSpoken, check_speech_settings, make_synthesizer
from vividly.lesson.speech.google_voices import choose_voice, spoken_languages
from vividly.model.errors import PermanentError, SettingsError
from vividly.model.settings import Settings


def local(**changes: str) -> Settings:
    """Settings that reach for nothing outside of this machine."""
    return Settings("", "", "", **{"tts_endpoint": "http://127.0.0.1:9", **changes})  # type: ignore[arg-type]


STYLES = ("warm", "calm", "lively")


@pytest.mark.parametrize("language", spoken_languages())
@pytest.mark.parametrize("style", STYLES)
def test_every_voice_of_the_table_exists(language: str, style: str) -> None:
    voice = choose_voice(language, style=style)
    assert voice.name in VOICES
    assert voice.locale == language
    assert 0.85 <= voice.rate <= 1.1
    assert voice.family.sample_rate == 24_000


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("en", "en-US"), ("en-US", "en-US"), ("EN-us", "en-US"), ("en_GB", "en-GB"),
        ("en-NZ", "en-AU"), ("en-CA", "en-US"), ("es", "es-US"), ("es-MX", "es-US"),
        ("es-419", "es-US"), ("es-ES", "es-ES"), ("pt-PT", "pt-BR"), ("fr-CH", "fr-FR"),
        ("fr-CA", "fr-CA"), ("hi-Deva-IN", "hi-IN"), ("de-AT", "de-DE"), ("uk", "uk-UA"),
    ],
)  # fmt: skip
def test_a_language_gets_the_nearest_locale(language: str, locale: str) -> None:
    assert choose_voice(language).locale == locale


def test_styles_are_different_voices_or_manners() -> None:
    for language in spoken_languages():
        chosen = {choose_voice(language, style=style) for style in STYLES}
        assert len(chosen) == 3
    assert choose_voice("en-US") == choose_voice("en-US", style="warm")


@pytest.mark.parametrize("language", ["xx-XX", "tlh", "zh-Hant-TW", ""])
def test_a_language_without_a_voice_is_named_with_those_that_have_one(language: str) -> None:
    with pytest.raises(PermanentError, match=r"ask for one of en-US, en-GB, .*hi-IN") as caught:
        choose_voice(language)
    assert not isinstance(caught.value, SettingsError)
    assert repr(language) in str(caught.value)


@pytest.mark.parametrize(
    ("voice", "language", "name"),
    [
        ("en-GB-Studio-B", "en-US", "en-GB-Studio-B"),
        ("en-GB-Studio-B", "en-GB", "en-GB-Studio-B"),
        ("en-GB-Studio-B", "es-MX", "es-US-Neural2-A"),
        ("Chirp3-HD-Kore", "en-US", "en-US-Chirp3-HD-Kore"),
        ("Chirp3-HD-Kore", "hi", "hi-IN-Chirp3-HD-Kore"),
        ("Wavenet-D", "fr-CA", "fr-CA-Wavenet-D"),
    ],
)
def test_a_voice_that_is_named_is_used_for_its_language(
    voice: str, language: str, name: str
) -> None:
    assert choose_voice(language, voice=voice).name == name


@pytest.mark.parametrize(
    "voice", ["nobody", "en-US", "en-US-", "en-US-Journey-F", "Neural2", "rms", "en-us-neural2-f"]
)
def test_a_voice_of_no_known_family_is_a_setting_to_fix(voice: str) -> None:
    with pytest.raises(SettingsError, match=r"--speech_voice=.*Neural2, Wavenet, Standard"):
        choose_voice("en-US", voice=voice)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"speech_provider": "google", "speech_style": "angry"}, "warm, calm, lively"),
        ({"speech_provider": "google", "speech_voice": "rms"}, "--speech_voice='rms'"),
        ({"speech_provider": "hibari", "speech_style": "warm"}, "have no styles"),
        ({"speech_provider": "espeak", "speech_style": "calm"}, "have no styles"),
        ({"speech_provider": "nobody"}, "hibari, kokoro, espeak, google"),
    ],
)
def test_settings_that_cannot_be_are_refused_at_launch(
    changes: dict[str, str], message: str
) -> None:
    settings = Settings("", "", "", **changes)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=message):
        check_speech_settings(settings)
    with pytest.raises(SettingsError, match=message):
        make_synthesizer(settings, "en-US")


@pytest.mark.parametrize(
    ("providers", "language", "identity"),
    [
        ("hibari,espeak", "en-US", "hibari"),
        ("hibari,espeak", "es-MX", "espeak-ng"),
        ("hibari,kokoro,espeak", "es-MX", "kokoro/em_alex"),
        ("hibari,kokoro,espeak", "fr-FR", "espeak-ng"),
        ("kokoro,hibari", "en-US", "kokoro/am_michael"),
        ("hibari, google", "hi-IN", "google-tts/hi-IN-Neural2-A"),
        ("google,hibari", "en-GB", "google-tts/en-GB-Neural2-A"),
        ("espeak,google", "sw-KE", "google-tts/sw-KE-Chirp3-HD-Sulafat"),
    ],
)
def test_the_first_provider_that_speaks_the_language_does_it(
    providers: str, language: str, identity: str
) -> None:
    made = make_synthesizer(local(speech_provider=providers), language)
    assert made.identity.startswith(identity)


def test_the_voice_and_the_style_are_those_of_the_first_provider() -> None:
    settings = local(speech_provider="hibari,google", speech_voice="heart")
    assert "/heart/" in make_synthesizer(settings, "en-US").identity
    assert "es-US-Neural2-A" in make_synthesizer(settings, "es-MX").identity
    settings = local(speech_provider="google,espeak", speech_style="calm")
    assert "rate=0.92" in make_synthesizer(settings, "es-MX").identity


@pytest.mark.parametrize(
    "providers", ["hibari", "hibari,kokoro", "hibari,espeak", "espeak,google", "google"]
)
def test_a_language_that_no_provider_speaks_is_named(providers: str) -> None:
    with pytest.raises(LanguageNotSpoken, match="'tlh'") as caught:
        make_synthesizer(local(speech_provider=providers), "tlh")
    assert str(caught.value).count("'tlh'") == providers.count(",") + 1


def test_a_provider_that_fails_is_not_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json")
    settings = local(speech_provider="google,hibari", tts_endpoint="https://localhost:1")
    with pytest.raises(PermanentError, match="credentials") as caught:
        make_synthesizer(settings, "en-US")
    assert not isinstance(caught.value, LanguageNotSpoken)


@pytest.mark.parametrize("provider", ["hibari", "kokoro", "espeak", "google"])
def test_settings_that_fit_are_let_through(provider: str) -> None:
    style = "calm" if provider == "google" else ""
    check_speech_settings(Settings("", "", "", speech_provider=provider, speech_style=style))
