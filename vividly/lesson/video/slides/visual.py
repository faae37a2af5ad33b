"""The base class of slides with a visual: the heading, the room for the visual, the current note.

`fits` of a slide says whether all its text fits in full at a legible size. If it does not,
`slide_of` shows the parts of the visual as cards, which can always turn pages.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.fonts import displayable
from vividly.lesson.video.shapes import disc, fill
from vividly.lesson.video.slides.base import LABEL, Slide, SlideContext, in_middle
from vividly.lesson.video.slides.stack import stack
from vividly.lesson.video.text import Block, Style, draw_block, fit, is_unbroken, wrap
from vividly.model.lesson import Reveal
from vividly.model.visuals import Visual

_NOTE_SIZES = (52, 48, 44, 40)
_HEADINGS = (64, 56, 48, 40)
_NOTHING = Reveal(-1, 0, 0)


class VisualSlide(Slide):
    """A heading, a visual whose parts appear one by one, and notes on them below it."""

    fits = True
    of_kind: ClassVar[dict[str, type[VisualSlide]]] = {}
    """Kind of visual -> its class of slide."""

    def __init_subclass__(cls, kind: str | None = None) -> None:
        """Register the class as the slide of a kind of visual; None for a base class."""
        if kind is not None:
            cls.of_kind[kind] = cls

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        layout = self.layout
        self.reveals = context.scene.reveals()
        self.items = tuple(
            displayable(context.scene.lines[reveal.line].show or "") for reveal in self.reveals
        )
        self._title = fit(
            context.scene.heading, Weight.BOLD, _HEADINGS, layout.content_width, 150, shrink=0.9
        )[0]
        top = layout.header_top + self.kicker.height + 6 + self._title.height + 28
        room = Box(layout.margin, top, layout.safe_right, context.bottom)
        self._notes, self._note_box = self._noted(room)
        bottom = self._note_box.top - 26 if self._note_box else room.bottom
        self.area = Box(room.left, room.top, room.right, bottom)
        self.lay_out()

    @property
    def visual(self) -> Visual:
        visual = self.context.scene.visual
        assert visual is not None, "a scene of a visual kind has a visual"  # for the type checker  # nosec B101
        return visual

    @abstractmethod
    def lay_out(self) -> None:
        """Place everything in `self.area`, and set `self.fits`."""

    def sketch(self, width: int, height: int) -> Image.Image | None:
        """The drawing alone, without words, cut out, in RGBA; None if it is nothing without them.

        Args:
            width, height: about the shape in which it is drawn; not its size.
        """
        return None

    @abstractmethod
    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        """Draw the first `visible` parts. `active`: the part spoken of, from 1; 0 for none."""

    def reveal(self, revealed: int) -> Reveal:
        """What to show with `revealed` items."""
        return self.reveals[min(revealed, len(self.reveals)) - 1] if revealed else _NOTHING

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        draw = ImageDraw.Draw(image)
        x, y = self.layout.margin, self.layout.header_top
        draw_block(draw, self.kicker, x, y, self.theme.accent)
        y += self.kicker.height + 6
        draw_block(draw, self._title, x, y, self.theme.text)
        reveal = self.reveal(revealed)
        self.draw_visual(image, reveal.visible, reveal.active)
        note = (
            self._notes[min(revealed, len(self._notes)) - 1] if revealed and self._notes else None
        )
        if self._note_box and note:
            box = self._note_box
            top = in_middle(box, note.height)
            fill(
                image,
                Box(box.left, top + 4, box.left + 10, top + note.height - 4),
                5,
                self.theme.accent,
            )
            draw_block(draw, note, box.left + 36, top, self.theme.text)

    def _noted(self, room: Box) -> tuple[tuple[Block | None, ...], Box | None]:
        """The note below the visual for each item, and its place. No note repeats the visual."""
        texts = [displayable(text).casefold() for text in self.visual.texts()]
        shown = set(_telling(" ".join(texts)))
        notes: list[Block | None] = []
        for text in self.items:
            told = _telling(text.casefold())
            if not text or text.casefold() in texts or (told and shown.issuperset(told)):
                notes.append(None)
                continue
            notes.append(
                fit(text, Weight.SEMIBOLD, _NOTE_SIZES, room.width - 36, 140, shrink=0.8)[0]
            )
        height = max((note.height for note in notes if note), default=0)
        box = Box(room.left, room.bottom - height, room.right, room.bottom) if height else None
        return tuple(notes), box


def _telling(text: str) -> list[str]:
    """The words of a text that say something: numbers, and words of four letters or more."""
    return [word for word in re.findall(r"[\w.,]*\w", text) if len(word) > 3 or word.isdigit()]


def cut_out(canvas: Canvas) -> Image.Image | None:
    """What is drawn on a canvas of its own, without the empty space around it, in RGBA."""
    drawn = Image.fromarray(np.ascontiguousarray(canvas.pixels))
    edges = drawn.getchannel("A").getbbox()
    return drawn.crop(edges) if edges else None


class CardsSlide(VisualSlide):
    """The parts of a visual as cards, if its texts do not fit the drawing."""

    def lay_out(self) -> None:
        self._texts = self.visual.in_words()
        self._stack = stack(self._texts, self.area, design.BODY_SIZES, Weight.MEDIUM, 104, 44)

    def turns(self, revealed: int) -> int:
        return self._stack.turns(self._item(revealed))

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        self._shown, self._turn = revealed, turn
        super().draw_content(image, revealed, turn)

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        draw = ImageDraw.Draw(image)
        for card in self._stack.page(self._item(self._shown), self._turn):
            if card.item >= visible:
                self.ghost(image, card.box)
                continue
            self.card(image, card.box, active=card.item == active - 1)
            top = in_middle(card.box, card.block.height)
            middle = top + card.block.style.leading // 2
            disc(image, card.box.left + 54, middle, 13, self.theme.accent)
            draw_block(draw, card.block, card.box.left + 104, top, self.theme.text)

    def _item(self, revealed: int) -> int:
        reveal = self.reveal(revealed)
        return (reveal.active or reveal.visible) - 1


@dataclass(frozen=True)
class Cell:
    """A label and a smaller text below it; either may be empty."""

    label: Block
    detail: Block

    @property
    def height(self) -> int:
        gap = 6 if self.label.lines and self.detail.lines else 0
        return self.label.height + gap + self.detail.height

    @property
    def width(self) -> float:
        return max(self.label.width, self.detail.width)


_CELL_SIZES = ((60, 48), (56, 44), (52, 44), (48, 40), (44, 40), (40, 40))


def fit_cells(
    pairs: Sequence[tuple[str, str]], width: float, height: float
) -> tuple[Cell, ...] | None:
    """Lay out labels and details in one size each, unbroken; None if they do not fit."""
    for large, small in _CELL_SIZES:
        label, detail = Style(large, Weight.SEMIBOLD), Style(small, Weight.REGULAR)
        whole = all(
            is_unbroken(name, label, width) and is_unbroken(more, detail, width)
            for name, more in pairs
        )
        if not whole:
            continue
        cells = tuple(Cell(_wrapped(a, label, width), _wrapped(b, detail, width)) for a, b in pairs)
        if all(cell.height <= height for cell in cells):
            return cells
    return None


def fit_blocks(
    texts_: Sequence[str], weight: Weight, sizes: Sequence[int], width: float, height: float
) -> tuple[Block, ...] | None:
    """Lay out texts in one size, unbroken; None if they do not fit the box."""
    for size in sizes:
        style = Style(size, weight)
        if not all(is_unbroken(text, style, width) for text in texts_):
            continue
        blocks = tuple(_wrapped(text, style, width) for text in texts_)
        if all(block.height <= height for block in blocks):
            return blocks
    return None


def draw_cell(
    slide: Slide, image: Image.Image, cell: Cell, box: Box, *, centred: bool, active: bool
) -> None:
    """Draw a cell in the middle of a box."""
    draw = ImageDraw.Draw(image)
    x = box.centre[0] if centred else box.left
    top = in_middle(box, cell.height)
    colour = slide.theme.accent if active else slide.theme.text
    draw_block(draw, cell.label, x, top, colour, centred=centred)
    if cell.detail.lines:
        top += cell.height - cell.detail.height
        draw_block(draw, cell.detail, x, top, slide.theme.text, centred=centred)


def _wrapped(text: str, style: Style, width: float) -> Block:
    return wrap(text, style, width) if displayable(text) else Block((), style)


__all__ = [
    "LABEL",
    "CardsSlide",
    "Cell",
    "VisualSlide",
    "cut_out",
    "draw_cell",
    "fit_blocks",
    "fit_cells",
]
