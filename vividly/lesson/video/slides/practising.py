"""Slides that make a student think: misconception, takeaways, question, answer."""

from __future__ import annotations

from collections.abc import Iterable

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.design import GAP, Box, Weight
from vividly.lesson.video.shapes import cross, disc, fill, tick
from vividly.lesson.video.slides.base import LABEL, Slide, SlideContext, in_middle
from vividly.lesson.video.slides.explaining import draw_point
from vividly.lesson.video.slides.opening import put_picture
from vividly.lesson.video.slides.stack import stack
from vividly.lesson.video.text import (
    Block,
    Style,
    draw_block,
    draw_line,
    fit,
    is_unbroken,
    measure,
    wrap,
)

_COLUMN_SIZES = (72, *design.BODY_SIZES)


class MisconceptionSlide(Slide):
    """A false belief on the left, struck out once the right side shows the correct fact."""

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        layout, bottom = self.layout, context.bottom
        top = self.content_top
        if layout.portrait:
            middle = (top + bottom) // 2
            self._belief_box = Box(layout.margin, top, layout.safe_right, middle - GAP // 2)
            self._fact_box = Box(layout.margin, middle + GAP // 2, layout.safe_right, bottom)
        else:
            middle = layout.width // 2
            self._belief_box = Box(layout.margin, top, middle - GAP // 2, bottom)
            self._fact_box = Box(middle + GAP // 2, top, layout.safe_right, bottom)
        inner = self._belief_box.inset(52, 44)
        self._belief = fit(
            self.items[0] if self.items else "",
            Weight.SEMIBOLD,
            _COLUMN_SIZES,
            inner.width,
            inner.height - 110,
        )
        facts = self._fact_box.inset(52, 44)
        facts = Box(facts.left, facts.top + 110, facts.right, facts.bottom)
        self._facts = stack(self.items[1:], facts, _COLUMN_SIZES, Weight.SEMIBOLD, 0, 0, shrink=1)

    def turns(self, revealed: int) -> int:
        return len(self._belief) if revealed == 1 else self._facts.turns(revealed - 2)

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        self.draw_header(image)
        draw = ImageDraw.Draw(image)
        refuted = revealed >= 2
        if revealed:
            box, inner = self._belief_box, self._belief_box.inset(52, 44)
            self.card(image, box, active=not refuted)
            cross(
                image, inner.left + 36, inner.top + 36, 36, self.theme.wrong, self.theme.background
            )
            self.label(
                image,
                self.labels.you_might_think,
                inner.left + 96,
                inner.top + 11,
                self.theme.wrong,
            )
            block = self._belief[min(turn, len(self._belief) - 1) if revealed == 1 else -1]
            room = Box(inner.left, inner.top + 110, inner.right, inner.bottom)
            draw_block(
                draw,
                block,
                inner.left,
                in_middle(room, block.height),
                self.theme.muted if refuted else self.theme.text,
                struck=self.theme.wrong if refuted else None,
            )
        else:
            self.ghost(image, self._belief_box)
        if not refuted:
            self.ghost(image, self._fact_box)
            return
        inner = self._fact_box.inset(52, 44)
        self.card(image, self._fact_box, active=True)
        tick(image, inner.left + 36, inner.top + 36, 36, self.theme.right, self.theme.background)
        self.label(image, self.labels.in_fact, inner.left + 96, inner.top + 11, self.theme.right)
        for card in self._facts.page(revealed - 2, turn):
            if card.item < revealed - 1:
                draw_block(
                    draw,
                    card.block,
                    inner.left,
                    in_middle(card.box, card.block.height),
                    self.theme.text,
                )


class TakeawaysSlide(Slide):
    """Numbered rows beside the lesson's picture; without one, up to three columns, or rows."""

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        top = self.content_top
        self._area = Box(self.layout.margin, top, self.layout.safe_right, context.bottom)
        self._picture = context.picture()
        self._stage = Box(0, 0, 0, 0)
        if self._picture:
            self._stage, self._area = self._beside_picture()
        count = max(1, len(self.items))
        columns = len(self.items) <= 3 and not self.layout.portrait and not self._picture
        width = (self._area.width - (count - 1) * GAP) // count
        self._boxes = [
            Box(
                self._area.left + i * (width + GAP),
                top,
                self._area.left + i * (width + GAP) + width,
                context.bottom,
            )
            for i in range(count)
        ]
        self._blocks = self._columns() if columns else ()
        self._rows = stack(self.items, self._area, design.BODY_SIZES, Weight.MEDIUM, 124, 40)

    def _beside_picture(self) -> tuple[Box, Box]:
        """The places of the picture and of the points."""
        area = self._area
        if self.layout.portrait:
            middle = area.top + 460
            return (
                Box(area.left, area.top, area.right, middle),
                Box(area.left, middle + GAP, area.right, area.bottom),
            )
        middle = area.right - 600
        return (
            Box(middle, area.top, area.right, area.bottom),
            Box(area.left, area.top, middle - GAP, area.bottom),
        )

    def _columns(self) -> tuple[Block, ...]:
        """The texts in one size for all, or nothing if one does not fit a column."""
        room = self._boxes[0].inset(44, 44)
        best: tuple[Block, ...] = ()
        for size in design.BODY_SIZES:
            style = Style(size, Weight.SEMIBOLD)
            blocks = tuple(wrap(text, style, room.width) for text in self.items)
            fits = all(block.height <= room.height - 140 for block in blocks)
            if not fits or not all(is_unbroken(t, style, room.width) for t in self.items):
                continue
            if not best or (_lines(blocks) < _lines(best) and size >= 52):
                best = blocks
        return best

    def turns(self, revealed: int) -> int:
        return 1 if self._blocks else self._rows.turns(revealed - 1)

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        self.draw_header(image)
        if self._picture:
            self.card(image, self._stage, active=False)
            put_picture(image, self._picture, self._stage.inset(44))
        if not self._blocks:
            for card in self._rows.page(revealed - 1, turn):
                draw_point(self, image, card, revealed, number=card.item + 1)
            return
        draw = ImageDraw.Draw(image)
        for item, (box, block) in enumerate(zip(self._boxes, self._blocks, strict=False)):
            if item >= revealed:
                self.ghost(image, box)
                continue
            active = item == revealed - 1
            self.card(image, box, active=active)
            inner = box.inset(44, 44)
            disc(
                image,
                inner.left + 46,
                inner.top + 46,
                46,
                self.theme.accent if active else self.theme.badge,
            )
            style = Style(56, Weight.BOLD)
            digit = str(item + 1)
            draw_line(
                draw,
                digit,
                inner.left + 46 - measure(digit, style) / 2,
                inner.top + 46 + round(style.size * 0.364),
                style,
                self.theme.on_accent,
            )
            room = Box(inner.left, inner.top + 120, inner.right, inner.bottom)
            draw_block(draw, block, inner.left, in_middle(room, block.height), self.theme.text)


class QuestionSlide(Slide):
    """A question in the largest size that fits, and time to think."""

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        layout = self.layout
        top = layout.header_top + 20
        self._box = Box(layout.margin, top, layout.safe_right, context.bottom)
        self._badge, self._room = _beside_badge(self._box, portrait=layout.portrait)
        self._label = _label(context.scene.heading, self._room.width)
        self._pages = fit(
            " ".join(self.items),
            Weight.BOLD,
            design.STATEMENT_SIZES,
            self._room.width,
            self._room.height - self._label.height - LABEL.leading - 40,
        )

    def turns(self, revealed: int) -> int:
        return len(self._pages) if revealed == len(self.items) else 1

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        asked = bool(revealed)
        self.card(image, self._box, active=asked)
        block = self._pages[min(turn, len(self._pages) - 1)]
        height = self._label.height + 16 + block.height + 24 + LABEL.leading
        top = in_middle(self._room, height)
        x, y = self._badge
        disc(image, x, y, 96, self.theme.accent)
        style = Style(136, Weight.BOLD)
        draw = ImageDraw.Draw(image)
        draw_line(
            draw,
            "?",
            x - measure("?", style) / 2,
            y + round(style.size * 0.364),
            style,
            self.theme.on_accent,
        )
        draw_block(draw, self._label, self._room.left, top, self.theme.accent)
        if asked:
            top += self._label.height + 16
            draw_block(draw, block, self._room.left, top, self.theme.text)
            self.label(
                image,
                self.labels.pause_and_think,
                self._room.left,
                top + block.height + 24,
                self.theme.muted,
            )


class AnswerSlide(Slide):
    """The answer, below the question that it answers."""

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        layout = self.layout
        top = layout.header_top + 20
        asked = fit(
            _question_before(context),
            Weight.MEDIUM,
            design.BODY_SIZES[2:],
            layout.content_width - 104,
            190 if layout.portrait else 120,
        )
        # Leave out a question longer than this card: it was on screen long enough.
        self._question = asked[0] if len(asked) == 1 and asked[0].lines else None
        split = top + (270 if layout.portrait else 190)
        self._question_box = Box(layout.margin, top, layout.safe_right, split)
        answer_top = split + GAP if self._question else top
        self._answer_box = Box(layout.margin, answer_top, layout.safe_right, context.bottom)
        self._badge, self._room = _beside_badge(self._answer_box, portrait=layout.portrait)
        self._label = _label(context.scene.heading, self._room.width)
        self._pages = fit(
            " ".join(self.items),
            Weight.BOLD,
            design.STATEMENT_SIZES,
            self._room.width,
            self._room.height - self._label.height - 16,
        )

    def turns(self, revealed: int) -> int:
        return len(self._pages) if revealed == len(self.items) else 1

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        draw = ImageDraw.Draw(image)
        if self._question:
            box = self._question_box
            self.card(image, box, active=False)
            draw_block(
                draw,
                self._question,
                box.left + 52,
                in_middle(box, self._question.height),
                self.theme.muted,
            )
        box = self._answer_box
        fill(image, box, design.RADIUS, self.theme.accent)
        tick(image, *self._badge, 96, self.theme.on_accent, self.theme.accent)
        block = self._pages[min(turn, len(self._pages) - 1)]
        top = in_middle(self._room, self._label.height + 16 + block.height)
        left = self._room.left
        draw_block(draw, self._label, left, top, self.theme.on_accent)
        if revealed:
            draw_block(draw, block, left, top + self._label.height + 16, self.theme.on_accent)


def _beside_badge(box: Box, *, portrait: bool) -> tuple[tuple[int, int], Box]:
    """The centre of a round sign in a card, and the room for text beside or below it."""
    if portrait:
        return (box.left + 176, box.top + 170), Box(
            box.left + 80, box.top + 310, box.right - 80, box.bottom - 60
        )
    middle = (box.top + box.bottom) // 2
    return (box.left + 170, middle), Box(
        box.left + 320, box.top + 48, box.right - 80, box.bottom - 48
    )


def _label(text: str, width: int) -> Block:
    """A heading as a small label above large text."""
    return fit(text, LABEL.weight, (LABEL.size,), width, 200)[0]


def _question_before(context: SlideContext) -> str:
    """The question of the check scene just before; empty if there is none."""
    before = context.script.scenes[context.position - 1] if context.position else None
    if before is None or before.kind != "check":
        return ""
    return " ".join(line.show for line in before.lines if line.show)


def _lines(blocks: Iterable[Block]) -> int:
    return sum(len(block.lines) for block in blocks)
