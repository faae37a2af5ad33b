"""Computes when each picture of a lesson is on screen.

A lesson of three minutes has about 5,000 frames, of which fewer than 1,000 differ. The timeline
lists the different ones, each with the frames that it fills. It needs only the script and the
narration with its times; nothing is drawn here.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from vividly.model.lesson import Narration, Script, SpokenLine

FPS = 30
APPEAR_FRAMES = 4
CROSSFADE_FRAMES = 4
LEAST_MOTION_S, MOST_MOTION_S = 1.4, 12.0
"""A shorter motion is left out; so is one that would make all motion of a lesson longer."""
STEP_FRAMES = 2
"""Frames that each picture of a fade or a motion stays on screen."""
LEAST_WORD_FRAMES = 3
"""A word that is spoken in fewer is not highlighted: the one before is, a little longer."""
CAPTION_HOLD = 0.6
"""Seconds that a caption stays after its line, unless the next one begins earlier."""


@dataclass(frozen=True)
class State:
    """The content of the screen.

    Attributes:
        scene: position of the scene in the script.
        revealed: number of the scene's items that are visible.
        turn: page of the items, if they fill several pages.
        appear: 1 to `APPEAR_FRAMES`, in steps of `STEP_FRAMES`, while the last item appears, or
            else 0.
        crossfade: 1 to `CROSSFADE_FRAMES`, in such steps, while the scene replaces the one before,
            else 0.
        line: position of the caption's line in the narration, or None.
        word: position of the spoken word in that line, or None.
        progress: fraction of the lesson that has passed when the state begins.
        motion: frame of the motion that begins when the last item has appeared, from 1 in such
            steps; 0 before.
        motion_frames: its length, 0 if nothing moves. While `appear` counts in the last frame of
            a motion, the still replaces it.
    """

    scene: int
    revealed: int = 0
    turn: int = 0
    appear: int = 0
    crossfade: int = 0
    line: int | None = None
    word: int | None = None
    progress: float = 0.0
    motion: int = 0
    motion_frames: int = 0


@dataclass(frozen=True)
class Shot:
    """A state and the frames it fills: `start` up to, not including, `start + frames`."""

    start: int
    frames: int
    state: State


@dataclass(frozen=True)
class _Reveal:
    """`frame`: when it begins; `said`: when the line that it begins with has been said."""

    frame: int
    revealed: int
    said: int = 0


@dataclass(frozen=True)
class _Motion:
    """A motion of `frames` frames, after the items that appear at `frame`."""

    frame: int
    frames: int

    @property
    def begin(self) -> int:
        return self.frame + APPEAR_FRAMES

    @property
    def still(self) -> int:
        """When the still begins to replace it."""
        return self.begin + self.frames

    @property
    def end(self) -> int:
        """When the still is back."""
        return self.still + APPEAR_FRAMES

    def shown(self, frame: int) -> int:
        """The frame of the motion that is on screen, from 1; 0 before it begins."""
        return _step(min(frame, self.still - 1) - self.begin)


def _step(since: int) -> int:
    """The number of the picture that is on screen some frames after a fade or motion began."""
    return since // STEP_FRAMES * STEP_FRAMES + 1 if since >= 0 else 0


def frame_count(narration: Narration) -> int:
    """Number of frames of the whole lesson."""
    return max(1, round(narration.duration * FPS))


def build_timeline(
    script: Script,
    narration: Narration,
    turns: Mapping[tuple[int, int], int] | None = None,
    motions: Mapping[tuple[int, int], float] | None = None,
) -> tuple[Shot, ...]:
    """The shots of a lesson. They cover each frame once; each differs from the one before.

    Args:
        turns: (scene, number of items visible) -> number of pages that the scene turns through
            by itself, if more than one.
        motions: (scene, number of items visible) -> seconds of motion after the last item
            appeared, if there is time while its line is spoken.
    """
    total = frame_count(narration)
    starts = [min(total, round(start * FPS)) for start in narration.scene_starts]
    starts = [0, *starts[1:]]
    captions = _Captions(narration, starts)
    shots: list[Shot] = []
    left = round(MOST_MOTION_S * FPS)
    for scene, start in enumerate(starts):
        end = starts[scene + 1] if scene + 1 < len(starts) else total
        reveals = _reveals(script, narration, scene, (start, end))
        moving = _motions(scene, reveals, end, motions or {}, left)
        left -= sum(motion.frames for motion in moving)
        for shot in _scene(scene, (start, end), reveals, moving, turns or {}, captions):
            if shots and shots[-1].state == shot.state:
                shots[-1] = replace(shots[-1], frames=shots[-1].frames + shot.frames)
            else:
                shots.append(shot)
    return tuple(
        replace(shot, state=replace(shot.state, progress=shot.start / total)) for shot in shots
    )


def _scene(
    scene: int,
    span: tuple[int, int],
    reveals: Sequence[_Reveal],
    motions: Sequence[_Motion],
    turns: Mapping[tuple[int, int], int],
    captions: _Captions,
) -> Iterator[Shot]:
    start, end = span
    if start >= end:
        return
    pages = list(_pages(scene, reveals, end, turns))
    cuts = {start, *(frame for frame, _, _ in pages), *captions.changes(start, end)}
    appears = [reveal.frame for reveal in reveals[1:]]
    for first, count in [
        *((at, APPEAR_FRAMES) for at in appears),
        *([(start, CROSSFADE_FRAMES)] if scene else []),
        *((motion.still, APPEAR_FRAMES) for motion in motions),
    ]:
        cuts.update(range(first, first + count + 1, STEP_FRAMES))
    for motion in motions:
        cuts.update(range(motion.begin, motion.still, STEP_FRAMES))
    frames = sorted(cut for cut in cuts if start <= cut < end)
    page_frames = [frame for frame, _, _ in pages]
    for frame, until in zip(frames, [*frames[1:], end], strict=True):
        _, revealed, turn = pages[bisect_right(page_frames, frame) - 1]
        since = frame - max((at for at in appears if at <= frame), default=frame + 1)
        line, word = captions.at(frame, scene)
        appear = _step(since) if since < APPEAR_FRAMES else 0
        motion = next((m for m in motions if m.frame <= frame < m.end), _Motion(frame, 0))
        if motion.frames and frame >= motion.still:
            appear = _step(frame - motion.still)
        yield Shot(
            frame,
            until - frame,
            State(
                scene=scene,
                revealed=revealed,
                turn=turn,
                appear=appear,
                crossfade=_step(frame - start) if scene and frame - start < CROSSFADE_FRAMES else 0,
                line=line,
                word=word,
                motion=motion.shown(frame) if motion.frames else 0,
                motion_frames=motion.frames,
            ),
        )


def _motions(
    scene: int,
    reveals: Sequence[_Reveal],
    end: int,
    motions: Mapping[tuple[int, int], float],
    left: int,
) -> list[_Motion]:
    """The motions of a scene: each ends before its line does, and before anything else appears.

    Args:
        left: the frames that may move in all.
    """
    found = []
    for reveal, until in zip(reveals, [*(r.frame for r in reveals[1:]), end], strict=True):
        wanted = round(motions.get((scene, reveal.revealed), 0) * FPS)
        room = min(until, reveal.said) - reveal.frame - 2 * APPEAR_FRAMES
        frames = min(wanted, room)
        if round(LEAST_MOTION_S * FPS) <= frames <= left:
            found.append(_Motion(reveal.frame, frames))
            left -= frames
    return found


def _reveals(
    script: Script, narration: Narration, scene: int, span: tuple[int, int]
) -> list[_Reveal]:
    """When items become visible; the first entry is the scene's start with none."""
    start, end = span
    spoken = {line.line: line for line in narration.lines if line.scene == scene}
    reveals = [_Reveal(start, 0)]
    for reveal in script.scenes[scene].reveals():
        position = reveal.line
        at = round(spoken[position].start * FPS) if position in spoken else start
        frame = min(max(at, reveals[-1].frame), max(start, end - 1))
        said = round(spoken[position].end * FPS) if position in spoken else frame
        reveals.append(_Reveal(frame, len(reveals), said))
    # The last of several at one frame wins.
    last = {reveal.frame: reveal for reveal in reveals[1:]}
    return [reveals[0], *last.values()]


def _pages(
    scene: int, reveals: Sequence[_Reveal], end: int, turns: Mapping[tuple[int, int], int]
) -> Iterator[tuple[int, int, int]]:
    """(frame, revealed, turn): what is visible from that frame on."""
    for reveal, until in zip(reveals, [*(r.frame for r in reveals[1:]), end], strict=True):
        count = turns.get((scene, reveal.revealed), 1)
        for turn in range(count):
            yield reveal.frame + (until - reveal.frame) * turn // count, reveal.revealed, turn


class _Captions:
    """Finds the line and word that are spoken in a frame."""

    def __init__(self, narration: Narration, scene_starts: Sequence[int]) -> None:
        self._moments: list[tuple[int, int | None, int | None]] = [(0, None, None)]
        self._scene_of = [line.scene for line in narration.lines]
        for position, line in enumerate(narration.lines):
            self._moments.append((round(line.start * FPS), position, None))
            end = self._end(narration.lines, position)
            starts = [*(round(word.start * FPS) for word in line.words), end]
            for at, (frame, following) in enumerate(pairwise(starts)):
                if following - frame >= LEAST_WORD_FRAMES or at == len(line.words) - 1:
                    self._moments.append((frame, position, at))
            self._moments.append((end, None, None))
        self._moments.sort(key=lambda moment: moment[0])
        self._frames = [frame for frame, _, _ in self._moments]

    @staticmethod
    def _end(lines: Sequence[SpokenLine], position: int) -> int:
        end = lines[position].end + CAPTION_HOLD
        if position + 1 < len(lines):
            end = min(end, lines[position + 1].start)
        return round(end * FPS)

    def changes(self, start: int, end: int) -> Iterator[int]:
        """The frames from `start` up to, not including, `end` where something changes."""
        return (frame for frame in self._frames if start <= frame < end)

    def at(self, frame: int, scene: int) -> tuple[int | None, int | None]:
        """(line, word) in a frame. A line never extends into another scene."""
        _, line, word = self._moments[bisect_right(self._frames, frame) - 1]
        if line is None or self._scene_of[line] != scene:
            return None, None
        return line, word
