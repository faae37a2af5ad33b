"""The slide of the periodic table."""

from __future__ import annotations

from itertools import accumulate

from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Box, mix
from vividly.lesson.video.slides.diagram import SERIES, DiagramSlide, Sign
from vividly.lesson.video.slides.labels import Tag
from vividly.model.visuals.periodic import TABLE, Periodic

_COLUMNS, _ROWS = 18, 7
_LEGEND, _CLOSE_LEGEND, _FEW = 88, 66, 3
"""Height of a label in the legend, and where there are more than a few."""
_MAIN_GROUPS = (1, 2, *range(13, 19))
_METAL_ROWS = 4
_STRIP = 26
"""In portrait the transition metals stand below the others; a strip shows their place."""


class PeriodicSlide(DiagramSlide, kind="periodic"):
    """The table with its families in colour; their names in the gap, or below.

    In portrait, the transition metals are a block of their own under the main groups.
    """

    visual: Periodic

    def compose(self) -> None:
        area, visual = self.area, self.visual
        self._upright = self.layout.portrait
        across = 90 if visual.across else 0
        down = 70 if visual.down else 0
        left = area.left + down
        whole = float(area.right - left)
        widths = dict.fromkeys(range(1, _COLUMNS + 1), whole / _COLUMNS)
        if self._upright:
            wide = (whole - _STRIP) / len(_MAIN_GROUPS)
            widths = {n: wide if n in _MAIN_GROUPS else _STRIP / 10 for n in widths}
        self._edges = list(accumulate(widths.values(), initial=float(left)))
        labels = len(visual.labels())
        self._line = _LEGEND if labels <= _FEW or not self._upright else _CLOSE_LEGEND
        below = (labels + 0.5) * self._line if self._upright else 0
        rows = _ROWS + (_METAL_ROWS + 0.4 if self._upright else 0)
        high = min((area.height - across - below) / rows, 96)
        self._high, self._top = high, area.top + across
        self._metals = self._top + (_ROWS + 0.4) * high
        self.room = high > 44
        # The gap over the transition metals, between beryllium and boron.
        self._gap = Box(round(self._edges[2]) + 24, self._top, round(self._edges[12]) - 16,
                        round(self._top + 3 * high) - 8)  # fmt: skip
        if self._upright:
            top = round(self._metals + _METAL_ROWS * high) + 16
            self._gap = Box(area.left, top, area.right, area.bottom)

    def _box(self, symbol: str) -> tuple[float, float, float, float]:
        column, row = TABLE[symbol]
        if self._upright and column not in _MAIN_GROUPS:
            first, step = self._edges[0], (self._edges[-1] - self._edges[0]) / 10
            left, top = first + (column - 3) * step, self._metals + (row - 4) * self._high
            return left, top, left + step, top + self._high
        top = self._top + (row - 1) * self._high
        return self._edges[column - 1], top, self._edges[column], top + self._high

    def _legend(self) -> list[tuple[float, float]]:
        count = len(self.visual.labels())
        gap = self._gap
        if self._upright or count <= 2:
            step = min(self._line, gap.height / max(1, count))
            return [(gap.left, gap.top + (n + 0.5) * step) for n in range(count)]
        rows = (count + 1) // 2
        step = gap.height / rows
        return [
            (gap.left + (n // rows) * gap.width / 2, gap.top + (n % rows + 0.5) * step)
            for n in range(count)
        ]

    def tags(self) -> list[Tag]:
        labels, gap = self.visual.labels(), self._gap
        half = not self._upright and len(labels) > 2
        wide = gap.width / (2 if half else 1) - 80
        return [
            Tag(part, label, at, "r", wide, 62)
            for part, (label, at) in enumerate(zip(labels, self._legend(), strict=True), 1)
        ]

    def blocked(self) -> list[Box]:
        # In landscape, the labels stand in the gap of the table.
        table = Box(self.area.left, self._top, self.area.right, self._gap.top - 20)
        return [table] if self._upright else []

    def signs(self) -> list[Sign]:
        found = []
        for symbol in TABLE:
            left, top, right, bottom = self._box(symbol)
            found.append(Sign(symbol, ((left + right) / 2, (top + bottom) / 2)))
        return found

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        theme, highlights = self.theme, self.visual.highlights
        if self._upright:
            strip = self._edges[2] + 9, self._edges[12] - 9
            canvas.box(strip[0], self._top + 3 * self._high, strip[1],
                       self._top + _ROWS * self._high, theme.muted, radius=4)  # fmt: skip
        for symbol in TABLE:
            left, top, right, bottom = self._box(symbol)
            # The title and the takeaways show it on the surface.
            colour, rim, thick = theme.rule if self.alone else theme.surface, None, 0
            for part, highlight in enumerate(highlights, 1):
                if part <= visible and symbol in highlight.symbols:
                    colour = mix(theme.surface, self.hue(SERIES[part - 1]), 0.42)
                    rim = theme.accent if part == active else self.hue(SERIES[part - 1])
                    thick = 5 if part == active else 3
            canvas.box(
                left + 2.5, top + 2.5, right - 2.5, bottom - 2.5, colour, rim, thick, radius=8
            )
        for part, (x, y) in enumerate(self._legend(), 1):
            if part > visible or self.alone:
                continue
            if part <= len(highlights):
                colour = self.hue(SERIES[part - 1])
                rim = theme.accent if part == active else colour
                canvas.box(x, y - 22, x + 44, y + 22, mix(theme.surface, colour, 0.42), rim, 5,
                           radius=8)  # fmt: skip
                continue
            ink = theme.accent if part == active else theme.text
            sideways = part == len(highlights) + 1 and bool(self.visual.across)
            end = [(x, y), (x + 46, y)] if sideways else [(x + 22, y - 26), (x + 22, y + 26)]
            canvas.arrow(end, ink, 7)
            if sideways:
                level = self._top - 44.0
                canvas.arrow([(self._edges[0], level), (self._edges[-1], level)], ink, 10)
            else:
                line = self._edges[0] - 36.0
                canvas.arrow([(line, self._top), (line, self._top + _ROWS * self._high)], ink, 10)
