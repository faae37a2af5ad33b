"""The slide of forces on a body."""

from __future__ import annotations

import math

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.diagram import DiagramSlide, around, covering
from vividly.lesson.video.slides.labels import Tag
from vividly.model.visuals.forces import Forces

_BODY = 62
_FAR = 900


class ForcesSlide(DiagramSlide, kind="forces"):
    """The body on its surface, and an arrow for each force, to scale."""

    visual: Forces

    def compose(self) -> None:
        visual, area = self.visual, self.area
        self._net, self._net_way = visual.resultant()
        arrows = [(f.newtons, visual.degrees(f)) for f in visual.forces]
        bottom = area.bottom - (80 if visual.net else 0)
        self._centre = float(area.centre[0]), float((area.top + bottom) / 2)
        reach = (bottom - area.top) / 2
        beside = area.width / 2 - 60
        longest = []
        for size, way in arrows:
            up = abs(math.sin(math.radians(way))) or 1e-6
            across = abs(math.cos(math.radians(way))) or 1e-6
            longest.append(min((reach - 14) / up, beside * 0.8 / across) / size)
        self._scale = min(longest)
        self._bottom = bottom
        self.room = reach > 190 and min(s for s, _ in arrows) * self._scale > 24
        self._tips = [self._tip(size, way) for size, way in arrows]

    def _tip(self, size: float, way: float) -> Point:
        (x, y), angle = self._centre, math.radians(way)
        length = size * self._scale
        return x + length * math.cos(angle), y - length * math.sin(angle)

    def coloured(self) -> list[tuple[str, str]]:
        return [(force.label, "") for force in self.visual.forces]

    def tags(self) -> list[Tag]:
        visual = self.visual
        tags = []
        wide = 300 if self.layout.portrait else 480
        for n, (force, tip) in enumerate(zip(visual.forces, self._tips, strict=True)):
            way = visual.degrees(force)
            across = math.cos(math.radians(way))
            sides = "rlbt" if across > 0.3 else "lrbt" if across < -0.3 else "rlbt"
            tags.append(
                Tag(
                    n + 1,
                    visual.shown(force),
                    tip,
                    sides,
                    wide,
                    26,
                    colour=self.hues[n],
                    plate=bool(visual.slope),
                )
            )
        if visual.net:
            at = self.area.centre[0], self.area.bottom
            part = len(visual.forces) + 1
            tags.append(Tag(part, visual.net_shown(), at, "t", self.area.width, 0,
                            colour=self.theme.right))  # fmt: skip
        return tags

    def blocked(self) -> list[Box]:
        lines = [box for tip in self._tips for box in covering([self._centre, tip], 26, 12)]
        body = [*self._corners(), self._corners()[0]]
        return [
            around(self._centre, 0.9 * _BODY),
            *covering(body, 24, 6),
            *lines,
            *self._kept_free(),
        ]

    def _kept_free(self) -> list[Box]:
        """A level surface keeps labels off; on a slope they have plates instead."""
        return [] if self.visual.slope else covering(self._surface()[:2], 40, 6)

    def _surface(self) -> list[Point]:
        """The surface from left to right, then its lower corner."""
        if self.visual.slope is None:
            return []
        angle = math.radians(self.visual.slope)
        x, y = self._centre
        foot = x + _BODY * math.sin(angle), y + _BODY * math.cos(angle)
        area = self.area
        far = min(_FAR, (area.width / 2 - 30) / math.cos(angle))
        if math.sin(angle) > 0.05:
            far = min(far, (self._bottom - foot[1]) / math.sin(angle),
                      (foot[1] - area.top) / math.sin(angle))  # fmt: skip
        dx, dy = far * math.cos(angle), -far * math.sin(angle)
        ends = [(foot[0] - dx, foot[1] - dy), (foot[0] + dx, foot[1] + dy)]
        return [*ends, (ends[1][0], ends[0][1])]

    def _corners(self) -> list[Point]:
        """The corners of the block."""
        (x, y), angle = self._centre, math.radians(self.visual.slope or 0)
        cos, sin = math.cos(angle), math.sin(angle)
        return [
            (x + a * cos + b * sin, y - a * sin + b * cos)
            for a, b in ((-_BODY, -_BODY), (_BODY, -_BODY), (_BODY, _BODY), (-_BODY, _BODY))
        ]

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        visual, (x, y) = self.visual, self._centre
        if surface := self._surface():
            ground = self.theme.surface
            if visual.slope:
                canvas.polygon(surface, ground)
                foot = surface[0]
                far = 120.0
                arc = [
                    (
                        foot[0] + far * math.cos(math.radians(a)),
                        foot[1] - far * math.sin(math.radians(a)),
                    )
                    for a in range(round(visual.slope) + 1)
                ]
                canvas.line(arc, self.theme.muted, 5)
            canvas.line(surface[:2], self.theme.muted, 8)
        if visual.picture:
            self.picture(canvas, visual.picture, self._centre, 2 * _BODY)
        else:
            canvas.polygon(self._corners(), (190, 204, 226), (110, 124, 150), 5)
        for part, tip in enumerate(self._tips, 1):
            if part <= visible:
                colour = self.theme.accent if part == active else self.hues[part - 1]
                canvas.arrow([self._centre, tip], colour, 14, head=3.2)
        if visual.net and self._net and visible > len(self._tips):
            tip = self._tip(self._net, self._net_way)
            canvas.arrow([self._centre, tip], self.theme.right, 22, head=2.8)
        canvas.circle(x, y, 12, self.theme.text, self.theme.background, 3)
