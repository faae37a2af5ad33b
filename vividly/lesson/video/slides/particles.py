"""The slide of particles in boxes."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from functools import partial

from vividly.lesson.video.canvas import Canvas, Point, rim_of
from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.diagram import DiagramSlide, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite
from vividly.model.visuals.particles import ParticleBox, Particles

_BELOW = 170
_KINDS = ((74, 150, 240), (245, 150, 60))
_PIXELS_PER_S = 130
"""How far a slow particle flies."""


class ParticlesSlide(DiagramSlide, kind="particles"):
    """Boxes side by side, or one below the other with their labels beside them."""

    visual: Particles

    def compose(self) -> None:
        area, count = self.area, len(self.visual.boxes)
        size: float
        wide: float
        if self.layout.portrait:
            size = min(440, (area.height - 40 * (count - 1)) // count)
            self._boxes = [
                Box(area.left, round(y - size / 2), round(area.left + size), round(y + size / 2))
                for y in spread(area.top, area.bottom, count)
            ]
        else:
            size = min(area.height - _BELOW, 460)
            wide = min(size * 1.3, area.width / count - 40)
            self._boxes = [
                Box(round(x - wide / 2), area.top, round(x + wide / 2), round(area.top + size))
                for x in spread(area.left, area.right, count)
            ]
        self.room = size > 160

    def tags(self) -> list[Tag]:
        tags = []
        for part, (box, told) in enumerate(zip(self._boxes, self.visual.boxes, strict=True), 1):
            if self.layout.portrait:
                wide = self.area.right - box.right - 40.0
                at = (box.right, box.centre[1])
                tags.append(Tag(part, told.label, at, "r", wide, 32, told.detail))
            else:
                at = (box.centre[0], box.bottom)
                wide = self.area.width / len(self._boxes) - 30
                tags.append(Tag(part, told.label, at, "b", wide, 14, told.detail))
        return tags

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        for part, (box, told) in enumerate(zip(self._boxes, self.visual.boxes, strict=True), 1):
            edge = self.theme.accent if part == active else self.theme.rule
            canvas.box(
                box.left, box.top, box.right, box.bottom, self.theme.surface, edge, 6, radius=24
            )
            if part <= visible and not (self.moving and part == active):
                self._fill(canvas, box.inset(22), told)

    def _fill(self, canvas: Canvas, box: Box, told: ParticleBox) -> None:
        radius = _radius(box)
        for kind, (x, y), angle in _thrown(box, told):
            for step in range(told.speed + 1 if told.speed else 0, 0, -1):
                back = step * radius * 0.55
                tail = x - back * math.cos(angle), y - back * math.sin(angle)
                if box.left < tail[0] < box.right and box.top < tail[1] < box.bottom:
                    canvas.circle(*tail, radius * (1 - 0.14 * step), _KINDS[kind], alpha=0.16)
            _particle(canvas, x, y, kind=kind, radius=radius)

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """A gas flies and rebounds, a liquid slides, a solid trembles in place."""
        if active <= before:
            return None
        told, box = self.visual.boxes[active - 1], self._boxes[active - 1].inset(22)
        radius, particles = _radius(box), list(_thrown(box, told))
        inner = box.inset(round(radius))
        sprites = [Sprite(partial(_particle, kind=kind, radius=radius), radius + 3)
                   for kind in range(len(_KINDS))]  # fmt: skip
        trembling = told.state == "solid"
        reach = radius * (0.1 * (1 + told.speed) if trembling else 0.5 + 0.25 * told.speed)

        def places(progress: float, seconds: float) -> Iterator[tuple[int, Point]]:
            for n, (kind, (x, y), angle) in enumerate(particles):
                if told.state == "gas":
                    back = (progress - 1) * seconds * _PIXELS_PER_S * max(told.speed, 0.5)
                    yield (
                        kind,
                        (
                            _rebound(x + back * math.cos(angle), inner.left, inner.right),
                            _rebound(y + back * math.sin(angle), inner.top, inner.bottom),
                        ),
                    )
                    continue
                # Whole swings, so that all are back in their places in the end.
                swings = round(seconds * (3 if trembling else 0.6 + 0.2 * told.speed))
                across = reach * math.sin(2 * math.pi * progress * (swings + n % 3))
                down = reach * math.sin(2 * math.pi * progress * (swings + (n + 1) % 4))
                yield kind, (x + across * math.cos(angle), y + down * math.sin(angle))

        return Motion(sprites, places, self._boxes[active - 1].inset(6))


def _radius(box: Box) -> float:
    return min(22, box.height / 15)


def _thrown(box: Box, told: ParticleBox) -> Iterator[tuple[int, Point, float]]:
    """Kind, place and direction in radians of each particle in a box."""
    # Always the same picture: not for secrets.
    dice, turns = random.Random(7), random.Random(11)  # nosec B311
    for n, at in enumerate(_places(box, told.state, _radius(box), dice)):
        angle = (dice if told.speed else turns).random() * 2 * math.pi
        yield int((n * 7 + 3) % 10 < told.mixed), at, angle


def _particle(canvas: Canvas, x: float, y: float, *, kind: int, radius: float) -> None:
    colour = _KINDS[kind]
    canvas.circle(x, y, radius, colour, rim_of(colour), 2.5)
    canvas.oval(
        x - radius * 0.34, y - radius * 0.4, radius * 0.3, radius * 0.2, (255, 255, 255),
        turn=-32, alpha=0.6,
    )  # fmt: skip


def _rebound(at: float, low: float, high: float) -> float:
    """Where something is that would be at `at` if it did not bounce off two walls."""
    room = high - low
    return low + room - abs((at - low) % (2 * room) - room)


def _places(box: Box, state: str, radius: float, dice: random.Random) -> Iterator[Point]:
    if state == "gas":
        across, down = 4, 3
        for n in range(across * down):
            if n not in (2, 7):
                yield (
                    box.left + (n % across + 0.2 + 0.6 * dice.random()) * box.width / across,
                    box.top + (n // across + 0.2 + 0.6 * dice.random()) * box.height / down,
                )
        return
    step = 2 * radius + (2 if state == "solid" else 6)
    across = int(box.width // step)
    rows = int(box.height // (step * 0.88) * (0.62 if state == "solid" else 0.58))
    side = box.left + (box.width - (across - 0.5) * step) / 2 + radius
    for row in range(rows):
        y = box.bottom - radius - row * step * 0.88
        for column in range(across - row % 2):
            x = side + (column + 0.5 * (row % 2)) * step - step / 4
            if state == "liquid":
                if dice.random() < 0.12:
                    continue
                x, turn = x + (dice.random() - 0.5) * 10, (dice.random() - 0.5) * 12
                yield min(max(x, box.left + radius), box.right - radius), min(y + turn, box.bottom)
            else:
                yield x, y
