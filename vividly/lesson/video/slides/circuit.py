"""The slide of a circuit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from vividly.lesson.video.canvas import Canvas, Point, along
from vividly.lesson.video.design import Box, Rgb, mix
from vividly.lesson.video.slides.diagram import DiagramSlide, around, covering
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite
from vividly.lesson.video.themes import Theme
from vividly.model.visuals.circuit import Circuit, Component

_LIGHT: Rgb = (255, 214, 92)

WIRE, CHARGE = 9, 13
"""The width of a wire, and half that of a charge with its rim."""
_HALF, _CHARGES = 62, 22
STEP_S = 0.9
"""Seconds in which a charge moves to where the one ahead was."""


class CircuitSlide(DiagramSlide, kind="circuit"):
    """A loop: the battery on the left, the components along the other sides; or a ladder."""

    visual: Circuit

    def compose(self) -> None:
        area, count = self.area, len(self.visual.components)
        side = 250 if self.layout.portrait else 330
        top = area.top + (150 if self.visual.layout == "series" else 40)
        below = 150 if self.visual.layout == "series" else 130
        self._loop = Box(area.left + side, top, area.right - side, area.bottom - below)
        if self.layout.portrait:
            high = min(self._loop.height, 640)
            middle = self._loop.centre[1]
            self._loop = Box(
                self._loop.left - 60, middle - high // 2, self._loop.right + 60, middle + high // 2
            )
        loop = self._loop
        self.room = loop.height > 170 and loop.width > 300
        left, top, right, bottom = loop.left, loop.top, loop.right, loop.bottom
        middle_y = float(loop.centre[1])
        # (point, direction of the wire there in degrees)
        self._spots: list[tuple[Point, float]] = []
        if self.visual.layout == "parallel":
            step = (right - left) / count
            for n in range(count):
                self._spots.append(((left + step * (n + 1), middle_y), 90.0))
        elif count == 1:
            self._spots = [((float(right), middle_y), 90.0)]
        else:
            on_top = 1 if count < 4 else 2
            xs = [left + (right - left) * (n + 1) / (on_top + 1) for n in range(on_top)]
            self._spots = [((x, float(top)), 0.0) for x in xs]
            self._spots.append(((float(right), middle_y), 90.0))
            if count > 2:
                self._spots.append((((left + right) / 2, float(bottom)), 180.0))
        self._battery = (left, middle_y)

    def _wires(self) -> list[list[Point]]:
        b = self._loop
        corners = [(b.left, b.top), (b.right, b.top), (b.right, b.bottom), (b.left, b.bottom)]
        wires = [[(float(x), float(y)) for x, y in (*corners, corners[0])]]
        if self.visual.layout == "parallel":
            wires += [[(x, float(b.top)), (x, float(b.bottom))] for (x, _), _ in self._spots[:-1]]
        return wires

    def tags(self) -> list[Tag]:
        visual = self.visual
        volts = f"{visual.volts:g} V"
        tags = [Tag(1, visual.label, self._battery, "lr", 250, 80, volts)]
        ways = len(self._spots) + 0.6 if visual.layout == "parallel" else 2.1
        inner = self._loop.width / ways
        for n, (component, (at, turn)) in enumerate(
            zip(visual.components, self._spots, strict=True), 2
        ):
            if visual.layout == "parallel":
                sides, width = "rl", inner - _HALF - 30
            elif turn == 90:
                sides, width = "rl" if not self.layout.portrait else "lr", 260.0
            else:
                sides, width = ("tb" if turn == 0 else "bt"), inner
            tags.append(
                Tag(
                    n,
                    component.label,
                    at,
                    sides,
                    width,
                    84 if turn == 90 or component.part == "lamp" else 56,
                    visual.shown(component),
                )
            )
        if visual.current:
            at = self.area.centre[0], self.area.bottom
            tags.append(
                Tag(len(tags) + 1, visual.sum(), at, "t", self.area.width, 0,
                    colour=self.hue("yellow"))
            )  # fmt: skip
        return tags

    def blocked(self) -> list[Box]:
        boxes = [around(self._battery, 62)]
        for at, turn in self._spots:
            boxes.append(around(at, 44, _HALF) if turn == 90 else around(at, _HALF, 44))
        for wire in self._wires():
            boxes += covering(wire, 24, 8)
        return boxes

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        visual, theme = self.visual, self.theme
        for wire in self._wires():
            canvas.line(wire, theme.muted, WIRE)
        if visual.closed and visible >= visual.part_count and not self.moving:
            for at in charges(self._wires(), 0):
                charge(canvas, *at)
        if visible >= 1:
            draw_cell(canvas, theme, self._battery, theme.accent if active == 1 else theme.text)
        for n, (component, (at, turn)) in enumerate(
            zip(visual.components, self._spots, strict=True), 2
        ):
            if n <= visible:
                self._component(canvas, component, at, turn, n == active)

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        if not self.visual.closed or not before < visible == self.visual.part_count:
            return None

        def places(progress: float, seconds: float) -> Iterator[tuple[int, Point]]:
            steps = max(1, round(seconds / STEP_S))
            return ((0, at) for at in charges(self._wires(), progress * steps))

        parts = [around(self._battery, 58, 22)]
        for at, turn in self._spots:
            parts.append(around(at, 48, 58) if turn == 90 else around(at, 58, 48))
        return Motion([Sprite(charge, CHARGE)], places, self.area.inset(-30), over=tuple(parts))

    def _component(
        self, canvas: Canvas, component: Component, at: Point, turn: float, on: bool
    ) -> None:
        x, y = at
        line = self.theme.accent if on else self.theme.text
        ground = _ground(self.theme)
        cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))

        def turned(*points: Point) -> list[Point]:
            return [(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in points]

        if component.part == "resistor":
            body = mix(self.theme.surface, self.hue("orange"), 0.3)
            canvas.polygon(turned((-58, -26), (58, -26), (58, 26), (-58, 26)), body, line, 7)
        elif component.part in ("switch", "open_switch"):
            canvas.polygon(turned((-52, -15), (52, -15), (52, 15), (-52, 15)), ground)
            up = 0 if component.part == "switch" else -44
            canvas.line(turned((-52, 0), (50, up)), line, 9)
            for end in turned((-52, 0), (52, 0)):
                canvas.circle(*end, 12, line)
        elif component.part == "lamp":
            draw_lamp(canvas, self.theme, at, line, lit=self.visual.closed)
        else:
            canvas.circle(x, y, 46, ground, line, 7)
            if component.part == "ammeter":
                canvas.line([(x - 17, y + 22), (x, y - 22), (x + 17, y + 22)], line, 6)
                canvas.line([(x - 11, y + 7), (x + 11, y + 7)], line, 6)
            else:
                canvas.line(
                    [(x - 20, y + 20), (x - 20, y - 20), (x, y + 6), (x + 20, y - 20),
                     (x + 20, y + 20)], line, 6,
                )  # fmt: skip


def charges(wires: Iterable[Sequence[Point]], steps: float) -> Iterator[Point]:
    """Where the charges are, after that many times the way to the charge ahead."""
    for wire in wires:
        count = _CHARGES if wire[0] == wire[-1] else 5
        for n in range(count):
            yield along(wire, (n + 0.5 + steps) / count % 1)


def draw_cell(canvas: Canvas, theme: Theme, at: Point, colour: Rgb) -> None:
    """Draw a battery in an upright wire."""
    x, y = at
    canvas.box(x - 30, y - 16, x + 30, y + 16, _ground(theme))
    canvas.line([(x - 56, y - 16), (x + 56, y - 16)], colour, 9)
    canvas.line([(x - 30, y + 16), (x + 30, y + 16)], colour, 16)


def draw_lamp(
    canvas: Canvas, theme: Theme, at: Point, line: Rgb, *, lit: bool, broken: bool = False
) -> None:
    """Draw a lamp: it shines if it is lit, and has a gap if it is broken."""
    x, y = at
    if lit:
        canvas.circle(x, y, 74, _LIGHT, alpha=0.22)
    canvas.circle(x, y, 46, _LIGHT if lit else _ground(theme), theme.wrong if broken else line, 7)
    ink = (90, 64, 0) if lit else theme.wrong if broken else line
    for across, down in ((31, 31), (31, -31)):
        parts = ((-1, -0.35), (0.35, 1)) if broken else ((-1, 1),)
        for first, last in parts:
            ends = [(x + part * across, y + part * down) for part in (first, last)]
            canvas.line(ends, ink, 6)


def _ground(theme: Theme) -> Rgb:
    return mix(theme.background, theme.background_end, 0.5)


def charge(canvas: Canvas, x: float, y: float) -> None:
    """Draw a charge that moves."""
    canvas.circle(x, y, 11, _LIGHT, (120, 84, 0), 2.5)
