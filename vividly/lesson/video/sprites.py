"""Small drawings that move over a slide, blended in the encoder's own format.

A sprite is drawn once for each half pixel at which it stands; after that, moving it costs what its
own pixels cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vividly.lesson.video.canvas import Canvas, Point, along
from vividly.lesson.video.design import Box
from vividly.lesson.video.picture import Plane, to_planes

_STEPS = (1, 2, 2)
_BLACK = (16, 128, 128)
_SIZES = 5
"""How many sizes a sprite of `flowing` goes through while it appears."""
_Blend = tuple[NDArray[np.uint16], NDArray[np.uint16]]
"""What is added to a plane, and what is kept of it, in 256ths."""


class Sprite:
    """A drawing with a centre.

    Args:
        draw: draws it on a canvas around a point.
        across, down: half its width and height in pixels; `down` is by default the same.
    """

    def __init__(
        self, draw: Callable[[Canvas, float, float], None], across: float, down: float = 0
    ) -> None:
        self._draw = draw
        # Room for a shift of up to two pixels, and even, since chroma has half the resolution.
        self._width = 2 * round(across + 0.5) + 4
        self._height = 2 * round((down or across) + 0.5) + 4
        self._drawn = lru_cache(maxsize=None)(self._planes)

    def put(self, planes: Sequence[Plane], at: Point, window: Box) -> Box | None:
        """Blend the sprite into planes around a point.

        Args:
            window: nothing is drawn outside of it; on even pixels.

        Returns:
            The box that was drawn on, on even pixels; None if it lies outside the window.
        """
        x, y = round(2 * at[0]) - self._width, round(2 * at[1]) - self._height
        left, top = x // 4 * 2, y // 4 * 2
        box = Box(
            max(left, window.left),
            max(top, window.top),
            min(left + self._width, window.right),
            min(top + self._height, window.bottom),
        )
        if box.left >= box.right or box.top >= box.bottom:
            return None
        for plane, (add, keep), step in zip(planes, self._drawn(x % 4, y % 4), _STEPS, strict=True):
            rows = slice((box.top - top) // step, (box.bottom - top) // step)
            columns = slice((box.left - left) // step, (box.right - left) // step)
            under = plane[
                box.top // step : box.bottom // step, box.left // step : box.right // step
            ]
            blended = under * keep[rows, columns]
            blended += add[rows, columns]
            blended >>= 8
            under[:] = blended
        return box

    def _planes(self, x: int, y: int) -> tuple[_Blend, ...]:
        """The sprite shifted by half pixels."""
        canvas = Canvas(None, Box(0, 0, self._width, self._height))
        with canvas:
            self._draw(canvas, (self._width + x) / 2, (self._height + y) / 2)
        alpha = canvas.pixels[..., 3].astype(np.float32) / 255
        on_black = (canvas.pixels[..., :3] * alpha[..., None] + 0.5).astype(np.uint8)
        half = alpha.reshape(self._height // 2, 2, self._width // 2, 2).mean(axis=(1, 3))
        blends = []
        for plane, black, opacity in zip(
            to_planes(Image.fromarray(on_black)), _BLACK, (alpha, half, half), strict=True
        ):
            kept = np.round(256 * (1 - opacity))
            add = np.maximum(256 * plane.astype(np.float32) - black * kept, 0) + 128
            blends.append((add.astype(np.uint16), kept.astype(np.uint16)))
        return tuple(blends)


@dataclass(frozen=True)
class Motion:
    """Sprites that move over a slide.

    Attributes:
        sprites: the drawings.
        places: (progress from 0 to 1, seconds of the motion) -> number of a sprite and where its
            centre is, from back to front. With progress 1 they show what the still shows.
        window: where they may be seen.
        seconds: how long it lasts if there is time.
        over: parts of the slide that stay on top.
    """

    sprites: Sequence[Sprite]
    places: Callable[[float, float], Iterable[tuple[int, Point]]]
    window: Box
    seconds: float = 3.5
    over: tuple[Box, ...] = ()

    def under(self, boxes: Iterable[Box]) -> Motion:
        """The same, below further parts of the slide."""
        return replace(self, over=(*self.over, *boxes))

    def draw(
        self, planes: Sequence[Plane], still: Sequence[Plane], progress: float, seconds: float
    ) -> list[Box]:
        """Draw the sprites of one moment; returns the boxes that changed.

        Args:
            still: the slide without what moves.
        """
        window = even(self.window)
        changed = []
        for number, at in self.places(progress, seconds):
            if box := self.sprites[number].put(planes, at, window):
                changed.append(box)
        for box in map(even, self.over) if changed else ():
            for plane, under, step in zip(planes, still, _STEPS, strict=True):
                part = (
                    slice(box.top // step, box.bottom // step),
                    slice(box.left // step, box.right // step),
                )
                plane[part] = under[part]
        return changed


def even(box: Box) -> Box:
    """The smallest box on even pixels around a box."""
    return Box(box.left // 2 * 2, box.top // 2 * 2, -(-box.right // 2) * 2, -(-box.bottom // 2) * 2)


def smoothstep(part: float) -> float:
    """Slow at both ends; 0 before the beginning, 1 after the end."""
    part = min(1.0, max(0.0, part))
    return part * part * (3 - 2 * part)


def flowing(
    ways: Sequence[Sequence[Point]],
    draw: Callable[[Canvas, float, float, float], None],
    size: float,
    window: Box,
    *,
    each: int = 3,
    seconds: float = 2.6,
) -> Motion:
    """Things that travel along ways, one after the other; none is left in the end.

    Args:
        draw: draws one around a point, in a size from 0 to `size`.
        size: width in pixels.
        each: number on each way.
    """
    sprites = [_sized(draw, size * n / _SIZES) for n in range(1, _SIZES + 1)]
    gap = 0.5 / each

    def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
        for way in ways:
            for number in range(each):
                part = (progress - gap * number) / (1 - gap * (each - 1))
                if 0 < part < 1:
                    grown = min(1.0, 8 * part, 8 * (1 - part))
                    yield max(0, round(grown * _SIZES) - 1), along(way, smoothstep(part))

    return Motion(sprites, places, window, seconds)


def _sized(draw: Callable[[Canvas, float, float, float], None], size: float) -> Sprite:
    return Sprite(lambda canvas, x, y: draw(canvas, x, y, size), size / 2 + 3)
