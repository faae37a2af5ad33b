"""The design tokens of a lesson: grid, type scale, colour arithmetic.

All lengths are pixels of a frame whose shorter side is 1080. The colours are in `themes`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

SMALLEST = 40
"""Smallest text size: legible on a phone at arm's length."""
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
    """A rectangle in pixels; `right` and `bottom` are exclusive."""

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
        """The box without a border of `x` pixels (vertically `y`, by default the same)."""
        y = x if y is None else y
        return Box(self.left + x, self.top + y, self.right - x, self.bottom - y)


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
