"""Pictures as Y, Cb and Cr planes: BT.709, limited range, chroma at half the resolution.

Composing in the encoder's own format converts each part once, instead of every frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from av import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from vividly.lesson.video.design import Box, Rgb

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
"""Y, Cb, Cr, each of shape (height, width); Cb and Cr have half the height and width."""
Pixels = NDArray[np.uint32]
"""An RGB image, one number per pixel, shape (height, width)."""
_STEPS = (1, 2, 2)
_BAND = 120
"""Rows that `updated` converts together; all heights of frames are multiples of it."""
_MARGIN = 2
"""swscale rounds the last row of chroma in another way: convert two more rows, and drop them."""
_ROWS_AT_ONCE = 64
"""Rows of a transition that are blended together, so that they stay in the processor's cache."""


@lru_cache(maxsize=64)
def _reformatter(width: int, height: int) -> VideoReformatter:
    return VideoReformatter()


def to_planes(image: Image.Image) -> Planes:
    """Convert an RGB image of even size."""
    return planes_of(pixels_of(image))


def pixels_of(image: Image.Image) -> Pixels:
    """The pixels of an RGB image."""
    data = image.tobytes("raw", "RGBX")
    return np.frombuffer(data, np.uint32).reshape(image.height, image.width)


def planes_of(pixels: Pixels) -> Planes:
    """Convert an image of even size."""
    y, cb, cr = (view.copy() for view in _converted(pixels))
    return y, cb, cr


def updated(pixels: Pixels, before: Pixels, planes: Planes) -> Planes:
    """Convert only the bands of an image in which it differs from the one before.

    Args:
        planes: those of `before`, which has the same size. They are not changed.
    """
    height = len(pixels)
    y, cb, cr = (plane.copy() for plane in planes)
    for top in range(0, height, _BAND):
        bottom = top + _BAND
        if np.array_equal(pixels[top:bottom], before[top:bottom]):
            continue
        rows = pixels[top : bottom + _MARGIN]
        if bottom == height:
            rows = np.concatenate([rows, rows[-_MARGIN:]])
        band = _converted(rows)
        for plane, part, step in zip((y, cb, cr), band, _STEPS, strict=True):
            plane[top // step : bottom // step] = part[: _BAND // step]
    return y, cb, cr


def _converted(pixels: Pixels) -> list[Plane]:
    height, width = pixels.shape
    frame = VideoFrame(width, height, "rgb0")
    plane = frame.planes[0]
    view = np.frombuffer(plane, np.uint32).reshape(height, plane.line_size // 4)
    np.copyto(view[:, :width], pixels)
    return plane_views(
        _reformatter(width, height).reformat(
            frame,
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,
        )
    )


def to_rgb(frame: VideoFrame) -> NDArray[np.uint8]:
    """A yuv420p frame of this module as RGB, shape (height, width, 3)."""
    converted = _reformatter(-frame.width, -frame.height).reformat(
        frame,
        format="rgb24",
        src_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    return converted.to_ndarray().astype(np.uint8, copy=False)


def plane_views(frame: VideoFrame) -> list[NDArray[np.uint8]]:
    """The planes of a yuv420p frame as arrays that can be written to."""
    return [
        np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]
        for plane in frame.planes
    ]


@dataclass(frozen=True, eq=False)
class Transition:
    """The difference between two pictures, where they differ; for blending."""

    under: Planes
    changes: tuple[tuple[tuple[slice, slice], NDArray[np.int16]], ...]

    @staticmethod
    def between(under: Planes, over: Planes) -> Transition:
        """The transition between two pictures of the same size."""
        return Transition(under, tuple(map(_change, under, over)))

    def draw(self, planes: Sequence[Plane], amount: float) -> None:
        """Draw `over` on `under` with an opacity of `amount`.

        Args:
            planes: contain `under`, or the result of an earlier call.
        """
        parts = round(amount * 128)
        for plane, under, (where, change) in zip(planes, self.under, self.changes, strict=True):
            below, target = under[where], plane[where]
            for top in range(0, len(change), _ROWS_AT_ONCE):
                rows = slice(top, top + _ROWS_AT_ONCE)
                part = change[rows] * np.int16(parts)
                part >>= 7
                np.add(below[rows], part.astype(np.uint8), out=target[rows])

    def undo(self, planes: Sequence[Plane]) -> None:
        """Restore `under` in planes that `draw` has changed."""
        for plane, under, (where, _) in zip(planes, self.under, self.changes, strict=True):
            plane[where] = under[where]


def _change(under: Plane, over: Plane) -> tuple[tuple[slice, slice], NDArray[np.int16]]:
    differs = under != over
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows):
        return (slice(0), slice(0)), np.zeros((0, 0), np.int16)
    where = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return where, over[where].astype(np.int16) - under[where].astype(np.int16)


def mask_planes(mask: Image.Image) -> Planes:
    """Convert an `L` mask of even size to the resolutions of the three planes."""
    half = np.asarray(mask.reduce(2))
    return np.asarray(mask), half, half


def tinted(mask: Image.Image, ground: Rgb, colour: Rgb) -> Planes:
    """`colour` on `ground`, as opaque as an `L` mask of even size."""
    parts = zip(_shades(ground, colour), mask_planes(mask), strict=True)
    y, cb, cr = (np.take(shades, part) for shades, part in parts)
    return y, cb, cr


@lru_cache(maxsize=64)
def _shades(ground: Rgb, colour: Rgb) -> tuple[NDArray[np.uint8], ...]:
    """The 256 shades from one colour to another, for each plane."""
    ends = zip(colour_planes(ground), colour_planes(colour), strict=True)
    part = np.arange(256) / 255
    return tuple(np.round(a + (b - a) * part).astype(np.uint8) for a, b in ends)


def mixed(under: Planes, over: Planes, mask: Planes, radius: int) -> Planes:
    """`over` on `under` where a mask is 255, `under` where it is 0.

    Args:
        mask: its size does not matter, as it is 255 except at its corners.
        radius: the size of the corners; a multiple of 2.
    """
    y, cb, cr = (plane.copy() for plane in over)
    for plane, below, part, step in zip((y, cb, cr), under, mask, _STEPS, strict=True):
        size = radius // step
        for rows in (slice(size), slice(-size, None)):
            for columns in (slice(size), slice(-size, None)):
                u, o = below[rows, columns].astype(np.int32), plane[rows, columns]
                o[:] = u + (o - u) * part[rows, columns] // 255
    return y, cb, cr


def put(planes: Sequence[Plane], part: Planes, box: Box) -> None:
    """Copy a part into planes, at the upper left corner of `box` (on even pixels)."""
    for plane, piece, step in zip(planes, part, _STEPS, strict=True):
        top, left = box.top // step, box.left // step
        height, width = piece.shape
        plane[top : top + height, left : left + width] = piece


def crop(planes: Planes, box: Box) -> Planes:
    """The part of planes inside a box on even pixels; a view, no copy."""
    y, cb, cr = (
        plane[box.top // s : box.bottom // s, box.left // s : box.right // s]
        for plane, s in zip(planes, _STEPS, strict=True)
    )
    return y, cb, cr


def colour_planes(colour: Rgb) -> tuple[int, int, int]:
    """One colour as Y, Cb, Cr."""
    y, cb, cr = to_planes(Image.new("RGB", (2, 2), colour))
    return tuple(int(plane[0, 0]) for plane in (y, cb, cr))  # type: ignore[return-value]
