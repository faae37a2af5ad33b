"""The slide of a dot plot."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

from vividly.lesson.video.canvas import Canvas, Point
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
_NUMBERS = 110
"""Width of the numbers at an upright axis."""
_SMALLEST, _LARGEST = 7.0, 34.0
"""Half the width of a dot in pixels. Dots that are close to each other overlap."""


class DotsSlide(DiagramSlide, kind="dots"):
    """Rows of stacked dots over one axis; measures are lines with their values below.

    In portrait the axis is upright, and the dots of a value stand beside each other.
    """

    visual: Dots
    wordless = False

    def compose(self) -> None:
        area, visual = self.area, self.visual
        self._upright = self.layout.portrait
        every = [value for row in visual.rows for value in row.values]
        self._step = nice((max(every) - min(every)) / 9)
        first = self._step * ((min(every) // self._step) - (min(every) % self._step == 0))
        last = -self._step * ((-max(every) // self._step) - (-max(every) % self._step == 0))
        # An upright axis ends with its values: the dots are as large as they are apart.
        self._range = (min(every), max(every)) if self._upright else (first, last)
        legend = _LEGEND * len(visual.measures)
        rows = len(visual.rows)
        tallest = max(max(Counter(row.values).values()) for row in visual.rows)
        if self._upright:
            self._ends = area.bottom - legend - 124.0, area.top + _NAME + 50.0
            room = (area.width - _NUMBERS) / rows
        else:
            self._ends = area.left + 40.0, area.right - 40.0
            room = (area.height - legend - 124) / rows - _NAME
        self._dot = min(_LARGEST, room / tallest / 2.2, self._beside() / 2.2)
        self._top = min(room, (tallest + 1.5) * 2.2 * self._dot)
        if self._upright:
            self._top = room - 40
            self._bases = [area.left + _NUMBERS + n * room for n in range(rows)]
            self._names = [(base, area.top + _NAME / 2.0) for base in self._bases]
            self._wide = room - 10
            key = self._ends[0] + 124
        else:
            start = area.top + (area.height - rows * (self._top + _NAME) - 124 - legend) / 2
            self._bases = [start + (n + 1) * (self._top + _NAME) for n in range(rows)]
            self._names = [(float(area.left), start + n * (self._top + _NAME) + _NAME / 2)
                           for n in range(rows)]  # fmt: skip
            self._wide = float(area.width)
            key = self._bases[-1] + 124
        self._keys = [key + (n + 0.5) * _LEGEND for n in range(len(visual.measures))]
        self.room = self._dot >= _SMALLEST and self._wide > 200

    def _beside(self) -> float:
        """The distance of the nearest two values of a row in pixels."""
        gaps = [
            abs(self._along(b) - self._along(a))
            for row in self.visual.rows
            for a, b in pairwise(sorted(set(row.values)))
        ]
        return max(min(gaps, default=math.inf), 2.2 * _SMALLEST)

    def _along(self, value: float) -> float:
        """Where a value is on the axis in pixels."""
        (first, last), (start, end) = self._range, self._ends
        return start + (value - first) / (last - first) * (end - start)

    def _at(self, value: float, base: float, over: float) -> Point:
        """The point so many pixels over the axis of a row."""
        along = self._along(value)
        return (base + over, along) if self._upright else (along, base - over)

    def tags(self) -> list[Tag]:
        visual, area = self.visual, self.area
        rows, wide = len(visual.rows), float(area.width)
        tags = [
            Tag(n + 1, row.label, at, "r", self._wide, 0, colour=self.hue(SERIES[n]))
            for n, (row, at) in enumerate(zip(visual.rows, self._names, strict=True))
        ]
        end = (
            (area.left, round(self._ends[0]) + 40)
            if self._upright
            else (area.right, round(self._bases[-1]) + 62)
        )
        tags.append(Tag(0, visual.axis, end, "b", wide, 0, colour=self.theme.muted))
        for n, measure_ in enumerate(visual.measures):
            at = area.left + 60, self._keys[n]
            tags.append(Tag(rows + n + 1, visual.shown(measure_), at, "r", wide - 80, 20))
        return tags

    def blocked(self) -> list[Box]:
        area = self.area
        if self._upright:
            bottom, top = map(round, self._ends)
            return [Box(area.left, top - 36, area.right, bottom + 36)]
        axis = round(self._bases[-1])
        return [Box(area.left, axis - 4, area.right, axis + 60)]

    def signs(self) -> list[Sign]:
        found: list[Sign] = []
        room, area, muted = -math.inf, self.area, self.theme.muted
        for value in ticks(*self._range, self._step):
            text, along = shown_number(value), self._along(value)
            half = 26.0 if self._upright else measure(text, _SIGN) / 2
            # The numbers of an upright axis go upwards.
            low = -along - half if self._upright else along - half
            if low < room or (not self._upright and along + half > area.right):
                continue
            room = low + 2 * half + (0 if self._upright else 14)
            if self._upright:
                found.append(Sign(text, (self._bases[0] - 24, along), 0, 40, muted, "l"))
            else:
                found.append(Sign(text, (along, self._bases[-1] + 32.0), 0, 40, muted))
        return found

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        visual, theme = self.visual, self.theme
        rows = len(visual.rows)
        for base in self._bases:
            ends = [self._at(value, base, 0) for value in self._range]
            canvas.line(ends, theme.rule, 5)
        axis = self._bases[0 if self._upright else -1]
        for value in ticks(*self._range, self._step):
            canvas.line([self._at(value, axis, 0), self._at(value, axis, -12)], theme.rule, 4)
        for n, (row, base) in enumerate(zip(visual.rows, self._bases, strict=True)):
            if n + 1 > visible:
                continue
            colour = theme.accent if n + 1 == active else self.hue(SERIES[n])
            for value, count in sorted(Counter(row.values).items()):
                for at in range(count):
                    middle = self._at(value, base, self._dot * (1.2 + 2.2 * at))
                    canvas.circle(*middle, self._dot, colour, theme.background, 3)
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
                if measure_.measure == "range":
                    ends = [
                        self._at(value, base, self._top - 14)
                        for value in (min(row.values), max(row.values))
                    ]
                    canvas.arrow(ends, colour, 8, both=True)
                else:
                    value = visual.measured(measure_, row)
                    across = [self._at(value, base, over) for over in (-10, self._top)]
                    canvas.line(across, colour, 8, dash=dash)
