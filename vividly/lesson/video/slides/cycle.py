"""The slide of a cycle."""

from __future__ import annotations

from collections.abc import Sequence

from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.steps import ARROW_GAP, DOWN_GAP, StepsSlide, in_a_row


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
