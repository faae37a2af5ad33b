"""Slides that explain: an idea in points, and a worked example."""

from __future__ import annotations

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.shapes import disc, fill
from vividly.lesson.video.slides.base import LABEL, Slide, SlideContext, in_middle
from vividly.lesson.video.slides.stack import Card, stack
from vividly.lesson.video.text import Style, draw_block, draw_line, fit, measure

_LEFT_RIGHT = 690
"""The x where the heading's column ends."""
_BADGE = 34
_NUMBERED = 124
"""Indent of text beside a number."""


class ExplanationSlide(Slide):
    """The heading on the left, its points as cards on the right."""

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        layout = self.layout
        if layout.portrait:
            self._left = Box(
                layout.margin, layout.header_top, layout.safe_right, layout.header_top + 400
            )
            points = Box(layout.margin, self._left.bottom + 40, layout.safe_right, context.bottom)
        else:
            self._left = Box(layout.margin, layout.header_top, _LEFT_RIGHT, context.bottom)
            points = Box(_LEFT_RIGHT + 90, layout.header_top, layout.safe_right, context.bottom)
        width = self._left.width
        self._kicker = fit(context.script.title, LABEL.weight, (LABEL.size,), width, 250)[0]
        room = min(420, self._left.height - self._kicker.height - 60)
        self._title = fit(
            context.scene.heading, Weight.BOLD, design.HEADING_SIZES, width, room, shrink=0.9
        )[0]
        self._points = stack(
            self.items, points, design.BODY_SIZES, Weight.MEDIUM, 104, 44, shrink=0.85
        )

    def turns(self, revealed: int) -> int:
        return self._points.turns(revealed - 1)

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        draw = ImageDraw.Draw(image)
        height = self._kicker.height + 14 + self._title.height + 46
        top = in_middle(self._left, height)
        draw_block(draw, self._kicker, self._left.left, top, self.theme.accent)
        top += self._kicker.height + 14
        left = self._left.left - self._title.style.size // 22
        draw_block(draw, self._title, left, top, self.theme.text)
        top += self._title.height + 34
        fill(
            image, Box(self._left.left, top, self._left.left + 120, top + 10), 5, self.theme.accent
        )
        for card in self._points.page(revealed - 1, turn):
            draw_point(self, image, card, revealed, number=None)


class WorkedExampleSlide(Slide):
    """The problem, the steps beside it, and the answer below both."""

    def __init__(self, context: SlideContext) -> None:
        super().__init__(context)
        layout, bottom = self.layout, context.bottom
        top = self.content_top
        if layout.portrait:
            answer_top, problem_bottom = bottom - 190, top + 340
            self._problem_box = Box(layout.margin, top, layout.safe_right, problem_bottom)
            steps_top = problem_bottom + design.GAP
            steps_box = Box(layout.margin, steps_top, layout.safe_right, answer_top - design.GAP)
        else:
            answer_top = bottom - 122
            self._problem_box = Box(layout.margin, top, 760, answer_top - design.GAP)
            steps_box = Box(760 + design.GAP, top, layout.safe_right, answer_top - design.GAP)
        self._answer_box = Box(layout.margin, answer_top, layout.safe_right, bottom)
        inner = self._problem_box.inset(44, 36)
        self._steps = stack(
            self.items[1:-1], steps_box, design.BODY_SIZES[1:], Weight.MEDIUM, _NUMBERED, 40
        )
        self._problem = fit(
            self.items[0] if self.items else "",
            Weight.SEMIBOLD,
            design.BODY_SIZES,
            inner.width,
            inner.height - 58,
        )
        label = round(measure(self.headings.answer, LABEL))
        self._answer_left = self._answer_box.left + 44 + label + 44
        self._answer = fit(
            self.items[-1] if len(self.items) > 1 else "",
            Weight.BOLD,
            design.BODY_SIZES,
            self._answer_box.right - 44 - self._answer_left,
            self._answer_box.height - 24,
        )

    def turns(self, revealed: int) -> int:
        if revealed == 1:
            return len(self._problem)
        if revealed == len(self.items):
            return len(self._answer)
        return self._steps.turns(revealed - 2)

    def draw_content(self, image: Image.Image, revealed: int, turn: int) -> None:
        self.draw_header(image)
        self._draw_problem(image, revealed, turn)
        for card in self._steps.page(min(revealed, len(self.items) - 1) - 2, turn):
            draw_point(self, image, card, revealed - 1, number=card.item + 1)
        self._draw_answer(image, revealed, turn)

    def _draw_problem(self, image: Image.Image, revealed: int, turn: int) -> None:
        if not revealed:
            self.ghost(image, self._problem_box)
            return
        self.card(image, self._problem_box, active=revealed == 1)
        inner = self._problem_box.inset(44, 36)
        top = self.label(image, self.labels.problem, inner.left, inner.top, self.theme.accent)
        block = self._problem[turn if revealed == 1 else -1]
        room = Box(inner.left, top, inner.right, inner.bottom)
        draw_block(
            ImageDraw.Draw(image), block, inner.left, in_middle(room, block.height), self.theme.text
        )

    def _draw_answer(self, image: Image.Image, revealed: int, turn: int) -> None:
        box = self._answer_box
        if revealed < len(self.items) or len(self.items) < 2:
            self.ghost(image, box)
            return
        fill(image, box, design.RADIUS, self.theme.accent)
        draw = ImageDraw.Draw(image)
        block = self._answer[min(turn, len(self._answer) - 1)]
        top = in_middle(box, LABEL.leading)
        self.label(image, self.headings.answer, box.left + 44, top, self.theme.on_accent)
        draw_block(
            draw, block, self._answer_left, in_middle(box, block.height), self.theme.on_accent
        )


def draw_point(
    slide: Slide, image: Image.Image, card: Card, revealed: int, *, number: int | None
) -> None:
    """Draw a card with a marker or number and its text; only its place if it has not appeared."""
    if card.item >= revealed:
        slide.ghost(image, card.box)
        return
    theme, box, active = slide.theme, card.box, card.item == revealed - 1
    slide.card(image, box, active=active)
    draw = ImageDraw.Draw(image)
    top = in_middle(box, card.block.height)
    middle = top + card.block.style.leading // 2
    if number is None:
        disc(image, box.left + 54, middle, 13, theme.accent)
        left = box.left + 104
    else:
        disc(image, box.left + 58, middle, _BADGE, theme.accent if active else theme.badge)
        style = Style(design.LABEL_SIZE, Weight.BOLD)
        digit = str(number)
        draw_line(
            draw,
            digit,
            box.left + 58 - measure(digit, style) / 2,
            middle + round(style.size * 0.364),
            style,
            theme.on_accent,
        )
        left = box.left + _NUMBERED
    draw_block(draw, card.block, left, top, slide.theme.text)
