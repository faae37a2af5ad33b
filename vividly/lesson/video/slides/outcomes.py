"""The slide of outcomes."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Box, Weight, mix
from vividly.lesson.video.slides.diagram import SERIES, DiagramSlide, Sign, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.text import Style, measure
from vividly.model.visuals.outcomes import Outcomes

_LARGEST = 220
"""Greatest width of a cell in pixels."""


class OutcomesSlide(DiagramSlide, kind="outcomes"):
    """The grid of outcomes, and a key of the events with their counts."""

    visual: Outcomes

    def compose(self) -> None:
        area, visual = self.area, self.visual
        self._upright = self.layout.portrait
        self._cells = visual.cells()
        rows, columns = len(self._cells), len(self._cells[0])
        head = 1 if visual.rows else 0
        name = 70 if visual.column_name else 0
        side = 70 if visual.row_name else 0
        key = 110 * len(visual.events) + side if self._upright else 0
        wide = area.width if self._upright else area.width * 0.56
        self._size = min(
            (area.height - name - key) / (rows + head), wide / (columns + head), _LARGEST
        )
        self._sign = min(64, max(44, round(self._size * 0.34)))
        grid = self._size * (columns + head)
        left = area.left + (wide - grid) / 2
        top = area.top + name + (area.height - name - key - self._size * (rows + head)) / 2
        self._left, self._top = left + head * self._size, top + head * self._size
        self._head = head
        edge = area.left + wide + 40
        if self._upright:
            self._keys = [(float(area.left), y)
                          for y in spread(area.bottom - key + side, area.bottom,
                                          len(visual.events))]  # fmt: skip
            self._side = (float(area.left), area.bottom - key + side / 2.0)
        else:
            below = 130 if visual.row_name else 0
            self._keys = [(edge, y) for y in spread(area.top + below, area.bottom,
                                                    len(visual.events))]  # fmt: skip
            self._side = (edge, area.top + below / 2.0)
        every = [cell for row in self._cells for cell in row]
        style = Style(self._sign, Weight.SEMIBOLD)
        widest = max(measure(text, style) for text in (*every, *visual.columns, *visual.rows))
        self.room = self._size > 56 and widest < self._size - 8

    def _middle(self, row: int, column: int) -> tuple[float, float]:
        return self._left + (column + 0.5) * self._size, self._top + (row + 0.5) * self._size

    def tags(self) -> list[Tag]:
        visual, area = self.visual, self.area
        tags = []
        if visual.column_name:
            at = (
                self._left + self._size * len(visual.columns) / 2,
                self._top - self._head * self._size,
            )
            tags.append(Tag(0, visual.column_name, at, "t", 640, 8, colour=self.hue("blue")))
        if visual.row_name:
            tags.append(Tag(0, visual.row_name, self._side, "r", area.right - self._side[0] - 70,
                            62, colour=self.hue("orange")))  # fmt: skip
        for part, (event, at) in enumerate(zip(visual.events, self._keys, strict=True), 1):
            tags.append(Tag(part, visual.shown(event), at, "r", area.right - at[0] - 70, 62))
        return tags

    def blocked(self) -> list[Box]:
        rows, columns = len(self._cells), len(self._cells[0])
        head = self._head * self._size
        return [Box(round(self._left - head), round(self._top - head),
                    round(self._left + columns * self._size),
                    round(self._top + rows * self._size))]  # fmt: skip

    def signs(self) -> list[Sign]:
        found = [
            Sign(cell, self._middle(row, column), 0, self._sign)
            for row, cells in enumerate(self._cells)
            for column, cell in enumerate(cells)
        ]
        if self._head:
            found += [
                Sign(text, self._middle(-1, n), 0, self._sign, self.hue("blue"))
                for n, text in enumerate(self.visual.columns)
            ]
            found += [
                Sign(text, self._middle(n, -1), 0, self._sign, self.hue("orange"))
                for n, text in enumerate(self.visual.rows)
            ]
        return found

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        theme, half = self.theme, self._size / 2 - 4
        hues = (SERIES[2], SERIES[3], SERIES[4])
        for row, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                x, y = self._middle(row, column)
                inside, rim, thick = theme.surface, theme.rule, 3
                for part, event in enumerate(self.visual.events, 1):
                    if part <= visible and cell in event.values:
                        colour = self.hue(hues[part - 1])
                        inside = mix(theme.surface, colour, 0.4)
                        rim, thick = (theme.accent, 7) if part == active else (colour, 5)
                canvas.box(x - half, y - half, x + half, y + half, inside, rim, thick, radius=12)
        for part, (x, y) in enumerate(self._keys, 1):
            if part <= visible and not self.alone:
                colour = self.hue(hues[part - 1])
                rim = theme.accent if part == active else colour
                canvas.box(x, y - 22, x + 44, y + 22, mix(theme.surface, colour, 0.4), rim, 5,
                           radius=8)  # fmt: skip
        if self.visual.row_name and not self.alone:
            x, y = self._side
            canvas.arrow([(x + 22, y - 26), (x + 22, y + 26)], self.hue("orange"), 7)
