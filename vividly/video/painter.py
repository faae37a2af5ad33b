"""Draws the states of a timeline, as frames that the encoder takes without conversion."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from av import VideoFrame

from vividly.lesson import Narration, Script
from vividly.video.caption_strip import CaptionPage, caption_pages, page_of
from vividly.video.design import Box
from vividly.video.layout import LANDSCAPE, Layout
from vividly.video.picture import (
    Planes,
    blend,
    colour_planes,
    copy,
    crop,
    mask_planes,
    paste,
    plane_views,
    to_planes,
)
from vividly.video.shapes import rounded_mask
from vividly.video.slides import slides_of
from vividly.video.themes import theme_of
from vividly.video.timeline import APPEAR_FRAMES, CROSSFADE_FRAMES, State


class Painter:
    """Draws one lesson. Not for use by several threads at once.

    Args:
        captions: whether the spoken words are shown in the picture.
        figures: the files of the script's figures, by their object names.
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
        self._slide = lru_cache(maxsize=4)(self._draw_slide)
        self._pages = lru_cache(maxsize=2)(self._caption_pages)
        self._plates = lru_cache(maxsize=2)(self._draw_plates)

    @property
    def turns(self) -> Mapping[tuple[int, int], int]:
        """For `build_timeline`: the scenes whose pages turn by themselves."""
        counts = {
            (scene, revealed): slide.turns(revealed)
            for scene, slide in enumerate(self._slides)
            for revealed in range(len(slide.items) + 1)
        }
        return {key: count for key, count in counts.items() if count > 1}

    @cached_property
    def _frame(self) -> VideoFrame:
        return VideoFrame(self._layout.width, self._layout.height, "yuv420p")

    def paint(self, state: State) -> VideoFrame:
        """A state as a yuv420p frame, BT.709, limited range.

        The frame is the painter's own and is overwritten by the next call.
        """
        planes = self._picture(state)
        if state.line is not None and self._captions:
            planes = self._with_caption(planes, state.line, state.word)
        for view, plane in zip(plane_views(self._frame), planes, strict=True):
            view[:] = np.asarray(plane)
        self._draw_progress(state.progress)
        return self._frame

    def _picture(self, state: State) -> Planes:
        planes = self._slide(state.scene, state.revealed, state.turn)
        if state.appear:
            before = self._slide(state.scene, *self._before(state))
            planes = blend(before, planes, _ease(state.appear / (APPEAR_FRAMES + 1)))
        if state.crossfade:
            last = self._last_of(state.scene - 1)
            planes = blend(last, planes, _ease(state.crossfade / (CROSSFADE_FRAMES + 1)))
        return planes

    def _before(self, state: State) -> tuple[int, int]:
        """(revealed, turn) of what stood there until the last item came."""
        revealed = max(0, state.revealed - 1)
        return revealed, self._slides[state.scene].turns(revealed) - 1

    def _last_of(self, scene: int) -> Planes:
        revealed = len(self._slides[scene].items)
        return self._slide(scene, revealed, self._slides[scene].turns(revealed) - 1)

    def _draw_slide(self, scene: int, revealed: int, turn: int) -> Planes:
        return to_planes(self._slides[scene].paint(revealed, turn))

    def _with_caption(self, planes: Planes, line: int, word: int | None) -> Planes:
        pages = self._pages(line)
        page = page_of(pages, word)
        if page is None:
            return planes
        plain, lit, mask = self._plates(line, pages.index(page))
        planes = copy(planes)
        paste(planes, plain, page.box, mask)
        for at, placed in enumerate(page.words):
            if placed.position == word:
                inside = Box(
                    placed.box.left - page.box.left,
                    placed.box.top - page.box.top,
                    placed.box.right - page.box.left,
                    placed.box.bottom - page.box.top,
                )
                paste(planes, crop(lit[at % 2], inside), placed.box)
        return planes

    def _caption_pages(self, line: int) -> tuple[CaptionPage, ...]:
        words = [word.text for word in self._narration.lines[line].words]
        return caption_pages(words, self._layout)

    def _draw_plates(self, line: int, number: int) -> tuple[Planes, tuple[Planes, Planes], Planes]:
        """A page plain, with every other word highlighted, with the others, and its shape."""
        page = self._pages(line)[number]
        plain, even, odd = (
            to_planes(page.draw(self._theme, highlighted))
            for highlighted in (None, slice(0, None, 2), slice(1, None, 2))
        )
        mask = mask_planes(rounded_mask(page.box.width, page.box.height, 24))
        return plain, (even, odd), mask

    def _draw_progress(self, progress: float) -> None:
        reached = 2 * round(self._layout.width * progress / 2)
        done, track = self._progress_colours
        for view, a, b, step in zip(plane_views(self._frame), done, track, (1, 2, 2), strict=True):
            bar = view[self._layout.progress_top // step : self._layout.height // step]
            bar[:, : reached // step] = a
            bar[:, reached // step :] = b

    @cached_property
    def _progress_colours(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        return colour_planes(self._theme.accent), colour_planes(self._theme.track)


def _ease(amount: float) -> float:
    """Fast at first, then slower: a cubic ease-out."""
    return 1 - (1 - amount) ** 3
