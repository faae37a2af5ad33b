"""A whole lesson, spoken."""

from __future__ import annotations

import io
import wave
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.test_speech import speaker
from vividly.lesson.scripting.pacing import line_seconds
from vividly.lesson.speech import SpeechSynthesizer, Utterance
from vividly.lesson.speech.narrate import narrate, wav_bytes
from vividly.lesson.video.audio import encode_m4a, loudness, true_peak
from vividly.library.corpus import load_topics
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


def test_a_number_is_expected_to_last_as_long_as_its_words() -> None:
    written, said = (
        line_seconds([Line(say)], 8, "es-MX")
        for say in ("Son 2 + 225.", "Son dos más doscientos veinticinco.")
    )
    assert written == pytest.approx(said, rel=0.2)


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


def test_one_can_think_before_the_answer_to_a_question(voice: SpeechSynthesizer) -> None:
    asked = voice.synthesize("What do leaves need? They need light.")
    told = voice.synthesize("This is what they need. They need light.")

    def gap(sound: Utterance) -> float:
        (at,) = [n for n, word in enumerate(sound.words) if word.text[-1] in "?."][:1]
        return sound.words[at + 1].start - sound.words[at].end

    assert gap(told) < 0.5
    assert 0.7 < gap(asked) < 1.1


def runs(mask: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(first, beyond the last) of every run of true values, shape (runs, 2)."""
    return np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int))).reshape(-1, 2)


@pytest.mark.parametrize(
    ("provider", "language"), [("hibari", "en-US"), ("espeak", "en-US"), ("espeak", "es-MX")]
)
def test_a_lesson_sounds_right(tmp_path: Path, provider: str, language: str) -> None:
    """No click where silence begins or ends, no long silence in a scene, the usual loudness."""
    topic = next(iter(load_topics(language).values()))
    scenes = tuple(
        Scene("explanation", "", tuple(Line(s.say) for s in section.sentences), pause=0.6)
        for section in topic.sections[:3]
    )
    script = replace(SCRIPT, scenes=scenes, language=language)
    voiced = narrate(script, speaker(provider, language=language))
    rate, sound = voiced.sample_rate, voiced.samples.astype(float)
    # A click has more energy above 5 kHz in a window of 2 ms than the speech beside it.
    silences = runs(sound == 0)
    joins = silences[np.diff(silences)[:, 0] > 0.1 * rate]
    assert len(joins) > 10
    size = round(0.002 * rate)
    usual = np.sqrt(np.mean(sound[sound != 0] ** 2))

    def hiss(at: int) -> float:
        window = np.hanning(size) * sound[max(0, at - size // 2) :][:size]
        return float(np.abs(np.fft.rfft(window)[round(5_000 * size / rate) :]).max()) / size

    for before, after in joins[1:-1]:
        for at, inwards in ((before, -size), (after, size)):
            beside = max(hiss(at + step * inwards) for step in range(1, 11))
            assert hiss(at) < max(beside, 0.005 * usual)
    for line in voiced.lines:  # nothing is cut off: every line fades in and out
        ends = sound[round(line.start * rate)], sound[round(line.end * rate) - 1]
        assert np.abs(ends).max() < 0.1 * usual  # times are rounded to 1 ms of a fade of 5
    # Within a scene, from its first word to its last.
    quiet = np.abs(sound) < 0.01 * np.abs(sound).max()
    for at in range(len(scenes)):
        lines = [line for line in voiced.lines if line.scene == at]
        inside = quiet[round(lines[0].start * rate) : round(lines[-1].end * rate)]
        assert np.diff(runs(inside)).max() / rate <= 1.2
    (tmp_path / "a.wav").write_bytes(wav_bytes(voiced.samples, rate))
    coded = encode_m4a(tmp_path / "a.wav", tmp_path / "a.m4a")
    with av.open(str(coded)) as container:
        frames = [f.to_ndarray() for f in container.decode(audio=0)]
        coded_rate = container.streams.audio[0].rate
    heard = np.rint(np.clip(np.concatenate(frames, axis=1)[0], -1, 1) * 32767).astype(np.int16)
    assert loudness(heard, coded_rate) == pytest.approx(-16, abs=1)
    assert true_peak(coded) <= -1.5
