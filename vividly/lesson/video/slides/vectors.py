"""The slide of vectors that act on one body, to scale."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations

from PIL import Image, ImageDraw

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.shapes import disc, fill
from vividly.lesson.video.slides.visual import VisualSlide, cut_out, fit_blocks
from vividly.lesson.video.sprites import Motion, Sprite, smoothstep
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
        return self._apart(placed)

    def _apart(self, placed: list[_Placed]) -> tuple[_Placed, ...]:
        """With labels on the left of steep arrows where they would touch others on the right."""
        for at, one in enumerate(placed):
            across, down = one.tip[0] - one.start[0], one.tip[1] - one.start[1]
            others = [other.box for other in placed if other is not one]
            steep = not self.layout.portrait and abs(across) <= 0.5 * math.hypot(across, down)
            if steep and any(_touch(one.box.inset(-40), box) for box in others):
                left = max(self.area.left, round(one.tip[0] - 34 - one.box.width))
                box = Box(left, one.box.top, left + one.box.width, one.box.bottom)
                placed[at] = replace(one, box=box)
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
        with Canvas(image, self.area.inset(-30)) as canvas:
            for number, placed in enumerate(self._placed[:visible], 1):
                if not self.moving:
                    on, sum_ = number == active, number == resultant
                    self._arrow(canvas, placed.start, placed.tip, on=on, sum_=sum_)
        for number, placed in enumerate(self._placed[:visible], 1):
            ink = theme.accent if number == active else theme.text
            draw_block(draw, placed.label, placed.box.left, placed.box.top, ink)
        middle = self._middle()
        if not self._body:
            disc(image, *middle.centre, 30, theme.text)
            return
        fill(image, middle, 28, theme.text)
        for block in self._body:
            top = middle.centre[1] - block.height // 2
            draw_block(draw, block, middle.centre[0], top, theme.background, centred=True)

    def _arrow(self, canvas: Canvas, start: Point, tip: Point, *, on: bool, sum_: bool) -> None:
        colour = self.theme.accent if on or sum_ else self.theme.muted
        canvas.arrow([start, tip], colour, 18 if sum_ else 12, head=3.4)

    def _around(self, canvas: Canvas, x: float, y: float, *, half: Point, sum_: bool) -> None:
        start, tip = (x - half[0], y - half[1]), (x + half[0], y + half[1])
        self._arrow(canvas, start, tip, on=False, sum_=sum_)

    def motion(self, revealed: int) -> Motion | None:
        """The arrows line up from tip to start, which shows their sum, and go back."""
        placed, count = self._placed, len(self.visual.arrows)
        if not self.visual.resultant or self.reveal(revealed).visible <= count:
            return None
        if self.reveal(revealed - 1).visible > count or not (shifts := self._lined_up()):
            return None
        sprites = []
        for number, one in enumerate(placed):
            half = (one.tip[0] - one.start[0]) / 2, (one.tip[1] - one.start[1]) / 2
            draw = partial(self._around, half=half, sum_=number == count)
            sprites.append(Sprite(draw, abs(half[0]) + 34, abs(half[1]) + 34))

        def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
            out = smoothstep(2.4 * progress) - smoothstep(2.4 * progress - 1.4)
            for number, (one, (dx, dy)) in enumerate(zip(placed, [*shifts, (0, 0)], strict=True)):
                x, y = (one.start[0] + one.tip[0]) / 2, (one.start[1] + one.tip[1]) / 2
                if number < count or progress > 0.5:
                    yield number, (x + dx * out, y + dy * out)

        over = (self._middle(), *(one.box for one in placed))
        return Motion(sprites, places, self.area.inset(-30), 4.0, over)

    def _lined_up(self) -> list[Point]:
        """How far each arrow moves to line up with the others, on the fewest labels."""
        *arrows, total = self._placed
        edges, found = self.area.inset(-30), []
        for order in permutations(range(len(arrows))):
            at, shifts = total.start, [(0.0, 0.0)] * len(arrows)
            points: list[Point] = []
            for number in order:
                (x, y), (a, b) = arrows[number].start, arrows[number].tip
                shifts[number] = at[0] - x, at[1] - y
                points += [(at[0] + (a - x) * n / 8, at[1] + (b - y) * n / 8) for n in range(9)]
                at = points[-1]
            if all(_inside(point, edges) for point in points):
                hidden = sum(_inside(p, one.box) for p in points for one in self._placed)
                found.append((hidden, shifts))
        return min(found, default=(0, []))[1]


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


def _inside(point: Point, box: Box) -> bool:
    return box.left < point[0] < box.right and box.top < point[1] < box.bottom
