"""The slide of a number line with marks on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.fonts import displayable
from vividly.lesson.video.shapes import arrow, disc, fill, stroke
from vividly.lesson.video.slides.labels import apart
from vividly.lesson.video.slides.visual import VisualSlide, fit_blocks
from vividly.lesson.video.text import Block, Style, draw_block, measure
from vividly.model.visuals.base import shown_number
from vividly.model.visuals.number_line import NumberLine

_TICK = Style(design.LABEL_SIZE, Weight.MEDIUM)
_APART = 24
_MOST_TRIES = 4000
"""Most places to try before a smaller size."""


class NumberLineSlide(VisualSlide, kind="number_line"):
    """The marks stand on the line like flags, high enough not to overlap.

    In portrait the line is upright, and its flags fly to the right.
    """

    visual: NumberLine

    def lay_out(self) -> None:
        self._upright = self.layout.portrait
        self._flags: tuple[tuple[Block, Box], ...] = ()
        if self._upright:
            self._lay_out_upright()
        else:
            self._lay_out_level()
        self.fits = bool(self._flags)

    def _lay_out_upright(self) -> None:
        visual, area = self.visual, self.area
        numbers = max(measure(shown_number(value), _TICK) for value in self._ticks())
        self._line = round(area.left + numbers + 60)
        above = _TICK.leading + 60 if visual.unit else 60
        self._ends = (area.bottom - 50, area.top + above)
        left = self._line + 110
        for size in design.BODY_SIZES[2:]:
            blocks = fit_blocks(
                self._labels(), Weight.SEMIBOLD, (size,), area.right - left - 36, area.height
            )
            room = [block.height + 12.0 for block in blocks or ()]
            if not blocks or sum(room) + _APART * len(room) > area.height:
                continue
            order = sorted(range(len(blocks)), key=lambda n: -visual.marks[n].value)
            wanted = [self._along(visual.marks[n].value) for n in order]
            middles = apart(wanted, [room[n] for n in order], area.top, area.bottom, _APART)
            tops = {n: round(y - room[n] / 2) for n, y in zip(order, middles, strict=True)}
            self._flags = tuple(
                (block, Box(left, tops[n], left + round(block.width) + 36,
                            tops[n] + block.height + 12))
                for n, block in enumerate(blocks)
            )  # fmt: skip
            return

    def _lay_out_level(self) -> None:
        visual, area = self.visual, self.area
        self._line = area.bottom - 92
        unit = measure(displayable(visual.unit), _TICK) if visual.unit else 0.0
        self._ends = (area.left + 50, area.right - max(76, round(unit) + 24))
        labels = self._labels()
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
                return

    def _labels(self) -> list[str]:
        """The labels with their values, unless they have them already."""
        shown = [(mark.label, shown_number(mark.value)) for mark in self.visual.marks]
        return [label if value in label else f"{label}: {value}" for label, value in shown]

    def _along(self, value: float) -> float:
        first, last = self._ends
        span = self.visual.end - self.visual.start
        return first + (value - self.visual.start) / span * (last - first)

    def _at(self, value: float, off: float = 0) -> tuple[float, float]:
        """The point of a value, so many pixels right of the upright line or below the other."""
        along = self._along(value)
        return (self._line + off, along) if self._upright else (along, self._line + off)

    def _raised(self, blocks: tuple[Block, ...]) -> tuple[tuple[Block, Box], ...] | None:
        """The labels, as low as they stay clear of each other and all poles; None if impossible."""
        marks = self.visual.marks
        order = sorted(range(len(marks)), key=lambda n: -marks[n].value)
        poles = [round(self._along(mark.value)) for mark in marks]
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
        first, last = self._ends
        on = 1 if first < last else -1
        ways = (first - 40 * on, last + 56 * on)
        points = [(self._line, end) if self._upright else (end, self._line) for end in ways]
        arrow(image, points, theme.muted, 7, head=4)
        self._draw_ticks(image, draw)
        if self.visual.unit:
            unit = Block((displayable(self.visual.unit),), _TICK)
            x: float = self.area.right - unit.width
            y: float = self._line - 24 - unit.height
            if self._upright:
                x, y = self._line + 24, self.area.top
            draw_block(draw, unit, x, y, theme.muted)
        for number_, ((block, box), mark) in enumerate(
            zip(self._flags, self.visual.marks, strict=True), 1
        ):
            if number_ > visible:
                continue
            lit = number_ == active
            colour = theme.accent if lit else theme.badge
            x, y = self._at(mark.value)
            flag = [(x + 60, y), (box.left, box.centre[1])] if self._upright else [(x, box.bottom)]
            stroke(image, [(x, y), *flag], colour, 5)
            disc(image, round(x), round(y), 17 if lit else 13, colour)
            fill(image, box, 16, theme.accent if lit else theme.surface)
            ink = theme.on_accent if lit else theme.text
            draw_block(draw, block, box.centre[0], box.top + 6, ink, centred=True)

    def _draw_ticks(self, image: Image.Image, draw: ImageDraw.ImageDraw) -> None:
        values = self._ticks()
        texts = [shown_number(value) for value in values]
        size = _TICK.size if self._upright else max(measure(text, _TICK) for text in texts) + _APART
        room = abs(self._along(values[1]) - self._along(values[0]))
        every = max(1, -(-int(size) // max(1, int(room))))
        for at, (value, text) in enumerate(zip(values, texts, strict=True)):
            named = at % every == 0
            half = 16 if named else 9
            ends = [self._at(value, -half), self._at(value, half)]
            stroke(image, ends, self.theme.muted, 5)
            if not named:
                continue
            block = Block((text,), _TICK)
            x, y = self._at(value, -30 if self._upright else 26)
            if self._upright:
                x, y = x - block.width, y - block.height / 2
            draw_block(draw, block, x, round(y), self.theme.text, centred=not self._upright)

    def _ticks(self) -> list[float]:
        visual = self.visual
        count = int((visual.end - visual.start) / visual.step + 1e-9)
        return [round(visual.start + n * visual.step, 9) for n in range(count + 1)]


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
