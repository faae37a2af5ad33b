"""Offline English with hibari's voice `heart`: a small neural network out of a Python package.

A sound of 100 s takes about 1 s of one core.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import metadata
from importlib.resources import files
from typing import Any

import numpy as np
from hibari import dsp

from vividly.lesson.speech.assemble import MARGIN, Part, join, rules_fingerprint
from vividly.lesson.speech.english import Phonemes, phonemes
from vividly.lesson.speech.neural import load_model, machine, word_times
from vividly.lesson.speech.pronunciations import NO_PRONUNCIATIONS, Pronunciations
from vividly.lesson.speech.spoken import sentences, spoken_tokens
from vividly.lesson.speech.synthesizer import USUAL_GRADE, Utterance
from vividly.model.errors import SettingsError

VOICES = ("heart",)
_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
_DURATIONS = "/Clip_output_0"
_RATE = dsp.SR
_SLOWEST, _SLOW, _FAST = 0.8, 0.802, 0.86
"""Speeds below grade 5, at grade 5 and at grade 12: with the pauses between lines, about 145, 150
and 165 words a minute. Rounded durations make steps: 0.79 would be 133."""
_MOST_PHONEMES = 400
_SEED = 0


class HibariSynthesizer:
    """The American English voice `heart`. Its model is a part of the package `hibari-tts`."""

    sku = ""

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
        return self.synthesize_at(text, _speed(grade))

    def synthesize_at(self, text: str, speed: float) -> Utterance:
        """Speak a text at a speed; 1 is about 200 words a minute."""
        said = spoken_tokens(text, "en-US", self._pronunciations.of("en"))
        parts = [
            _spoken(words, speed)
            for sentence in sentences(said)
            for words in _pieces(phonemes(sentence))
        ]
        return join(text, parts)


def _speed(grade: int) -> float:
    if grade < 5:
        return _SLOWEST
    return round(_SLOW + (_FAST - _SLOW) * (min(grade, 12) - 5) / 7, 3)


def _spoken(words: Sequence[Phonemes], speed: float) -> Part | None:
    ids, places = [0], []
    for at, word in enumerate(words):
        if at:
            ids.append(_vocabulary()[" "])
        first = len(ids)
        ids += [_vocabulary()[sign] for sign in word.text if sign in _vocabulary()]
        places.append((first, first + len(word.text.rstrip(",.?!"))))
    ids.append(0)
    *spectrum, durations = _model().run(
        None, {"ids": np.array([ids], np.int64), "speed": np.array([speed], np.float32)}
    )
    sound = dsp.synth(*(part[0] for part in spectrum), np.random.default_rng(_SEED))
    times = word_times(sound, _RATE, durations.reshape(-1), places)
    spans = [(word.source, *span) for word, span in zip(words, times, strict=True)]
    samples = np.rint(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    return Part.trimmed(samples, _RATE, spans, MARGIN)


def _pieces(words: Sequence[Phonemes]) -> Iterator[Sequence[Phonemes]]:
    """Cut a sentence that is too long for the model, after its last comma or else a word."""
    begin = size = 0
    for at, word in enumerate(words):
        if at > begin and size + len(word.text) > _MOST_PHONEMES:
            commas = [n for n in range(begin, at) if words[n].text[-1] in ",.?!"]
            cut = commas[-1] + 1 if commas else at
            yield words[begin:cut]
            begin = cut
            size = sum(len(left.text) + 1 for left in words[begin:at])
        size += len(word.text) + 1
    if words[begin:]:
        yield words[begin:]


@cache
def _model() -> Any:
    model = (files("hibari") / "assets" / "hibari.onnx").read_bytes()
    return load_model("hibari", model, _SHA256, _DURATIONS)


@cache
def _vocabulary() -> dict[str, int]:
    found: dict[str, int] = json.loads((files("hibari") / "assets" / "vocab.json").read_text())
    return found
