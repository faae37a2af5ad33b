"""Speech: text in, sound with the time of every word out, by a provider of choice."""

from __future__ import annotations

from vividly.errors import PermanentError, SettingsError
from vividly.speech.espeak import EspeakSynthesizer
from vividly.speech.flite import FliteSynthesizer
from vividly.speech.synthesizer import SpeechSynthesizer, Utterance

__all__ = ["SpeechSynthesizer", "Utterance", "make_synthesizer"]


def make_synthesizer(provider: str, voice: str | None, language: str) -> SpeechSynthesizer:
    """The voice that the settings ask for.

    Args:
        provider: `flite` (English) or `espeak`.
        voice: the provider's own name of a voice, or None for its default.
        language: BCP 47.

    Raises:
        SettingsError: no such provider or voice, or it is not installed.
        PermanentError: the provider does not speak the language.
    """
    if provider == "flite":
        if language.split("-")[0].lower() != "en":
            raise PermanentError(
                f"flite speaks English only, not {language!r}:"
                " use --speech_provider=espeak for this language"
            )
        return FliteSynthesizer(voice)
    if provider == "espeak":
        return EspeakSynthesizer(voice, language)
    raise SettingsError(f"--speech_provider={provider!r}: choose flite or espeak")
