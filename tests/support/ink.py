"""Records the real positions of text, formulas and cards while a slide is drawn."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from vividly.lesson.video import shapes
from vividly.lesson.video import text as writing
from vividly.lesson.video.design import Box
from vividly.lesson.video.formula import Formula


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
    """Record every call that draws with Pillow."""
    ink = Ink()
    write, fill, typeset = writing.draw_piece, shapes.fill, Formula.draw

    def piece(draw: Any, font: Any, string: str, x: float, base: int, colour: Any) -> float:
        left, top, right, bottom = font.getbbox(string, anchor="ls")
        if right > left and bottom > top:
            at = Box(round(x + left), round(base + top), round(x + right), round(base + bottom))
            ink.texts.append((string, at))
            ink.sizes.add(font.size)
        return write(draw, font, string, x, base, colour)

    def card(image: Any, box: Box, radius: int, colour: Any) -> None:
        ink.cards.append(box)
        fill(image, box, radius, colour)

    def formula(self: Formula, image: Any, x: float, y: float, *args: Any, **kwargs: Any) -> None:
        box = Box(round(x), round(y), round(x) + self.width, round(y) + self.height)
        ink.texts.append((self.source, box))
        typeset(self, image, x, y, *args, **kwargs)

    monkeypatch.setattr(writing, "draw_piece", piece)
    monkeypatch.setattr(Formula, "draw", formula)
    for name, module in list(sys.modules.items()):
        if name.startswith("vividly.lesson.video") and getattr(module, "fill", None) is fill:
            monkeypatch.setattr(module, "fill", card)
    return ink


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
