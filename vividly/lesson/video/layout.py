"""The grid of a frame, in landscape and portrait."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """The grid of a frame, in pixels.

    Attributes:
        content_bottom: end of the content above burned-in captions.
        content_bottom_bare: end of the content without burned-in captions.
        caption_top, caption_bottom: the strip of burned-in captions.
        footer_baseline: baseline of the small line below everything.
        progress_top: top of the progress bar, which ends at the bottom of the frame.
    """

    width: int
    height: int
    margin: int
    header_top: int
    content_bottom: int
    content_bottom_bare: int
    caption_top: int
    caption_bottom: int
    footer_baseline: int
    progress_top: int

    @property
    def safe_right(self) -> int:
        return self.width - self.margin

    @property
    def content_width(self) -> int:
        return self.width - 2 * self.margin

    @property
    def caption_width(self) -> int:
        """The widest row of a caption."""
        return min(1480, self.content_width - 80)

    @property
    def portrait(self) -> bool:
        return self.height > self.width


LANDSCAPE = Layout(
    width=1920,
    height=1080,
    margin=120,
    header_top=84,
    content_bottom=800,
    content_bottom_bare=956,
    caption_top=828,
    caption_bottom=992,
    footer_baseline=1046,
    progress_top=1072,
)
PORTRAIT = Layout(
    width=1080,
    height=1920,
    margin=64,
    header_top=150,
    content_bottom=1420,
    content_bottom_bare=1620,
    caption_top=1452,
    caption_bottom=1668,
    footer_baseline=1760,
    progress_top=1912,
)
LAYOUTS = {"16:9": LANDSCAPE, "9:16": PORTRAIT}
"""Aspect ratio -> grid. In portrait the buttons of a phone's player cover the lowest part."""
