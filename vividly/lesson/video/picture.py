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
_STEPS = (1, 2, 2)


@lru_cache(maxsize=64)
def _reformatter(width: int, height: int) -> VideoReformatter:
    return VideoReformatter()


def to_planes(image: Image.Image) -> Planes:
    """Convert an RGB image of even size."""
    width, height = image.size
    frame = VideoFrame.from_ndarray(np.asarray(image.convert("RGB")), format="rgb24")
    converted = _reformatter(width, height).reformat(
        frame,
        format="yuv420p",
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.AREA,
    )
    y, cb, cr = (view.copy() for view in plane_views(converted))
    return y, cb, cr


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
            plane[where] = under[where] + ((change * parts) >> 7).astype(np.uint8)

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


def mixed(under: Planes, over: Planes, mask: Planes) -> Planes:
    """`over` on `under` where a mask is 255, `under` where it is 0."""
    y, cb, cr = (
        (u + (o.astype(np.int32) - u) * m // 255).astype(np.uint8)
        for u, o, m in zip(under, over, mask, strict=True)
    )
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
