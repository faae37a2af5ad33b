"""Captions burned into the picture: the line being spoken, its current word highlighted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.bidirectional import is_right_to_left, word_order
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.fonts import displayable, runs
from vividly.lesson.video.layout import Layout
from vividly.lesson.video.picture import Planes, crop, mask_planes, mixed, tinted
from vividly.lesson.video.shapes import rounded_mask
from vividly.lesson.video.text import Style, baseline, drawn, fit, measure
from vividly.lesson.video.themes import Theme
from vividly.text.sentences import ends_phrase

STYLE = Style(design.CAPTION_SIZE, Weight.SEMIBOLD)
ROWS = 2
HIGHLIGHT: design.Rgb = (255, 214, 92)
ON_HIGHLIGHT: design.Rgb = (24, 20, 8)
_PAD_X, _PAD_Y = 40, 16
_HIGHLIGHT_RADIUS = 10


@dataclass(frozen=True)
class PlacedWord:
    """A word on a page. `box`: its highlight, in pixels of the frame, on even pixels."""

    position: int
    text: str
    x: float
    base: int
    box: Box
    right_to_left: bool = False
    """Direction of the line, not of the word."""


@dataclass(frozen=True)
class CaptionPage:
    """Up to two rows of words on a dark plate. `box`: the plate, on even pixels."""

    words: tuple[PlacedWord, ...]
    box: Box

    def draw(self, theme: Theme) -> tuple[Planes, Planes]:
        """The plate with no word highlighted, and all of it as a highlight."""
        words = Image.new("L", (self.box.width, self.box.height))
        draw = ImageDraw.Draw(words)
        for word in self.words:
            x, base = word.x - self.box.left, word.base - self.box.top
            for font, piece in runs(word.text, STYLE.size, STYLE.weight, word.right_to_left):
                mask, left, top, advance = drawn(font, piece)
                draw.draw.draw_bitmap((round(x) + left, base + top), mask, 255)
                x += advance
        plain = tinted(words, theme.caption, theme.on_caption)
        return plain, tinted(words, HIGHLIGHT, ON_HIGHLIGHT)

    def lit(self, word: PlacedWord, plain: Planes, highlight: Planes) -> tuple[Planes, Box]:
        """A word highlighted, and its place in the frame.

        Args:
            plain, highlight: from `draw`.
        """
        left, top = word.box.left + 2 - self.box.left, word.box.top - self.box.top
        box = Box(left, top, left + word.box.width - 4, top + word.box.height)
        radius = min(_HIGHLIGHT_RADIUS, box.width // 4 * 2)
        over = mixed(crop(plain, box), crop(highlight, box), corners(radius), radius)
        return over, replace(word.box, left=word.box.left + 2, right=word.box.right - 2)


@cache
def corners(radius: int) -> Planes:
    """The mask of a plate that is nothing but its round corners."""
    return mask_planes(rounded_mask(2 * radius, 2 * radius, radius))


def caption_pages(words: Sequence[str], layout: Layout) -> tuple[CaptionPage, ...]:
    """Split a spoken line into pages that fit the caption strip of a layout.

    Words that no typeface can draw take no room. A word wider than the strip is split into parts,
    one below the other, all with the word's position.
    """
    width = layout.caption_width
    parts = [
        (at, part, measure(part, STYLE))
        for at, word in enumerate(words)
        for part in _parts(word, width)
    ]
    backwards = is_right_to_left(" ".join(part for _, part, _ in parts))
    return tuple(_place(rows, layout, backwards) for rows in _pages(parts, width))


def page_of(pages: Sequence[CaptionPage], word: int | None) -> CaptionPage | None:
    """The page with a word; the first page if no word is spoken yet (None)."""
    found: CaptionPage | None = pages[0] if pages else None
    for page in pages:
        if word is not None and page.words[0].position <= word:
            found = page
    return found


def _parts(word: str, width: int) -> tuple[str, ...]:
    text = displayable(word)
    if not text:
        return ()
    return fit(text, STYLE.weight, (STYLE.size,), width, 10**6)[0].lines


_Word = tuple[int, str, float]
"""Its position, its text, and its width in pixels."""
_Row = list[_Word]


def _pages(words: Sequence[_Word], width: int) -> Iterator[list[_Row]]:
    rest = list(words)
    while rest:
        most = len(rest)
        while len(_rows(rest[:most], width)) > ROWS:
            most -= 1
        if most < len(rest):
            most = _cut(rest, most)
        yield _even_rows(rest[:most], width)
        rest = rest[most:]


def _cut(words: Sequence[_Word], most: int) -> int:
    """Where to turn the page: after a phrase, or else so that the last page has several words."""
    for cut in range(most, most // 2, -1):
        if ends_phrase(words[cut - 1][1]):
            return cut
    return (len(words) + 1) // 2 if len(words) - most < most // 2 else most


def _even_rows(words: Sequence[_Word], widest: int) -> list[_Row]:
    """As few rows as fit, with lengths as even as possible."""
    rows = _rows(words, widest)
    width = float(widest)
    while len(rows) > 1 and width > 200:
        width -= 20
        tried = _rows(words, width)
        if len(tried) > len(rows) or any(_width(row) > width for row in tried):
            break
        rows = tried
    return rows


def _rows(words: Sequence[_Word], width: float) -> list[_Row]:
    rows: list[_Row] = []
    used, space = 0.0, _space()
    for word in words:
        wide = word[2]
        if rows and used + space + wide <= width:
            rows[-1].append(word)
            used += space + wide
        else:
            rows.append([word])
            used = wide
    return rows


def _width(row: Sequence[_Word]) -> float:
    return sum(width for _, _, width in row) + (len(row) - 1) * _space()


@cache
def _space() -> float:
    """Width of a space: a little wider than the typeface's, to keep highlights apart."""
    return 1.25 * measure(" ", STYLE)


def _place(rows: Sequence[_Row], layout: Layout, right_to_left: bool) -> CaptionPage:
    height = len(rows) * STYLE.leading
    top = (layout.caption_top + layout.caption_bottom - height) // 2
    space = _space()
    placed = []
    for number, row in enumerate(rows):
        x = (layout.width - _width(row)) / 2
        base = baseline(top + number * STYLE.leading, STYLE)
        for at in word_order([text for _, text, _ in row], right_to_left=right_to_left):
            position, text, width = row[at]
            box = Box(
                _even(x - space / 2),
                _even(base - STYLE.size * 0.94),
                _even(x + width + space / 2),
                _even(base + STYLE.size * 0.31),
            )
            placed.append(PlacedWord(position, text, x, base, box, right_to_left))
            x += width + space
    widest = max(_width(row) for row in rows)
    left = _even((layout.width - widest) / 2 - _PAD_X)
    return CaptionPage(
        tuple(sorted(placed, key=lambda word: word.position)),
        Box(left, _even(top - _PAD_Y), layout.width - left, _even(top + height + _PAD_Y)),
    )


def _even(value: float) -> int:
    """The nearest even pixel, since chroma has half the resolution."""
    return 2 * round(value / 2)
