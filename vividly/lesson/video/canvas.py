"""A canvas for drawings: smooth shapes, drawn by matplotlib's Agg renderer on a part of a slide.

    with Canvas(image, box) as canvas:
        canvas.circle(300, 400, 40, (255, 200, 60))

Coordinates are pixels of the whole image, y downwards. They are rounded to 1/64 pixel, so that all
processors draw the same picture. Text is never drawn here: it goes on top, by `text.draw_block`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Any, Self

import numpy as np
from PIL import Image

from vividly.lesson.video.design import Box, Rgb, mix

Point = tuple[float, float]
_CODES = {"M": (1, 1), "L": (2, 1), "Q": (3, 2), "C": (4, 3), "Z": (79, 0)}
"""Command of an outline -> its code in matplotlib, and how many points it takes."""
_RIM = 0.38
"""How much darker the rim of a shape is than its inside."""


@cache
def _matplotlib() -> tuple[Any, Any, Any]:
    """The renderer, paths and the identity. Imported late: it takes a third of a second."""
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.path import Path
    from matplotlib.transforms import IdentityTransform

    return RendererAgg, Path, IdentityTransform()


class Canvas:
    """Draws on the part `box` of an RGB image; the drawing is there when the block ends.

    Args:
        image: None for a drawing of its own on a transparent ground; see `pixels`.
    """

    def __init__(self, image: Image.Image | None, box: Box) -> None:
        self._image = image
        if image is not None:
            left, top = max(0, box.left), max(0, box.top)
            box = Box(left, top, min(image.width, box.right), min(image.height, box.bottom))
        self._box = box
        renderer, _, _ = _matplotlib()
        self._agg = renderer(self._box.width, self._box.height, 72)
        self.pixels = np.asarray(self._agg.buffer_rgba())
        """Red, green, blue and opacity, shape (height, width, 4), as far as drawn."""
        if image is not None:
            self.pixels[:] = np.asarray(image.crop(_corners(self._box)).convert("RGBA"))
        self._gc = self._agg.new_gc()
        self._gc.set_antialiased(True)
        self._gc.set_snap(False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._image is not None:
            size = self._box.width, self._box.height
            drawn = Image.frombuffer("RGB", size, self.pixels, "raw", "RGBX", 0, 1)
            self._image.paste(drawn, (self._box.left, self._box.top))

    def path(
        self,
        points: np.ndarray[Any, Any],
        codes: Sequence[int],
        *,
        inside: Rgb | None = None,
        rim: Rgb | None = None,
        thick: float = 0,
        alpha: float = 1,
        dash: Sequence[float] = (),
    ) -> None:
        """Fill an outline and stroke it.

        Args:
            points: shape (number, 2).
            codes: matplotlib's code of each point.
            dash: lengths of dashes and gaps in turn.
        """
        _, path, identity = _matplotlib()
        x = points[:, 0] - self._box.left
        y = self._box.height - (points[:, 1] - self._box.top)
        at = path(np.round(np.stack([x, y], axis=1) * 64) / 64, codes)
        self._gc.set_linewidth(thick if rim is not None else 0)
        self._gc.set_capstyle("butt" if dash else "round")
        self._gc.set_joinstyle("round")
        self._gc.set_dashes(0, list(dash) or None)
        if rim is not None:
            self._gc.set_foreground((*_unit(rim), alpha), isRGBA=True)
        face = (*_unit(inside), alpha) if inside is not None else None
        self._agg.draw_path(self._gc, at, identity, face)

    def line(
        self,
        points: Sequence[Point],
        colour: Rgb,
        thick: float = 6,
        *,
        alpha: float = 1,
        dash: Sequence[float] = (),
    ) -> None:
        """Draw a line through points."""
        codes = [1] + [2] * (len(points) - 1)
        self.path(np.array(points, float), codes, rim=colour, thick=thick, alpha=alpha, dash=dash)

    def polygon(
        self,
        points: Sequence[Point],
        inside: Rgb | None,
        rim: Rgb | None = None,
        thick: float = 3,
        *,
        alpha: float = 1,
    ) -> None:
        """Fill a polygon."""
        codes = [1] + [2] * (len(points) - 1) + [79]
        closed = np.array([*points, points[0]], float)
        self.path(closed, codes, inside=inside, rim=rim, thick=thick, alpha=alpha)

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        inside: Rgb | None,
        rim: Rgb | None = None,
        thick: float = 3,
        *,
        alpha: float = 1,
    ) -> None:
        """Fill a circle around (x, y)."""
        self.oval(x, y, radius, radius, inside, rim, thick, alpha=alpha)

    def oval(
        self,
        x: float,
        y: float,
        across: float,
        down: float,
        inside: Rgb | None,
        rim: Rgb | None = None,
        thick: float = 3,
        *,
        turn: float = 0,
        alpha: float = 1,
        dash: Sequence[float] = (),
    ) -> None:
        """Fill an ellipse around (x, y). `across`, `down`: its radii; `turn`: degrees."""
        points, codes = oval_path(x, y, across, down, turn)
        self.path(points, codes, inside=inside, rim=rim, thick=thick, alpha=alpha, dash=dash)

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        inside: Rgb | None,
        rim: Rgb | None = None,
        thick: float = 3,
        *,
        radius: float = 0,
        alpha: float = 1,
    ) -> None:
        """Fill a rectangle with rounded corners."""
        points, codes = box_path(left, top, right, bottom, radius)
        self.path(points, codes, inside=inside, rim=rim, thick=thick, alpha=alpha)

    def arrow(
        self,
        points: Sequence[Point],
        colour: Rgb,
        thick: float = 9,
        *,
        head: float = 3.6,
        dash: Sequence[float] = (),
        both: bool = False,
    ) -> None:
        """Draw an arrow through points. `head`: its length as a multiple of the thickness."""
        size = min(thick * head, 0.8 * length_of(points))
        body = cut_end(points, 0.7 * size)
        if both:
            body = cut_end(body[::-1], 0.7 * size)[::-1]
        self.line(body, colour, thick, dash=dash)
        for way in [points, points[::-1]] if both else [points]:
            (x, y), (a, b) = way[-1], cut_end(way, size)[-1]
            far = math.hypot(x - a, y - b) or 1.0
            dx, dy = (x - a) / far, (y - b) / far
            base, wide = (x - dx * size, y - dy * size), size * 0.48
            neck = (x - dx * size * 0.78, y - dy * size * 0.78)
            sides = [
                (base[0] - dy * wide, base[1] + dx * wide),
                (base[0] + dy * wide, base[1] - dx * wide),
            ]
            self.polygon([(x, y), sides[0], neck, sides[1]], colour, colour, 2)


def outline(source: str) -> tuple[np.ndarray[Any, Any], list[int]]:
    """The points and codes of an outline: `M 10 90 L 50 10 C 60 20 70 30 90 90 Z`."""
    points: list[Point] = []
    codes: list[int] = []
    words = source.replace(",", " ").split()
    at, command = 0, "M"
    while at < len(words):
        if words[at][0].isalpha():
            command, rest = words[at][0], words[at][1:]
            words[at : at + 1] = [rest] if rest else []
        code, count = _CODES[command]
        numbers = [float(word) for word in words[at : at + 2 * count]]
        points += zip(numbers[::2], numbers[1::2], strict=True) if count else [points[0]]
        codes += [code] * max(1, count)
        at += 2 * count
    return np.array(points, float), codes


def oval_path(
    x: float, y: float, across: float, down: float, turn: float = 0
) -> tuple[np.ndarray[Any, Any], list[int]]:
    """The outline of an ellipse around (x, y)."""
    k, points = 0.5523, []
    for a, b in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        points += [(a, b), (a - k * b, b + k * a), (-b + k * a, a + k * b)]
    unit = np.array([*points, (1, 0)], float) * (across, down)
    angle = math.radians(turn)
    spin = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return unit @ spin + (x, y), [1] + [4] * 12


def box_path(
    left: float, top: float, right: float, bottom: float, radius: float = 0
) -> tuple[np.ndarray[Any, Any], list[int]]:
    """The outline of a rectangle with rounded corners."""
    r = min(radius, (right - left) / 2, (bottom - top) / 2)
    k = 0.4477 * r
    points = [
        (left + r, top), (right - r, top), (right - k, top), (right, top + k), (right, top + r),
        (right, bottom - r), (right, bottom - k), (right - k, bottom), (right - r, bottom),
        (left + r, bottom), (left + k, bottom), (left, bottom - k), (left, bottom - r),
        (left, top + r), (left, top + k), (left + k, top), (left + r, top), (left + r, top),
    ]  # fmt: skip
    return np.array(points, float), [1, *([2, 4, 4, 4] * 4), 79]


def curve(a: Point, b: Point, c: Point, d: Point, steps: int = 24) -> list[Point]:
    """Points on the Bézier curve from `a` to `d`."""
    found = []
    for n in range(steps + 1):
        t = n / steps
        w = (1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t * t, t**3
        found.append(
            (
                sum(k * p[0] for k, p in zip(w, (a, b, c, d), strict=True)),
                sum(k * p[1] for k, p in zip(w, (a, b, c, d), strict=True)),
            )
        )
    return found


def arc(x: float, y: float, radius: float, first: float, last: float) -> list[Point]:
    """Points on a circle between two angles in degrees; 0 is right, 90 up."""
    steps = max(2, round(abs(last - first) / 4))
    angles = [math.radians(first + (last - first) * n / steps) for n in range(steps + 1)]
    return [(x + radius * math.cos(a), y - radius * math.sin(a)) for a in angles]


def length_of(points: Iterable[Point]) -> float:
    """The length of a line through points."""
    return sum(math.dist(a, b) for a, b in pairwise(points))


def along(points: Sequence[Point], part: float) -> Point:
    """The point after a part (0 to 1) of the length of a line."""
    return cut_end(points, (1 - part) * length_of(points))[-1]


def cut_end(points: Sequence[Point], pixels: float) -> list[Point]:
    """A line without its last pixels."""
    left = length_of(points) - pixels
    if left <= 0:
        return [points[0], points[0]]
    kept = [points[0]]
    for a, b in pairwise(points):
        step = math.dist(a, b)
        if step >= left:
            part = left / step if step else 0.0
            return [*kept, (a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part)]
        kept.append(b)
        left -= step
    return kept


@lru_cache(maxsize=512)
def rim_of(colour: Rgb) -> Rgb:
    """The colour of the rim of a shape, so that it stands out on light and on dark."""
    return mix(colour, (0, 0, 0), _RIM)


def _unit(colour: Rgb) -> tuple[float, float, float]:
    return colour[0] / 255, colour[1] / 255, colour[2] / 255


def _corners(box: Box) -> tuple[int, int, int, int]:
    return box.left, box.top, box.right, box.bottom
