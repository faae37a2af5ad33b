"""The slide of outcomes."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box, Weight, mix
from vividly.lesson.video.slides.diagram import SERIES, DiagramSlide, Sign, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.text import Style, measure
from vividly.model.visuals.outcomes import Outcomes

_LARGEST = 220
"""Greatest height of a cell in pixels."""
_WIDEST = 1.7
"""Greatest width of a cell as a multiple of its height."""
_LINE = 84
"""Height of a line of the key in portrait."""


class OutcomesSlide(DiagramSlide, kind="outcomes"):
    """The grid of outcomes, and a key of the events with their counts."""

    visual: Outcomes
    wordless = False

    def compose(self) -> None:
        area, visual = self.area, self.visual
        self._upright = self.layout.portrait
        self._cells = visual.cells()
        rows, columns = len(self._cells), len(self._cells[0])
        self._head = head = 1 if visual.rows else 0
        names = [name for name in (visual.column_name, visual.row_name) if name]
        lines = len(names) + len(visual.events)
        key = _LINE * lines + 30 if self._upright else 0
        wide = area.width if self._upright else area.width * 0.56
        self._high = min((area.height - key) / (rows + head), _LARGEST)
        self._wide = min(wide / (columns + head), _WIDEST * self._high)
        self._high = min(self._high, self._wide)
        self._sign = min(64, max(44, round(self._high * 0.5)))
        left = area.left + (wide - self._wide * (columns + head)) / 2
        top = area.top + (area.height - key - self._high * (rows + head)) / 2
        self._left, self._top = left + head * self._wide, top + head * self._high
        edge = float(area.left) if self._upright else area.left + wide + 40
        first = area.bottom - _LINE * lines if self._upright else area.top
        ys = spread(first, area.bottom, lines)
        self._names = [(edge, y) for y in ys[: len(names)]]
        self._keys = [(edge, y) for y in ys[len(names) :]]
        every = [cell for row in self._cells for cell in row]
        style = Style(self._sign, Weight.SEMIBOLD)
        widest = max(measure(text, style) for text in (*every, *visual.columns, *visual.rows))
        self.room = self._high > 56 and widest < self._wide - 8

    def _named(self) -> list[tuple[str, Point, str]]:
        """What the columns and the rows are, where it stands, and its hue."""
        visual = self.visual
        found = [(visual.column_name, "blue"), (visual.row_name, "orange")]
        told = [(name, hue) for name, hue in found if name]
        return [(name, at, hue) for (name, hue), at in zip(told, self._names, strict=True)]

    def _middle(self, row: int, column: int) -> Point:
        return self._left + (column + 0.5) * self._wide, self._top + (row + 0.5) * self._high

    def tags(self) -> list[Tag]:
        visual, right = self.visual, self.area.right - 70
        tags = [
            Tag(0, name, at, "r", right - at[0], 62, colour=self.hue(hue))
            for name, at, hue in self._named()
        ]
        for part, (event, at) in enumerate(zip(visual.events, self._keys, strict=True), 1):
            tags.append(Tag(part, visual.shown(event), at, "r", right - at[0], 62))
        return tags

    def blocked(self) -> list[Box]:
        rows, columns = len(self._cells), len(self._cells[0])
        across, down = self._head * self._wide, self._head * self._high
        return [Box(round(self._left - across), round(self._top - down),
                    round(self._left + columns * self._wide),
                    round(self._top + rows * self._high))]  # fmt: skip

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
        theme = self.theme
        across, down = self._wide / 2 - 4, self._high / 2 - 4
        hues = [
            self.hue(event.colour or own)
            for event, own in zip(self.visual.events, SERIES[2:], strict=False)
        ]
        for row, cells in enumerate(self._cells):
            for column, cell in enumerate(cells):
                x, y = self._middle(row, column)
                inside, rim, thick = theme.surface, theme.rule, 3
                for part, event in enumerate(self.visual.events, 1):
                    if part <= visible and cell in event.values:
                        colour = hues[part - 1]
                        inside = mix(theme.surface, colour, 0.4)
                        rim, thick = (theme.accent, 7) if part == active else (colour, 5)
                canvas.box(
                    x - across, y - down, x + across, y + down, inside, rim, thick, radius=12
                )
        for part, (x, y) in enumerate(self._keys, 1):
            if part <= visible and not self.alone:
                colour = hues[part - 1]
                rim = theme.accent if part == active else colour
                canvas.box(x, y - 22, x + 44, y + 22, mix(theme.surface, colour, 0.4), rim, 5,
                           radius=8)  # fmt: skip
        for name, (x, y), hue in () if self.alone else self._named():
            along = (0, 26) if name == self.visual.row_name else (26, 0)
            canvas.arrow([(x + 22 - along[0], y - along[1]), (x + 22 + along[0], y + along[1])],
                         self.hue(hue), 7)  # fmt: skip
