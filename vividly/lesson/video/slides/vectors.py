"""The slide of vectors that act on one body, to scale."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.shapes import arrow, disc, fill
from vividly.lesson.video.slides.visual import VisualSlide, cut_out, fit_blocks
from vividly.lesson.video.text import Block, draw_block
from vividly.model.visuals.vectors import Vectors

_BODY = 74
_APART = 46
"""Distance in pixels between arrows that point the same way."""
_TRIES = 4
"""How often the drawing is moved to the middle, and grows by the room that this gives."""
_SHORTEST = 26
"""Shortest arrow in pixels: little more than its head."""


@dataclass(frozen=True)
class _Placed:
    """An arrow from `start` to `tip`, and the place of its label."""

    start: tuple[float, float]
    tip: tuple[float, float]
    label: Block
    box: Box


class VectorsSlide(VisualSlide, kind="vectors"):
    """Arrows from the middle, with names at their tips. The resultant is thick, in the accent."""

    visual: Vectors

    def lay_out(self) -> None:
        visual = self.visual
        arrows = [(a.label, a.magnitude, a.direction) for a in visual.arrows]
        if visual.resultant:
            x = sum(m * math.cos(math.radians(d)) for _, m, d in arrows)
            y = sum(m * math.sin(math.radians(d)) for _, m, d in arrows)
            arrows.append((visual.resultant, math.hypot(x, y), math.degrees(math.atan2(y, x))))
        wide = 300 if self.layout.portrait else 420
        labels = fit_blocks([a[0] for a in arrows], Weight.SEMIBOLD, (52, 48, 44, 40), wide, 220)
        body = [visual.body] if visual.body else []
        self._body = fit_blocks(body, Weight.BOLD, (52, 48, 44, 40), 300, 110)
        self._placed: tuple[_Placed, ...] = ()
        self._centre: tuple[float, float] = self.area.centre
        if labels and self._body is not None:
            self._half = (
                max([_BODY, *(b.width / 2 + 30 for b in self._body)]),
                max([_BODY, *(b.height / 2 + 24 for b in self._body)]),
            )
            centre: tuple[float, float] = self._centre
            for _ in range(_TRIES):
                placed = self._arranged([(m, d) for _, m, d in arrows], labels)
                boxes = [one.box for one in placed] + [self._middle()]
                if self._scale <= 0 or any(
                    _touch(one, other) for at, one in enumerate(boxes) for other in boxes[:at]
                ):
                    break
                self._placed, centre = placed, self._centre
                self._centre = self._balanced(boxes)
            self._centre = centre
        self.fits = bool(self._placed)

    def _balanced(self, boxes: list[Box]) -> tuple[float, float]:
        """Where the body must stand for the whole drawing to be in the middle."""
        (x, y), (a, b) = self.area.centre, self._centre
        across = min(box.left for box in boxes) + max(box.right for box in boxes)
        down = min(box.top for box in boxes) + max(box.bottom for box in boxes)
        return a + x - across / 2, b + y - down / 2

    def _middle(self) -> Box:
        (x, y), (a, b) = self._centre, self._half
        return Box(round(x - a), round(y - b), round(x + a), round(y + b))

    def _arranged(
        self, arrows: list[tuple[float, float]], labels: tuple[Block, ...]
    ) -> tuple[_Placed, ...]:
        rays = [(math.cos(math.radians(d)), -math.sin(math.radians(d))) for _, d in arrows]
        starts = [self._start(ray) for ray in rays]
        lengths = [
            self._reach(start, ray, label) / magnitude
            for start, ray, label, (magnitude, _) in zip(starts, rays, labels, arrows, strict=True)
        ]
        self._scale = min(lengths)
        shortest = min(magnitude for magnitude, _ in arrows) * self._scale
        if shortest < _SHORTEST:
            self._scale = 0
            return ()
        placed = []
        for at, (start, ray, label, (magnitude, direction)) in enumerate(
            zip(starts, rays, labels, arrows, strict=True)
        ):
            same = _parallel(arrows, direction)
            apart = max(_APART, *(labels[n].height + 10 for n in same)) if len(same) > 1 else 0
            shift = (same.index(at) - (len(same) - 1) / 2) * apart
            sx, sy = start[0] - ray[1] * shift, start[1] + ray[0] * shift
            length = magnitude * self._scale
            tip = sx + ray[0] * length, sy + ray[1] * length
            below = same.index(at) > 0
            placed.append(_Placed((sx, sy), tip, label, self._beside(tip, ray, label, below)))
        return tuple(placed)

    def _start(self, ray: tuple[float, float]) -> tuple[float, float]:
        """The point where a ray leaves the body."""
        x, y = self._centre
        a, b = self._half
        reach = min(
            (a + 8) / abs(ray[0]) if abs(ray[0]) > 1e-6 else math.inf,
            (b + 8) / abs(ray[1]) if abs(ray[1]) > 1e-6 else math.inf,
        )
        return x + ray[0] * reach, y + ray[1] * reach

    def _reach(self, start: tuple[float, float], ray: tuple[float, float], label: Block) -> float:
        """The greatest length of an arrow, with room for its label between tip and edge."""
        area = self.area
        found = [520.0]
        if abs(ray[0]) > 0.17:
            edge = area.right - start[0] if ray[0] > 0 else start[0] - area.left
            beyond = 4.0 if self._level(ray) else label.width + 26
            found.append((edge - beyond) / abs(ray[0]))
        if abs(ray[1]) > 0.17:
            edge = area.bottom - start[1] if ray[1] > 0 else start[1] - area.top
            beyond = abs(ray[0]) <= 0.5 and self.layout.portrait
            room = label.height + 20 if beyond else min(label.height / 2, 4.0)
            found.append((edge - room) / abs(ray[1]))
        return max(1.0, min(found))

    def _level(self, ray: tuple[float, float]) -> bool:
        """Whether a label stands above its arrow: portrait frames have no room beside it."""
        return self.layout.portrait and abs(ray[0]) > 0.9

    def _beside(
        self, tip: tuple[float, float], ray: tuple[float, float], label: Block, below: bool
    ) -> Box:
        """The place of an arrow's label, at its tip."""
        x, y = tip
        width, height = round(label.width), label.height
        if self._level(ray):
            left = x - width if ray[0] > 0 else x
            body = self._middle()
            if below:
                top = max(y + 24, body.bottom + 12.0)
            else:
                top = min(y - 24, body.top - 12.0) - height
        elif abs(ray[0]) > 0.5:
            left = x + 22 if ray[0] > 0 else x - 22 - width
            top = y - height / 2
        elif not self.layout.portrait:
            # Landscape frames have room beside the arrow, but not above and below.
            left, top = x + 34, y - height if ray[1] > 0 else y
        else:
            left = x - width / 2
            top = y + 10 if ray[1] > 0 else y - 10 - height
        left = min(max(left, self.area.left), self.area.right - width)
        top = min(max(top, self.area.top), self.area.bottom - height)
        return Box(round(left), round(top), round(left) + width, round(top) + height)

    def sketch(self, width: int, height: int) -> Image.Image | None:
        if not self.fits:
            return None
        canvas, theme = Canvas(None, self.area), self.theme
        for number, placed in enumerate(self._placed, 1):
            sum_ = number == len(self._placed) and bool(self.visual.resultant)
            colour = theme.accent if sum_ else theme.muted
            canvas.arrow([placed.start, placed.tip], colour, 34 if sum_ else 26, head=3)
        middle = self._middle()
        canvas.box(middle.left, middle.top, middle.right, middle.bottom, theme.text, radius=28)
        return cut_out(canvas)

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        draw, theme = ImageDraw.Draw(image), self.theme
        resultant = len(self._placed) if self.visual.resultant else 0
        for number, placed in enumerate(self._placed, 1):
            on, sum_ = number == active, number == resultant
            if number > visible:
                continue
            colour = theme.accent if on or sum_ else theme.muted
            arrow(image, [placed.start, placed.tip], colour, 18 if sum_ else 12, head=3.4)
            ink = theme.accent if on else theme.text
            draw_block(draw, placed.label, placed.box.left, placed.box.top, ink)
        middle = self._middle()
        if not self._body:
            disc(image, *middle.centre, 30, theme.text)
            return
        fill(image, middle, 28, theme.text)
        for block in self._body:
            top = middle.centre[1] - block.height // 2
            draw_block(draw, block, middle.centre[0], top, theme.background, centred=True)


def _parallel(arrows: list[tuple[float, float]], direction: float) -> list[int]:
    """The positions of the arrows that point in nearly this direction."""
    return [n for n, (_, d) in enumerate(arrows) if abs((d - direction + 180) % 360 - 180) < 14]


def _touch(one: Box, other: Box) -> bool:
    return (
        one.left < other.right + 12
        and other.left < one.right + 12
        and one.top < other.bottom + 4
        and other.top < one.bottom + 4
    )
