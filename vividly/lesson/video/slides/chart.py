"""The slide of a chart: bars for amounts, a line for one amount as a function of another."""

from __future__ import annotations

from PIL import Image, ImageDraw

from vividly.lesson.video.design import Box, Rgb, Weight
from vividly.lesson.video.shapes import disc, fill, stroke
from vividly.lesson.video.slides.visual import VisualSlide, fit_blocks
from vividly.lesson.video.text import Style, draw_block, measure
from vividly.model.visuals.base import shown_number
from vividly.model.visuals.chart import Chart

_SIZES = (44, 40)
_VALUE = Style(44, Weight.BOLD)


class ChartSlide(VisualSlide, kind="chart"):
    """The points appear from left to right, each with its value; the newest stands out."""

    visual: Chart

    def lay_out(self) -> None:
        visual, area = self.visual, self.area
        bar = visual.form == "bar"
        count = len(visual.points)
        # Beside the heading if there is room, else above the plot.
        beside = area.width - round(self._title.width) - 80
        self._y_label = fit_blocks([visual.y_label], Weight.SEMIBOLD, (40,), beside, 60)
        self._y_left, top = area.right, area.top
        if self._y_label is None:
            self._y_label = fit_blocks([visual.y_label], Weight.SEMIBOLD, (40,), area.width, 60)
            self._y_left, top = area.left, area.top + 62
        x_label = [visual.x_label] if visual.x_label else []
        self._x_label = fit_blocks(x_label, Weight.MEDIUM, (40,), area.width, 60)
        bottom = area.bottom - (54 if x_label else 0)
        slot = area.width / count if bar else area.width / (count + 0.5)
        names = [p.x if bar else shown_number(float(p.x)) for p in visual.points]
        labels = fit_blocks(names, Weight.MEDIUM, _SIZES, slot - 16 if bar else 400, 160)
        below = max((block.height for block in labels), default=0) + 14 if labels else 0
        self._labels_top = bottom - below + 12
        under = _VALUE.leading + 6 if min(point.y for point in visual.points) < 0 and bar else 0
        above = _VALUE.leading + (6 if bar else 28)
        self._plot = Box(area.left, top + above, area.right, bottom - below - under)
        self._labels = labels or ()
        self._xs = self._positions(bar, slot)
        self.fits = (
            None not in (self._y_label, self._x_label, labels)
            and self._plot.height >= 120
            and self._apart()
        )

    def _positions(self, bar: bool, slot: float) -> list[float]:
        if bar:
            return [self.area.left + (n + 0.5) * slot for n in range(len(self.visual.points))]
        xs = [float(point.x) for point in self.visual.points]
        room = self._plot.inset(130, 0)
        return [room.left + (x - xs[0]) / (xs[-1] - xs[0]) * room.width for x in xs]

    def _apart(self) -> bool:
        """Whether names below the axis and values at the points do not overlap."""
        values = [measure(shown_number(point.y), _VALUE) for point in self.visual.points]
        for widths in ([block.width for block in self._labels], values):
            right = float(self.area.left) - 18
            for x, width in zip(self._xs, widths, strict=True):
                if x - width / 2 < right + 18:
                    return False
                right = x + width / 2
            if right > self.area.right:
                return False
        return True

    def _y(self, value: float) -> float:
        ys = [point.y for point in self.visual.points]
        low, high = min(0.0, *ys), max(0.0, *ys)
        if self.visual.form == "line" and low == 0 and min(ys) > 0.6 * high:
            low = min(ys) - 0.4 * (high - min(ys) or high)
        span = (high - low) or 1.0
        return self._plot.bottom - (value - low) / span * self._plot.height

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        draw, theme, plot = ImageDraw.Draw(image), self.theme, self._plot
        for block in self._y_label or ():
            if self._y_left == self.area.left:
                draw_block(draw, block, self.area.left, self.area.top, theme.muted)
            else:
                top = self.area.top - 28 - block.height
                draw_block(draw, block, self.area.right - block.width, top, theme.muted)
        for block in self._x_label or ():
            draw_block(
                draw,
                block,
                self.area.centre[0],
                self.area.bottom - block.height,
                theme.muted,
                centred=True,
            )
        for part in (0.25, 0.5, 0.75, 1.0):
            y = round(plot.bottom - part * plot.height)
            fill(image, Box(plot.left, y - 1, plot.right, y + 1), 1, theme.grid)
        shown = list(zip(self._xs, self.visual.points, strict=True))[:visible]
        if self.visual.form == "bar":
            self._draw_bars(image, visible, active)
        elif len(shown) > 1:
            stroke(image, [(x, self._y(point.y)) for x, point in shown], theme.badge, 9)
        base = round(self._y(0.0)) if self.visual.form == "bar" else plot.bottom
        fill(image, Box(plot.left, base - 2, plot.right, base + 2), 2, theme.rule)
        for at, (x, point) in enumerate(shown, 1):
            colour = theme.accent if at == active else theme.text
            height = self._y(point.y)
            if self.visual.form == "line":
                disc(image, round(x), round(height), 17 if at == active else 13, colour)
                x += self._aside(at - 1)
            self._write_value(draw, x, height, point.y, colour)
        for at, (x, block) in enumerate(zip(self._xs, self._labels, strict=False), 1):
            colour = theme.accent if at == active else theme.text if at <= visible else theme.muted
            draw_block(draw, block, x, self._labels_top, colour, centred=True)

    def _aside(self, at: int) -> float:
        """Sideways offset of a value from its point, away from a steep line."""
        ys = [point.y for point in self.visual.points]
        width = measure(shown_number(ys[at]), _VALUE)
        falls = at > 0 and ys[at - 1] > ys[at]
        rises = at + 1 < len(ys) and ys[at + 1] > ys[at]
        if falls == rises:
            return 0.0
        room = self._xs[at] - self.area.left, self.area.right - self._xs[at]
        return (
            min(width / 2 + 16, room[1] - width / 2)
            if falls
            else -min(width / 2 + 16, room[0] - width / 2)
        )

    def _write_value(
        self, draw: ImageDraw.ImageDraw, x: float, y: float, value: float, colour: Rgb
    ) -> None:
        text = shown_number(value)
        block = fit_blocks([text], _VALUE.weight, (_VALUE.size,), 10_000, 100)
        above = y - _VALUE.leading - (20 if self.visual.form == "line" else 4)
        top = max(
            above, self._plot.top - _VALUE.leading - (26 if self.visual.form == "line" else 4)
        )
        if value < 0 and self.visual.form == "bar":
            top = y + 4
        for line in block or ():
            draw_block(draw, line, x, top, colour, centred=True)

    def _draw_bars(self, image: Image.Image, visible: int, active: int) -> None:
        slot = self.area.width / len(self.visual.points)
        half = round(min(slot * 0.31, 110))
        base = self._y(0.0)
        for at, (x, point) in enumerate(zip(self._xs, self.visual.points, strict=True), 1):
            ends = sorted((self._y(point.y), base))
            box = Box(round(x) - half, round(ends[0]), round(x) + half, round(ends[1]))
            if box.height < 3:
                continue
            shown, on = at <= visible, at == active
            if not shown:
                continue
            colour = self.theme.accent if on else self.theme.badge
            fill(image, box, 10, colour)
