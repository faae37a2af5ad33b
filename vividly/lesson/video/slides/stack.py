"""Stacks texts as cards, in the largest size that fits all, on as many pages as needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.text import WORTH_SHRINKING, Block, Style, is_unbroken, split, wrap


@dataclass(frozen=True)
class _Spacing:
    """Space above and below a text, and between cards, in em."""

    padding: float
    gap: float


_AIRY, _TIGHT = _Spacing(0.46, 0.34), _Spacing(0.27, 0.2)
_MOST_STRETCH = 1.6
"""Cards grow to fill their box, to at most this multiple of their natural height."""


@dataclass(frozen=True)
class Card:
    """A text in its box. `part`: from 0, for an item that fills several cards."""

    item: int
    part: int
    box: Box
    block: Block


@dataclass(frozen=True)
class Stack:
    """Cards on pages. No card overlaps another or leaves the box of the stack."""

    pages: tuple[tuple[Card, ...], ...]
    size: int

    def turns(self, item: int) -> int:
        """The number of pages of an item."""
        return max(1, len(self._pages_of(item)))

    def page(self, item: int, turn: int = 0) -> tuple[Card, ...]:
        """Page `turn` of the pages of an item; the first page if it has none."""
        found = self._pages_of(item)
        if not found:
            return self.pages[0] if self.pages else ()
        return self.pages[found[min(turn, len(found) - 1)]]

    def _pages_of(self, item: int) -> list[int]:
        return [at for at, page in enumerate(self.pages) if any(c.item == item for c in page)]


@dataclass(frozen=True)
class _Part:
    item: int
    part: int
    block: Block


def stack(
    texts: Sequence[str],
    box: Box,
    sizes: Sequence[int],
    weight: Weight,
    indent: int,
    right: int,
    *,
    shrink: float = WORTH_SHRINKING,
) -> Stack:
    """Lay out texts as cards of full width, one below the other.

    Args:
        indent: pixels between the left side of a card and its text, for a marker.
        right: pixels between the text and the right side of the card.
        shrink: see `text.fit`.
    """
    if not texts:
        return Stack((), sizes[0])
    width = box.width - indent - right
    for spacing in (_AIRY, _TIGHT):
        best = _best(texts, box.height, width, sizes, weight, spacing, shrink)
        if best:
            size = best[0].block.style.size
            return Stack((tuple(_place(best, box, spacing)),), size)
    return _paged(texts, box, Style(sizes[-1], weight), width)


def _best(
    texts: Sequence[str],
    height: int,
    width: int,
    sizes: Sequence[int],
    weight: Weight,
    spacing: _Spacing,
    shrink: float,
) -> list[_Part]:
    """All texts in one size on one page; empty if they do not fit."""
    best: list[_Part] = []
    largest = 0
    for size in sizes:
        if size < largest * shrink:
            break
        style = Style(size, weight)
        parts = [_Part(item, 0, wrap(text, style, width)) for item, text in enumerate(texts)]
        fits = _height(parts, spacing) <= height
        if fits and all(is_unbroken(text, style, width) for text in texts):
            best = parts if not best or _lines(parts) < _lines(best) else best
            largest = max(largest, size)
    return best


def _paged(texts: Sequence[str], box: Box, style: Style, width: int) -> Stack:
    room = box.height - 2 * round(style.size * _AIRY.padding)
    pages: list[list[_Part]] = [[]]
    for item, text in enumerate(texts):
        for number, block in enumerate(split(wrap(text, style, width), room)):
            part = _Part(item, number, block)
            if pages[-1] and _height([*pages[-1], part], _AIRY) > box.height:
                pages.append([])
            pages[-1].append(part)
    return Stack(tuple(tuple(_place(page, box, _AIRY)) for page in pages), style.size)


def _lines(parts: Sequence[_Part]) -> int:
    return sum(len(part.block.lines) for part in parts)


def _height(parts: Sequence[_Part], spacing: _Spacing) -> int:
    size = parts[0].block.style.size
    cards = sum(part.block.height + 2 * round(size * spacing.padding) for part in parts)
    return cards + (len(parts) - 1) * round(size * spacing.gap)


def _place(parts: Sequence[_Part], box: Box, spacing: _Spacing) -> Iterator[Card]:
    size = parts[0].block.style.size
    gap = round(size * spacing.gap)
    natural = _height(parts, spacing)
    most = round((natural - (len(parts) - 1) * gap) * (_MOST_STRETCH - 1))
    extra = min(box.height - natural, most) // len(parts)
    top = box.top + (box.height - natural - extra * len(parts)) // 2
    for part in parts:
        height = part.block.height + 2 * round(size * spacing.padding) + extra
        yield Card(part.item, part.part, Box(box.left, top, box.right, top + height), part.block)
        top += height + gap
