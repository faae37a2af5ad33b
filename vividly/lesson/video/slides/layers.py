"""The slide of layers."""

from __future__ import annotations

from itertools import accumulate

from vividly.lesson.video.canvas import Canvas, Point, arc
from vividly.lesson.video.design import mix
from vividly.lesson.video.slides.diagram import HUES, DiagramSlide, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.model.visuals.layers import Layers

_ROW = 122
"""Height of a label with its detail, below a ball, in pixels."""


class LayersSlide(DiagramSlide, kind="layers"):
    """A quarter of a ball, or a stack, on the left; labels in a column, with lines to them.

    In portrait, the labels of a ball stand below it, so that it is as large as the frame is wide.
    """

    visual: Layers

    def compose(self) -> None:
        area, upright = self.area, self.layout.portrait
        size = min(area.height - 10, 330 if upright else 620)
        count = len(self.visual.layers)
        self._below = upright and self.visual.form == "round"
        if self._below:
            size = min(area.width - 20, area.height - _ROW * count - 20)
        self._left = area.left + 10
        self._size = size if self.visual.form == "round" else min(size, 300 if upright else 560)
        high = size if self.visual.form == "round" else area.height - 10
        self._top = float(area.top) if self._below else area.centre[1] - high / 2
        self._bottom = self._top + high
        parts = [layer.thick for layer in self.visual.layers]
        ends = [end / sum(parts) for end in accumulate(parts)]
        self._cuts = list(zip([0.0, *ends[:-1]], ends, strict=True))
        self._rows = spread(self._bottom + 20 if self._below else area.top, area.bottom, count)
        self._column = self._left + self._size + (60 if upright else 150)
        if self._below:
            self._column = area.left + 60
            self._left = round(area.centre[0] - size / 2)
        self.room = size > 240 and area.height > 96 * count
        self.wordless = self.visual.form == "round"  # a stack is only rectangles

    def _anchor(self, number: int) -> Point:
        """The end of a label's line, in its layer."""
        first, last = self._cuts[number]
        middle = (first + last) / 2
        if self.visual.form == "flat":
            y = self._top + (self._bottom - self._top) * middle
            return self._left + self._size - 16, y
        # On a ray from the centre, steeper the farther outside.
        return arc(self._left, self._bottom, self._size * (1 - middle), self._angle(number), 0)[0]

    def _angle(self, number: int) -> float:
        count = len(self._cuts)
        return 52 - 40 * number / max(1, count - 1)

    def tags(self) -> list[Tag]:
        wide = self.area.right - self._column - 24
        return [
            Tag(part, layer.label, (self._column, y), "r", wide, 20, layer.detail)
            for part, (layer, y) in enumerate(zip(self.visual.layers, self._rows, strict=True), 1)
        ]

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        for number, (layer, (first, last)) in enumerate(
            zip(self.visual.layers, self._cuts, strict=True)
        ):
            part, colour = number + 1, HUES[layer.colour]
            if part > visible:
                colour = mix(self.theme.surface, colour, 0.18)
            if self.visual.form == "round":
                radius = self._size * (1 - first)
                points = [
                    (float(self._left), self._bottom),
                    *arc(self._left, self._bottom, radius, 0, 90),
                ]
                canvas.polygon(points, colour, self.theme.background, 3)
            else:
                high = self._bottom - self._top
                canvas.box(
                    self._left, self._top + high * first, self._left + self._size,
                    self._top + high * last, colour, self.theme.background, 3,
                )  # fmt: skip
        for number, y in enumerate(self._rows):
            part = number + 1
            if part > visible or self.alone:
                continue
            at, line = self._anchor(number), self.stroke(part, active)
            if self._below:
                colour = HUES[self.visual.layers[number].colour]
                canvas.circle(self._column - 26, y, 20, colour, line, 4)
                continue
            canvas.line([at, (self._column - 30, y), (self._column, y)], self.theme.background, 9)
            canvas.line([at, (self._column - 30, y), (self._column, y)], line, 4)
            canvas.circle(*at, 11, line, self.theme.background, 4)
