"""The slide of a definition."""

from __future__ import annotations

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.design import Weight
from vividly.lesson.video.slides.base import LABEL, in_middle
from vividly.lesson.video.slides.visual import VisualSlide, fit_blocks
from vividly.lesson.video.text import Block, draw_block
from vividly.model.visuals.definition import Definition

_TERM_SIZES = (112, 104, 96, 88, 80, 72, 64, 56, 48)


class DefinitionSlide(VisualSlide, kind="definition"):
    """The term in large type, below it the meaning and an example."""

    visual: Definition

    def lay_out(self) -> None:
        visual, area = self.visual, self.area
        inner = area.inset(64, 36)
        term = fit_blocks([visual.term], Weight.BOLD, _TERM_SIZES, inner.width, 240)
        left = inner.height - (term[0].height if term else 0) - 20
        wanted = [visual.meaning, *([visual.example] if visual.example else [])]
        below: tuple[Block, ...] | None = None
        for size in design.BODY_SIZES:
            below = fit_blocks(wanted, Weight.MEDIUM, (size,), inner.width, left)
            if below and sum(block.height for block in below) + 36 * (len(below) - 1) <= left:
                break
            below = None
        self.fits = term is not None and below is not None
        self._term = term[0] if term else Block((), LABEL)
        self._below = below or ()

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        self.card(image, self.area, active=visible > 0)
        inner = self.area.inset(64, 36)
        draw = ImageDraw.Draw(image)
        height = self._term.height + 20 + sum(b.height + 36 for b in self._below) - 36
        top = in_middle(inner, height)
        left = inner.left - self._term.style.size // 24
        draw_block(draw, self._term, left, top, self.theme.accent)
        top += self._term.height + 20
        for number, block in enumerate(self._below, 1):
            if number <= visible:
                colour = self.theme.text if number == 1 else self.theme.muted
                draw_block(draw, block, inner.left, top, colour)
            top += block.height + 36
