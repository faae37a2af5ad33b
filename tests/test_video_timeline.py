"""The timeline, the captions and the chapters: pure functions of script and narration."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import pytest
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.lessons import script_of, short_script, tones
from vividly.lesson.video.captions import (
    COLUMNS,
    LONGEST_S,
    caption_cues,
    captions_vtt,
    chapters_vtt,
    transcript_markdown,
)
from vividly.lesson.video.timeline import (
    APPEAR_FRAMES,
    CROSSFADE_FRAMES,
    FPS,
    STEP_FRAMES,
    State,
    build_timeline,
    frame_count,
)
from vividly.model.lesson import Line, Narration, Scene, Script, SpokenLine, Word

_WORDS = st.text(st.characters(exclude_categories=("Cs", "Z", "Cc")), min_size=1, max_size=50)


@st.composite
def lessons(draw: st.DrawFn) -> tuple[Script, Narration]:
    """Scripts with narrations of irregular times, also shorter than a frame."""
    scenes: list[Scene] = []
    lines: list[SpokenLine] = []
    starts: list[float] = []
    at = 0.0
    for scene_at in range(draw(st.integers(1, 4))):
        starts.append(at)
        said = draw(st.lists(st.lists(_WORDS, min_size=1, max_size=30), max_size=4))
        for line_at, texts in enumerate(said):
            at += draw(st.floats(0, 0.5))
            words, start = [], at
            for text in texts:
                end = at + draw(st.floats(0.01, 1.2))
                words.append(Word(text, at, end))
                at = end + draw(st.sampled_from((0.0, 0.0, 0.3)))
            lines.append(SpokenLine(scene_at, line_at, start, at, tuple(words)))
        shown = [draw(st.sampled_from((None, "shown"))) for _ in said]
        scenes.append(
            Scene(
                "explanation",
                "Heading",
                tuple(Line(" ".join(texts), show) for texts, show in zip(said, shown, strict=True)),
            )
        )
        at += draw(st.floats(0, 2))
    at = max(at, 0.05)
    return script_of(*scenes), Narration("n", 16000, at, tuple(starts), tuple(lines), "v")


@settings(max_examples=80, deadline=None)
@given(lesson=lessons(), turns=st.integers(1, 3))
def test_the_timeline_covers_every_frame_once_with_pictures_that_differ(
    lesson: tuple[Script, Narration], turns: int
) -> None:
    script, narration = lesson
    shots = build_timeline(script, narration, {(0, 0): turns, (0, 1): turns})
    assert shots[0].start == 0
    assert all(a.start + a.frames == b.start for a, b in pairwise(shots))
    assert shots[-1].start + shots[-1].frames == max(1, round(narration.duration * FPS))
    assert all(shot.frames > 0 for shot in shots)
    still = [replace(shot.state, progress=0) for shot in shots]
    assert all(a != b for a, b in pairwise(still))
    scenes = [state.scene for state in still]
    assert scenes == sorted(scenes)
    for a, b in pairwise(still):
        assert a.scene != b.scene or a.revealed <= b.revealed
    for state in still:
        spoken = None if state.line is None else narration.lines[state.line]
        assert spoken is None or spoken.scene == state.scene


def test_each_word_is_lit_while_it_is_spoken_and_each_item_appears_with_its_line() -> None:
    script = short_script()
    narration, _ = tones(script)
    shots = build_timeline(script, narration)

    def state_at(seconds: float) -> State:
        frame = round(seconds * FPS)
        return next(s.state for s in shots if s.start <= frame < s.start + s.frames)

    for position, line in enumerate(narration.lines):
        shown = sum(1 for at in range(line.line + 1) if script.scenes[line.scene].lines[at].show)
        assert state_at(line.start + 1 / FPS).revealed == shown
        for at, word in enumerate(line.words):
            middle = state_at((word.start + word.end) / 2)
            assert (middle.scene, middle.line, middle.word) == (line.scene, position, at)


def test_items_and_scenes_fade_in_for_a_few_frames() -> None:
    script = short_script()
    narration, _ = tones(script)
    states = [shot.state for shot in build_timeline(script, narration) for _ in range(shot.frames)]
    assert len(states) == frame_count(narration)
    for scene in range(1, len(script.scenes)):
        fades = [state.crossfade for state in states if state.scene == scene]
        steps = [at - at % STEP_FRAMES + 1 for at in range(CROSSFADE_FRAMES)]
        assert fades[: CROSSFADE_FRAMES + 1] == [*steps, 0]
        assert not any(fades[CROSSFADE_FRAMES:])
    appears = [state.appear for state in states if state.scene == 1 and state.revealed == 2]
    steps = [at - at % STEP_FRAMES + 1 for at in range(APPEAR_FRAMES)]
    assert appears[: APPEAR_FRAMES + 1] == [*steps, 0]
    assert states[0].crossfade == 0


def test_most_frames_are_not_drawn() -> None:
    script = short_script()
    narration, _ = tones(script, word_s=0.4)
    assert len(build_timeline(script, narration)) < frame_count(narration) / 2


def test_progress_runs_from_nothing_to_nearly_all() -> None:
    script = short_script()
    narration, _ = tones(script)
    progress = [shot.state.progress for shot in build_timeline(script, narration)]
    assert progress[0] == 0 and progress == sorted(progress) and 0.9 < progress[-1] < 1


@settings(max_examples=80, deadline=None)
@given(lesson=lessons())
def test_captions_are_valid_complete_and_apart(lesson: tuple[Script, Narration]) -> None:
    script, narration = lesson
    cues = caption_cues(narration)
    said = [word.text for line in narration.lines for word in line.words]
    assert " ".join(row for cue in cues for row in cue.rows).split(" ") == said or not said
    for cue in cues:
        assert 0 <= cue.start < cue.end <= narration.duration
        assert cue.end - cue.start <= LONGEST_S + 1e-9
        assert 1 <= len(cue.rows) <= 2
        assert all(len(row) <= COLUMNS or " " not in row for row in cue.rows)
    assert all(a.end <= b.start for a, b in pairwise(cues))
    assert len(webvtt.from_buffer(io.StringIO(captions_vtt(script, narration)))) == len(cues)


def test_captions_of_a_lesson_parse_to_the_words_of_its_script() -> None:
    script = short_script()
    narration, _ = tones(script)
    parsed = webvtt.from_buffer(io.StringIO(captions_vtt(script, narration)))
    said = " ".join(line.say for _, _, line in script.lines())
    assert " ".join(" ".join(cue.text.split()) for cue in parsed) == " ".join(said.split())
    assert parsed[-1].end_in_seconds <= narration.duration
    assert all(a.end_in_seconds <= b.start_in_seconds for a, b in pairwise(list(parsed)))


def test_captions_break_after_phrases_and_escape_markup() -> None:
    said = "Water comes up from the roots, and carbon dioxide drifts in from the air, if x < y & z."
    script = script_of(Scene("explanation", "A <b>heading</b> & more", (Line(said),)))
    narration, _ = tones(script)
    assert caption_cues(narration)[0].rows == (
        "Water comes up from the roots,",
        "and carbon dioxide drifts in from the air,",
    )
    text = captions_vtt(script, narration)
    assert "x &lt; y &amp; z." in text and "Language: en-US" in text
    assert "A &lt;b&gt;heading&lt;/b&gt; &amp; more" in chapters_vtt(script, narration)


def test_chapters_are_the_scenes() -> None:
    script = short_script()
    narration, _ = tones(script)
    parsed = list(webvtt.from_buffer(io.StringIO(chapters_vtt(script, narration))))
    assert [cue.text for cue in parsed] == [scene.heading for scene in script.scenes]
    assert [cue.start_in_seconds for cue in parsed] == pytest.approx(
        [int(start) for start in narration.scene_starts], abs=1
    )
    assert parsed[-1].end_in_seconds <= narration.duration


def test_the_transcript_has_all_that_is_said_and_the_sources() -> None:
    script = short_script()
    narration, _ = tones(script)
    text = transcript_markdown(script, narration)
    assert all(line.say in text for _, _, line in script.lines())
    assert all(source.licence in text for source in script.sources)
    assert "(0:00)" in text
