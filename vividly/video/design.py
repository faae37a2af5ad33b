"""The design tokens of a lesson: grid, type scale and the colours of each subject.

All lengths are pixels of a 1920 x 1080 frame. All texts meet WCAG AA contrast, which
`tests/test_video_design.py` checks for every pair that is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

WIDTH, HEIGHT = 1920, 1080
MARGIN = 120
SAFE_RIGHT = WIDTH - MARGIN
HEADER_TOP = 84
CONTENT_BOTTOM = 800
"""Where content ends when captions are burned in below it."""
CONTENT_BOTTOM_BARE = 956
CAPTION_TOP, CAPTION_BOTTOM = 828, 992
FOOTER_BASELINE = 1046
PROGRESS_TOP, PROGRESS_BOTTOM = 1072, 1080

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

    def inset(self, x: int, y: int | None = None) -> Box:
        """The box without a border of `x` (and `y`) pixels."""
        y = x if y is None else y
        return Box(self.left + x, self.top + y, self.right - x, self.bottom - y)


@dataclass(frozen=True)
class Theme:
    """The colour roles of a subject. `on_x` is the text colour on `x`."""

    background: Rgb
    background_end: Rgb
    accent: Rgb

    @property
    def surface(self) -> Rgb:
        """Cards that text stands on."""
        return mix(self.background_end, WHITE, 0.07)

    @property
    def surface_active(self) -> Rgb:
        """The card that is being spoken about."""
        return mix(self.surface, self.accent, 0.11)

    @property
    def ghost(self) -> Rgb:
        """The place of a card that is still to come."""
        return mix(mix(self.background, self.background_end, 0.6), self.accent, 0.05)

    @property
    def outline(self) -> Rgb:
        return mix(self.surface, self.accent, 0.45)

    @property
    def badge(self) -> Rgb:
        """The number of a card that has been spoken about; its digit is `on_accent`."""
        return mix(self.surface, self.accent, 0.68)

    @property
    def muted(self) -> Rgb:
        """Secondary text."""
        return mix(self.background_end, TEXT, 0.78)

    @property
    def motif(self) -> Rgb:
        """Decoration behind the title."""
        return mix(self.background_end, self.accent, 0.30)

    @property
    def on_accent(self) -> Rgb:
        return self.background

    @property
    def caption(self) -> Rgb:
        return mix(self.background, (0, 0, 0), 0.45)

    @property
    def track(self) -> Rgb:
        """The part of the progress bar that is still to come."""
        return mix(self.background_end, WHITE, 0.12)


WHITE: Rgb = (255, 255, 255)
TEXT: Rgb = (243, 246, 252)
WRONG: Rgb = (255, 166, 158)
RIGHT: Rgb = (134, 232, 166)

_NEUTRAL = Theme((13, 17, 30), (24, 31, 52), (140, 190, 255))
_THEMES = {
    "physics": Theme((9, 15, 38), (20, 30, 66), (122, 192, 255)),
    "chemistry": Theme((22, 12, 38), (42, 24, 66), (205, 168, 255)),
    "biology": Theme((5, 28, 26), (12, 50, 43), (112, 230, 172)),
    "earth-science": Theme((30, 18, 10), (56, 35, 18), (255, 190, 112)),
    "mathematics": Theme((34, 11, 24), (62, 21, 42), (255, 166, 190)),
}
SUBJECTS = tuple(_THEMES)


def theme_of(subject: str) -> Theme:
    """The theme of a subject; a neutral one where the subject is unknown."""
    return _THEMES.get(subject, _NEUTRAL)


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
