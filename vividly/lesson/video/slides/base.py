"""The base class of slides: the frame around the content, and how items appear."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.design import Box, Rgb, Weight
from vividly.lesson.video.fonts import displayable
from vividly.lesson.video.layout import LANDSCAPE, Layout
from vividly.lesson.video.shapes import backdrop, fill, outline
from vividly.lesson.video.sprites import Motion
from vividly.lesson.video.text import Block, Style, draw_block, draw_line, fit, measure
from vividly.lesson.video.themes import Theme, theme_of
from vividly.model.lesson import Scene, Script
from vividly.text.locales import Locale, locale_for

LABEL = Style(design.LABEL_SIZE, Weight.SEMIBOLD)


@dataclass(frozen=True)
class SlideContext:
    """The script, the scene, and whether captions take the lower part of the frame.

    `figures`: object name -> file, of the script's figures. `picture`: the lesson's best picture,
    without words, in RGBA; it returns None if there is none. `hues`: substance or quantity -> its
    hue in the lesson; slides add theirs in the order of the scenes.
    """

    script: Script
    position: int
    captions: bool = True
    layout: Layout = LANDSCAPE
    figures: Mapping[str, Path] = field(default_factory=dict)
    picture: Callable[[], Image.Image | None] = lambda: None
    hues: dict[str, str] = field(default_factory=dict)

    @property
    def scene(self) -> Scene:
        return self.script.scenes[self.position]

    @property
    def theme(self) -> Theme:
        return theme_of(self.script.subject, self.script.bridge)

    @property
    def locale(self) -> Locale:
        return locale_for(self.script.language)

    @property
    def bottom(self) -> int:
        """The y where content ends."""
        return self.layout.content_bottom if self.captions else self.layout.content_bottom_bare


class Slide:
    """A scene on screen. Its items (the texts that its lines show) appear one by one.

    A slide is laid out once, with all its items, so that nothing moves when one appears.
    """

    def __init__(self, context: SlideContext) -> None:
        self.context = context
        self.layout = context.layout
        self.theme = context.theme
        self.headings = context.locale.lesson.headings
        self.labels = context.locale.lesson.labels
        shown = (displayable(line.show or "") for line in context.scene.lines)
        self.items = tuple(text for text in shown if text)
        self.moving = False
        """Whether what moves is left out of the drawing, because sprites show it."""

    def turns(self, revealed: int) -> int:
        """The number of pages that the slide turns through by itself, with `revealed` items."""
        return 1

    def motion(self, revealed: int) -> Motion | None:
        """What moves after the last of `revealed` items has appeared, or None."""
        return None

    def paint(self, revealed: int, turn: int = 0, *, moving: bool = False) -> Image.Image:
        """Draw the slide with its first `revealed` items, in RGB and the size of the layout.

        Args:
            turn: 0 to `turns(revealed) - 1`.
            moving: leave out what `motion(revealed)` draws.
        """
        self.moving = moving
        image = backdrop(self.theme, self.layout).copy()
        self.draw_content(image, revealed, turn)
        self._draw_footer(image)
        return image

    @abstractmethod
    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        """Draw everything except the footer. Each kind of slide implements it."""

    @cached_property
    def content_top(self) -> int:
        """The y where content begins, below the lesson's title and the heading."""
        header = self.kicker.height + 6 + self._heading.height + 24
        return self.layout.header_top + max(176, header)

    def draw_header(self, image: Image.Image) -> None:
        """Draw the lesson's title and the heading across the top."""
        draw = ImageDraw.Draw(image)
        x, y = self.layout.margin, self.layout.header_top
        draw_block(draw, self.kicker, x, y, self.theme.accent)
        y += self.kicker.height + 6
        draw_block(draw, self._heading, x, y, self.theme.text)

    @cached_property
    def kicker(self) -> Block:
        """The lesson's title as a small line above the heading, if it fits on one line."""
        width = self.layout.content_width
        pages = fit(self.context.script.title, LABEL.weight, (LABEL.size,), width, 60)
        return pages[0] if len(pages) == 1 else Block((), LABEL)

    @cached_property
    def _heading(self) -> Block:
        width = self.layout.content_width
        return fit(self.context.scene.heading, Weight.BOLD, design.HEADING_SIZES[1:], width, 150)[0]

    def card(self, image: Image.Image, box: Box, *, active: bool) -> None:
        """Draw the surface behind a text; `active` highlights the one being spoken about."""
        fill(image, box, design.RADIUS, self.theme.surface_active if active else self.theme.surface)
        if active:
            outline(image, box, design.RADIUS, self.theme.outline)

    def ghost(self, image: Image.Image, box: Box) -> None:
        """Draw the place of a card that has not appeared yet."""
        fill(image, box, design.RADIUS, self.theme.ghost)

    def label(self, image: Image.Image, text: str, x: int, y: int, colour: Rgb) -> int:
        """Draw a small label; returns the y where its content may begin."""
        block = Block((displayable(text),), LABEL)
        draw_block(ImageDraw.Draw(image), block, x, y, colour)
        return y + block.height + 8

    def _draw_footer(self, image: Image.Image) -> None:
        draw = ImageDraw.Draw(image)
        base = self.layout.footer_baseline
        draw_line(draw, "Vividly", self.layout.margin, base, LABEL, self.theme.muted)
        counter = f"{self.context.position + 1} / {len(self.context.script.scenes)}"
        left = self.layout.safe_right - measure(counter, LABEL)
        draw_line(draw, counter, left, base, LABEL, self.theme.muted)


def in_middle(box: Box, height: int) -> int:
    """The top of an object of this height that is centred in a box."""
    return box.top + max(0, (box.height - height) // 2)
