"""The slide of the periodic table."""

from __future__ import annotations

from itertools import accumulate

from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Box, mix
from vividly.lesson.video.slides.diagram import SERIES, DiagramSlide, Sign
from vividly.lesson.video.slides.labels import Tag
from vividly.model.visuals.periodic import TABLE, Periodic

_COLUMNS, _ROWS = 18, 7
_LEGEND = 88
_MAIN_GROUPS = (1, 2, *range(13, 19))
_SYMBOL = 80
"""Width of a column with symbols in pixels; a narrower one shows none."""


class PeriodicSlide(DiagramSlide, kind="periodic"):
    """The table with its families in colour; their names in the gap, or below."""

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
            # Only the main groups have room for their symbols.
            narrow = (whole - _SYMBOL * len(_MAIN_GROUPS)) / (_COLUMNS - len(_MAIN_GROUPS))
            widths = {n: _SYMBOL if n in _MAIN_GROUPS else narrow for n in widths}
        self._edges = list(accumulate(widths.values(), initial=float(left)))
        below = (len(visual.labels()) + 1) * _LEGEND if self._upright else 0
        high = min((area.height - across - below) / _ROWS, 96)
        self._high, self._top = high, area.top + across
        self.room = high > 44
        # The gap over the transition metals, between beryllium and boron.
        self._gap = Box(round(self._edges[2]) + 24, self._top, round(self._edges[12]) - 16,
                        round(self._top + 3 * high) - 8)  # fmt: skip
        if self._upright:
            top = round(self._top + _ROWS * high) + 30
            self._gap = Box(area.left, top, area.right, area.bottom)

    def _box(self, symbol: str) -> tuple[float, float, float, float]:
        column, row = TABLE[symbol]
        top = self._top + (row - 1) * self._high
        return self._edges[column - 1], top, self._edges[column], top + self._high

    def _legend(self) -> list[tuple[float, float]]:
        count = len(self.visual.labels())
        gap = self._gap
        if self._upright or count <= 2:
            step = min(_LEGEND, gap.height / max(1, count))
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
            if right - left > _SYMBOL - 1:
                found.append(Sign(symbol, ((left + right) / 2, (top + bottom) / 2)))
        return found

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        theme, highlights = self.theme, self.visual.highlights
        for symbol in TABLE:
            left, top, right, bottom = self._box(symbol)
            colour, rim, thick = theme.surface, None, 0
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
