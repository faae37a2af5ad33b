"""A whole lesson, spoken."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.test_speech import speaker
from vividly.lesson.speech import SpeechSynthesizer
from vividly.lesson.speech.narrate import narrate, wav_bytes
from vividly.model.errors import DeadlineExceeded, PermanentError
from vividly.model.lesson import Line, Scene, Script

SCRIPT = Script(
    title="Photosynthesis",
    topic_id="photosynthesis",
    subject="biology",
    grade_level=8,
    language="en-US",
    bridge="everyday",
    scenes=(
        Scene("title", "Photosynthesis", (Line("How do plants eat?"),), pause=0.8),
        Scene(
            "explanation",
            "Leaves catch light",
            (Line("Leaves catch light."), Line("They turn CO2 into sugar. It takes water too.")),
        ),
        Scene("takeaways", "Look", (), pause=0.5),
        Scene("sources", "Sources", (), pause=1.0),
    ),
    sources=(),
    writer="test",
)


@pytest.fixture(scope="module")
def voice() -> SpeechSynthesizer:
    """A fast voice."""
    return speaker("hibari")


def test_lines_follow_one_another_inside_their_scenes(voice: SpeechSynthesizer) -> None:
    voiced = narrate(SCRIPT, voice)
    first, second, third = voiced.lines
    assert [(line.scene, line.line) for line in voiced.lines] == [(0, 0), (1, 0), (1, 1)]
    assert first.start == pytest.approx(0.4, abs=0.001)
    assert third.start - second.end == pytest.approx(0.45, abs=0.002)
    assert voiced.scene_starts == pytest.approx(
        (0.0, first.end + 0.8, third.end + 0.6, third.end + 0.6 + 2.0), abs=0.002
    )
    assert second.start == pytest.approx(voiced.scene_starts[1], abs=0.002)
    assert voiced.duration == pytest.approx(voiced.scene_starts[3] + 4.0, abs=0.002)
    assert len(voiced.samples) == round(voiced.duration * voiced.sample_rate)


def test_words_are_where_they_are_heard(voice: SpeechSynthesizer) -> None:
    voiced = narrate(SCRIPT, voice)
    says = [line.say for _, _, line in SCRIPT.lines()]
    assert [" ".join(word.text for word in line.words) for line in voiced.lines] == says
    words = [word for line in voiced.lines for word in line.words]
    assert all(one.end <= other.start for one, other in pairwise(words))
    rate = voiced.sample_rate
    for line in voiced.lines:
        assert line.start <= line.words[0].start
        assert line.words[-1].end <= line.end
    sounding = np.zeros(len(voiced.samples), bool)
    for line in voiced.lines:
        sounding[round(line.start * rate) - 20 : round(line.end * rate) + 20] = True
    assert not voiced.samples[~sounding].any()
    for word in words:
        heard = voiced.samples[round(word.start * rate) : round(word.end * rate)]
        assert np.abs(heard).max() > 1000, word.text


def test_the_peak_is_3_db_below_full_scale_whatever_the_voice() -> None:
    for provider, name in (("hibari", ""), ("espeak", "")):
        voiced = narrate(SCRIPT, speaker(provider, name))
        peak = np.abs(voiced.samples.astype(int)).max()
        assert 20 * np.log10(peak / 32767) == pytest.approx(-3.0, abs=0.01)


def test_the_sound_is_a_wav_file(voice: SpeechSynthesizer) -> None:
    voiced = narrate(SCRIPT, voice)
    with wave.open(io.BytesIO(wav_bytes(voiced.samples, voiced.sample_rate))) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert file.getframerate() == voiced.sample_rate == 24000
        frames = file.readframes(file.getnframes())
    assert np.array_equal(np.frombuffer(frames, "<i2"), voiced.samples)


def test_a_check_before_every_line_can_stop_the_work(voice: SpeechSynthesizer) -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise DeadlineExceeded("time is up")

    with pytest.raises(DeadlineExceeded):
        narrate(SCRIPT, voice, check=check)
    assert calls == 3


@pytest.mark.parametrize("scenes", [(), SCRIPT.scenes[2:]])
def test_a_script_without_lines_is_refused(
    voice: SpeechSynthesizer, scenes: tuple[Scene, ...]
) -> None:
    with pytest.raises(PermanentError, match="no lines"):
        narrate(replace(SCRIPT, scenes=scenes), voice)


def test_a_line_that_cannot_be_spoken_is_named_by_its_place(voice: SpeechSynthesizer) -> None:
    bad = Scene("explanation", "x", (Line("Fine."), Line("?!")))
    with pytest.raises(PermanentError, match=r"scene 2, line 2: .*nothing to speak"):
        narrate(replace(SCRIPT, scenes=(SCRIPT.scenes[0], bad)), voice)


def test_twenty_minutes_are_the_limit(voice: SpeechSynthesizer) -> None:
    slow = replace(SCRIPT.scenes[0], pause=60.0)
    with pytest.raises(PermanentError, match="longer than 20 minutes"):
        narrate(replace(SCRIPT, scenes=(slow,) * 20), voice)
    assert narrate(replace(SCRIPT, scenes=(slow,) * 19), voice).duration < 20 * 60


@pytest.mark.parametrize("pause", [-1.0, 61.0, float("nan"), float("inf")])
def test_a_pause_out_of_range_is_refused(voice: SpeechSynthesizer, pause: float) -> None:
    scene = replace(SCRIPT.scenes[0], pause=pause)
    with pytest.raises(PermanentError, match="scene 1 has a pause"):
        narrate(replace(SCRIPT, scenes=(scene,)), voice)
