"""Offline English with hibari's voice `heart`: a small neural network out of a Python package.

A sound of 100 s takes about 1 s of one core.
"""

from __future__ import annotations

from functools import cache
from importlib import metadata
from importlib.resources import files
from typing import Any

import numpy as np
from hibari import dsp

from vividly.lesson.speech.assemble import rules_fingerprint
from vividly.lesson.speech.english import phonemes
from vividly.lesson.speech.neural import load_model, machine, speak
from vividly.lesson.speech.pronunciations import NO_PRONUNCIATIONS, Pronunciations
from vividly.lesson.speech.spoken import sentences, spoken_tokens
from vividly.lesson.speech.synthesizer import USUAL_GRADE, Floats, Utterance, by_grade
from vividly.model.errors import SettingsError

VOICES = ("heart",)
_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
_DURATIONS = "/Clip_output_0"
_PACES = (0.8, 0.802, 0.86)
"""Speeds below grade 5, at grade 5 and at grade 12: with the pauses between lines, about 145, 150
and 165 words a minute. Rounded durations make steps: 0.79 would be 133."""
_SEED = 0


class HibariSynthesizer:
    """The American English voice `heart`. Its model is a part of the package `hibari-tts`."""

    sku = ""
    at_once = 1
    uses_all_cores = False

    def __init__(
        self,
        voice: str = "",
        pronunciations: Pronunciations = NO_PRONUNCIATIONS,
    ) -> None:
        """Load the voice.

        Raises:
            SettingsError: no such voice, or the installed model is another one.
        """
        self._name = voice or VOICES[0]
        if self._name not in VOICES:
            raise SettingsError(
                f"--speech_voice={voice!r}: hibari has {', '.join(VOICES)}; choose one of them"
            )
        self._pronunciations = pronunciations
        _model()

    @property
    def identity(self) -> str:
        """Package version, voice, model, machine and a hash of the speech code."""
        return (
            f"hibari/{metadata.version('hibari-tts')}/{self._name}/{_SHA256[:8]}"
            f"/{machine()}/{dsp.FFT_BACKEND}/rules={rules_fingerprint()}"
            f"{self._pronunciations.identity}"
        )

    def synthesize(self, text: str, grade: int = USUAL_GRADE) -> Utterance:
        """Speak a text, one sentence at a time. See `SpeechSynthesizer.synthesize`."""
        return self.synthesize_at(text, by_grade(grade, *_PACES))

    def synthesize_at(self, text: str, speed: float) -> Utterance:
        """Speak a text at a speed; 1 is about 200 words a minute."""
        said = spoken_tokens(text, "en-US", self._pronunciations.of("en"))
        lines = map(phonemes, sentences(said))
        return speak(text, lines, lambda ids: _run(ids, speed))


def _run(ids: list[int], speed: float) -> tuple[Floats, Floats]:
    *spectrum, durations = _model().run(
        None, {"ids": np.array([ids], np.int64), "speed": np.array([speed], np.float32)}
    )
    sound = dsp.synth(*(part[0] for part in spectrum), np.random.default_rng(_SEED))
    return sound, durations.reshape(-1)


@cache
def _model() -> Any:
    model = (files("hibari") / "assets" / "hibari.onnx").read_bytes()
    return load_model("hibari", model, _SHA256, _DURATIONS)
