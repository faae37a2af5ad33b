"""The title slide and the list of sources."""

from __future__ import annotations

from collections.abc import Iterable

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.motifs import draw_motif
from vividly.lesson.video.shapes import fill
from vividly.lesson.video.slides.base import LABEL, Slide, SlideContext, in_middle
from vividly.lesson.video.slides.stack import stack
from vividly.lesson.video.text import draw_block, fit
from vividly.model.lesson import Source

_TEXT_RIGHT = 1210
_NO_BRIDGE = ("", "everyday")


class TitleSlide(Slide):
    """Topic, subject, grade and interest; the hooks appear below the topic."""

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        script = context.script
        names = context.locale.names
        facts = [
            names.subject_title(script.subject),
            self.labels.grade.format(script.grade_level),
        ]
        if script.bridge not in _NO_BRIDGE:
            name = names.interest(script.bridge)
            facts.append(name[:1].upper() + name[1:])
        layout = self.layout
        if layout.portrait:
            right, middle = layout.safe_right, layout.header_top + 460
            self._motif = Box(layout.margin + 120, layout.header_top, right - 120, middle - 40)
            top, room, title_room = middle, 430, 260
        else:
            right = _TEXT_RIGHT
            self._motif = Box(1230, 90, layout.safe_right + 20, context.bottom)
            top, room, title_room = layout.header_top + 30, 290, 330
        width = right - layout.margin
        self._facts = fit("  ·  ".join(facts), LABEL.weight, (LABEL.size,), width, 120)[0]
        self._title = fit(script.title, Weight.BOLD, design.DISPLAY_SIZES, width, title_room)[0]
        hooks = Box(layout.margin, context.bottom - room, right, context.bottom)
        self._above = Box(layout.margin, top, right, hooks.top - 40)
        self._hooks = stack(self.items, hooks, design.BODY_SIZES[1:], Weight.SEMIBOLD, 56, 40)

    def turns(self, revealed: int) -> int:
        return self._hooks.turns(revealed - 1)

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        draw_motif(
            image,
            self.context.script.subject,
            self.theme,
            self._motif,
        )
        draw = ImageDraw.Draw(image)
        height = self._facts.height + 18 + self._title.height
        top = in_middle(self._above, height)
        draw_block(draw, self._facts, self.layout.margin, top, self.theme.accent)
        # Large letters have side bearings; without this they would start right of the line above.
        left = self.layout.margin - self._title.style.size // 20
        draw_block(draw, self._title, left, top + self._facts.height + 18, self.theme.text)
        for card in self._hooks.page(revealed - 1, turn):
            if card.item >= revealed:
                self.ghost(image, card.box)
                continue
            active = card.item == revealed - 1
            self.card(image, card.box, active=active)
            bar = Box(
                card.box.left + 24, card.box.top + 26, card.box.left + 32, card.box.bottom - 26
            )
            fill(image, bar, 4, self.theme.accent)
            draw_block(
                draw,
                card.block,
                card.box.left + 56,
                in_middle(card.box, card.block.height),
                self.theme.text,
            )


class SourcesSlide(Slide):
    """The sources of the facts with their licences. It turns its pages by itself."""

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        top = self.content_top
        box = Box(self.layout.margin, top, self.layout.safe_right, context.bottom)
        texts = list(_credits(context.script.sources)) or list(self.items)
        self.stack = stack(texts, box, (52, 48, 44, 40), Weight.MEDIUM, 56, 40)
        self._pages = self.stack.pages

    def turns(self, revealed: int) -> int:
        return max(1, len(self._pages))

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        self.draw_header(image)
        draw = ImageDraw.Draw(image)
        for card in self._pages[min(turn, len(self._pages) - 1)] if self._pages else ():
            self.card(image, card.box, active=False)
            top = in_middle(card.box, card.block.height)
            draw_block(draw, card.block, card.box.left + 56, top, self.theme.text)


def _credits(sources: Iterable[Source]) -> Iterable[str]:
    """One text per work: title, sections used, author, licence, address."""
    works: dict[tuple[str, str, str, str | None], list[str]] = {}
    for source in sources:
        key = (source.title, source.attribution, source.licence, source.url)
        works.setdefault(key, []).append(source.section)
    for (title, attribution, licence, url), sections in works.items():
        named = list(dict.fromkeys(s for s in sections if s and s != title))
        listed = f"{title}: {', '.join(named)}." if named else f"{title}."
        yield " ".join([listed, f"{attribution}, {licence}.", *([url] if url else [])])
