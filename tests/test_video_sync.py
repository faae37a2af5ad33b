"""Captions against the voice: when a word is marked, and when it is heard in the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.lessons import RATE, script_of, tones, write_wav
from tests.support.media import decoded_sound
from tests.support.recognise import aligned_words
from tests.test_align import sentences
from tests.test_speech import speaker
from vividly.lesson.speech.narrate import narrate
from vividly.lesson.video.captions import caption_cues
from vividly.lesson.video.render import render_lesson
from vividly.lesson.video.timeline import FPS, build_timeline
from vividly.model.lesson import Line, Narration, Scene, Script

WITHIN = 0.060
"""Seconds between a word and its highlight, which nobody sees."""


def lit(script: Script, narration: Narration) -> dict[tuple[int, int], float]:
    """When each word (line, position) lights up in the picture, in seconds."""
    found: dict[tuple[int, int], float] = {}
    for shot in build_timeline(script, narration):
        if shot.state.line is not None and shot.state.word is not None:
            found.setdefault((shot.state.line, shot.state.word), shot.start / FPS)
    return found


def test_each_word_lights_up_when_it_is_heard(tmp_path: Path) -> None:
    """Tones in place of words: their onsets in the decoded AAC are sharp, and all are checked."""
    script = script_of(
        Scene("title", "One", (Line("a b c d e f g h"), Line("i j k l m n")), 0.3),
        Scene("explanation", "Two", (Line("o p q r s t u v w x y z"),), 0.3),
    )
    narration, samples = tones(script)
    wav = write_wav(samples, tmp_path / "narration.wav")
    heard = decoded_sound(render_lesson(script, narration, wav, tmp_path)["video"], RATE)
    level = np.convolve(np.abs(heard.astype(float)), np.ones(80) / 80, "same")
    highlights = lit(script, narration)
    words = [
        (n, at, w) for n, line in enumerate(narration.lines) for at, w in enumerate(line.words)
    ]
    assert len(highlights) == len(words) == 26
    for line, at, word in words:
        first = round(max(0.0, word.start - 0.02) * RATE)
        span = level[first : round(word.end * RATE)]
        onset = (first + int(np.argmax(span > 0.15 * span.max()))) / RATE
        assert abs(highlights[line, at] - onset) < WITHIN


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> tuple[Script, Narration, Path]:
    """A lesson of real sentences, spoken by hibari and rendered."""
    folder = tmp_path_factory.mktemp("sync")
    lines = tuple(Line(text) for text in sentences(count=8))
    script = script_of(Scene("title", "Takeaways", lines, 0.5))
    voiced = narrate(script, speaker("hibari"))
    wav = write_wav(voiced.samples, folder / "narration.wav", voiced.sample_rate)
    narration = Narration(
        wav.name,
        voiced.sample_rate,
        voiced.duration,
        voiced.scene_starts,
        voiced.lines,
        "hibari",
    )
    return script, narration, render_lesson(script, narration, wav, folder / "out")["video"]


def test_forced_alignment_finds_the_words_where_they_light_up(
    lesson: tuple[Script, Narration, Path],
) -> None:
    """A recogniser that knows only the text of the words, on the sound of the video.

    Its own error is about 20 ms, and more if a word begins with a plosive: hence the
    share. Tones, above, are exact.
    """
    script, narration, video = lesson
    heard = decoded_sound(video, RATE)
    highlights = lit(script, narration)
    errors = []
    for number, line in enumerate(narration.lines):
        lead = 0.2
        first = max(0, round((line.start - lead) * RATE))
        part = heard[first : round((line.end + 0.2) * RATE)]
        try:
            found = aligned_words(part, RATE, script.scenes[0].lines[number].say)
        except ValueError:
            continue  # a word that the recogniser's dictionary lacks
        if len(found) != len(line.words):
            continue
        errors += [
            highlights[number, at] - (first / RATE + start)
            for at, (_, start, _) in enumerate(found)
            if (number, at) in highlights  # a word of less than three pictures has none
        ]
    assert len(errors) > 40
    off = np.abs(errors)
    assert np.median(off) < 0.03
    assert (off < WITHIN).mean() > 0.9
    assert abs(np.median(errors)) < 0.02  # on average neither early nor late


def test_the_first_word_of_each_cue_is_heard_when_it_appears(
    lesson: tuple[Script, Narration, Path],
) -> None:
    _, narration, video = lesson
    heard = np.abs(decoded_sound(video, RATE).astype(float))
    starts = {line.words[0].start for line in narration.lines}
    silence = 0.005 * heard.max()  # a P begins softly
    checked = 0
    for cue in caption_cues(narration):
        if not any(abs(cue.start - start) < 0.001 for start in starts):
            continue  # within a line no silence marks its beginning
        around = heard[round((cue.start - 0.15) * RATE) : round((cue.start + 0.25) * RATE)]
        level = np.convolve(around, np.ones(80) / 80, "same")
        onset = int(np.argmax(level > silence)) / RATE - 0.15
        assert abs(onset) < WITHIN
        checked += 1
    assert checked >= 8
