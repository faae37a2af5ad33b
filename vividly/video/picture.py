"""Pictures as Y, Cb and Cr planes: BT.709, limited range, chroma at half the resolution.

Composing in the encoder's own format means that every part is converted once, not every frame.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
from av import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from vividly.video.design import Box, Rgb

Planes = tuple[Image.Image, Image.Image, Image.Image]
"""Y, Cb, Cr, each an 8-bit `L` image; Cb and Cr have half the width and height."""
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
    y, cb, cr = (Image.fromarray(view.copy()) for view in plane_views(converted))
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


def blend(under: Planes, over: Planes, amount: float) -> Planes:
    """`over` on `under` with an opacity of `amount`."""
    y, cb, cr = (Image.blend(a, b, amount) for a, b in zip(under, over, strict=True))
    return y, cb, cr


def copy(planes: Planes) -> Planes:
    """Planes of their own, to paste on."""
    y, cb, cr = (plane.copy() for plane in planes)
    return y, cb, cr


def mask_planes(mask: Image.Image) -> Planes:
    """An `L` mask of even size in the three resolutions."""
    half = mask.reduce(2)
    return mask, half, half


def paste(planes: Planes, part: Planes, box: Box, mask: Planes | None = None) -> None:
    """Lay a part over planes, with its corner at that of `box` (on even pixels)."""
    masks: Iterable[Image.Image | None] = mask or (None, None, None)
    for plane, piece, shape, step in zip(planes, part, masks, _STEPS, strict=True):
        plane.paste(piece, (box.left // step, box.top // step), shape)


def crop(planes: Planes, box: Box) -> Planes:
    """The part of planes inside a box on even pixels."""
    y, cb, cr = (
        plane.crop((box.left // s, box.top // s, box.right // s, box.bottom // s))
        for plane, s in zip(planes, _STEPS, strict=True)
    )
    return y, cb, cr


def colour_planes(colour: Rgb) -> tuple[int, int, int]:
    """One colour as Y, Cb, Cr."""
    y, cb, cr = to_planes(Image.new("RGB", (2, 2), colour))
    return tuple(int(np.asarray(plane)[0, 0]) for plane in (y, cb, cr))  # type: ignore[return-value]
