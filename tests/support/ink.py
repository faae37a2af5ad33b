"""Records the real positions of text, formulas and cards while a slide is drawn, without pixels."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest
from PIL import Image

from vividly.lesson.video import shapes
from vividly.lesson.video import text as writing
from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Box
from vividly.lesson.video.formula import Formula
from vividly.lesson.video.layout import Layout


@dataclass
class Ink:
    """What was drawn since the last `clear`: texts with their boxes, and filled cards."""

    texts: list[tuple[str, Box]] = field(default_factory=list)
    cards: list[Box] = field(default_factory=list)
    sizes: set[int] = field(default_factory=set)

    def clear(self) -> None:
        self.texts.clear()
        self.cards.clear()
        self.sizes.clear()


def recorded_ink(monkeypatch: pytest.MonkeyPatch) -> Ink:
    """Record every text, formula and card instead of painting it.

    The slide runs all its own code; only the pixels are left out, which take most of the time.
    """
    ink = Ink()
    fill = shapes.fill

    def piece(draw: Any, font: Any, string: str, x: float, base: int, colour: Any) -> float:
        left, top, right, bottom, width = _extent(font, string)
        if right > left and bottom > top:
            at = Box(round(x + left), round(base + top), round(x + right), round(base + bottom))
            ink.texts.append((string, at))
            ink.sizes.add(font.size)
        return width

    def card(image: Any, box: Box, radius: int, colour: Any) -> None:
        ink.cards.append(box)

    def formula(self: Formula, image: Any, x: float, y: float, *args: Any, **kwargs: Any) -> None:
        box = Box(round(x), round(y), round(x) + self.width, round(y) + self.height)
        ink.texts.append((self.source, box))

    def unpainted(*args: Any, **kwargs: Any) -> None:
        """Paint nothing."""

    monkeypatch.setattr(writing, "draw_piece", piece)
    monkeypatch.setattr(Formula, "draw", formula)
    monkeypatch.setattr(shapes, "smooth", unpainted)
    monkeypatch.setattr(Canvas, "__init__", unpainted)
    monkeypatch.setattr(Canvas, "__exit__", unpainted)
    monkeypatch.setattr(Canvas, "path", unpainted)
    for name, module in list(sys.modules.items()):
        if name.startswith("vividly.lesson.video") and getattr(module, "fill", None) is fill:
            monkeypatch.setattr(module, "fill", card)
        if name.startswith("vividly.lesson.video") and hasattr(module, "backdrop"):
            monkeypatch.setattr(module, "backdrop", lambda theme, layout: _Sheet(layout))
    return ink


class _Sheet(Image.Image):
    """An image of the size of a layout that is never copied, since nobody paints on it."""

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        whole = _blank(layout)
        self._im, self._mode, self._size = whole.im, whole.mode, whole.size

    def copy(self) -> Image.Image:
        return self


@cache
def _blank(layout: Layout) -> Image.Image:
    return Image.new("RGB", (layout.width, layout.height))


@cache
def _extent(font: Any, string: str) -> tuple[float, float, float, float, float]:
    """The box of a text whose baseline starts at (0, 0), and its width."""
    left, top, right, bottom = font.getbbox(string, anchor="ls")
    return left, top, right, bottom, font.getlength(string)


def faults(ink: Ink, safe: Box) -> list[str]:
    """The faults: text outside the safe area, over other text, or across the edge of a card."""
    found = [f"{text!r} at {box} leaves {safe}" for text, box in ink.texts if not _in(box, safe)]
    for at, (text, box) in enumerate(ink.texts):
        for other, under in ink.texts[:at]:
            if _overlap(box, under, 6):
                found.append(f"{text!r} at {box} lies on {other!r} at {under}")
        for card in ink.cards:
            if _overlap(box, card, 1) and not _in(box, card) and min(card.width, card.height) > 30:
                found.append(f"{text!r} at {box} crosses the edge of a card at {card}")
    return found


def _in(box: Box, around: Box) -> bool:
    return (
        box.left >= around.left
        and box.right <= around.right
        and box.top >= around.top
        and box.bottom <= around.bottom
    )


def _overlap(one: Box, other: Box, tolerance: int) -> bool:
    return (
        one.left + tolerance < other.right
        and other.left + tolerance < one.right
        and one.top + tolerance < other.bottom
        and other.top + tolerance < one.bottom
    )
