"""The slide of areas."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Box, Weight, mix
from vividly.lesson.video.fonts import displayable
from vividly.lesson.video.slides.diagram import SERIES, DiagramSlide, spread
from vividly.lesson.video.slides.labels import LARGEST, Tag
from vividly.lesson.video.text import Style, measure
from vividly.model.visuals.areas import Areas

_BELOW, _GAP = 160, 22


class AreasSlide(DiagramSlide, kind="areas"):
    """Grids of squares on one line, with their labels below or, in portrait, beside them."""

    visual: Areas

    def compose(self) -> None:
        area, areas = self.area, self.visual.areas
        across, down = max(a.columns for a in areas), max(a.rows for a in areas)
        count = len(areas)
        top: float
        if self.layout.portrait:
            step = min((area.height - 50 * count) / sum(a.rows for a in areas), 540 / across, 120)
            free = (area.height - step * sum(a.rows for a in areas)) / count
            top = area.top + free / 2
            left = area.left + max(0, area.width - across * step - self._labels_wide()) / 2
            self._grids = []
            for each in areas:
                high = each.rows * step
                self._grids.append(_box(left, top, each.columns * step, high))
                top += high + free
        else:
            free = area.width - 60 * count
            step = min((area.height - _BELOW) / down, free / sum(a.columns for a in areas), 110)
            base = area.top + (area.height - _BELOW + down * step) / 2
            self._grids = [
                _box(
                    x - a.columns * step / 2, base - a.rows * step, a.columns * step, a.rows * step
                )
                for a, x in zip(areas, self._middles(step), strict=True)
            ]
        self._step = step
        self.room = step > 16

    def _labels_wide(self) -> float:
        style = Style(LARGEST, Weight.SEMIBOLD)
        return _GAP + max(measure(displayable(each.label), style) for each in self.visual.areas)

    def _middles(self, step: float) -> list[float]:
        """The middles of the grids: equal places if they fit, else with equal gaps."""
        area, areas = self.area, self.visual.areas
        if max(a.columns for a in areas) * step < area.width / len(areas) - 40:
            return spread(area.left, area.right, len(areas))
        gap = (area.width - step * sum(a.columns for a in areas)) / len(areas)
        found, x = [], area.left + gap / 2
        for each in areas:
            found.append(x + each.columns * step / 2)
            x += each.columns * step + gap
        return found

    def tags(self) -> list[Tag]:
        tags = []
        count = len(self._grids)
        for part, (grid, each) in enumerate(zip(self._grids, self.visual.areas, strict=True), 1):
            if self.layout.portrait:
                wide = self.area.right - grid.right - 40.0
                at, side = (float(grid.right), float(grid.centre[1])), "r"
            else:
                wide = self.area.width / count - 24
                at, side = (float(grid.centre[0]), float(grid.bottom)), "b"
            tags.append(Tag(part, each.label, at, side, wide, _GAP, each.detail))
        return tags

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        step = self._step
        for part, (grid, each) in enumerate(zip(self._grids, self.visual.areas, strict=True), 1):
            if part > visible:
                continue
            # They show one quantity, so they have one colour.
            colour = self.theme.accent if part == active else self.hue(SERIES[0])
            empty = mix(self.theme.surface, colour, 0.12)
            for n in range(each.rows * each.columns):
                x, y = grid.left + n % each.columns * step, grid.top + n // each.columns * step
                canvas.box(
                    x + 2, y + 2, x + step - 2, y + step - 2,
                    colour if n < each.coloured else empty, None, radius=step * 0.12,
                )  # fmt: skip


def _box(left: float, top: float, width: float, height: float) -> Box:
    return Box(round(left), round(top), round(left + width), round(top + height))
