"""Diagrams whose idea is motion: what moves, when, for how long, and what remains."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
import webvtt

from tests.support.lessons import script_of, tones, write_wav
from vividly.lesson.video.layout import LANDSCAPE, PORTRAIT, Layout
from vividly.lesson.video.painter import Painter
from vividly.lesson.video.picture import plane_views
from vividly.lesson.video.render import RenderSettings, render_lesson
from vividly.lesson.video.timeline import (
    APPEAR_FRAMES,
    FPS,
    MOST_MOTION_S,
    STEP_FRAMES,
    State,
    build_timeline,
    frame_count,
)
from vividly.model.lesson import Line, Narration, Scene, Script
from vividly.model.visuals import Visual

MOVING = (
    "atom", "circuit", "cycle", "energy", "exchange", "food_web", "orbit", "particles", "path",
    "plates", "plot", "rays", "reaction", "scenery", "vectors", "wave",
)  # fmt: skip
SLOW = "This line takes its time, so that a student can watch what moves while it is said."


def example(kind: str) -> Visual:
    visual: Visual = import_module(f"vividly.model.visuals.{kind}").EXAMPLE
    return visual


def scene_of(kind: str) -> Scene:
    visual = example(kind)
    lines = tuple(Line(SLOW, None, (), part) for part in range(1, visual.part_count + 1))
    return Scene(kind, "A heading", lines, 0.3, visual)


def drawn(painter: Painter, state: State) -> list[bytes]:
    painter.paint(state)
    return [view.tobytes() for view in plane_views(painter._frame)]


@pytest.mark.parametrize("layout", [LANDSCAPE, PORTRAIT], ids=["16:9", "9:16"])
@pytest.mark.parametrize("kind", MOVING)
def test_it_moves_in_the_same_way_twice_and_ends_on_the_still(kind: str, layout: Layout) -> None:
    script = script_of(scene_of(kind))
    narration, _ = tones(script)

    def films() -> list[list[bytes]]:
        painter = Painter(script, narration, layout=layout)
        (scene, revealed), seconds = min(painter.motions.items())
        assert 2 <= seconds <= 5
        frames = round(seconds * FPS)
        shown = [State(scene, revealed, motion=at, motion_frames=frames) for at in range(1, frames)]
        # The last is the still, with nothing left of what moved.
        return [drawn(painter, state) for state in (*shown[::12], State(scene, revealed))]

    film = films()
    assert all(a != b for a, b in pairwise(film))
    assert films() == film
    (_, revealed), _ = min(Painter(script, narration, layout=layout).motions.items())
    assert drawn(Painter(script, narration, layout=layout), State(0, revealed)) == film[-1]


def moving_lesson() -> tuple[Script, Narration]:
    script = script_of(*map(scene_of, ("wave", "circuit", "reaction")))
    narration, _ = tones(script)
    return script, narration


def test_one_motion_at_a_time_while_its_line_is_spoken() -> None:
    script, narration = moving_lesson()
    painter = Painter(script, narration)
    shots = build_timeline(script, narration, painter.turns, painter.motions)
    assert shots[-1].start + shots[-1].frames == frame_count(narration)
    moving = [shot for shot in shots if shot.state.motion and not shot.state.appear]
    for shot in moving:
        reveal = script.scenes[shot.state.scene].reveals()[shot.state.revealed - 1]
        (line,) = (
            line
            for line in narration.lines
            if (line.scene, line.line) == (shot.state.scene, reveal.line)
        )
        assert line.start * FPS + APPEAR_FRAMES - 1 <= shot.start <= line.end * FPS
        assert shot.frames <= STEP_FRAMES
    frames = {shot.state.motion_frames for shot in moving}
    assert {shot.state.scene for shot in moving} == {0, 1, 2}
    assert all(2 * FPS <= count <= 5 * FPS for count in frames)
    still = build_timeline(script, narration, painter.turns)
    assert not any(shot.state.motion_frames for shot in still)


def test_all_motion_of_a_lesson_has_a_limit() -> None:
    script = script_of(*[scene_of("scenery")] * 5)
    narration, _ = tones(script)
    painter = Painter(script, narration)
    shots = build_timeline(script, narration, painter.turns, painter.motions)
    moving = sum(s.frames for s in shots if s.state.motion and not s.state.appear)
    assert 0.7 * MOST_MOTION_S < moving / FPS <= MOST_MOTION_S


def test_nothing_moves_that_would_not_end_with_its_line() -> None:
    scene = scene_of("wave")
    brief = replace(scene, lines=tuple(replace(line, say="Too fast.") for line in scene.lines))
    script = script_of(brief)
    narration, _ = tones(script)
    painter = Painter(script, narration)
    shots = build_timeline(script, narration, painter.turns, painter.motions)
    assert painter.motions and not any(shot.state.motion_frames for shot in shots)


def test_a_video_with_motion_has_the_length_captions_and_chapters_of_one_without(
    tmp_path: Path,
) -> None:
    scene = scene_of("circuit")
    told = (*(replace(line, say="A part.") for line in scene.lines[:-1]), scene.lines[-1])
    script = script_of(replace(scene, lines=told))
    narration, samples = tones(script)
    wav = write_wav(samples, tmp_path / "narration.wav")
    with_it, without = (
        render_lesson(script, narration, wav, tmp_path / name, RenderSettings(motion=motion))
        for name, motion in (("on", True), ("off", False))
    )
    for kind in ("captions", "chapters", "transcript", "thumbnail", "audio"):
        assert with_it[kind].read_bytes() == without[kind].read_bytes()
    assert len(webvtt.read(str(with_it["captions"]))) > 0
    painter = Painter(script, narration)
    shots = build_timeline(script, narration, painter.turns, painter.motions)
    assert any(shot.state.motion for shot in shots)
    with av.open(str(with_it["video"])) as film, av.open(str(without["video"])) as still:
        assert len(film.chapters()) == len(still.chapters()) == 1
        shown = [plane_views(frame)[0][::4, ::4].copy() for frame in film.decode(video=0)]
        assert len(shown) == sum(1 for _ in still.decode(video=0)) == frame_count(narration)
    for shot in shots:
        wanted = plane_views(painter.paint(shot.state))[0][::4, ::4].astype(int)
        for frame in shown[shot.start : shot.start + shot.frames]:
            assert np.abs(wanted - frame).mean() < 2
