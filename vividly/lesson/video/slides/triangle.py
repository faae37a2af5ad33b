"""The slide of a right triangle."""

from __future__ import annotations

import math

from vividly.lesson.video.canvas import Canvas, Point, arc
from vividly.lesson.video.design import Box, mix
from vividly.lesson.video.slides.diagram import SERIES, DiagramSlide, covering
from vividly.lesson.video.slides.labels import Tag
from vividly.model.visuals.triangle import Triangle


class TriangleSlide(DiagramSlide, kind="triangle"):
    """The triangle, to scale, with the squares over its sides if they are wanted."""

    visual: Triangle

    def compose(self) -> None:
        area, visual = self.area, self.visual
        level, upright, _ = visual.lengths()
        if visual.squares:
            # The square over the hypotenuse reaches as far left and up as the other side is long.
            across, down = level + 2 * upright, 2 * level + upright
            scale = min((area.width - 40) / across, (area.height - 30) / down)
            left = area.centre[0] - across * scale / 2 + upright * scale
            base = area.centre[1] + down * scale / 2 - level * scale
        else:
            room = 90 if self.layout.portrait else 0
            scale = min((area.width * 0.5) / level, (area.height - 150 - room) / upright)
            left = area.centre[0] - level * scale / 2
            base = area.centre[1] + upright * scale / 2 - 20
        self._scale = scale
        a, b = level * scale, upright * scale
        self._corners = [(left, base), (left + a, base), (left + a, base - b)]
        self.room = min(a, b) > (70 if visual.squares else 60)
        x, y = self._corners[0]
        self._sides = [
            [(x, y), (x + a, y)], [(x + a, y), (x + a, y - b)], [(x, y), (x + a, y - b)],
        ]  # fmt: skip
        self._squares = [
            [(x, y), (x + a, y), (x + a, y + a), (x, y + a)],
            [(x + a, y), (x + a, y - b), (x + a + b, y - b), (x + a + b, y)],
            [(x, y), (x + a, y - b), (x + a - b, y - b - a), (x - b, y - a)],
        ]

    def tags(self) -> list[Tag]:
        visual, tags = self.visual, []
        for side in range(3):
            colour = self.hue(SERIES[side])
            if visual.squares:
                square = self._squares[side]
                at = (
                    sum(x for x, _ in square) / 4,
                    sum(y for _, y in square) / 4,
                )
                wide = math.dist(square[0], square[1]) * (1.0 if side == 2 else 0.94)
                tags.append(Tag(side + 1, visual.shown(side), at, "crl", wide, 10))
            else:
                (x0, y0), (x1, y1) = self._sides[side]
                at = (x0 + x1) / 2, (y0 + y1) / 2
                sides = ("b", "r", "lt")[side]
                tags.append(Tag(side + 1, visual.shown(side), at, sides, 420, 26, colour=colour))
        if visual.angle:
            x, y = self._corners[0]
            tags.append(Tag(4, visual.angle_shown(), (x, y), "lbt", 300, 24))
        return tags

    def blocked(self) -> list[Box]:
        if self.visual.squares:
            return []
        return [box for side in self._sides for box in covering(side, 26, 8)]

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        ground = mix(self.theme.surface, self.theme.text, 0.12)
        for side, square in enumerate(self._squares):
            if self.visual.squares and side + 1 <= visible:
                colour = self.theme.accent if side + 1 == active else self.hue(SERIES[side])
                canvas.polygon(square, mix(self.theme.surface, colour, 0.16), colour, 6)
        canvas.polygon(self._corners, ground, self.theme.text, 6)
        for side, line in enumerate(self._sides):
            if side + 1 <= visible:
                colour = self.theme.accent if side + 1 == active else self.hue(SERIES[side])
                canvas.line(line, colour, 11)
        x, y = self._corners[1]
        mark: list[Point] = [(x - 30, y), (x - 30, y - 30), (x, y - 30)]
        canvas.line(mark, self.theme.text, 5)
        if self.visual.angle and visible >= 4:
            turn = math.degrees(math.atan2(self.visual.upright, self.visual.level))
            line = arc(*self._corners[0], 84, 0, turn)
            canvas.line(line, self.stroke(4, active), 6)
