"""The slide of a process."""

from __future__ import annotations

from collections.abc import Sequence

from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.steps import StepsSlide, in_a_row


class ProcessSlide(StepsSlide, kind="process"):
    """Steps from left to right, or downwards in portrait."""

    def place(self) -> list[Box]:
        return in_a_row(self.area, len(self.visual.steps), down=self.layout.portrait)

    def links(self) -> Sequence[Sequence[tuple[float, float]]]:
        paths: list[Sequence[tuple[float, float]]] = [()]
        for before, box in zip(self.boxes, self.boxes[1:], strict=False):
            if self.layout.portrait:
                x = box.centre[0]
                paths.append([(x, before.bottom + 8), (x, box.top - 8)])
            else:
                y = box.centre[1]
                paths.append([(before.right + 8, y), (box.left - 8, y)])
        return paths
