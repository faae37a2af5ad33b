"""The slide of an orbit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from vividly.lesson.video.canvas import Canvas, Point, arc
from vividly.lesson.video.design import Box, Rgb
from vividly.lesson.video.slides.diagram import DiagramSlide, around, covering
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite, smoothstep
from vividly.model.visuals.orbit import Orbit

_LIT, _DARK, _RIM = (240, 232, 200), (58, 66, 92), (120, 128, 150)
_SUN = 62
_TURNS = 24
"""Pictures of the phase, or of day and night, between two places."""


class OrbitSlide(DiagramSlide, kind="orbit"):
    """Sunlight from the left. At each place the half that is lit, and what is seen of it."""

    visual: Orbit
    labels_on_top = False

    def compose(self) -> None:
        area, visual = self.area, self.visual
        left = area.left + (120 if visual.scene == "phases" else 0)
        self._middle = (left + area.right) / 2, float(area.centre[1])
        self._phases = visual.scene == "phases"
        down = area.height / 2 - (66 if self._phases else 74)
        across = (area.right - left) / 2 - (
            90 if self.layout.portrait else 330 if self._phases else 400
        )
        self._down, self._across = min(down, 420), min(max(across, 200), 560)
        self._ball = 58 if not self._phases else 52 if self.layout.portrait else 40
        self._small = 40 if self.layout.portrait else 30
        self.room = area.height > 400
        # The first place is on the side of the sun: left of the earth, where there is new moon.
        count = len(visual.places)
        self._angles = [math.pi + 2 * math.pi * n / count for n in range(count)]
        if not self._phases:
            self._angles = [math.pi - angle for angle in self._angles]
        self._places = [self._at(angle) for angle in self._angles]

    def _at(self, angle: float, more: float = 0) -> Point:
        x, y = self._middle
        return (
            x + (self._across + more) * math.cos(angle),
            y - (self._down + more) * math.sin(angle) * (1 if self._phases else 0.86),
        )

    def _seen(self) -> list[Point]:
        """The places of the pictures of the phases: nearer to the earth."""
        return [self._toward_earth(at) for at in self._places]

    def _toward_earth(self, at: Point) -> Point:
        (x, y), (a, b) = self._middle, at
        return x + (a - x) * 0.56, y + (b - y) * 0.52

    def tags(self) -> list[Tag]:
        tags = []
        for part, (label, at, angle) in enumerate(
            zip(self.visual.places, self._places, self._angles, strict=True), 1
        ):
            across = math.cos(angle)
            sides = "r" if across > 0.3 else "l" if across < -0.3 else "rlbt"
            wide = 320.0 if not self.layout.portrait else 260.0
            tags.append(Tag(part, label, at, sides + "btrl", wide, self._ball + 16))
        return tags

    def blocked(self) -> list[Box]:
        boxes = [around(at, self._ball) for at in self._places]
        boxes.append(around(self._middle, _SUN + 10))
        if self._phases:
            boxes += [around(at, self._small + 6) for at in self._seen()]
            # Above and below, the orbit would run through a label beside its place.
            for first in (50, 230):
                arcs = [self._at(math.radians(first + 8 * n)) for n in range(11)]
                boxes += covering(arcs, 30, 3)
            boxes.append(Box(self.area.left, self.area.top, self.area.left + 96, self.area.bottom))
        return boxes

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        x, y = self._middle
        tall = self._down if self._phases else self._down * 0.86
        canvas.oval(x, y, self._across, tall, None, self.theme.rule, 4, dash=(12, 12))
        if self._phases:
            self._sunlight(canvas)
            self.picture(canvas, "earth", self._middle, 2 * _SUN)
        else:
            self.picture(canvas, "sun", self._middle, 2.6 * _SUN)
        for part, (at, seen, angle) in enumerate(
            zip(self._places, self._seen(), self._angles, strict=True), 1
        ):
            if part > visible or (self.moving and part == active):
                continue
            edge = self.theme.accent if part == active else _RIM
            if self._phases:
                self._moon(canvas, at, edge)
                self._phase_of(canvas, *seen, angle=angle, edge=edge)
            else:
                self._globe(canvas, at, angle, edge)

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """The moon, or the earth, moves on from the place before."""
        if active <= before or active < 2:
            return None
        edge, first = self.theme.accent, self._angles[active - 2]
        turn = self._angles[active - 1] - first
        turns = [first + turn * n / _TURNS for n in range(_TURNS + 1)]
        if self._phases:
            sprites = [
                Sprite(lambda canvas, x, y: self._moon(canvas, (x, y), edge), self._ball + 4),
                *(
                    Sprite(partial(self._phase_of, angle=angle, edge=edge), self._small + 4)
                    for angle in turns
                ),
            ]
        else:
            globes = [partial(self._globe_at, angle=angle, edge=edge) for angle in turns]
            sprites = [Sprite(globe, 1.6 * self._ball) for globe in globes]

        def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
            part = smoothstep(progress)
            at, nearest = self._at(first + turn * part), round(part * _TURNS)
            if self._phases:
                yield 0, at
                yield 1 + nearest, self._toward_earth(at)
            else:
                yield nearest, at

        return Motion(sprites, places, self.area.inset(-30), 2.6)

    def _moon(self, canvas: Canvas, at: Point, edge: Rgb) -> None:
        _phase(canvas, at, self._ball, 0.5, lit_left=True)
        canvas.circle(*at, self._ball, None, edge, 6 if edge == self.theme.accent else 3)

    def _phase_of(self, canvas: Canvas, x: float, y: float, *, angle: float, edge: Rgb) -> None:
        """The moon as seen from the earth: nothing is lit at new moon, all at full moon."""
        turned = (angle - math.pi) % (2 * math.pi)
        part = (1 - math.cos(turned)) / 2
        _phase(canvas, (x, y), self._small, part, lit_left=turned > math.pi)
        canvas.circle(x, y, self._small, None, edge, 3)

    def _globe_at(self, canvas: Canvas, x: float, y: float, *, angle: float, edge: Rgb) -> None:
        self._globe(canvas, (x, y), angle, edge)

    def _sunlight(self, canvas: Canvas) -> None:
        area, colour = self.area, self.hue("yellow")
        for n in range(4):
            y = area.top + area.height * (n + 0.5) / 4
            canvas.arrow([(area.left, y), (area.left + 88, y)], colour, 9)

    def _globe(self, canvas: Canvas, at: Point, angle: float, edge: Rgb) -> None:
        """The earth: night on the side away from the sun, and its axis, which never turns."""
        x, y = at
        r = self._ball
        canvas.circle(x, y, r, (74, 150, 230), edge, 5)
        a, b = self._at(angle)
        away = math.atan2(b - self._middle[1], a - self._middle[0])
        half = [
            (x + r * math.cos(away + a), y + r * math.sin(away + a))
            for a in (math.pi * (n / 24 - 0.5) for n in range(25))
        ]
        canvas.polygon(half, (18, 30, 66), alpha=0.72)
        lean = math.radians(23.4)
        dx, dy = math.sin(lean), -math.cos(lean)
        for a, b in ((r, 1.5 * r), (-1.5 * r, -r)):
            canvas.line([(x + dx * a, y + dy * a), (x + dx * b, y + dy * b)], self.theme.text, 6)
        equator = [(x + r * math.cos(lean) * t, y + r * math.sin(lean) * t) for t in (-0.98, 0.98)]
        canvas.line(equator, (225, 240, 255), 3)
        north = x + dx * 0.78 * r, y + dy * 0.78 * r
        canvas.circle(*north, 9, (245, 250, 255))


def _phase(canvas: Canvas, at: Point, radius: float, part: float, *, lit_left: bool) -> None:
    """A ball of which a part (0 to 1) is lit, from one side."""
    x, y = at
    canvas.circle(x, y, radius, _DARK, _RIM, 2)
    sign = -1 if lit_left else 1
    outer = [(x + sign * (a - x), b) for a, b in arc(x, y, radius, 90, -90)]
    inner = [(x + sign * (1 - 2 * part) * (a - x), b) for a, b in arc(x, y, radius, -90, 90)]
    if part > 0.01:
        canvas.polygon([*outer, *inner], _LIT)
