"""The base class of diagrams: shapes on a canvas, and labels that place themselves."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from PIL import Image, ImageDraw

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box, Rgb, Weight, contrast, mix
from vividly.lesson.video.layout import LANDSCAPE, PORTRAIT
from vividly.lesson.video.pictograms import draw_picture
from vividly.lesson.video.shapes import fill
from vividly.lesson.video.slides.labels import PLATE_X, PLATE_Y, PlacedTag, Tag, place
from vividly.lesson.video.slides.visual import VisualSlide, cut_out
from vividly.lesson.video.sprites import Motion
from vividly.lesson.video.text import Block, Style, draw_block
from vividly.lesson.video.themes import Theme

HUES: dict[str, Rgb] = {
    "red": (240, 84, 84), "orange": (255, 140, 58), "yellow": (255, 196, 60),
    "green": (62, 176, 98), "blue": (64, 156, 240), "purple": (150, 110, 226),
    "pink": (236, 110, 160), "grey": (140, 152, 172), "brown": (160, 112, 76),
}  # fmt: skip
SERIES = ("blue", "orange", "green", "purple", "red", "yellow")
"""The hues of first, second, third ... thing of a drawing."""
_NATURAL = {
    "sun": "yellow", "lightning": "yellow", "flame": "orange", "drop": "blue", "sea": "blue",
    "H2O": "blue", "O2": "red", "CO2": "grey", "C6H12O6": "brown", "leaf": "green", "N2": "purple",
    "battery": "green", "blood_cell": "red",
}  # fmt: skip
"""Pictogram -> the hue that people expect of it."""
_READABLE = 4.6
NEAR = 16
"""Between a label and the picture left of it."""
_ROUND = 18
"""The radius of the corners of a label's plate."""


@lru_cache(maxsize=256)
def readable(theme: Theme, hue: str) -> Rgb:
    """A hue for text and thin lines: as near to the pure one as is legible on every ground."""
    towards: Rgb = (255, 255, 255) if theme.dark else (0, 0, 0)
    for step in range(20):
        colour = mix(HUES[hue], towards, step / 20)
        if all(contrast(colour, ground) >= _READABLE for ground in theme.grounds):
            return colour
    return theme.text


@dataclass(frozen=True)
class Sign:
    """A short text at its place in the drawing, such as a number at an axis or a symbol.

    Attributes:
        at: the point around which it is centred.
        part: the part with which it appears; 0 for from the beginning.
    """

    text: str
    at: Point
    part: int = 0
    size: int = 40
    colour: Rgb | None = None
    side: str = "c"
    """`c`: centred on its point; `l`: left of it; `r`: right of it."""


class DiagramSlide(VisualSlide):
    """A drawing whose parts appear with their labels."""

    wordless = True
    """Whether the drawing shows something without its words."""
    alone = False
    """Whether it is drawn without its words: then no line leads to a label."""
    labels_on_top = True
    """Whether what moves passes below the labels."""
    margin = 0
    """How far labels stay from the edges of the drawing, in pixels."""
    room = True
    """Whether the shapes have room; `compose` may set it to False."""

    def lay_out(self) -> None:
        self.room = True
        self.hues = self._hues()
        self.compose()
        inside = self.area.inset(self.margin)
        found = place(tuple(self.tags()), inside, tuple(self.blocked())) if self.room else None
        self.fits = found is not None
        self._placed: tuple[PlacedTag, ...] = found or ()

    def _noted(self, room: Box) -> tuple[tuple[Block | None, ...], Box | None]:
        """No notes: what is said of a drawing is in its labels."""
        return (), None

    @abstractmethod
    def compose(self) -> None:
        """Place the shapes in `self.area`."""

    @abstractmethod
    def tags(self) -> Iterable[Tag]:
        """The labels."""

    def coloured(self) -> Sequence[tuple[str, str]]:
        """The substances or quantities that are told apart by colour, with their pictograms.

        Each has the same hue in all diagrams of a lesson; `self.hues` are theirs.
        """
        return ()

    def _hues(self) -> tuple[Rgb, ...]:
        known, things = self.context.hues, self.coloured()
        taken = {known[name.casefold()] for name, _ in things if name.casefold() in known}
        # Those whose hue people expect choose first.
        for name, picture in sorted(things, key=lambda thing: thing[1] not in _NATURAL):
            if name.casefold() not in known:
                wanted = (_NATURAL.get(picture, SERIES[0]), *SERIES)
                hue = next((hue for hue in wanted if hue not in taken), "grey")
                known[name.casefold()] = hue
                taken.add(hue)
        return tuple(self.hue(known[name.casefold()]) for name, _ in things)

    def blocked(self) -> Iterable[Box]:
        """What no label may cover."""
        return ()

    def signs(self) -> Iterable[Sign]:
        """The short texts of the drawing itself, under the labels."""
        return ()

    @abstractmethod
    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        """Draw the shapes of the first `visible` parts."""

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """What moves when the parts after the first `before` have appeared; None for nothing.

        `draw` leaves it out while `self.moving`.
        """
        return None

    def motion(self, revealed: int) -> Motion | None:
        before, now = self.reveal(revealed - 1), self.reveal(revealed)
        motion = self.moves(before.visible, now.visible, now.active)
        labels = (
            box
            for placed in self._placed
            if placed.tag.part <= now.visible and not self.passes(placed.tag, now.active)
            for box in (_round(placed.box) if placed.tag.plate else (placed.box,))
        )
        return motion.under(labels) if motion and self.labels_on_top else motion

    def passes(self, tag: Tag, active: int) -> bool:
        """Whether a label is hidden while something moves with the part that is spoken of."""
        return False

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        with Canvas(image, self.area.inset(-30)) as canvas:
            self.draw(canvas, visible, active)
        draw = ImageDraw.Draw(image)
        for sign in self.signs():
            if sign.part <= visible:
                block = Block((sign.text,), Style(sign.size, Weight.SEMIBOLD))
                (x, y), colour = sign.at, sign.colour or self.theme.text
                start = x - block.width * {"c": 0.5, "l": 1.0, "r": 0.0}[sign.side]
                draw_block(draw, block, round(start), round(y - block.height / 2), colour)
        for placed in self._placed:
            tag, box = placed.tag, placed.box
            if tag.part > visible or (self.moving and self.passes(tag, active)):
                continue
            on = tag.part == active and active > 0
            label = self.theme.accent if on else tag.colour or self.theme.text
            detail = self.theme.muted
            x, top = box.left, box.top
            if tag.plate:
                fill(image, box, _ROUND, self.theme.badge if on else self.theme.caption)
                label = detail = self.theme.on_accent if on else self.theme.on_caption
                x, top = x + PLATE_X, top + PLATE_Y
            middle = (box.left + box.right) / 2
            for block, colour in ((placed.cell.label, label), (placed.cell.detail, detail)):
                if not block.lines:
                    continue
                centred = placed.tag.sides[0] in "tbc" or tag.plate
                left: float = middle if centred else x
                if not centred and box.right <= tag.at[0]:
                    left = box.right - block.width
                draw_block(draw, block, left, top, colour, centred=centred)
                top = box.bottom - (PLATE_Y if tag.plate else 0) - placed.cell.detail.height

    def sketch(self, width: int, height: int) -> Image.Image | None:
        found = []
        for layout in (LANDSCAPE, PORTRAIT) if self.wordless else ():
            twin = copy(self)
            twin.layout, twin.area = layout, Box(0, 0, width, height)
            twin.alone = twin.room = True
            twin.moving = False
            twin.compose()
            if not twin.room:
                continue
            canvas = Canvas(None, twin.area.inset(-30))
            twin.draw(canvas, self.visual.part_count, 0)
            if drawn := cut_out(canvas):
                found.append(drawn)
        return max(
            found, key=lambda drawn: min(drawn.width / width, drawn.height / height), default=None
        )

    def hue(self, name: str) -> Rgb:
        """A hue that is legible on this slide."""
        return readable(self.theme, name)

    def left_of(self, part: int, size: float) -> Point:
        """The middle of a picture that stands left of the label of a part."""
        name = next(placed.box for placed in self._placed if placed.tag.part == part)
        return name.left - NEAR - size / 2, float(name.centre[1])

    def stroke(self, part: int, active: int) -> Rgb:
        """The colour of the lines of a part: the accent while it is spoken of."""
        return self.theme.accent if part == active else self.theme.muted

    def picture(self, canvas: Canvas, name: str, at: Point, size: float) -> None:
        """Draw a pictogram around a point; nothing for an empty name."""
        if name:
            draw_picture(canvas, name, *at, size)


def around(at: Point, across: float, down: float | None = None) -> Box:
    """The box around a point with half a width and half a height."""
    down = across if down is None else down
    return Box(
        round(at[0] - across), round(at[1] - down), round(at[0] + across), round(at[1] + down)
    )


def _round(box: Box) -> tuple[Box, Box, Box]:
    """Boxes that together are nearly a plate with round corners."""
    return box.inset(_ROUND, 0), box.inset(0, _ROUND), box.inset(6)


def spread(first: float, last: float, count: int) -> list[float]:
    """The middles of `count` equal pieces between two coordinates."""
    step = (last - first) / count
    return [first + (n + 0.5) * step for n in range(count)]


def covering(points: Sequence[Point], step: float = 30, half: int = 10) -> list[Box]:
    """Small boxes along a line, which keep labels off it."""
    boxes = []
    for (x0, y0), (x1, y1) in pairwise(points):
        count = max(1, round(max(abs(x1 - x0), abs(y1 - y0)) / step))
        for n in range(count + 1):
            t = n / count
            boxes.append(around((x0 + (x1 - x0) * t, y0 + (y1 - y0) * t), half))
    return boxes
