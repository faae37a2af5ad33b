"""The slide of a cycle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image

from vividly.lesson.video import design
from vividly.lesson.video.canvas import Canvas, Point, along, length_of
from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.steps import ARROW_GAP, DOWN_GAP, StepsSlide, in_a_row
from vividly.lesson.video.sprites import Motion, Sprite

_STOP, _LEAST, _MOST = 100, 200, 360
"""How long the motion stays at a step, at least and at most on an arrow, as pixels of way."""


class CycleSlide(StepsSlide, kind="cycle"):
    """Steps around a loop: along the top and back along the bottom."""

    loops = True

    def place(self) -> list[Box]:
        count, area = len(self.visual.steps), self.area
        if self.layout.portrait:
            inner = Box(area.left + 70, area.top, area.right, area.bottom)
            return in_a_row(inner, count, down=True)
        above = (count + 1) // 2
        width = (area.width - (above - 1) * ARROW_GAP) // above
        height = (area.height - DOWN_GAP - 8) // 2
        boxes = []
        for number in range(count):
            if number < above:
                left, top = area.left + number * (width + ARROW_GAP), area.top
            else:
                below = count - above
                used = below * width + (below - 1) * ARROW_GAP
                at = count - 1 - number
                left = area.left + (area.width - used) // 2 + at * (width + ARROW_GAP)
                top = area.bottom - height
            boxes.append(Box(left, top, left + width, top + height))
        return boxes

    def links(self) -> Sequence[Sequence[tuple[float, float]]]:
        return [self._link(self.boxes[at - 1], box, at) for at, box in enumerate(self.boxes)]

    def _link(self, before: Box, box: Box, at: int) -> Sequence[tuple[float, float]]:
        if self.layout.portrait:
            if at == 0:
                x = box.left - 44
                y0, y1 = before.centre[1], box.centre[1]
                return [(before.left - 4, y0), (x, y0), (x, y1), (box.left - 8, y1)]
            return [(box.centre[0], before.bottom + 8), (box.centre[0], box.top - 8)]
        if before.top == box.top:
            y = box.centre[1]
            if before.left < box.left:
                return [(before.right + 8, y), (box.left - 8, y)]
            return [(before.left - 8, y), (box.right + 8, y)]
        # Between the rows, as vertical as the boxes allow.
        low, high = max(before.left, box.left), min(before.right, box.right)
        x = (low + high) // 2
        if before.top < box.top:
            return [(x, before.bottom + 6), (x, box.top - 8)]
        return [(x, before.top - 6), (x, box.bottom + 8)]

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        super().draw_visual(image, visible, 0 if self.moving else active)

    def motion(self, revealed: int) -> Motion | None:
        """Once around, from the last step back to it: each step that is reached lights up."""
        steps = len(self.boxes)
        if not self.reveal(revealed - 1).visible < self.reveal(revealed).visible == steps:
            return None
        accent = self.theme.accent
        across, down = self.boxes[0].width / 2, self.boxes[0].height / 2

        def frame(canvas: Canvas, x: float, y: float) -> None:
            edges = x - across, y - down, x + across, y + down
            canvas.box(*edges, None, accent, 8, radius=design.RADIUS)

        dot = Sprite(lambda canvas, x, y: canvas.circle(x, y, 18, accent), 20)
        links = [list(link) for link in self.links()]
        times = [min(max(length_of(link), _LEAST), _MOST) + _STOP for link in links]

        def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
            at, left = 0, progress * sum(times)
            while left > times[at] and at < steps - 1:
                left -= times[at]
                at += 1
            if left < times[at] - _STOP:
                yield 0, along(links[at], left / (times[at] - _STOP))
            else:
                yield 1, self.boxes[at].centre

        return Motion(
            [dot, Sprite(frame, across + 5, down + 5)],
            places,
            self.area.inset(-30),
            min(5.0, steps),
        )
