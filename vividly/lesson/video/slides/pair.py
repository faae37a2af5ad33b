"""The slide of a pair of pictures."""

from __future__ import annotations

from collections.abc import Sequence

from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.steps import StepsSlide, in_a_row, row_links
from vividly.model.visuals.pair import Pair


class PairSlide(StepsSlide, kind="pair"):
    """Cards with large pictures, side by side or one below the other."""

    visual: Pair
    shares = (0.62, 0.5, 0.36)

    def place(self) -> list[Box]:
        return in_a_row(self.area, len(self.visual.steps), down=self.layout.portrait)

    def links(self) -> Sequence[Sequence[tuple[float, float]]]:
        if self.visual.relation == "becomes":
            return row_links(self.boxes, down=self.layout.portrait)
        return [()] * len(self.boxes)
