"""How a video is rendered."""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from vividly.lesson.video.layout import LAYOUTS, Layout


@dataclass(frozen=True)
class RenderSettings:
    """Settings of one render. The defaults are the fastest that look flawless.

    Attributes:
        encoder: `pyav`, which encodes each picture once, or `moviepy`, which encodes every
            frame: ten times slower, for comparison.
        aspect: `16:9`, 1920 x 1080, or `9:16`, 1080 x 1920 for phones held upright.
        frame_rate_mode: `cfr`, 30 frames a second, repeated ones as skipped pictures; or
            `vfr`, only the frames that differ. Of the `pyav` encoder.
        burn_captions: whether the spoken words are part of the picture.
        preset: of x264.
        quantiser: of x264, constant; 0 is lossless, 51 the worst.
        threads: of x264.
        spare_bytes: disk space that has to be left when the video is done.
        memory_bytes: how much the process of a render may claim, five times what it needs.
    """

    encoder: Literal["pyav", "moviepy"] | str = "pyav"
    aspect: Literal["16:9", "9:16"] | str = "16:9"
    frame_rate_mode: Literal["cfr", "vfr"] | str = "cfr"
    burn_captions: bool = True
    preset: Literal["ultrafast", "superfast", "veryfast"] = "ultrafast"
    quantiser: int = 20
    threads: int = 2
    spare_bytes: int = 50_000_000
    memory_bytes: int = 2_000_000_000

    @property
    def layout(self) -> Layout:
        """The grid that the pictures are laid out on."""
        return LAYOUTS[self.aspect]

    @property
    def identity(self) -> str:
        """Changes whenever the files would: part of the name under which they are kept."""
        look = astuple(self)[:-3]
        return "/".join(["video", *map(str, look), _fingerprint()])


@cache
def _fingerprint() -> str:
    """Eight hex digits that change with any change to the code that makes the video."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]
