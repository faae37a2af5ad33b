"""Measured text: wrapped, fitted and drawn, never cut and never wider than its box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import ImageDraw

from vividly.video.design import Rgb, Weight
from vividly.video.fonts import displayable, runs

_CAP_HEIGHT = 0.727
"""Of Inter, in em: capitals are centred in their line."""
_LEADING = 1.26


@dataclass(frozen=True)
class Style:
    """Size in pixels and weight."""

    size: int
    weight: Weight

    @property
    def leading(self) -> int:
        """Height of a line in pixels."""
        return round(self.size * _LEADING)


@dataclass(frozen=True)
class Block:
    """Wrapped text. `width` is that of its longest line, in pixels."""

    lines: tuple[str, ...]
    style: Style

    @property
    def width(self) -> float:
        return max((measure(line, self.style) for line in self.lines), default=0.0)

    @property
    def height(self) -> int:
        return len(self.lines) * self.style.leading

    def part(self, first: int, last: int) -> Block:
        """The lines from `first` to just before `last`."""
        return Block(self.lines[first:last], self.style)


@lru_cache(maxsize=8192)
def measure(text: str, style: Style) -> float:
    """Width of a displayable text on one line, in pixels."""
    return sum(font.getlength(piece) for font, piece in runs(text, style.size, style.weight))


def wrap(text: str, style: Style, width: float) -> Block:
    """Break a text into as few lines as fit, of lengths as even as can be.

    Even lines leave no single word alone on the last one. A word that is wider than the
    line is broken with a hyphen.
    """
    words = _words(displayable(text), style, width)
    lines = _greedy(words, style, width)
    low, high = 0.0, width
    while len(lines) > 1 and high - low > 2:
        middle = (low + high) / 2
        tried = _greedy(words, style, middle)
        within = all(measure(line, style) <= middle for line in tried)
        if within and len(tried) == len(lines):
            lines, high = tried, middle
        else:
            low = middle
    return Block(tuple(lines), style)


def fit(
    text: str, weight: Weight, sizes: Sequence[int], width: float, height: float
) -> tuple[Block, ...]:
    """The text in the largest size that fits, in one block; in several if no size does.

    Args:
        sizes: from the largest to the smallest, in pixels.

    Returns:
        One block per page, each at most `width` x `height`.
    """
    whole = displayable(text)
    block = Block((), Style(sizes[-1], weight))
    for size in sizes:
        style = Style(size, weight)
        block = wrap(whole, style, width)
        # A word is only ever broken when it is too wide in the smallest size.
        unbroken = size == sizes[-1] or _is_unbroken(whole, style, width)
        if block.height <= height and unbroken:
            return (block,)
    return split(block, height)


def split(block: Block, height: float) -> tuple[Block, ...]:
    """A block as parts of at most `height`, of nearly the same number of lines."""
    per_part = max(1, int(height // block.style.leading))
    parts = max(1, -(-len(block.lines) // per_part))
    even = -(-len(block.lines) // parts)
    return tuple(block.part(i * even, (i + 1) * even) for i in range(parts))


def draw_block(
    draw: ImageDraw.ImageDraw,
    block: Block,
    x: float,
    y: float,
    colour: Rgb,
    *,
    centred: bool = False,
    struck: Rgb | None = None,
) -> None:
    """Draw a block with its top at `y`, and its left side (or centre) at `x`.

    Args:
        struck: the colour of a line through the text.
    """
    for number, line in enumerate(block.lines):
        left = x - measure(line, block.style) / 2 if centred else x
        top = y + number * block.style.leading
        draw_line(draw, line, left, baseline(top, block.style), block.style, colour)
        if struck is not None:
            middle = round(baseline(top, block.style) - block.style.size * _CAP_HEIGHT * 0.44)
            thick = max(4, round(block.style.size / 11))
            right = left + measure(line, block.style)
            draw.rectangle((left - 6, middle - thick // 2, right + 6, middle + thick // 2), struck)


def draw_line(
    draw: ImageDraw.ImageDraw, text: str, x: float, base: int, style: Style, colour: Rgb
) -> None:
    """Draw a displayable text with its baseline at `base`."""
    for font, piece in runs(text, style.size, style.weight):
        draw.text((x, base), piece, font=font, fill=colour, anchor="ls")
        x += font.getlength(piece)


def baseline(top: float, style: Style) -> int:
    """Where the baseline lies in a line whose top is at `top`."""
    return round(top + (style.leading + style.size * _CAP_HEIGHT) / 2)


def _is_unbroken(text: str, style: Style, width: float) -> bool:
    return all(measure(word, style) <= width for word in text.split())


def _greedy(words: Sequence[str], style: Style, width: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = f"{lines[-1]} {word}" if lines else ""
        if lines and measure(longer, style) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _words(text: str, style: Style, width: float) -> list[str]:
    """The words of a text, those wider than the line in pieces that fit."""
    words: list[str] = []
    for word in text.split():
        while measure(word, style) > width and len(word) > 1:
            cut = _longest_fitting(word, style, width)
            words.append(word[:cut].rstrip("-") + "-")
            word = word[cut:].lstrip("-") or word[cut:]
        words.append(word)
    return words


def _longest_fitting(word: str, style: Style, width: float) -> int:
    """How many characters of a word fit on a line with a hyphen; at least one."""
    low, high = 1, len(word) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if measure(word[:middle] + "-", style) <= width:
            low = middle
        else:
            high = middle - 1
    return low
