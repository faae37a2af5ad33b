"""Encodes a timeline with MoviePy, frame by frame: slow, but independent of our encoder.

Works with MoviePy 1 and 2, whose ffmpeg comes with imageio-ffmpeg.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from vividly.lesson.video.picture import to_rgb
from vividly.lesson.video.settings import RenderSettings
from vividly.lesson.video.timeline import FPS, Shot, State

_BT709 = [
    "-vf",
    "scale=in_color_matrix=bt709:out_color_matrix=bt709:out_range=tv",
    "-pix_fmt",
    "yuv420p",
    "-x264-params",
    "colorprim=bt709:transfer=bt709:colormatrix=bt709",
    "-movflags",
    "+faststart",
]


def encode_with_moviepy(
    shots: Sequence[Shot],
    paint: Callable[[State], VideoFrame],
    sound: Future[Path],
    path: Path,
    settings: RenderSettings,
    on_progress: Callable[[float], None],
) -> None:
    """Write pictures and narration as an MP4 file.

    Args:
        sound: the narration as AAC in MP4 (`audio.encode_m4a`).
    """
    # Both versions count frames in floats: version 2 rounds duration times rate down, version 1
    # takes every time before the end.
    try:
        from moviepy import VideoClip

        margin = 0.25
    except ImportError:
        from moviepy.editor import VideoClip

        margin = -0.25

    starts = [shot.start for shot in shots]
    total = shots[-1].start + shots[-1].frames
    drawn: tuple[int, NDArray[np.uint8]] | None = None

    def frame_at(seconds: float) -> NDArray[np.uint8]:
        nonlocal drawn
        frame = round(seconds * FPS)
        number = bisect_right(starts, frame) - 1
        if drawn is None or drawn[0] != number:
            drawn = number, to_rgb(paint(shots[number].state))
            on_progress(min(1.0, frame / total))
        return drawn[1]

    clip = VideoClip(frame_at, duration=(total + margin) / FPS)
    clip.write_videofile(
        str(path),
        fps=FPS,
        codec="libx264",
        audio=str(sound.result()),
        audio_codec="copy",
        preset=settings.preset,
        threads=settings.threads,
        logger=None,
        ffmpeg_params=["-qp", str(settings.quantiser), *_BT709],
    )
    on_progress(1.0)
