"""Slides of what follows one after the other: a process, a cycle, events in time."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.shapes import arrow, disc, stroke
from vividly.lesson.video.slides.base import in_middle
from vividly.lesson.video.slides.visual import VisualSlide, draw_cell, fit_blocks, fit_cells
from vividly.lesson.video.text import draw_block
from vividly.model.visuals import Cycle, Process, Timeline

_ARROW_GAP = 76
_DOWN_GAP = 60
_PAD_X, _PAD_Y = 26, 20


class _StepsSlide(VisualSlide):
    """Boxes with arrows between them."""

    visual: Process | Cycle
    boxes: list[Box]

    def place(self) -> list[Box]:
        """Where the boxes are."""
        raise NotImplementedError

    def links(self) -> Sequence[Sequence[tuple[float, float]]]:
        """The path of the arrow that leads to each step from the one before; () for none."""
        raise NotImplementedError

    def lay_out(self) -> None:
        self.boxes = self.place()
        inner = self.boxes[0].inset(_PAD_X, _PAD_Y)
        steps = [(step.label, step.detail) for step in self.visual.steps]
        cells = fit_cells(steps, inner.width, inner.height)
        self.fits = cells is not None
        self._cells = cells or ()

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
            draw_cell(
                self, image, cell, box.inset(_PAD_X, _PAD_Y), centred=True, active=number == active
            )


class ProcessSlide(_StepsSlide):
    """Steps from left to right, or downwards where the frame stands upright."""

    def place(self) -> list[Box]:
        return in_a_row(self.area, len(self.visual.steps), down=self.layout.portrait)

    def links(self) -> Sequence[Sequence[tuple[float, float]]]:
        paths: list[Sequence[tuple[float, float]]] = [()]
        for before, box in zip(self.boxes, self.boxes[1:], strict=False):
            if self.layout.portrait:
                x = box.centre[0]
                paths.append([(x, before.bottom + 8), (x, box.top - 8)])
            else:
                y = box.centre[1]
                paths.append([(before.right + 8, y), (box.left - 8, y)])
        return paths


class CycleSlide(_StepsSlide):
    """Steps around a loop: along the top and back along the bottom."""

    def place(self) -> list[Box]:
        count, area = len(self.visual.steps), self.area
        if self.layout.portrait:
            inner = Box(area.left + 70, area.top, area.right, area.bottom)
            return in_a_row(inner, count, down=True)
        above = (count + 1) // 2
        width = (area.width - (above - 1) * _ARROW_GAP) // above
        height = (area.height - _DOWN_GAP - 8) // 2
        boxes = []
        for number in range(count):
            if number < above:
                left, top = area.left + number * (width + _ARROW_GAP), area.top
            else:
                below = count - above
                used = below * width + (below - 1) * _ARROW_GAP
                at = count - 1 - number
                left = area.left + (area.width - used) // 2 + at * (width + _ARROW_GAP)
                top = area.bottom - height
            boxes.append(Box(left, top, left + width, top + height))
        return boxes

    def links(self) -> Sequence[Sequence[tuple[float, float]]]:
        return [self._link(self.boxes[at - 1], box, at) for at, box in enumerate(self.boxes)]

    def _link(self, before: Box, box: Box, at: int) -> Sequence[tuple[float, float]]:
        if self.layout.portrait:
            if at == 0:
                x = box.left - 44
                y0, y1 = before.centre[1], box.centre[1]
                return [(before.left - 4, y0), (x, y0), (x, y1), (box.left - 8, y1)]
            return [(box.centre[0], before.bottom + 8), (box.centre[0], box.top - 8)]
        if before.top == box.top:
            y = box.centre[1]
            if before.left < box.left:
                return [(before.right + 8, y), (box.left - 8, y)]
            return [(before.left - 8, y), (box.right + 8, y)]
        # Between the rows, as nearly upright as the boxes allow.
        low, high = max(before.left, box.left), min(before.right, box.right)
        x = (low + high) // 2
        if before.top < box.top:
            return [(x, before.bottom + 6), (x, box.top - 8)]
        return [(x, before.top - 6), (x, box.bottom + 8)]


class TimelineSlide(VisualSlide):
    """A line with a dot for each event: when above (or beside) it, what below."""

    visual: Timeline

    def lay_out(self) -> None:
        events = self.visual.events
        area, count = self.area, len(events)
        if self.layout.portrait:
            self._columns = in_a_row(
                Box(area.left + 80, area.top, area.right, area.bottom), count, down=True, gap=24
            )
        else:
            self._columns = in_a_row(area, count, down=False, gap=28)
        column = self._columns[0]
        sizes = design.BODY_SIZES[1:]
        when = fit_blocks([e.when for e in events], Weight.BOLD, sizes, column.width, 140)
        self._line = area.top + (max(b.height for b in when) if when else 0) + 40
        room = column.height if self.layout.portrait else area.bottom - self._line - 44
        if self.layout.portrait and when:
            room -= max(b.height for b in when) + 4
        what = fit_blocks([e.what for e in events], Weight.MEDIUM, sizes, column.width, room)
        self.fits = when is not None and what is not None and room > 0
        self._when, self._what = when or (), what or ()

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        rule, portrait, area = self.theme.rule, self.layout.portrait, self.area
        draw = ImageDraw.Draw(image)
        if portrait:
            stroke(image, [(area.left + 24, area.top + 20), (area.left + 24, area.bottom)], rule, 8)
        else:
            ends = [(area.left, self._line), (area.right - 6, self._line)]
            arrow(image, ends, rule, 8, head=4)
        for number, (box, when, what) in enumerate(
            zip(self._columns, self._when, self._what, strict=True), 1
        ):
            shown, on = number <= visible, number == active
            top = in_middle(box, when.height + 4 + what.height) if portrait else box.top
            middle = top + when.style.leading // 2
            at = (area.left + 24, middle) if portrait else (box.left + 18, self._line)
            colour = self.theme.accent if on else self.theme.badge if shown else self.theme.rule
            disc(image, *at, 22 if on else 17, colour)
            if not shown:
                continue
            ink = self.theme.accent if on else self.theme.text
            if portrait:
                draw_block(draw, when, box.left, top, ink)
                draw_block(draw, what, box.left, top + when.height + 4, self.theme.text)
            else:
                draw_block(draw, when, box.left, self._line - 40 - when.height, ink)
                draw_block(draw, what, box.left, self._line + 44, self.theme.text)


def in_a_row(area: Box, count: int, *, down: bool, gap: int = 0) -> list[Box]:
    """Boxes of one size with gaps between them, beside or below each other."""
    if down:
        gap = gap or _DOWN_GAP
        height = min(330, (area.height - (count - 1) * gap) // count)
        top = area.top + (area.height - count * height - (count - 1) * gap) // 2
        return [
            Box(area.left, top + n * (height + gap), area.right, top + n * (height + gap) + height)
            for n in range(count)
        ]
    gap = gap or _ARROW_GAP
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
