"""The slide that compares two things."""

from __future__ import annotations

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.design import GAP, Box, Weight
from vividly.lesson.video.shapes import fill
from vividly.lesson.video.slides.base import in_middle
from vividly.lesson.video.slides.visual import VisualSlide, fit_blocks
from vividly.lesson.video.text import draw_block
from vividly.model.visuals.comparison import Comparison


class ComparisonSlide(VisualSlide, kind="comparison"):
    """Two columns with their names on top, and a row for each aspect."""

    visual: Comparison

    def lay_out(self) -> None:
        visual, area, portrait = self.visual, self.area, self.layout.portrait
        beside = 0 if portrait else 360
        width = (area.width - beside - GAP * (1 if portrait else 2)) // 2
        rights = area.left + (beside + GAP if beside else 0)
        self._columns = [
            (rights, rights + width),
            (rights + width + GAP, rights + 2 * width + GAP),
        ]
        names = fit_blocks(
            [visual.left, visual.right], Weight.BOLD, design.BODY_SIZES[1:], width - 48, 130
        )
        head = max(b.height for b in names) + 28 if names else 0
        self._head = Box(area.left, area.top, area.right, area.top + head)
        top, count = self._head.bottom + 18, len(visual.rows)
        height = min(260, (area.bottom - top - (count - 1) * 16) // count)
        self._rows = [
            Box(area.left, top + n * (height + 16), area.right, top + n * (height + 16) + height)
            for n in range(count)
        ]
        above = 64 if portrait else 0
        aspects = fit_blocks(
            [row.aspect for row in visual.rows],
            Weight.SEMIBOLD,
            (40,) if portrait else (48, 44, 40),
            area.width - 60 if portrait else beside - 24,
            above if portrait else height - 8,
        )
        sides = fit_blocks(
            [text for row in visual.rows for text in (row.left, row.right)],
            Weight.MEDIUM,
            design.BODY_SIZES[2:],
            width - 48,
            height - above - 16,
        )
        self.fits = None not in (names, aspects, sides)
        self._names, self._aspects, self._sides = names or (), aspects or (), sides or ()

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        draw, theme, portrait = ImageDraw.Draw(image), self.theme, self.layout.portrait
        for (left, right), name in zip(self._columns, self._names, strict=True):
            box = Box(left, self._head.top, right, self._head.bottom)
            fill(image, box, 20, theme.accent)
            top = in_middle(box, name.height)
            draw_block(draw, name, box.centre[0], top, theme.on_accent, centred=True)
        for number, (row, aspect) in enumerate(zip(self._rows, self._aspects, strict=True), 1):
            shown, on = number <= visible, number == active
            above = 64 if portrait else 0
            if shown:
                x, colour = row.left, theme.accent if on else theme.muted
                y = row.top + 4 if portrait else in_middle(row, aspect.height)
                draw_block(draw, aspect, x + (8 if portrait else 0), y, colour)
            for side, (left, right) in enumerate(self._columns):
                box = Box(left, row.top + above, right, row.bottom)
                if not shown:
                    self.ghost(image, box)
                    continue
                self.card(image, box, active=on)
                block = self._sides[2 * (number - 1) + side]
                top = in_middle(box, block.height)
                draw_block(draw, block, box.centre[0], top, theme.text, centred=True)
