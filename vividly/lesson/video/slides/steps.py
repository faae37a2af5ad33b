"""The base class of slides with steps: boxes in a row, and arrows between them."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image

from vividly.lesson.video.design import Box
from vividly.lesson.video.shapes import arrow
from vividly.lesson.video.slides.visual import VisualSlide, draw_cell, fit_cells
from vividly.model.visuals.cycle import Cycle
from vividly.model.visuals.process import Process

ARROW_GAP = 76
DOWN_GAP = 60
_PAD_X, _PAD_Y = 26, 20


class StepsSlide(VisualSlide):
    """Boxes with arrows between them."""

    visual: Process | Cycle
    boxes: list[Box]

    def place(self) -> list[Box]:
        """The places of the boxes."""
        raise NotImplementedError

    def links(self) -> Sequence[Sequence[tuple[float, float]]]:
        """For each step, the path of the arrow from the step before; () for none."""
        raise NotImplementedError

    def lay_out(self) -> None:
        self.boxes = self.place()
        inner = self.boxes[0].inset(_PAD_X, _PAD_Y)
        steps = [(step.label, step.detail) for step in self.visual.steps]
        cells = fit_cells(steps, inner.width, inner.height)
        self.fits = cells is not None
        self._cells = cells or ()

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        for number, (box, cell, path) in enumerate(
            zip(self.boxes, self._cells, self.links(), strict=True), 1
        ):
            if number > visible:
                self.ghost(image, box)
                continue
            if path and (number > 1 or visible == len(self.boxes)):
                arrow(image, path, self.theme.accent if number == active else self.theme.muted, 8)
            self.card(image, box, active=number == active)
            draw_cell(
                self, image, cell, box.inset(_PAD_X, _PAD_Y), centred=True, active=number == active
            )


def in_a_row(area: Box, count: int, *, down: bool, gap: int = 0) -> list[Box]:
    """Boxes of equal size with gaps between them, side by side or one below the other."""
    if down:
        gap = gap or DOWN_GAP
        height = min(330, (area.height - (count - 1) * gap) // count)
        top = area.top + (area.height - count * height - (count - 1) * gap) // 2
        return [
            Box(area.left, top + n * (height + gap), area.right, top + n * (height + gap) + height)
            for n in range(count)
        ]
    gap = gap or ARROW_GAP
    width = (area.width - (count - 1) * gap) // count
    return [
        Box(
            area.left + n * (width + gap),
            area.top,
            area.left + n * (width + gap) + width,
            area.bottom,
        )
        for n in range(count)
    ]
