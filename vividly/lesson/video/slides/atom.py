"""The slide of an atom."""

from __future__ import annotations

import math
from collections.abc import Iterator

from vividly.lesson.video.atoms import COLOURS, OTHER
from vividly.lesson.video.canvas import Canvas, Point, rim_of
from vividly.lesson.video.design import Box, Rgb, contrast
from vividly.lesson.video.slides.diagram import DiagramSlide, around
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite, smoothstep
from vividly.model.visuals.atom import Atom

_BLUE: Rgb = (74, 150, 240)
_NUCLEUS, _STEEPEST = 58, 0.87
_WAY = 620
"""How far an electron moves along its shell, in pixels."""


class AtomSlide(DiagramSlide, kind="atom"):
    """The nucleus with shells around it, electrons as dots; labels in a column with lines."""

    visual: Atom

    def compose(self) -> None:
        area, count = self.area, len(self.visual.shells)
        if self.layout.portrait:
            self._radius = min(area.width / 2 - 40, area.height / 2 - 180)
            self._middle = float(area.centre[0]), area.top + self._radius + 30
        else:
            self._radius = min(area.height / 2 - 16, 330)
            self._middle = area.left + self._radius + 120, float(area.centre[1])
        self.room = self._radius > 60 + 44 * count
        inner = 74.0
        self._rings = [
            inner + (self._radius - inner) * (n + 1) / count * 0.97 for n in range(count)
        ]

    def _anchors(self) -> list[Point]:
        """For each part, where its line begins: on the right of the nucleus and of the rings."""
        x, y = self._middle
        found = []
        for ring, (_, row) in zip((_NUCLEUS, *self._rings), self._rows(), strict=True):
            # Level with the label, or nearly so: then no line crosses another.
            rise = min(max((row - y) / ring, -_STEEPEST), _STEEPEST)
            found.append((x + ring * math.sqrt(1 - rise * rise), y + ring * rise))
        return found

    def _rows(self) -> list[Point]:
        """For each part, where its label begins."""
        count, area = len(self._rings) + 1, self.area
        x, y = self._middle
        if self.layout.portrait:
            top = y + self._radius + 40
            return [
                (area.left + 60.0, top + (n + 0.5) * (area.bottom - top) / count)
                for n in range(count)
            ]
        order = list(range(len(self._rings), -1, -1))
        left = x + self._radius + 110
        return [
            (left, area.top + (order[n] + 0.5) * area.height / count)
            if n
            else (left, area.top + (count - 0.5) * area.height / count)
            for n in range(count)
        ]

    def tags(self) -> list[Tag]:
        visual = self.visual
        texts = [f"{visual.nucleus}: {visual.protons}+"]
        texts += [visual.shown(n) for n in range(len(visual.shells))]
        wide = self.area.right - self._rows()[0][0] - 20
        return [
            Tag(part, text, at, "r", wide, 20)
            for part, (text, at) in enumerate(zip(texts, self._rows(), strict=True), 1)
        ]

    def blocked(self) -> list[Box]:
        return [around(self._middle, self._radius)]

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        x, y = self._middle
        colour = COLOURS.get(self.visual.element, OTHER)
        on = self.theme.accent
        for n, ring in enumerate(self._rings, 2):
            edge = on if n == active else self.theme.rule
            canvas.circle(x, y, ring, None, edge, 6 if n == active else 4)
        canvas.circle(x, y, _NUCLEUS, colour, on if active == 1 else rim_of(colour), 6)
        ink = (255, 255, 255) if contrast(colour, (255, 255, 255)) > 3 else (24, 28, 44)
        for a, b in (((-22, 0), (22, 0)), ((0, -22), (0, 22))):
            canvas.line([(x + a[0], y + a[1]), (x + b[0], y + b[1])], ink, 9)
        for at in () if self.moving else self._electrons(visible - 1, 0):
            _electron(canvas, *at)
        for part, (label, row) in enumerate(zip(self._anchors(), self._rows(), strict=True), 1):
            if part > visible or self.alone:
                continue
            line = on if part == active else self.theme.muted
            if self.layout.portrait:
                canvas.circle(row[0] - 22, row[1], 16, colour if part == 1 else _BLUE, line, 4)
            else:
                canvas.line([label, row], line, 4)

    def _electrons(self, shells: int, left: float) -> Iterator[Point]:
        """Where the electrons of the first shells are, with so many pixels left to go."""
        x, y = self._middle
        electrons = self.visual.electrons()[: max(0, shells)]
        for ring, count in zip(self._rings, electrons, strict=False):
            for k in range(count):
                angle = 2 * math.pi * k / count - math.pi / 2 - left / ring
                yield x + ring * math.cos(angle), y + ring * math.sin(angle)

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """The electrons go around when all are there."""
        if not before < visible == self.visual.part_count:
            return None

        def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
            left = _WAY * (1 - smoothstep(progress))
            return ((0, at) for at in self._electrons(visible - 1, left))

        return Motion([Sprite(_electron, 20)], places, self.area.inset(-30), 3.0)


def _electron(canvas: Canvas, x: float, y: float) -> None:
    canvas.circle(x, y, 17, _BLUE, (230, 240, 255), 3)
    canvas.line([(x - 8, y), (x + 8, y)], (255, 255, 255), 4)
