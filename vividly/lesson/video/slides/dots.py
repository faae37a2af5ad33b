"""The slide of a dot plot."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.slides.axes import nice, ticks
from vividly.lesson.video.slides.diagram import SERIES, DiagramSlide, Sign
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.text import Style, measure
from vividly.model.visuals.base import shown_number
from vividly.model.visuals.dots import Dots

_SIGN = Style(40, Weight.SEMIBOLD)
_LEGEND, _NAME = 80, 84
"""Heights of a measure and of a row's name in pixels."""
_SMALLEST, _LARGEST = 7.0, 34.0
"""Half the width of a dot in pixels. Dots that are close to each other overlap."""


class DotsSlide(DiagramSlide, kind="dots"):
    """Rows of stacked dots over one axis; measures are lines with their values below."""

    visual: Dots

    def compose(self) -> None:
        area, visual = self.area, self.visual
        every = [value for row in visual.rows for value in row.values]
        self._step = nice((max(every) - min(every)) / (5 if self.layout.portrait else 9))
        first = self._step * ((min(every) // self._step) - (min(every) % self._step == 0))
        last = -self._step * ((-max(every) // self._step) - (-max(every) % self._step == 0))
        # A narrow axis ends with its values: the dots are as large as they are apart.
        self._range = (min(every), max(every)) if self.layout.portrait else (first, last)
        self._legend = _LEGEND * len(visual.measures)
        self._left, self._right = area.left + 40, area.right - 40
        rows = len(visual.rows)
        self._room = (area.height - self._legend - 124) / rows - _NAME
        tallest = max(max(Counter(row.values).values()) for row in visual.rows)
        self._dot = min(_LARGEST, self._room / tallest / 2.2, self._beside() / 2.2)
        self._top = min(self._room, (tallest + 1.5) * 2.2 * self._dot)
        self._row = self._top + _NAME
        high = rows * self._row + 124 + self._legend
        self._start = area.top + (area.height - high) / 2
        self._bases = [self._start + (n + 1) * self._row for n in range(rows)]
        self._axis = self._bases[-1]
        self._keys = [self._axis + 124 + (n + 0.5) * _LEGEND for n in range(len(visual.measures))]
        self.room = self._dot >= _SMALLEST

    def _beside(self) -> float:
        """The distance of the nearest two values of a row in pixels."""
        gaps = [
            self._x(b) - self._x(a)
            for row in self.visual.rows
            for a, b in pairwise(sorted(set(row.values)))
        ]
        return max(min(gaps, default=math.inf), 2.2 * _SMALLEST)

    def _x(self, value: float) -> float:
        first, last = self._range
        return self._left + (value - first) / (last - first) * (self._right - self._left)

    def tags(self) -> list[Tag]:
        visual, area = self.visual, self.area
        rows, wide = len(visual.rows), float(area.width)
        tags = [
            Tag(n + 1, row.label, (area.left, self._start + n * self._row), "b", wide, 0,
                colour=self.hue(SERIES[n]))
            for n, row in enumerate(visual.rows)
        ]  # fmt: skip
        tags.append(Tag(0, visual.axis, (area.right, self._axis + 62), "b", wide, 0,
                        colour=self.theme.muted))  # fmt: skip
        for n, measure_ in enumerate(visual.measures):
            at = area.left + 60, self._keys[n]
            tags.append(Tag(rows + n + 1, visual.shown(measure_), at, "r", wide - 80, 20))
        return tags

    def blocked(self) -> list[Box]:
        area = self.area
        axis = round(self._axis)
        return [Box(area.left, axis - 4, area.right, axis + 60)]

    def signs(self) -> list[Sign]:
        found, room = [], 0.0
        for value in ticks(*self._range, self._step):
            x, half = self._x(value), measure(shown_number(value), _SIGN) / 2
            if x - half >= room and x + half <= self.area.right:
                found.append(Sign(shown_number(value), (x, self._axis + 32.0), 0, 40,
                                  self.theme.muted))  # fmt: skip
                room = x + half + 14
        return found

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        visual, theme = self.visual, self.theme
        rows = len(visual.rows)
        for base in self._bases:
            canvas.line([(self._left, base), (self._right, base)], theme.rule, 5)
        for value in ticks(*self._range, self._step):
            x = self._x(value)
            canvas.line([(x, self._axis), (x, self._axis + 12)], theme.rule, 4)
        for n, measure_ in enumerate(visual.measures):
            part = rows + n + 1
            if part > visible:
                continue
            colour = theme.accent if part == active else self.hue(("yellow", "pink", "green")[n])
            key = self._keys[n]
            dash = () if n == 0 else ((18, 10), (6, 8))[n - 1]
            if not self.alone:
                line = [(self.area.left, key), (self.area.left + 56, key)]
                canvas.line(line, colour, 9, dash=dash)
            for row, base in zip(visual.rows, self._bases, strict=True):
                top = base - self._top
                if measure_.measure == "range":
                    ends = [
                        (self._x(min(row.values)), top + 14),
                        (self._x(max(row.values)), top + 14),
                    ]
                    canvas.arrow(ends, colour, 8, both=True)
                else:
                    x = self._x(visual.measured(measure_, row))
                    canvas.line([(x, base + 10), (x, top)], colour, 8, dash=dash)
        for n, (row, base) in enumerate(zip(visual.rows, self._bases, strict=True)):
            if n + 1 > visible:
                continue
            colour = theme.accent if n + 1 == active else self.hue(SERIES[n])
            for value, count in sorted(Counter(row.values).items()):
                for at in range(count):
                    y = base - self._dot * (1.2 + 2.2 * at)
                    canvas.circle(self._x(value), y, self._dot, colour, theme.background, 3)
