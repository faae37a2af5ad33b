"""The slide of a figure from the source."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from vividly.lesson.video import design
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.fonts import displayable
from vividly.lesson.video.shapes import fill, rounded_mask
from vividly.lesson.video.slides.base import LABEL, in_middle
from vividly.lesson.video.slides.visual import VisualSlide
from vividly.lesson.video.text import Block, draw_block, fit, wrap
from vividly.model.visuals.figure import Figure


class FigureSlide(VisualSlide, kind="figure"):
    """A picture from the source, with its caption and its credit."""

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
        # The credit is required; the caption is optional, since it is also spoken.
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
    """A picture on white, of at most four megapixels; None if it cannot be read."""
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as found:
            found.draft("RGB", (2000, 2000))
            found.thumbnail((2000, 2000))
            rgba = found.convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
    return Image.alpha_composite(white, rgba).convert("RGB")
