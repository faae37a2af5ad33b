"""Places the labels of a drawing: none on another, none outside, none on what it must not cover."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from vividly.lesson.video.design import Box, Rgb, Weight
from vividly.lesson.video.slides.visual import Cell
from vividly.lesson.video.text import Block, Style, is_unbroken, wrap

_SIZES = ((52, 44), (48, 40), (44, 40), (40, 40))
LARGEST = _SIZES[0][0]
"""The size of labels that have room."""
_TRIES = 4000
"""Most places tried in one size, so that many long labels take no more than some 50 ms."""
_NARROW = 0.62
PLATE_X, PLATE_Y = 18, 12
_APART = 24
"""Between labels on one line, more than between words, in pixels."""


@dataclass(frozen=True)
class Tag:
    """A text beside a point of a drawing.

    Attributes:
        part: the part with which it appears, from 1; 0 for from the beginning.
        sides: where it may stand, best first: `r`ight, `l`eft, `t`op, `b`ottom, `c`entred on `at`.
        width: its greatest width in pixels.
        gap: its distance from the point.
        detail: a smaller text under it.
        plate: whether it has a plate, which it needs on scenery.
        others: points that it may stand at instead, best first.
    """

    part: int
    text: str
    at: tuple[float, float]
    sides: str = "rltb"
    width: float = 420
    gap: float = 16
    detail: str = ""
    colour: Rgb | None = None
    plate: bool = False
    others: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class PlacedTag:
    """A tag and its place; `box` includes the plate."""

    tag: Tag
    cell: Cell
    box: Box


def place(tags: Sequence[Tag], area: Box, blocked: Sequence[Box]) -> tuple[PlacedTag, ...] | None:
    """Place all tags in one size, the largest that works; None if none does.

    Args:
        blocked: what no tag may cover.
    """
    for large, small in _SIZES:
        options = [list(_options(tag, area, large, small)) for tag in tags]
        if all(options) and (found := _chosen(options, blocked)):
            return found
        if not tags:
            return ()
    return None


def _chosen(
    options: Sequence[Sequence[PlacedTag]], blocked: Sequence[Box]
) -> tuple[PlacedTag, ...] | None:
    """One option of each tag such that none touch, by trying in order and going back."""
    free = [[o for o in own if not any(touch(o.box, b, 0) for b in blocked)] for own in options]
    chosen: list[PlacedTag] = []
    nexts = [0]
    for _ in range(_TRIES):
        level = len(chosen)
        if level == len(free):
            return tuple(chosen)
        if nexts[level] >= len(free[level]):
            nexts.pop()
            if not chosen:
                return None
            chosen.pop()
            continue
        option = free[level][nexts[level]]
        nexts[level] += 1
        beside = option.box.inset(-_APART, option.box.height // 4)
        if not any(
            touch(option.box, other.box, 6) or touch(beside, other.box, 0) for other in chosen
        ):
            chosen.append(option)
            nexts.append(0)
    return None


def _options(tag: Tag, area: Box, large: int, small: int) -> Iterator[PlacedTag]:
    seen: set[Cell] = set()
    for width in (tag.width, tag.width * _NARROW):
        cell = _cell(tag, width, large, small)
        if cell is None or cell in seen:
            continue
        seen.add(cell)
        pad_x, pad_y = (PLATE_X, PLATE_Y) if tag.plate else (0, 0)
        wide, high = round(cell.width) + 1 + 2 * pad_x, cell.height + 2 * pad_y
        if wide > area.width or high > area.height:
            continue
        for at, side in product((tag.at, *tag.others), tag.sides):
            for x, y in _corners(at, tag.gap, side, wide, high):
                left = min(max(round(x), area.left), area.right - wide)
                top = min(max(round(y), area.top), area.bottom - high)
                if abs(left - x) <= wide and abs(top - y) <= high:
                    yield PlacedTag(tag, cell, Box(left, top, left + wide, top + high))


def _corners(
    at: tuple[float, float], gap: float, side: str, wide: int, high: int
) -> Iterator[tuple[float, float]]:
    x, y = at
    for shift in (0.0, -0.5, 0.5):
        if side == "r":
            yield x + gap, y - high / 2 + shift * high
        elif side == "l":
            yield x - gap - wide, y - high / 2 + shift * high
        elif side == "t":
            yield x - wide / 2 + shift * wide, y - gap - high
        elif side == "b":
            yield x - wide / 2 + shift * wide, y + gap
        elif not shift:
            yield x - wide / 2, y - high / 2


def _cell(tag: Tag, width: float, large: int, small: int) -> Cell | None:
    label, detail = Style(large, Weight.SEMIBOLD), Style(small, Weight.REGULAR)
    if not is_unbroken(tag.text, label, width) or not is_unbroken(tag.detail, detail, width):
        return None
    below = wrap(tag.detail, detail, width) if tag.detail else Block((), detail)
    return Cell(wrap(tag.text, label, width), below)


def apart(
    wanted: Sequence[float], sizes: Sequence[float], first: float, last: float, gap: float
) -> list[float]:
    """Middles near the wanted ones, in their order, between two ends and `gap` pixels apart."""
    places: list[float] = []
    for n, (middle, size) in enumerate(zip(wanted, sizes, strict=True)):
        least = first + size / 2
        if places:
            least = places[-1] + (sizes[n - 1] + size) / 2 + gap
        most = last - size / 2 - sum(after + gap for after in sizes[n + 1 :])
        places.append(min(max(middle, least), max(most, least)))
    return places


def touch(one: Box, other: Box, room: int) -> bool:
    """Whether two boxes are nearer than `room` pixels."""
    return (
        one.left < other.right + room
        and other.left < one.right + room
        and one.top < other.bottom + room
        and other.top < one.bottom + room
    )
