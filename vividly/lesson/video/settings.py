"""Settings of video rendering."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from vividly.lesson.video.layout import LAYOUTS, Layout
from vividly.model.settings import Settings


@dataclass(frozen=True)
class RenderSettings:
    """Settings of one render. The defaults are the fastest that look flawless.

    Attributes:
        encoder: `pyav`, which encodes each picture once, or `moviepy`, which encodes every
            frame: ten times slower, for comparison.
        aspect: `16:9`, 1920 x 1080, or `9:16`, 1080 x 1920 for phones held upright.
        frame_rate_mode: for the `pyav` encoder: `cfr`, 30 frames a second with repeated frames
            as skipped pictures, or `vfr`, only the frames that differ.
        burn_captions: whether captions are part of the picture.
        motion: whether something moves in diagrams whose idea is motion.
        preset: x264 preset.
        quantiser: constant x264 quantiser, from 0 (lossless) to 51 (worst).
        threads: x264 threads.
        spare_bytes: disk space that must remain free after the render.
        memory_bytes: memory limit of a render process, five times what it needs.
    """

    encoder: Literal["pyav", "moviepy"] | str = "pyav"
    aspect: Literal["16:9", "9:16"] | str = "16:9"
    frame_rate_mode: Literal["cfr", "vfr"] | str = "cfr"
    burn_captions: bool = True
    motion: bool = True
    preset: Literal["ultrafast", "superfast", "veryfast"] = "ultrafast"
    quantiser: int = 20
    threads: int = 2
    spare_bytes: int = 50_000_000
    memory_bytes: int = 2_000_000_000

    @property
    def layout(self) -> Layout:
        """The grid of the pictures."""
        return LAYOUTS[self.aspect]

    @property
    def identity(self) -> str:
        """Changes whenever the files would change. Part of their stored names."""
        look = astuple(self)[:-3]
        return "/".join(["video", *map(str, look), _fingerprint()])


@cache
def _fingerprint() -> str:
    """Eight hex digits of a hash of the code that makes the video."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]


def render_settings(settings: Settings) -> RenderSettings:
    """The settings of the renders of a job."""
    return RenderSettings(
        encoder=settings.video_encoder,
        aspect=settings.video_aspect,
        frame_rate_mode=settings.video_frame_rate,
        burn_captions=settings.video_captions == "burned_in",
        motion=settings.video_motion == "on",
    )
