"""Slides of a definition, of two things compared, of a figure from the source."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from vividly.lesson.video import design
from vividly.lesson.video.design import GAP, Box, Weight
from vividly.lesson.video.fonts import displayable
from vividly.lesson.video.shapes import fill, rounded_mask
from vividly.lesson.video.slides.base import LABEL, in_middle
from vividly.lesson.video.slides.visual import VisualSlide, fit_blocks
from vividly.lesson.video.text import Block, draw_block, fit, wrap
from vividly.model.visuals import Comparison, Definition, Figure

_TERM_SIZES = (112, 104, 96, 88, 80, 72, 64, 56, 48)


class DefinitionSlide(VisualSlide):
    """The term large, what it means below it, and an example."""

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


class ComparisonSlide(VisualSlide):
    """Two columns under their names, a row for each aspect."""

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


class FigureSlide(VisualSlide):
    """A picture from the source, what it shows, and whom it is by."""

    visual: Figure

    def lay_out(self) -> None:
        area, visual = self.area, self.visual
        path = self.context.figures.get(visual.image)
        self._picture = _opened(path) if path else None
        if self.layout.portrait:
            words = Box(area.left, area.bottom - 330, area.right, area.bottom)
            self._frame = Box(area.left, area.top, area.right, words.top - 28)
        else:
            self._frame = Box(area.left, area.top, area.left + 1060, area.bottom)
            words = Box(self._frame.right + 48, area.top, area.right, area.bottom)
        self._words = words
        credit = wrap(visual.credit, LABEL, words.width)
        caption = displayable(visual.caption)
        room = words.height - credit.height - 30
        pages = fit(caption, Weight.SEMIBOLD, design.BODY_SIZES, words.width, max(room, 60))
        # Whom it is by has to be there; what it shows is also said.
        self._caption = pages[0] if caption and len(pages) == 1 else Block((), LABEL)
        self._credit = credit
        self.fits = (
            self._picture is not None and self._caption.height + 30 + credit.height <= words.height
        )

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        if not visible or self._picture is None:
            self.ghost(image, self._frame)
            return
        fill(image, self._frame, design.RADIUS, (255, 255, 255))
        inner = self._frame.inset(20)
        picture = ImageOps.contain(self._picture, (inner.width, inner.height))
        left = inner.left + (inner.width - picture.width) // 2
        top = inner.top + (inner.height - picture.height) // 2
        image.paste(picture, (left, top), rounded_mask(picture.width, picture.height, 12))
        draw = ImageDraw.Draw(image)
        height = self._caption.height + 30 + self._credit.height
        top = in_middle(self._words, height)
        draw_block(draw, self._caption, self._words.left, top, self.theme.text)
        top += self._caption.height + 30
        draw_block(draw, self._credit, self._words.left, top, self.theme.muted)


def _opened(path: Path) -> Image.Image | None:
    """A picture on white, of at most four megapixels; None if it is none that can be read."""
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as found:
            found.draft("RGB", (2000, 2000))
            found.thumbnail((2000, 2000))
            rgba = found.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, rgba).convert("RGB")
