"""The slide of a process."""

from __future__ import annotations

from collections.abc import Sequence

from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.steps import StepsSlide, in_a_row, row_links


class ProcessSlide(StepsSlide, kind="process"):
    """Steps from left to right, or downwards in portrait."""

    def place(self) -> list[Box]:
        return in_a_row(self.area, len(self.visual.steps), down=self.layout.portrait)

    def links(self) -> Sequence[Sequence[tuple[float, float]]]:
        return row_links(self.boxes, down=self.layout.portrait)
