"""The title slide and the list of sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.motifs import draw_motif
from vividly.lesson.video.pictograms import draw_interest, interest_is_drawn
from vividly.lesson.video.shapes import disc, fill
from vividly.lesson.video.slides.base import LABEL, Slide, SlideContext, in_middle
from vividly.lesson.video.slides.stack import stack
from vividly.lesson.video.text import Block, draw_block, fit
from vividly.model.lesson import Script, Source
from vividly.model.wanted import grade_band
from vividly.text.locales import locale_for
from vividly.text.words import capitalized

_TEXT_RIGHT = 1210
_MOST_SECTIONS, _FEW_WORKS = 2, 2
_INDENT, _LEADING = 48, 18
"""Around the texts of a card, and between them."""
_NO_BRIDGE = ("", "everyday")


def facts_of(script: Script) -> str:
    """Subject, grades and, if the lesson uses one, the interest, as the title names them."""
    locale = locale_for(script.language)
    facts = [
        locale.names.subject_title(script.subject),
        locale.lesson.labels.grades.format(grade_band(script.grade_level).replace("-", "–")),
    ]
    if script.bridge not in _NO_BRIDGE:
        name = locale.names.interest(script.bridge)
        facts.append(capitalized(name))
    return "  ·  ".join(facts)


class TitleSlide(Slide):
    """Topic, grade and hooks, beside the subject's picture and the interest's."""

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        script = context.script
        layout = self.layout
        if layout.portrait:
            right, middle = layout.safe_right, layout.header_top + 460
            self._stage = Box(layout.margin + 236, layout.header_top, right - 236, middle + 20)
            top, room, title_room = middle + 40, 400, 260
        else:
            right = _TEXT_RIGHT - 40
            self._stage = Box(1220, 130, layout.safe_right + 20, 730)
            top, room, title_room = layout.header_top + 30, 290, 330
        width = right - layout.margin
        self._facts = fit(facts_of(script), LABEL.weight, (LABEL.size,), width, 120)[0]
        self._title = fit(script.title, Weight.BOLD, design.DISPLAY_SIZES, width, title_room)[0]
        hooks = Box(layout.margin, context.bottom - room, right, context.bottom)
        self._above = Box(layout.margin, top, right, hooks.top - 40)
        self._hooks = stack(self.items, hooks, design.BODY_SIZES[1:], Weight.SEMIBOLD, 40, 0)

    def turns(self, revealed: int) -> int:
        return self._hooks.turns(revealed - 1)

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        draw_stage(image, self.context, self._stage)
        draw = ImageDraw.Draw(image)
        height = self._facts.height + 18 + self._title.height
        top = in_middle(self._above, height)
        draw_block(draw, self._facts, self.layout.margin, top, self.theme.accent)
        # Large letters have side bearings; without this they would start right of the line above.
        left = self.layout.margin - self._title.style.size // 20
        draw_block(draw, self._title, left, top + self._facts.height + 18, self.theme.text)
        for card in self._hooks.page(revealed - 1, turn):
            if card.item >= revealed:
                continue
            box, block = card.box, card.block
            top = in_middle(box, block.height)
            fill(
                image,
                Box(box.left, top + 4, box.left + 10, top + block.height - 4),
                5,
                self.theme.accent if card.item == revealed - 1 else self.theme.badge,
            )
            draw_block(draw, block, box.left + 40, top, self.theme.text)


def draw_stage(image: Image.Image, context: SlideContext, box: Box) -> None:
    """Draw what a lesson is about on a disc: its picture, and the interest on a smaller disc.

    A lesson without a picture shows the motif of its subject.
    """
    theme, picture = context.theme, context.picture()
    (x, y), radius = box.centre, min(box.width, box.height) // 2
    if picture is None:
        draw_motif(image, context.script.subject, theme, box)
    else:
        disc(image, x, y, radius, theme.outline)
        disc(image, x, y, radius - 5, theme.surface)
        # A picture whose corners are empty may reach farther out than a square in the circle.
        put_picture(image, picture, box.inset(round(0.25 * radius)))
    interest = context.script.bridge
    if interest_is_drawn(interest):
        small = round(0.33 * radius)
        x, y = x + round(0.76 * radius), y - round(0.7 * radius)
        disc(image, x, y, small, theme.accent)
        disc(image, x, y, small - 7, theme.background_end)
        with Canvas(image, Box(x - small, y - small, x + small, y + small)) as canvas:
            draw_interest(canvas, interest, x, y, 1.24 * small)


def put_picture(image: Image.Image, picture: Image.Image, box: Box) -> None:
    """Paste an RGBA picture as large as it fits into the middle of a box."""
    scale = min(box.width / picture.width, box.height / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    # Kept with the picture, since a slide shows it again with each of its items.
    if size not in picture.info:
        picture.info[size] = picture.resize(size, Image.Resampling.LANCZOS)
    drawn = picture.info[size]
    left, top = box.centre[0] - drawn.width // 2, box.centre[1] - drawn.height // 2
    image.paste(drawn.convert("RGB"), (left, top), drawn.getchannel("A"))


class SourcesSlide(Slide):
    """The works that the facts are from, with their licences, beside the lesson's picture.

    Many works, or long names, fill the width and turn their pages by themselves.
    """

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        layout, works = self.layout, _works(context.script.sources)
        box = Box(layout.margin, self.content_top, layout.safe_right, context.bottom)
        texts = [" ".join(filter(None, (f"{w.named}.", f"{w.by}.", w.url))) for w in works]
        self.stack = stack(texts or list(self.items), box, design.BODY_SIZES, Weight.MEDIUM, 56, 40)
        if layout.portrait:
            (x, _), across = box.centre, round(0.24 * box.height)
            self._stage = Box(x - across, box.top, x + across, box.top + 2 * across)
            beside = Box(box.left, self._stage.bottom + 40, box.right, box.bottom)
        else:
            self._stage = Box(1290, box.top, box.right, box.bottom)
            beside = Box(box.left, box.top, _TEXT_RIGHT, box.bottom)
        self._credits = _credits(works, beside) if len(works) <= _FEW_WORKS else ()

    def turns(self, revealed: int) -> int:
        return 1 if self._credits else max(1, len(self.stack.pages))

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        self.draw_header(image)
        draw = ImageDraw.Draw(image)
        for box, blocks in self._credits:
            self.card(image, box, active=False)
            top = in_middle(box, _height(blocks))
            colours = (self.theme.text, self.theme.muted, self.theme.accent)
            for block, colour in zip(blocks, colours, strict=True):
                draw_block(draw, block, box.left + _INDENT, top, colour)
                top += block.height + (_LEADING if block.lines else 0)
        if self._credits:
            draw_stage(image, self.context, self._stage)
            return
        pages = self.stack.pages
        for card in pages[min(turn, len(pages) - 1)] if pages else ():
            self.card(image, card.box, active=False)
            top = in_middle(card.box, card.block.height)
            draw_block(draw, card.block, card.box.left + 56, top, self.theme.text)


@dataclass(frozen=True)
class _Work:
    """`named`: the title, with the sections if there are few; `by`: author and licence."""

    named: str
    by: str
    url: str


def _works(sources: Iterable[Source]) -> list[_Work]:
    """The works among sources. The transcript and the file's credits name every section."""
    works: dict[tuple[str, str, str, str | None], list[str]] = {}
    for source in sources:
        key = (source.title, source.attribution, source.licence, source.url)
        works.setdefault(key, []).append(source.section)
    found = []
    for (title, attribution, licence, url), sections in works.items():
        named = list(dict.fromkeys(s for s in sections if s and s != title))
        few = 0 < len(named) <= _MOST_SECTIONS
        listed = f"{title}: {', '.join(named)}" if few else title
        found.append(_Work(listed, f"{attribution}, {licence}", url or ""))
    return found


def _credits(works: Sequence[_Work], box: Box) -> tuple[tuple[Box, tuple[Block, ...]], ...]:
    """A card for each work: what it is, by whom, where; () if they do not fit."""
    width = box.width - 2 * _INDENT
    found: list[tuple[Block, ...]] = []
    for work in works:
        blocks = []
        for text, weight, sizes in (
            (work.named, Weight.BOLD, (64, 56, 48, 44)),
            (work.by, Weight.MEDIUM, (48, 44, 40)),
            (work.url, Weight.MEDIUM, (40,)),
        ):
            pages = fit(text, weight, sizes, width, 240) if text else (Block((), LABEL),)
            if len(pages) > 1:
                return ()
            blocks.append(pages[0])
        found.append(tuple(blocks))
    heights = [_height(blocks) + 2 * _INDENT for blocks in found]
    room = box.height - sum(heights) - design.GAP * (len(found) - 1)
    if not found or room < 0:
        return ()
    top, cards = box.top + room // 2, []
    for credit, height in zip(found, heights, strict=True):
        cards.append((Box(box.left, top, box.right, top + height), credit))
        top += height + design.GAP
    return tuple(cards)


def _height(blocks: Sequence[Block]) -> int:
    shown = [block.height for block in blocks if block.lines]
    return sum(shown) + _LEADING * (len(shown) - 1)
