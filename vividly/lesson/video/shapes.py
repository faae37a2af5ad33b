"""Antialiased shapes. Pillow's own are not smooth, so masks are drawn larger and reduced."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from vividly.lesson.video.design import Box, Rgb, mix
from vividly.lesson.video.layout import Layout
from vividly.lesson.video.themes import Theme

_SCALE = 4


@lru_cache(maxsize=1)
def backdrop(theme: Theme, layout: Layout) -> Image.Image:
    """The background of every slide, lit from the upper right. Do not draw on it."""
    # Drawn at a quarter of the size: it has no fine detail.
    width, height = layout.width // 4, layout.height // 4
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    start, end = (np.array(c, np.float32) for c in (theme.background_end, theme.background))
    shade = np.clip(0.75 * y + 0.25 * (1 - x), 0, 1)
    glow = np.exp(-(((x - 0.86) / 0.42) ** 2 + ((y - 0.02) / 0.55) ** 2))
    light = 0.14 if theme.dark else 0.05
    lit = np.array(mix(theme.background_end, theme.accent, light), np.float32)
    colours = start + (end - start) * shade
    colours += (lit - colours) * glow * 0.75
    size = layout.width, layout.height
    bands = [
        Image.fromarray(np.ascontiguousarray(colours[:, :, band])).resize(
            size, Image.Resampling.BILINEAR
        )
        for band in range(3)
    ]
    whole = [Image.fromarray((np.asarray(band) + 0.5).astype(np.uint8)) for band in bands]
    return Image.merge("RGB", whole)


def fill(image: Image.Image, box: Box, radius: int, colour: Rgb) -> None:
    """Fill a rectangle with rounded corners."""
    mask = rounded_mask(box.width, box.height, radius)
    round_part = min(radius, box.height // 2)
    if box.height <= 3 * round_part:
        image.paste(colour, (box.left, box.top), mask)
        return
    # Only the corners need a mask.
    for top in (0, box.height - round_part):
        strip = mask.crop((0, top, box.width, top + round_part))
        image.paste(colour, (box.left, box.top + top), strip)
    image.paste(colour, (box.left, box.top + round_part, box.right, box.bottom - round_part))


def outline(image: Image.Image, box: Box, radius: int, colour: Rgb, thick: int = 3) -> None:
    """Draw the inner border of a rectangle with rounded corners."""
    ring = rounded_mask(box.width, box.height, radius).copy()
    inner = rounded_mask(box.width - 2 * thick, box.height - 2 * thick, max(1, radius - thick))
    ring.paste(0, (thick, thick), inner)
    image.paste(colour, (box.left, box.top), ring)


def disc(image: Image.Image, x: int, y: int, radius: int, colour: Rgb) -> None:
    """Fill a circle around (x, y)."""
    fill(image, Box(x - radius, y - radius, x + radius, y + radius), radius, colour)


def smooth(
    image: Image.Image, box: Box, colour: Rgb, paint: Callable[[ImageDraw.ImageDraw, int], None]
) -> None:
    """Draw with smooth edges.

    Args:
        paint: draws in white, in coordinates scaled by the factor that it gets.
    """
    image.paste(colour, (box.left, box.top), _smooth_mask(box, paint))


def _smooth_mask(box: Box, paint: Callable[[ImageDraw.ImageDraw, int], None]) -> Image.Image:
    mask = Image.new("L", (box.width * _SCALE, box.height * _SCALE))
    paint(ImageDraw.Draw(mask), _SCALE)
    return mask.reduce(_SCALE)


def stroke(
    image: Image.Image,
    points: Sequence[tuple[float, float]],
    colour: Rgb,
    thick: float = 6,
) -> None:
    """Draw a line through points, with round ends."""
    mask, box = _stroke_mask(tuple(points), thick)
    image.paste(colour, (box.left, box.top), mask)


@lru_cache(maxsize=32)
def _stroke_mask(points: tuple[tuple[float, float], ...], thick: float) -> tuple[Image.Image, Box]:
    """A line in white, and its place. Cached: a slide draws its lines again for each item."""
    around = _around(points, thick)

    def paint(draw: ImageDraw.ImageDraw, scale: int) -> None:
        half = thick * scale / 2
        at = [((x - around.left) * scale, (y - around.top) * scale) for x, y in points]
        draw.line(at, 255, max(1, round(thick * scale)), joint="curve")
        for x, y in (at[0], at[-1]):
            draw.ellipse((x - half, y - half, x + half, y + half), 255)

    return _smooth_mask(around, paint), around


def polygon(image: Image.Image, points: Sequence[tuple[float, float]], colour: Rgb) -> None:
    """Fill a polygon."""
    around = _around(points, 2)

    def paint(draw: ImageDraw.ImageDraw, scale: int) -> None:
        draw.polygon(
            [((x - around.left) * scale, (y - around.top) * scale) for x, y in points], 255
        )

    smooth(image, around, colour, paint)


def arrow(
    image: Image.Image,
    points: Sequence[tuple[float, float]],
    colour: Rgb,
    thick: float = 8,
    *,
    head: float = 4.0,
) -> None:
    """Draw an arrow through points, with its head at the last one.

    Args:
        head: length of the head, as a multiple of the thickness.
    """
    (x0, y0), (x1, y1) = points[-2], points[-1]
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    size = thick * head
    neck = x1 - dx * size * 0.8, y1 - dy * size * 0.8
    if length > size * 0.8 or len(points) > 2:
        stroke(image, [*points[:-1], neck], colour, thick)
    wide = size * 0.46
    base = x1 - dx * size, y1 - dy * size
    sides = [(base[0] - dy * wide, base[1] + dx * wide), (base[0] + dy * wide, base[1] - dx * wide)]
    polygon(image, [(x1, y1), sides[0], neck, sides[1]], colour)


def _around(points: Sequence[tuple[float, float]], thick: float) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    room = thick + 2
    return Box(
        math.floor(min(xs) - room),
        math.floor(min(ys) - room),
        math.ceil(max(xs) + room),
        math.ceil(max(ys) + room),
    )


def tick(image: Image.Image, x: int, y: int, radius: int, disc_colour: Rgb, colour: Rgb) -> None:
    """A tick in a disc."""
    _symbol(
        image, x, y, radius, disc_colour, colour, (((-0.42, 0.04), (-0.12, 0.34), (0.44, -0.30)),)
    )


def cross(image: Image.Image, x: int, y: int, radius: int, disc_colour: Rgb, colour: Rgb) -> None:
    """A cross in a disc."""
    _symbol(
        image,
        x,
        y,
        radius,
        disc_colour,
        colour,
        (((-0.34, -0.34), (0.34, 0.34)), ((-0.34, 0.34), (0.34, -0.34))),
    )


@lru_cache(maxsize=256)
def rounded_mask(width: int, height: int, radius: int) -> Image.Image:
    """White inside a rectangle with rounded corners, black outside. Do not draw on it."""
    radius = max(1, min(radius, width // 2, height // 2))
    mask = Image.new("L", (width, height), 255)
    large = Image.new("L", (2 * radius * _SCALE, 2 * radius * _SCALE))
    ImageDraw.Draw(large).ellipse((0, 0, large.width - 1, large.height - 1), 255)
    circle = large.reduce(_SCALE)
    for x, left in ((0, 0), (width - radius, radius)):
        for y, top in ((0, 0), (height - radius, radius)):
            mask.paste(circle.crop((left, top, left + radius, top + radius)), (x, y))
    return mask


def _symbol(
    image: Image.Image,
    x: int,
    y: int,
    radius: int,
    disc_colour: Rgb,
    colour: Rgb,
    strokes: tuple[tuple[tuple[float, float], ...], ...],
) -> None:
    disc(image, x, y, radius, disc_colour)
    thick = radius * 0.2

    def paint(draw: ImageDraw.ImageDraw, scale: int) -> None:
        for stroke in strokes:
            points = [((1 + a) * radius * scale, (1 + b) * radius * scale) for a, b in stroke]
            draw.line(points, 255, round(thick * scale), joint="curve")
            for a, b in points:
                half = thick * scale / 2
                draw.ellipse((a - half, b - half, a + half, b + half), 255)

    smooth(image, Box(x - radius, y - radius, x + radius, y + radius), colour, paint)
