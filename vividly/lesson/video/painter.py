"""Draws the states of a timeline, as frames in the encoder's own format."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from av import VideoFrame

from vividly.lesson.video.caption_strip import (
    CaptionPage,
    PlacedWord,
    caption_pages,
    corners,
    page_of,
)
from vividly.lesson.video.design import Box
from vividly.lesson.video.layout import LANDSCAPE, Layout
from vividly.lesson.video.picture import (
    Pixels,
    Plane,
    Planes,
    Transition,
    colour_planes,
    crop,
    mixed,
    pixels_of,
    plane_views,
    planes_of,
    put,
    updated,
)
from vividly.lesson.video.slides import Slide, slides_of
from vividly.lesson.video.sprites import Motion
from vividly.lesson.video.themes import theme_of
from vividly.lesson.video.timeline import APPEAR_FRAMES, CROSSFADE_FRAMES, FPS, State
from vividly.model.lesson import Narration, Script

_PLATE_RADIUS = 24


class Painter:
    """Draws one lesson. Not thread-safe.

    Args:
        captions: whether to burn in captions.
        figures: object name -> file, of the script's figures.
    """

    def __init__(
        self,
        script: Script,
        narration: Narration,
        *,
        captions: bool = True,
        layout: Layout = LANDSCAPE,
        figures: Mapping[str, Path] | None = None,
    ) -> None:
        self._layout = layout
        self._script = script
        self._narration = narration
        self._captions = captions
        self._theme = theme_of(script.subject, script.bridge)
        self._slides = slides_of(script, captions=captions, layout=layout, figures=figures)
        self._shown: Planes | None = None
        self._latest: tuple[Pixels, Planes] | None = None
        self._covered: Box | None = None
        self._moved: list[Box] = []
        self._passing: Transition | None = None
        self._plate: tuple[Planes | None, Planes, Planes] | None = None
        self._transitions: list[tuple[Planes, Planes, Transition]] = []
        self._slide = lru_cache(maxsize=6)(self._draw_slide)
        self._motion = lru_cache(maxsize=2)(self._motion_of)
        self._moment = lru_cache(maxsize=2)(self._draw_moment)
        self._pages = lru_cache(maxsize=2)(self._caption_pages)
        self._plates = lru_cache(maxsize=2)(self._draw_plates)
        self._lit = lru_cache(maxsize=4)(self._draw_lit)

    @property
    def slides(self) -> tuple[Slide, ...]:
        """The slides of the lesson, one per scene."""
        return self._slides

    @property
    def turns(self) -> Mapping[tuple[int, int], int]:
        """(scene, revealed) -> number of pages, for `build_timeline`."""
        counts = {
            (scene, revealed): slide.turns(revealed)
            for scene, slide in enumerate(self._slides)
            for revealed in range(len(slide.items) + 1)
        }
        return {key: count for key, count in counts.items() if count > 1}

    @property
    def motions(self) -> Mapping[tuple[int, int], float]:
        """(scene, revealed) -> seconds of motion, for `build_timeline`."""
        found = {
            (scene, revealed): slide.motion(revealed)
            for scene, slide in enumerate(self._slides)
            for revealed in range(1, len(slide.items) + 1)
        }
        return {key: motion.seconds for key, motion in found.items() if motion}

    @cached_property
    def _frame(self) -> VideoFrame:
        return VideoFrame(self._layout.width, self._layout.height, "yuv420p")

    @cached_property
    def _views(self) -> list[Plane]:
        return plane_views(self._frame)

    def paint(self, state: State) -> VideoFrame:
        """Draw a state as a yuv420p frame, BT.709, limited range.

        The next call overwrites the frame, which belongs to the painter: only the difference from
        the state before is drawn, in most cases one word of the caption.
        """
        picture, transition = self._picture(state)
        if picture is not self._shown:
            for view, plane in zip(self._views, picture, strict=True):
                np.copyto(view, plane)
            self._shown = picture
        else:
            for box in [*self._moved, *([self._covered] if self._covered else [])]:
                put(self._views, crop(picture, box), box)
            if self._passing is not None and self._passing is not transition:
                self._passing.undo(self._views)
        if transition is not None:
            transition.draw(self._views, self._amount(state))
        self._covered, self._passing, self._moved = None, transition, []
        if state.motion and not transition:
            motion = self._motion(state.scene, state.revealed)
            part = state.motion / state.motion_frames
            seconds = state.motion_frames / FPS
            self._moved = motion.draw(self._views, picture, part, seconds)
        if state.line is not None and self._captions:
            self._draw_caption(None if transition else picture, state.line, state.word)
        self._draw_progress(state.progress)
        return self._frame

    def _picture(self, state: State) -> tuple[Planes, Transition | None]:
        """The screen without its caption: a picture, and the transition over it if there is one."""
        here = state.scene, state.revealed
        if state.motion_frames and not state.motion:
            planes = self._moment(*here, 0, state.motion_frames / FPS)
        else:
            planes = self._slide(*here, state.turn, bool(state.motion and not state.appear))
        if state.crossfade:
            last = self._last_of(state.scene - 1)
            return last, self._transition(last, planes)
        if state.appear:
            if state.motion:
                before = self._moment(*here, 1, state.motion_frames / FPS)
            else:
                before = self._slide(state.scene, *self._before(state), False)
            return before, self._transition(before, planes)
        return planes, None

    @staticmethod
    def _amount(state: State) -> float:
        """Progress of the transition, 0 to 1."""
        if state.crossfade:
            return _ease(state.crossfade / (CROSSFADE_FRAMES + 1))
        return _ease(state.appear / (APPEAR_FRAMES + 1))

    def _transition(self, under: Planes, over: Planes) -> Transition:
        """The transition between two pictures, computed once for all its frames."""
        for before, after, known in self._transitions:
            if before is under and after is over:
                return known
        found = Transition.between(under, over)
        self._transitions = [*self._transitions[-1:], (under, over, found)]
        return found

    def _before(self, state: State) -> tuple[int, int]:
        """(revealed, turn) of the scene before its last item appeared."""
        revealed = max(0, state.revealed - 1)
        return revealed, self._slides[state.scene].turns(revealed) - 1

    def _last_of(self, scene: int) -> Planes:
        revealed = len(self._slides[scene].items)
        return self._slide(scene, revealed, self._slides[scene].turns(revealed) - 1, False)

    def _motion_of(self, scene: int, revealed: int) -> Motion:
        motion = self._slides[scene].motion(revealed)
        assert motion is not None, "the timeline only has motions of slides"  # for the type checker  # nosec B101
        return motion

    def _draw_moment(self, scene: int, revealed: int, progress: float, seconds: float) -> Planes:
        """One moment of a motion as a picture."""
        still = self._slide(scene, revealed, 0, True)
        y, cb, cr = (plane.copy() for plane in still)
        self._motion(scene, revealed).draw((y, cb, cr), still, progress, seconds)
        return y, cb, cr

    def _draw_slide(self, scene: int, revealed: int, turn: int, moving: bool) -> Planes:
        pixels = pixels_of(self._slides[scene].paint(revealed, turn, moving=moving))
        planes = updated(pixels, *self._latest) if self._latest else planes_of(pixels)
        self._latest = pixels, planes
        return planes

    def _draw_caption(self, picture: Planes | None, line: int, word: int | None) -> None:
        """Draw a caption. `picture`: what is under it, a cache key; None if it will not recur."""
        pages = self._pages(line)
        page = page_of(pages, word)
        if page is None:
            return
        number = pages.index(page)
        plain, _ = self._plates(line, number)
        # The plate has round corners, so it depends on the picture under it.
        known = self._plate and self._plate[0] is picture and self._plate[1] is plain
        if picture is None or not known or self._plate is None:
            y, cb, cr = self._views
            under = crop((y, cb, cr), page.box)
            self._plate = picture, plain, mixed(under, plain, corners(_PLATE_RADIUS), _PLATE_RADIUS)
        put(self._views, self._plate[2], page.box)
        self._covered = page.box
        for placed in page.words:
            if placed.position == word:
                put(self._views, *self._lit(line, number, placed))

    def _caption_pages(self, line: int) -> tuple[CaptionPage, ...]:
        words = [word.text for word in self._narration.lines[line].words]
        return caption_pages(words, self._layout)

    def _draw_plates(self, line: int, number: int) -> tuple[Planes, Planes]:
        """The page without highlights, and with all words highlighted."""
        return self._pages(line)[number].draw(self._theme)

    def _draw_lit(self, line: int, number: int, word: PlacedWord) -> tuple[Planes, Box]:
        return self._pages(line)[number].lit(word, *self._plates(line, number))

    def _draw_progress(self, progress: float) -> None:
        reached = 2 * round(self._layout.width * progress / 2)
        done, track = self._progress_colours
        for view, a, b, step in zip(self._views, done, track, (1, 2, 2), strict=True):
            bar = view[self._layout.progress_top // step : self._layout.height // step]
            bar[:, : reached // step] = a
            bar[:, reached // step :] = b

    @cached_property
    def _progress_colours(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        return colour_planes(self._theme.accent), colour_planes(self._theme.track)


def _ease(amount: float) -> float:
    """A quadratic ease-out: fast at first, then slower."""
    return 1 - (1 - amount) ** 2
