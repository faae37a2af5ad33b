"""The base class of slides with steps: boxes in a row, and arrows between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from PIL import Image

from vividly.lesson.video.canvas import Canvas, cut_end
from vividly.lesson.video.design import Box
from vividly.lesson.video.pictograms import draw_picture
from vividly.lesson.video.shapes import arrow
from vividly.lesson.video.slides.diagram import spread
from vividly.lesson.video.slides.visual import VisualSlide, cut_out, draw_cell, fit_cells
from vividly.model.visuals.process import Steps

ARROW_GAP = 76
DOWN_GAP = 60
_PAD_X, _PAD_Y = 26, 20


class StepsSlide(VisualSlide):
    """Boxes with arrows between them."""

    visual: Steps
    boxes: list[Box]
    shares: Sequence[float] = (0.46, 0.32)
    """The share of a step that its picture takes, best first."""
    loops = False
    """Whether the last step leads to the first."""

    def place(self) -> list[Box]:
        """The places of the boxes."""
        raise NotImplementedError

    def links(self) -> Sequence[Sequence[tuple[float, float]]]:
        """For each step, the path of the arrow from the step before; () for none."""
        raise NotImplementedError

    def lay_out(self) -> None:
        self.boxes = self.place()
        steps = [(step.label, step.detail) for step in self.visual.steps]
        cells = None
        pictured = any(step.picture for step in self.visual.steps)
        for share in (*self.shares, 0.0) if pictured else (0.0,):
            self._share = share
            room = self._halves(self.boxes[0])[1]
            if cells := fit_cells(steps, room.width, room.height):
                break
        self.fits = cells is not None
        self._cells = cells or ()

    def _halves(self, box: Box) -> tuple[Box, Box]:
        """The places of the picture and of the words of a step: side by side in flat boxes."""
        inner = box.inset(_PAD_X, _PAD_Y)
        if box.width > 1.5 * box.height:
            middle = inner.left + round(min(inner.height, inner.width * self._share * 0.8))
            words = Box(middle + (24 if self._share else 0), inner.top, inner.right, inner.bottom)
            return Box(inner.left, inner.top, middle, inner.bottom), words
        middle = inner.top + round(min(inner.width, inner.height * self._share))
        words = Box(inner.left, middle + (12 if self._share else 0), inner.right, inner.bottom)
        return Box(inner.left, inner.top, inner.right, middle), words

    def sketch(self, width: int, height: int) -> Image.Image | None:
        """The pictures of the steps with their arrows, around a loop if there are many."""
        names = [step.picture for step in self.visual.steps]
        if not all(names) or len(names) < 2 or not self.fits:
            return None
        few, leads = len(names) <= 3, any(self.links())
        if few:
            size = 0.8 * width / len(names)
            places = [(x, height / 2) for x in spread(0, width, len(names))]
        else:
            size = min(width, height) / (2.6 if len(names) == 4 else 3.2)
            across, down = (width - size) / 2, (height - size) / 2
            angles = [2 * math.pi * n / len(names) - math.pi / 2 for n in range(len(names))]
            places = [
                (width / 2 + across * math.cos(a), height / 2 + down * math.sin(a)) for a in angles
            ]
        canvas = Canvas(None, Box(0, 0, width, height))
        for name, at in zip(names, places, strict=True):
            draw_picture(canvas, name, *at, size * 0.8)
        for at, end in pairwise([*places, places[0]] if self.loops else places) if leads else ():
            way = cut_end(cut_end([at, end], size * 0.46)[::-1], size * 0.46)[::-1]
            canvas.arrow(way, self.theme.muted, 11)
        return cut_out(canvas)

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        for number, (box, cell, path) in enumerate(
            zip(self.boxes, self._cells, self.links(), strict=True), 1
        ):
            if number > visible:
                self.ghost(image, box)
                continue
            if path and (number > 1 or visible == len(self.boxes)):
                arrow(image, path, self.theme.accent if number == active else self.theme.muted, 8)
            self.card(image, box, active=number == active)
            picture, words = self._halves(box)
            name = self.visual.steps[number - 1].picture if self._share else ""
            if not name:
                words = box.inset(_PAD_X, _PAD_Y)
            draw_cell(self, image, cell, words, centred=True, active=number == active)
            if name:
                with Canvas(image, picture) as canvas:
                    size = min(picture.width, picture.height) - 8
                    draw_picture(canvas, name, *picture.centre, size)


def in_a_row(area: Box, count: int, *, down: bool, gap: int = 0) -> list[Box]:
    """Boxes of equal size with gaps between them, side by side or one below the other."""
    if down:
        gap = gap or DOWN_GAP
        height = min(330, (area.height - (count - 1) * gap) // count)
        top = area.top + (area.height - count * height - (count - 1) * gap) // 2
        return [
            Box(area.left, top + n * (height + gap), area.right, top + n * (height + gap) + height)
            for n in range(count)
        ]
    gap = gap or ARROW_GAP
    width = (area.width - (count - 1) * gap) // count
    return [
        Box(
            area.left + n * (width + gap),
            area.top,
            area.left + n * (width + gap) + width,
            area.bottom,
        )
        for n in range(count)
    ]


def row_links(boxes: Sequence[Box], *, down: bool) -> list[Sequence[tuple[float, float]]]:
    """The arrows between boxes of `in_a_row`; none to the first."""
    paths: list[Sequence[tuple[float, float]]] = [()]
    for before, box in pairwise(boxes):
        if down:
            x = box.centre[0]
            paths.append([(x, before.bottom + 8), (x, box.top - 8)])
        else:
            y = box.centre[1]
            paths.append([(before.right + 8, y), (box.left - 8, y)])
    return paths
