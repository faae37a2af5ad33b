"""Texts stacked as cards: as large as all of them fit, on as many pages as they need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vividly.video.design import Box, Weight
from vividly.video.text import Block, Style, split, wrap

_PADDING = 0.46
_GAP = 0.34
_MOST_STRETCH = 1.5
"""Cards grow to fill their box, but not beyond this much of their natural height."""


@dataclass(frozen=True)
class Card:
    """A text in its box. `part` counts from 0 where an item fills more than one card."""

    item: int
    part: int
    box: Box
    block: Block


@dataclass(frozen=True)
class Stack:
    """Cards on pages. Nothing overlaps or leaves the box that the stack was made for."""

    pages: tuple[tuple[Card, ...], ...]
    size: int

    def turns(self, item: int) -> int:
        """On how many pages an item stands."""
        return max(1, len(self._pages_of(item)))

    def page(self, item: int, turn: int = 0) -> tuple[Card, ...]:
        """The page on which an item stands, the `turn`th of them; the first if it has none."""
        found = self._pages_of(item)
        if not found:
            return self.pages[0] if self.pages else ()
        return self.pages[found[min(turn, len(found) - 1)]]

    def _pages_of(self, item: int) -> list[int]:
        return [at for at, page in enumerate(self.pages) if any(c.item == item for c in page)]


def stack(
    texts: Sequence[str], box: Box, sizes: Sequence[int], weight: Weight, indent: int, right: int
) -> Stack:
    """Lay texts out as cards of full width, one below the other.

    Args:
        indent: pixels between the left side of a card and its text, for a marker.
        right: pixels between the text and the right side of the card.
    """
    if not texts:
        return Stack((), sizes[0])
    width = box.width - indent - right
    for size in sizes:
        style = Style(size, weight)
        blocks = [(item, 0, wrap(text, style, width)) for item, text in enumerate(texts)]
        whole = all(len(b.lines) == 1 or _unbroken(b) for _, _, b in blocks)
        if _height(blocks, size) <= box.height and (whole or size == sizes[-1]):
            return Stack((tuple(_place(blocks, box, size)),), size)
    return _paged(texts, box, Style(sizes[-1], weight), width)


def _paged(texts: Sequence[str], box: Box, style: Style, width: int) -> Stack:
    room = box.height - 2 * round(style.size * _PADDING)
    parts = [
        (item, part, block)
        for item, text in enumerate(texts)
        for part, block in enumerate(split(wrap(text, style, width), room))
    ]
    pages: list[list[tuple[int, int, Block]]] = [[]]
    for placed in parts:
        if pages[-1] and _height([*pages[-1], placed], style.size) > box.height:
            pages.append([])
        pages[-1].append(placed)
    return Stack(tuple(tuple(_place(page, box, style.size)) for page in pages), style.size)


def _unbroken(block: Block) -> bool:
    return not any(line.endswith("-") for line in block.lines[:-1])


def _height(blocks: Sequence[tuple[int, int, Block]], size: int) -> int:
    cards = sum(block.height + 2 * round(size * _PADDING) for _, _, block in blocks)
    return cards + (len(blocks) - 1) * round(size * _GAP)


def _place(blocks: Sequence[tuple[int, int, Block]], box: Box, size: int) -> Iterator[Card]:
    natural = _height(blocks, size)
    gaps = (len(blocks) - 1) * round(size * _GAP)
    most = round((natural - gaps) * (_MOST_STRETCH - 1))
    extra = min(box.height - natural, most) // len(blocks)
    top = box.top + (box.height - natural - extra * len(blocks)) // 2
    for item, part, block in blocks:
        height = block.height + 2 * round(size * _PADDING) + extra
        yield Card(item, part, Box(box.left, top, box.right, top + height), block)
        top += height + round(size * _GAP)
