"""The design tokens of a lesson: grid, type scale, and arithmetic of colours.

All lengths are pixels of a frame whose shorter side is 1080. The colours are in `themes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

SMALLEST = 40
"""No text is smaller: legible on a phone held at arm's length."""
DISPLAY_SIZES = (148, 128, 112, 96, 84, 72, 64, 56, 48, 40)
HEADING_SIZES = (88, 80, 72, 64, 56, 48, 40)
STATEMENT_SIZES = (120, 112, 104, 98, 92, 84, 76, 68, 60, 54, 48, 44, 40)
BODY_SIZES = (64, 60, 56, 52, 48, 44, 40)
LABEL_SIZE = 40
CAPTION_SIZE = 46
RADIUS = 28
GAP = 28

Rgb = tuple[int, int, int]


class Weight(IntEnum):
    """Weights of the typeface, as on its `wght` axis."""

    REGULAR = 400
    MEDIUM = 500
    SEMIBOLD = 600
    BOLD = 700


@dataclass(frozen=True)
class Box:
    """A rectangle; `right` and `bottom` lie just outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def centre(self) -> tuple[int, int]:
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2

    def inset(self, x: int, y: int | None = None) -> Box:
        """The box without a border of `x` (and `y`) pixels."""
        y = x if y is None else y
        return Box(self.left + x, self.top + y, self.right - x, self.bottom - y)


@dataclass(frozen=True)
class Layout:
    """The grid of a frame.

    Attributes:
        content_bottom: where content ends when captions are burned in below it.
        content_bottom_bare: where it ends when they are not.
        caption_top, caption_bottom: the strip that burned-in captions stay in.
        footer_baseline: of the small line below everything.
        progress_top: of the progress bar, which ends with the frame.
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
        return min(1480, self.content_width - 40)

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
    progress_top=1910,
)
LAYOUTS = {"16:9": LANDSCAPE, "9:16": PORTRAIT}
"""By the shape of the picture, width to height. Upright, phones cover the lowest part."""


def mix(under: Rgb, over: Rgb, amount: float) -> Rgb:
    """`over` laid on `under` with an opacity of `amount`."""
    red, green, blue = (round(u + (o - u) * amount) for u, o in zip(under, over, strict=True))
    return red, green, blue


def contrast(first: Rgb, second: Rgb) -> float:
    """WCAG 2 contrast ratio of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Rgb) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
