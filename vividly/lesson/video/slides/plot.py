"""The slide of a function's graph."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

from vividly.lesson.video.canvas import Canvas, Point, along
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.slides.axes import nice, ticks
from vividly.lesson.video.slides.diagram import DiagramSlide, Sign, around, covering
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite, smoothstep
from vividly.lesson.video.text import Style, measure
from vividly.model.visuals.base import shown_number
from vividly.model.visuals.plot import Plot, PlotMark

_TICKS = 6
_ALONG = (0.8, 0.58, 0.36, 0.95, 0.2, 0.68, 0.47, 0.05)
"""Where the name of a curve may stand, from 0 at its start to 1; best first."""
_SIGN = Style(40, Weight.SEMIBOLD)


class PlotSlide(DiagramSlide, kind="plot"):
    """Axes with numbers, the curves, and points or steps on them."""

    visual: Plot

    def compose(self) -> None:
        visual, area = self.visual, self.area
        curves = [visual.points(curve) for curve in visual.curves]
        ys = [y for points in curves for _, y in points]
        low, high = min(ys), max(ys)
        if low > 0 and low < 0.5 * high:
            low = 0.0
        if high - low < 1e-9:
            low, high = min(0.0, low - 1), max(high, low + 1, 0.0)
        self._y_step = nice((high - low) / _TICKS)
        low, high = self._y_step * math.floor(low / self._y_step + 1e-9), high
        high = self._y_step * math.ceil(high / self._y_step - 1e-9)
        self._x_step = nice((visual.end - visual.start) / (_TICKS if self.layout.portrait else 9))
        self._low, self._high = low, high
        self._zero_y = min(max(0.0, low), high)
        self._y_ticks = ticks(low, high, self._y_step)
        self._x_ticks = ticks(visual.start, visual.end, self._x_step)
        widest = max(measure(shown_number(y), _SIGN) for y in self._y_ticks)
        self._left = area.left + round(widest) + 26
        self._right = area.right - 30
        self._top = area.top + (88 if not self.layout.portrait else 150)
        self._bottom = area.bottom - 62 - (56 if not self.layout.portrait else 110)
        self.room = self._bottom - self._top > 160 and self._right - self._left > 300
        self._lines = [[self._at(x, y) for x, y in points] for points in curves]

    def _at(self, x: float, y: float) -> Point:
        visual = self.visual
        across = (x - visual.start) / (visual.end - visual.start)
        up = (y - self._low) / (self._high - self._low)
        return (
            self._left + across * (self._right - self._left),
            self._bottom - up * (self._bottom - self._top),
        )

    def _step(self, mark: PlotMark) -> list[Point]:
        """The corner and the end of a step."""
        assert mark.to is not None, "only a step has an end"  # for the type checker  # nosec B101
        y = self.visual.curves[mark.curve - 1].at(mark.to)
        return [self._at(mark.to, self.visual.height(mark)), self._at(mark.to, y)]

    def coloured(self) -> list[tuple[str, str]]:
        return [(curve.shown, "") for curve in self.visual.curves]

    def tags(self) -> list[Tag]:
        visual, area = self.visual, self.area
        wide = float(area.width)
        tags = [
            Tag(0, visual.y_label, (area.left, self._top - 34), "t", wide, 0,
                colour=self.theme.muted),
            Tag(0, visual.x_label, (area.right, self._bottom + 62), "b", wide, 0,
                colour=self.theme.muted),
        ]  # fmt: skip
        for number, (curve, line) in enumerate(zip(visual.curves, self._lines, strict=True)):
            colour = self.hues[number]
            at, *others = (line[round((len(line) - 1) * part)] for part in _ALONG[number:])
            tags.append(Tag(number + 1, curve.shown, at, "lrtb", 520, 24, colour=colour,
                            others=tuple(others)))  # fmt: skip
        for number, mark in enumerate(visual.marks, 1):
            part = len(visual.curves) + number
            at, sides = self._at(mark.x, visual.height(mark)), "rltb"
            x, y = at
            beside: tuple[Point, ...] = tuple((x, y + down) for down in (-70, 50, -140))
            if mark.to is not None:
                (x, y), (_, end) = self._step(mark)
                at, sides, beside = (x, (y + end) / 2), "rbtl", ()
            tags.append(Tag(part, visual.shown(mark), at, sides, 460, 26, others=beside))
        return tags

    def blocked(self) -> list[Box]:
        area = self.area
        boxes = [
            Box(area.left, self._top, self._left, self._bottom + 10),
            Box(area.left, self._bottom + 2, area.right, self._bottom + 60),
        ]
        for line in self._lines:
            boxes += covering(line[::4], 26, 8)
        boxes += [around(self._at(m.x, self.visual.height(m)), 14) for m in self.visual.marks]
        for mark in self.visual.marks:
            if mark.to is not None:
                start = self._at(mark.x, self.visual.height(mark))
                boxes += covering([start, *self._step(mark)], 26, 6)
            else:
                x, y = self._at(mark.x, self.visual.height(mark))
                boxes += covering([(x, y), (x, self._at(mark.x, self._zero_y)[1])], 26, 4)
        return boxes

    def signs(self) -> list[Sign]:
        ink = self.theme.muted
        base = self._bottom + 32.0
        edge = self._left - 16.0
        found = [
            Sign(shown_number(y), (edge, self._at(self.visual.start, y)[1]), 0, 40, ink, "l")
            for y in self._y_ticks
        ]
        room = 0.0
        for x in self._x_ticks:
            at, half = self._at(x, self._low)[0], measure(shown_number(x), _SIGN) / 2
            if at - half >= room and at + half <= self.area.right:
                found.append(Sign(shown_number(x), (at, base), 0, 40, ink))
                room = at + half + 16
        return found

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        visual, theme = self.visual, self.theme
        for y in self._y_ticks:
            ends = [self._at(visual.start, y), self._at(visual.end, y)]
            canvas.line(ends, theme.grid, 3)
        for x in self._x_ticks:
            canvas.line([self._at(x, self._low), self._at(x, self._high)], theme.grid, 3)
        zero_x = min(max(0.0, visual.start), visual.end)
        for ends in (
            [self._at(visual.start, self._zero_y), self._at(visual.end, self._zero_y)],
            [self._at(zero_x, self._low), self._at(zero_x, self._high)],
        ):
            canvas.line(ends, theme.rule, 5)
        for number, line in enumerate(self._lines):
            if number < visible:
                colour = theme.accent if number + 1 == active else self.hues[number]
                canvas.line(line, colour, 10)
        for number, mark in enumerate(visual.marks, len(self._lines) + 1):
            if number > visible or (self.moving and number == active):
                continue
            colour = theme.accent if number == active else theme.text
            at = self._at(mark.x, visual.height(mark))
            if mark.to is not None:
                for a, b in pairwise([at, *self._step(mark)]):
                    canvas.arrow([a, b], colour, 7)
            else:
                foot = self._at(mark.x, self._zero_y)
                canvas.line([at, foot], colour, 4, dash=(10, 9))
            canvas.circle(*at, 15, colour, theme.background, 4)

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """A point runs along the curve, to the mark that is spoken of."""
        visual, curves = self.visual, len(self._lines)
        if active <= before or (active <= curves and visual.marks):
            return None
        end = visual.end
        curve = visual.curves[min(active, curves) - 1]
        if active > curves:
            mark = visual.marks[active - curves - 1]
            if mark.to is not None:
                return None
            curve, end = visual.curves[mark.curve - 1], mark.x
        if end <= visual.start:
            return None
        way = [self._at(x, y) for x, y in visual.points(curve) if x <= end]
        if active > curves:
            way.append(self._at(end, curve.at(end)))

        def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
            yield 0, along(way, smoothstep(progress))

        def point(canvas: Canvas, x: float, y: float) -> None:
            canvas.circle(x, y, 15, self.theme.accent, self.theme.background, 4)

        return Motion([Sprite(point, 18)], places, self.area.inset(-30), 2.4)
