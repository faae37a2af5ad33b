"""The slide of a number line with marks on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.fonts import displayable
from vividly.lesson.video.shapes import arrow, disc, fill, stroke
from vividly.lesson.video.slides.visual import VisualSlide, fit_blocks
from vividly.lesson.video.text import Block, Style, draw_block, measure
from vividly.model.visuals.base import shown_number
from vividly.model.visuals.number_line import NumberLine

_TICK = Style(design.LABEL_SIZE, Weight.MEDIUM)
_APART = 24
_MOST_TRIES = 4000
"""Most places to try before a smaller size."""


class NumberLineSlide(VisualSlide, kind="number_line"):
    """The marks stand on the line like flags, high enough not to overlap."""

    visual: NumberLine

    def lay_out(self) -> None:
        visual, area = self.visual, self.area
        self._line = area.bottom - 92
        unit = measure(displayable(visual.unit), _TICK) if visual.unit else 0.0
        self._ends = (area.left + 50, area.right - max(76, round(unit) + 24))
        labels = [self._label(mark.label, mark.value) for mark in visual.marks]
        self._flags: tuple[tuple[Block, Box], ...] = ()
        for size in design.BODY_SIZES[2:]:
            wide = min(520, area.width - 40)
            blocks = fit_blocks(labels, Weight.SEMIBOLD, (size,), wide, 200)
            flags = self._raised(blocks) if blocks else None
            if flags:
                # The line stands in the middle, as high as its flags let it.
                rise = (min(box.top for _, box in flags) - area.top) // 2
                self._line -= rise
                self._flags = tuple(
                    (block, replace(box, top=box.top - rise, bottom=box.bottom - rise))
                    for block, box in flags
                )
                break
        self.fits = bool(self._flags)

    def _label(self, label: str, value: float) -> str:
        """A mark's label with its value, unless the label has it already."""
        shown = shown_number(value)
        return label if shown in label else f"{label}: {shown}"

    def _x(self, value: float) -> float:
        left, right = self._ends
        span = self.visual.end - self.visual.start
        return left + (value - self.visual.start) / span * (right - left)

    def _raised(self, blocks: tuple[Block, ...]) -> tuple[tuple[Block, Box], ...] | None:
        """The labels, as low as they stay clear of each other and all poles; None if impossible."""
        marks = self.visual.marks
        order = sorted(range(len(marks)), key=lambda n: -marks[n].value)
        poles = [round(self._x(mark.value)) for mark in marks]
        tries = _MOST_TRIES

        def placed_after(before: dict[int, Box]) -> dict[int, Box] | None:
            nonlocal tries
            if len(before) == len(order):
                return before
            at = order[len(before)]
            for box in self._places(poles[at], blocks[at]):
                tries -= 1
                if tries < 0:
                    return None
                if all(_clear(poles[at], box, poles[n], other) for n, other in before.items()):
                    found = placed_after({**before, at: box})
                    if found:
                        return found
            return None

        found = placed_after({})
        return tuple((block, found[at]) for at, block in enumerate(blocks)) if found else None

    def _places(self, pole: int, block: Block) -> Iterator[Box]:
        """Candidate places of a label: low ones first, then centred before sideways."""
        width, height = round(block.width) + 36, block.height + 12
        bottom = self._line - 64
        while bottom - height >= self.area.top:
            for left in (pole - width // 2, pole - 30, pole + 30 - width):
                if left >= self.area.left and left + width <= self.area.right:
                    yield Box(left, bottom - height, left + width, bottom)
            bottom -= height + 14

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        draw, theme = ImageDraw.Draw(image), self.theme
        left, right = self._ends
        arrow(image, [(left - 40, self._line), (right + 56, self._line)], theme.muted, 7, head=4)
        self._draw_ticks(image, draw)
        if self.visual.unit:
            unit = Block((displayable(self.visual.unit),), _TICK)
            right_edge = self.area.right - unit.width
            draw_block(draw, unit, right_edge, self._line - 24 - unit.height, theme.muted)
        for number_, ((block, box), mark) in enumerate(
            zip(self._flags, self.visual.marks, strict=True), 1
        ):
            if number_ > visible:
                continue
            on = number_ == active
            colour = theme.accent if on else theme.badge
            x = self._x(mark.value)
            stroke(image, [(x, self._line), (x, box.bottom)], colour, 5)
            disc(image, round(x), self._line, 17 if on else 13, colour)
            fill(image, box, 16, theme.accent if on else theme.surface)
            ink = theme.on_accent if on else theme.text
            draw_block(draw, block, box.centre[0], box.top + 6, ink, centred=True)

    def _draw_ticks(self, image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
        visual = self.visual
        count = int((visual.end - visual.start) / visual.step + 1e-9)
        values = [visual.start + n * visual.step for n in range(count + 1)]
        texts = [shown_number(round(value, 9)) for value in values]
        widest = max(measure(text, _TICK) for text in texts) + _APART
        room = self._x(values[1]) - self._x(values[0]) if count else widest
        every = max(1, -(-int(widest) // max(1, int(room))))
        for at, (value, text) in enumerate(zip(values, texts, strict=True)):
            x = self._x(value)
            named = at % every == 0
            half = 16 if named else 9
            stroke(image, [(x, self._line - half), (x, self._line + half)], self.theme.muted, 5)
            if named:
                y = self._line + 26
                draw_block(draw, Block((text,), _TICK), x, y, self.theme.text, centred=True)


def _clear(pole: int, box: Box, other_pole: int, other: Box) -> bool:
    """Whether the two labels do not touch each other, nor each the pole of the other."""
    apart = (
        box.left >= other.right + _APART
        or other.left >= box.right + _APART
        or box.top >= other.bottom + 10
        or other.top >= box.bottom + 10
    )
    mine_crossed = box.left - 12 < other_pole < box.right + 12 and other.top < box.top
    other_crossed = other.left - 12 < pole < other.right + 12 and box.top < other.top
    return apart and not mine_crossed and not other_crossed
