"""Speech: text in, sound with the time of every word out, by a provider of choice."""

from __future__ import annotations

from dataclasses import replace

from vividly.errors import SettingsError
from vividly.settings import SPEECH_PROVIDERS, Settings
from vividly.speech.espeak import EspeakSynthesizer
from vividly.speech.flite import FliteSynthesizer
from vividly.speech.google_voices import check_voice_settings
from vividly.speech.synthesizer import LanguageNotSpoken, SpeechSynthesizer, Utterance

__all__ = [
    "LanguageNotSpoken",
    "SpeechSynthesizer",
    "Utterance",
    "check_speech_settings",
    "make_synthesizer",
]


def make_synthesizer(settings: Settings, language: str) -> SpeechSynthesizer:
    """The voice that the settings ask for, by the first provider that speaks the language.

    Args:
        settings: `speech_provider` names `flite` (English), `espeak` or `google`, or several;
            `speech_voice` and `speech_style` are those of the first one.
        language: BCP 47.

    Raises:
        SettingsError: no such provider, voice or style, or it is not installed.
        LanguageNotSpoken: no provider speaks the language.
        PermanentError: the provider refuses, as it does without credentials.
    """
    check_speech_settings(settings)
    refusals: list[str] = []
    for at, provider in enumerate(settings.speech_providers):
        own = replace(settings, speech_voice="", speech_style="") if at else settings
        try:
            return _make(provider, own, language)
        except LanguageNotSpoken as refusal:
            refusals.append(str(refusal))
    raise LanguageNotSpoken("; ".join(refusals))


def check_speech_settings(settings: Settings) -> None:
    """Refuse settings of speech that do not fit together, without loading any voice.

    Raises:
        SettingsError: no such provider, or the first one has no such voice or style.
    """
    first, *_ = settings.speech_providers
    style, voice = settings.speech_style, settings.speech_voice
    for provider in settings.speech_providers:
        if provider not in SPEECH_PROVIDERS:
            raise SettingsError(
                f"--speech_provider={settings.speech_provider!r}: choose one of"
                f" {', '.join(SPEECH_PROVIDERS)}, or several with commas between them"
            )
    if first == "google":
        check_voice_settings(style=style, voice=voice)
    elif style:
        raise SettingsError(
            f"--speech_style={style!r}: the voices of {first} have no styles; leave it out, or"
            " choose --speech_provider=google"
        )


def _make(provider: str, settings: Settings, language: str) -> SpeechSynthesizer:
    voice = settings.speech_voice or None
    if provider == "google":
        # Here, since Google's library takes a second to load.
        from vividly.speech.google_tts import GoogleSynthesizer

        return GoogleSynthesizer(settings, language)
    if provider == "espeak":
        return EspeakSynthesizer(voice, language)
    if language.split("-")[0].lower() != "en":
        raise LanguageNotSpoken(
            f"flite speaks English only, not {language!r}: name another provider besides, such"
            " as --speech_provider=flite,espeak"
        )
    return FliteSynthesizer(voice)
