"""Measures, wraps, fits and draws text. Text is never cut and never wider than its box."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any

import budoux
from PIL import ImageDraw
from PIL.ImageFont import FreeTypeFont

from vividly.lesson.video.bidirectional import is_right_to_left
from vividly.lesson.video.design import Rgb, Weight
from vividly.lesson.video.fonts import displayable, runs

_CAP_HEIGHT = 0.727
"""Cap height of Inter in em, to centre capitals in their line."""
_LEADING = 1.26
WORTH_SHRINKING = 0.78
"""A text may shrink to this share of its size if that saves lines."""
_PHRASE_ENDS = {".": 0.25, "?": 0.25, "!": 0.25, ":": 0.2, ";": 0.2, ",": 0.08}
_LONE_WORD = 0.2
_TORN_QUANTITY = 0.3
_JOINED = "\u2060"
"""A word joiner, which marks a piece of text without a space before it."""
_NOT_FIRST = "、。，．・：；？！」』）］｝〉》ー々ぁぃぅぇぉっゃゅょ"
_BINDS_NEXT = re.compile(r"[\d.,/\-−+]*\d|[=+\-−×÷·→≈<>≤≥]")
"""Words that stay on one line with the next: numbers (before units) and operators."""


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
    """Wrapped text. `width`: that of its longest line, in pixels.

    Attributes:
        right_to_left: direction of the whole text; one line may begin with a formula.
    """

    lines: tuple[str, ...]
    style: Style
    right_to_left: bool = False

    @property
    def width(self) -> float:
        return max((measure(line, self.style) for line in self.lines), default=0.0)

    @property
    def height(self) -> int:
        return len(self.lines) * self.style.leading

    def part(self, first: int, last: int) -> Block:
        """The lines from `first` up to, not including, `last`."""
        return Block(self.lines[first:last], self.style, self.right_to_left)


@lru_cache(maxsize=8192)
def measure(text: str, style: Style) -> float:
    """Width of a displayable text on one line, in pixels."""
    return sum(font.getlength(piece) for font, piece in runs(text, style.size, style.weight))


def wrap(text: str, style: Style, width: float) -> Block:
    """Break a text into as few lines as fit, after phrases if possible, else of even lengths.

    A word wider than the line is broken with a hyphen.
    """
    shown = displayable(text)
    words = _words(shown, style, width)
    greedy = _greedy(words, style, width)
    lines = _balanced(words, len(greedy), style, width) if len(greedy) > 1 else greedy
    return Block(tuple(lines), style, is_right_to_left(shown))


def fit(
    text: str,
    weight: Weight,
    sizes: Sequence[int],
    width: float,
    height: float,
    *,
    shrink: float = WORTH_SHRINKING,
) -> tuple[Block, ...]:
    """Wrap a text in the best size that fits one block; in several blocks if none does.

    The best size is the largest, or one not much smaller that needs fewer lines.

    Args:
        sizes: from the largest to the smallest, in pixels.
        shrink: smallest share of the size to accept for fewer lines; 1 for no shrinking.

    Returns:
        One block per page, each at most `width` x `height`.
    """
    best: Block | None = None
    largest = 0
    for size in sizes:
        if size < largest * shrink:
            break
        style = Style(size, weight)
        block = wrap(text, style, width)
        fits = block.height <= height and is_unbroken(text, style, width)
        if fits and (best is None or len(block.lines) < len(best.lines)):
            best, largest = block, max(largest, size)
    smallest = Style(sizes[-1], weight)
    return (best,) if best else split(wrap(text, smallest, width), height)


def split(block: Block, height: float) -> tuple[Block, ...]:
    """Split a block into parts of at most `height` pixels and nearly equal numbers of lines."""
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
        left = x
        if centred:
            left = x - measure(line, block.style) / 2
        elif block.right_to_left:
            left = x + block.width - measure(line, block.style)
        top = y + number * block.style.leading
        draw_line(
            draw,
            line,
            left,
            baseline(top, block.style),
            block.style,
            colour,
            right_to_left=block.right_to_left,
        )
        if struck is not None:
            middle = round(baseline(top, block.style) - block.style.size * _CAP_HEIGHT * 0.44)
            thick = max(4, round(block.style.size / 11))
            right = left + measure(line, block.style)
            draw.rectangle((left - 6, middle - thick // 2, right + 6, middle + thick // 2), struck)


def draw_line(
    draw: ImageDraw.ImageDraw,
    text: str,
    x: float,
    base: int,
    style: Style,
    colour: Rgb | int,
    *,
    right_to_left: bool | None = None,
) -> None:
    """Draw a displayable text with its baseline at `base`.

    Args:
        right_to_left: the direction of the paragraph; by default that of the first letter.
    """
    for font, piece in runs(text, style.size, style.weight, right_to_left):
        x += draw_piece(draw, font, piece, x, base, colour)


def draw_piece(
    draw: ImageDraw.ImageDraw, font: FreeTypeFont, text: str, x: float, base: int, colour: Rgb | int
) -> float:
    """Draw a text in one typeface; returns its width."""
    mask, left, top, width = drawn(font, text, x % 1)
    draw.draw.draw_bitmap((int(x) + left, base + top), mask, draw.draw.draw_ink(colour))
    return width


@lru_cache(maxsize=1024)
def drawn(font: FreeTypeFont, text: str, fraction: float = 0.0) -> tuple[Any, int, int, float]:
    """A text in one typeface as drawn, in pixels: its mask, the mask's place, and its width.

    Cached, since each item of a slide draws the others again, and most words of a lesson repeat.

    Args:
        fraction: x of the text's start less the whole pixels: it changes the smooth edges.

    Returns:
        Mask, its left and top side from the start of the baseline, and where the next text begins.
    """
    mask, (left, top) = font.getmask2(text, "L", anchor="ls", start=(fraction, 0.0))
    return mask, left, top, font.getlength(text)


def baseline(top: float, style: Style) -> int:
    """The y of the baseline of a line with its top at `top`."""
    return round(top + (style.leading + style.size * _CAP_HEIGHT) / 2)


def is_unbroken(text: str, style: Style, width: float) -> bool:
    """Whether each word of a text fits on a line unbroken."""
    return all(
        measure(piece, style) <= width
        for word in displayable(text).split()
        for piece in _breakable(word)
    )


def _greedy(words: Sequence[str], style: Style, width: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        longer = joined((lines[-1], word)) if lines else ""
        if lines and measure(longer, style) <= width:
            lines[-1] = longer
        else:
            lines.append(word.lstrip(_JOINED))
    return lines


def joined(words: Iterable[str]) -> str:
    """Join pieces of a text to one line."""
    return " ".join(words).replace(f" {_JOINED}", "").lstrip(_JOINED)


def _balanced(words: Sequence[str], count: int, style: Style, width: float) -> list[str]:
    """Break the words into `count` lines where that reads and looks best.

    Dynamic programming over the breaks. A line costs the square of its deviation from the mean
    length; a break after a phrase costs less, a single word on a line more.
    """
    space = 0.0 if any(word.startswith(_JOINED) for word in words) else measure(" ", style)
    ends = [0.0]
    for word in words:
        ends.append(ends[-1] + measure(word.lstrip(_JOINED), style) + space)
    mean = ends[-1] / count

    def cost(first: int, last: int) -> float:
        length = ends[last] - ends[first] - space
        if length > width and last - first > 1:
            return float("inf")
        phrase = _PHRASE_ENDS.get(words[last - 1][-1], 0.0) if last < len(words) else 0.0
        lone = _LONE_WORD if last - first == 1 else 0.0
        torn = last < len(words) and _BINDS_NEXT.fullmatch(words[last - 1])
        return (length / mean - 1) ** 2 - phrase + lone + (_TORN_QUANTITY if torn else 0.0)

    best: list[tuple[float, list[int]]] = [(0.0, [0])] + [(float("inf"), [])] * len(words)
    for _ in range(count):
        following: list[tuple[float, list[int]]] = [(float("inf"), [])] * (len(words) + 1)
        for first, (spent, breaks) in enumerate(best):
            if spent == float("inf"):
                continue
            for last in range(first + 1, len(words) + 1):
                if last - first > 1 and ends[last] - ends[first] - space > width:
                    break
                total = spent + cost(first, last)
                if total < following[last][0]:
                    following[last] = (total, [*breaks, last])
        best = following
    breaks = best[-1][1]
    lines = [joined(words[a:b]) for a, b in pairwise(breaks)]
    # The sums ignore kerning with the space.
    fits = lines and all(measure(line, style) <= width for line in lines)
    return lines if fits else _greedy(words, style, width)


def _words(text: str, style: Style, width: float) -> list[str]:
    """The words of a text. Words wider than the line are split into pieces that fit."""

    def too_wide(piece: str) -> bool:
        return measure(piece, style) > width

    words: list[str] = []
    for whole in text.split():
        pieces = [
            part
            for piece in _breakable(whole)
            # A phrase wider than the line may be cut at any character.
            for part in (_with_what_follows(_signs(piece)) if too_wide(piece) else [piece])
        ]
        for number, word in enumerate(pieces):
            glue = _JOINED if number else ""
            while too_wide(word) and len(word) > 1:
                cut = _longest_fitting(word, style, width)
                words.append(glue + word[:cut].rstrip("-") + "-")
                word, glue = word[cut:].lstrip("-") or word[cut:], ""
            words.append(glue + word)
    return words


def _breakable(word: str) -> list[str]:
    """Split a word where a line may break without a hyphen.

    Japanese breaks between phrases and Thai between words (`budoux`); other scripts without spaces
    break after any character. No piece begins with a full stop or similar mark.
    """
    parser = _parser_for(word)
    return _with_what_follows(parser.parse(word) if parser else _signs(word))


def _with_what_follows(pieces: Iterable[str]) -> list[str]:
    """Join each piece that may not begin a line to the one before."""
    joined: list[str] = []
    for piece in pieces:
        if joined and piece[0] in _NOT_FIRST:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _signs(word: str) -> Iterator[str]:
    """Cut a word before and after each wide character."""
    piece = ""
    for character in word:
        if piece and (_is_wide(character) or _is_wide(piece[-1])):
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


@lru_cache(maxsize=4096)
def _parser_for(word: str) -> budoux.Parser | None:
    """The phrase parser for a word's script; None if it needs none."""
    for character in word:
        name = unicodedata.name(character, "")
        if name.startswith("THAI"):
            return _thai()
        if name.startswith(("HIRAGANA", "KATAKANA LETTER")):
            return _japanese()
    return None


@cache
def _japanese() -> budoux.Parser:
    return budoux.load_default_japanese_parser()


@cache
def _thai() -> budoux.Parser:
    return budoux.load_default_thai_parser()


def _longest_fitting(word: str, style: Style, width: float) -> int:
    """The number of characters of a word that fit on a line with a hyphen; at least one."""
    low, high = 1, len(word) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if measure(word[:middle] + "-", style) <= width:
            low = middle
        else:
            high = middle - 1
    return low
