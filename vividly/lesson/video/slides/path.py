"""The slide of the path of a body."""

from __future__ import annotations

import math
from collections.abc import Iterator

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.diagram import DiagramSlide, around
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite
from vividly.model.visuals.path import Path

_PARTS = {"start": 0.0, "way": 0.625, "top": 0.5, "end": 1.0}
_STEPS = 8


class PathSlide(DiagramSlide, kind="path"):
    """The body at equal steps of time, fainter where it was earlier, and its path."""

    visual: Path

    def compose(self) -> None:
        area, motion = self.area, self.visual.motion
        steps = [self.visual.at(n / 40) for n in range(41)]
        wide, high = max(x for x, _ in steps), max(y for _, y in steps)
        self._size = 84
        if motion in ("steady", "faster", "slower"):
            # As large as it may be beside itself half way.
            self._size = round(min(180, area.width * 0.18, area.height * 0.3))
            if self.alone:
                self._size = round(area.width * 0.34)
        inner = area.inset(max(70, self._size // 2 + 10), 84)
        if motion == "thrown":
            inner = Box(inner.left + 40, area.top + 130, inner.right - 40, area.bottom - 116)
        scale = min(inner.width / wide if wide else 1e9, inner.height / high if high else 1e9)
        self._scale = scale
        x = area.centre[0] - wide * scale / 2
        y = (inner.top + inner.bottom) / 2 + high * scale / 2
        self._origin = x, y
        self.room = area.height > 320

    def _at(self, part: float) -> Point:
        (x, y), (a, b) = self._origin, self.visual.at(part)
        return x + a * self._scale, y - b * self._scale

    def tags(self) -> list[Tag]:
        tags, motion = [], self.visual.motion
        gap = self._size / 2 + 14
        for part, mark in enumerate(self.visual.marks, 1):
            at = self._at(_PARTS[mark.place])
            if motion in ("steady", "faster", "slower"):
                sides = "tb"
            elif motion == "fall":
                sides = "rl"
            elif mark.place == "top":
                sides = "t"
            else:
                sides = {"start": "brtl", "end": "bltr"}.get(mark.place, "rtl")
            wide = 300 if self.layout.portrait else 460
            tags.append(Tag(part, mark.label, at, sides, wide, gap))
        return tags

    def blocked(self) -> list[Box]:
        boxes = [around(self._at(n / 24), self._size / 2) for n in range(25)]
        if (ground := self._ground()) is not None:
            boxes.append(Box(self.area.left, round(ground) - 4, self.area.right, round(ground) + 4))
        return boxes

    def _ground(self) -> float | None:
        return None if self.visual.motion == "fall" else self._origin[1] + self._size / 2

    @property
    def _whole(self) -> tuple[int, ...]:
        """The steps at which the whole body is drawn."""
        return (0, _STEPS) if self.alone else (0, _STEPS // 2, _STEPS)

    def _steps(self) -> list[int]:
        """The steps to draw: those that no whole body hides, then the whole bodies."""
        wholes = [self._at(n / _STEPS) for n in self._whole]
        far = self._size / 2 + 16
        hidden = {
            n
            for n in range(_STEPS + 1)
            if any(math.dist(self._at(n / _STEPS), whole) < far for whole in wholes)
        }
        return [*(n for n in range(_STEPS + 1) if n not in hidden), *self._whole]

    def _body(self, canvas: Canvas, x: float, y: float, *, whole: bool) -> None:
        if self.visual.picture and whole:
            self.picture(canvas, self.visual.picture, (x, y), self._size)
        else:
            canvas.circle(x, y, 13, self.hue("blue"), self.theme.background, 3)

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        if not before < visible == self.visual.part_count:
            return None
        dot = Sprite(lambda canvas, x, y: self._body(canvas, x, y, whole=False), 18)
        body = Sprite(lambda canvas, x, y: self._body(canvas, x, y, whole=True), self._size / 2 + 2)

        def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
            for n in self._steps():
                if n <= progress * _STEPS:
                    yield int(n in self._whole), self._at(n / _STEPS)
            yield 1, self._at(progress)

        return Motion((dot, body), places, self.area.inset(-30), 3.0)

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        area = self.area
        if (y := self._ground()) is not None:
            canvas.line([(area.left, y), (area.right, y)], self.theme.rule, 5)
        line = [self._at(n / 48) for n in range(49)]
        canvas.line(line, self.theme.rule, 4, dash=(12, 12))
        for n in () if self.moving else self._steps():
            self._body(canvas, *self._at(n / _STEPS), whole=n in self._whole)
        for part, mark in enumerate(self.visual.marks, 1):
            if part <= visible:
                at = self._at(_PARTS[mark.place])
                canvas.circle(*at, self._size / 2 + 8, None, self.stroke(part, active), 6)
