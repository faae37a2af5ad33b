"""The slide of lamps in series and in parallel."""

from __future__ import annotations

from collections.abc import Iterator

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.circuit import (
    CHARGE,
    STEP_S,
    WIRE,
    charge,
    charges,
    draw_cell,
    draw_lamp,
)
from vividly.lesson.video.slides.diagram import DiagramSlide, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite
from vividly.model.visuals.wiring import Wiring

_SIDE, _LABEL = 80, 160
"""Room beside a loop for what stands on its wires, and below it for its label."""


class WiringSlide(DiagramSlide, kind="wiring"):
    """Two loops with a battery on the left of each; where a current flows, charges move."""

    visual: Wiring

    def compose(self) -> None:
        area = self.area
        self._rooms = [
            Box(area.left, round(y - area.height / 4), area.right, round(y + area.height / 4))
            if self.layout.portrait
            else Box(round(x - area.width / 4), area.top, round(x + area.width / 4), area.bottom)
            for x, y in zip(
                spread(area.left, area.right, 2), spread(area.top, area.bottom, 2), strict=True
            )
        ]
        high = min(self._rooms[0].height - _LABEL - _SIDE, 420)
        wide = min(self._rooms[0].width - 2 * _SIDE, round(1.9 * high))
        self.room = high > 150 and wide > 300
        self._loops = []
        for room in self._rooms:
            x, top = room.centre[0], room.top + (room.height - high - _LABEL - _SIDE) // 2 + _SIDE
            self._loops.append(Box(x - wide // 2, top, x + wide // 2, top + high))

    def _lamps(self, part: int) -> list[Point]:
        loop, count = self._loops[part], self.visual.lamps
        if part:
            step = loop.width / count
            return [(loop.left + step * (n + 1), float(loop.centre[1])) for n in range(count)]
        return [(x, float(loop.top)) for x in spread(loop.left, loop.right, count)]

    def _wires(self, part: int) -> list[list[Point]]:
        """The loop, then the further paths."""
        loop = self._loops[part]
        top, bottom = float(loop.top), float(loop.bottom)
        return [
            _ring(loop.left, loop.right, top, bottom),
            *([(x, top), (x, bottom)] for x, _ in (self._lamps(1)[:-1] if part else ())),
        ]

    def _live(self, part: int) -> list[list[Point]]:
        """The wires through which a current flows: a loop to the last whole lamp, and paths."""
        if not self.visual.broken:
            return self._wires(part)
        if not part:
            return []
        loop = self._loops[part]
        *paths, last = self._wires(part)[1:]
        return [_ring(loop.left, last[0][0], float(loop.top), float(loop.bottom)), *paths]

    def tags(self) -> list[Tag]:
        visual = self.visual
        texts = zip(visual.labels(), (visual.series_detail, visual.parallel_detail), strict=True)
        return [
            Tag(part + 1, label, (room.centre[0], float(loop.bottom)), "b", room.width - 30, 30,
                detail)
            for part, ((label, detail), room, loop) in enumerate(
                zip(texts, self._rooms, self._loops, strict=True)
            )
        ]  # fmt: skip

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        visual, theme = self.visual, self.theme
        for part, loop in enumerate(self._loops[:visible]):
            ink = theme.accent if part + 1 == active else theme.text
            for wire in self._wires(part):
                canvas.line(wire, theme.muted, WIRE)
            if not self.moving:
                for at in self._charges(part, 0):
                    charge(canvas, *at)
            draw_cell(canvas, theme, (loop.left, float(loop.centre[1])), ink)
            *others, last = self._lamps(part)
            for at in others:
                draw_lamp(canvas, theme, at, ink, lit=bool(part) or not visual.broken)
            draw_lamp(canvas, theme, last, ink, lit=not visual.broken, broken=visual.broken)

    def _charges(self, part: int, steps: float) -> Iterator[Point]:
        return charges(self._live(part), steps)

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """The charges of all circuits that are there, if the last one has a current."""
        if not before < visible or not self._live(visible - 1):
            return None

        def places(progress: float, seconds: float) -> Iterator[tuple[int, Point]]:
            steps = progress * max(1, round(seconds / STEP_S))
            return ((0, at) for part in range(visible) for at in self._charges(part, steps))

        over = [
            Box(round(x) - 50, round(y) - 50, round(x) + 50, round(y) + 50)
            for part in range(visible)
            for x, y in self._lamps(part)
        ]
        cells = [
            Box(loop.left - 58, loop.centre[1] - 22, loop.left + 58, loop.centre[1] + 22)
            for loop in self._loops[:visible]
        ]
        window = self.area.inset(-30)
        return Motion([Sprite(charge, CHARGE)], places, window, over=(*over, *cells))


def _ring(left: float, right: float, top: float, bottom: float) -> list[Point]:
    return [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
