"""The colours of a lesson: the subject decides the background, the interest the accent.

Every pair of text and background meets WCAG AA, for each subject with each interest; see
`tests/test_video_design.py`.
"""

from __future__ import annotations

import colorsys
import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

from vividly.lesson.video.design import Rgb, contrast, mix

WHITE: Rgb = (255, 255, 255)
INK: Rgb = (22, 24, 38)
_PAPER_TEXT: Rgb = (243, 246, 252)
_ACCENT_CONTRAST = 5.2
"""Least contrast of the accent on each background; above AA, since thin lines use it too."""


@dataclass(frozen=True)
class Theme:
    """The colour roles of a lesson. `on_x`: the text colour on `x`."""

    background: Rgb
    background_end: Rgb
    accent: Rgb
    dark: bool = True

    @property
    def text(self) -> Rgb:
        return _PAPER_TEXT if self.dark else INK

    @property
    def wrong(self) -> Rgb:
        """Marks something wrong."""
        return (255, 166, 158) if self.dark else (176, 28, 28)

    @property
    def right(self) -> Rgb:
        """Marks something right."""
        return (134, 232, 166) if self.dark else (8, 104, 58)

    @property
    def surface(self) -> Rgb:
        """Cards behind text."""
        return mix(self.background_end, WHITE, 0.07 if self.dark else 0.85)

    @property
    def surface_active(self) -> Rgb:
        """The card that is being spoken about."""
        return mix(self.surface, self.accent, 0.11 if self.dark else 0.09)

    @property
    def ghost(self) -> Rgb:
        """The place of a card that has not appeared yet."""
        return mix(mix(self.background, self.background_end, 0.6), self.accent, 0.05)

    @property
    def outline(self) -> Rgb:
        return mix(self.surface, self.accent, 0.45 if self.dark else 0.8)

    @property
    def rule(self) -> Rgb:
        """Axes, grid lines, and borders of inactive parts."""
        return mix(self.surface, self.text, 0.26)

    @property
    def grid(self) -> Rgb:
        """The faint lines behind a chart."""
        return mix(self.background_end, self.text, 0.13)

    @property
    def badge(self) -> Rgb:
        """The number of a card that has been spoken about; its digit is `on_accent`."""
        return mix(self.surface, self.accent, 0.68 if self.dark else 0.9)

    @property
    def muted(self) -> Rgb:
        """Secondary text."""
        return mix(self.background_end, self.text, 0.78)

    @property
    def motif(self) -> Rgb:
        """Decoration behind the title."""
        return mix(self.background_end, self.accent, 0.30)

    @property
    def on_accent(self) -> Rgb:
        return mix(self.background, (0, 0, 0), 0.4) if self.dark else WHITE

    @property
    def caption(self) -> Rgb:
        """The plate of the captions, dark in every theme."""
        return mix(self.background, (0, 0, 0), 0.45) if self.dark else (18, 20, 32)

    @property
    def on_caption(self) -> Rgb:
        return _PAPER_TEXT

    @property
    def track(self) -> Rgb:
        """The remaining part of the progress bar."""
        return mix(self.background_end, WHITE if self.dark else INK, 0.12)

    @cached_property
    def grounds(self) -> tuple[Rgb, ...]:
        """All backgrounds for text in `text`, `muted` or `accent`."""
        return self.background, self.background_end, self.surface, self.surface_active


_NEUTRAL = Theme((13, 17, 30), (24, 31, 52), (140, 190, 255))
_SUBJECTS = {
    "physics": Theme((9, 15, 38), (20, 30, 66), (122, 192, 255)),
    "chemistry": Theme((22, 12, 38), (42, 24, 66), (205, 168, 255)),
    "biology": Theme((226, 240, 228), (242, 249, 240), (10, 104, 66), dark=False),
    "earth-science": Theme((30, 18, 10), (56, 35, 18), (255, 190, 112)),
    "mathematics": Theme((236, 232, 246), (250, 248, 253), (92, 52, 170), dark=False),
}
SUBJECTS = tuple(_SUBJECTS)

_HUES = {
    "basketball": 24,
    "soccer": 135,
    "american-football": 15,
    "baseball": 355,
    "tennis": 72,
    "swimming": 195,
    "cycling": 48,
    "running": 10,
    "skateboarding": 170,
    "music": 275,
    "dance": 325,
    "video-games": 258,
    "coding": 160,
    "robotics": 205,
    "cooking": 32,
    "art": 340,
    "photography": 185,
    "movies": 350,
    "fashion": 310,
    "animals": 38,
    "gardening": 110,
    "hiking": 95,
    "fishing": 200,
    "cars": 4,
    "space": 230,
}
"""Interest -> hue in degrees of the colour that people associate with it."""


def theme_of(subject: str, interest: str = "") -> Theme:
    """The theme of a subject (neutral if it is unknown) with the accent of an interest.

    Args:
        interest: slug of an interest; "" or `everyday` keeps the subject's own accent.
    """
    theme = _SUBJECTS.get(subject, _NEUTRAL)
    if interest in ("", "everyday"):
        return theme
    return _accented(theme, _hue(interest))


def _hue(interest: str) -> int:
    """The hue of an interest. An unlisted interest always gets the same hue."""
    if interest in _HUES:
        return _HUES[interest]
    return int.from_bytes(hashlib.sha256(interest.encode()).digest()[:2], "big") % 360


@lru_cache(maxsize=256)
def _accented(theme: Theme, hue: int) -> Theme:
    """The theme with the most vivid accent of a hue that is legible on all its backgrounds."""
    steps = range(64, 97) if theme.dark else range(48, 9, -1)
    for lightness in steps:
        saturation = 0.86 if theme.dark else 0.78
        red, green, blue = colorsys.hls_to_rgb(hue / 360, lightness / 100, saturation)
        accent = (round(red * 255), round(green * 255), round(blue * 255))
        found = Theme(theme.background, theme.background_end, accent, theme.dark)
        legible = all(contrast(accent, under) >= _ACCENT_CONTRAST for under in found.grounds)
        if legible and contrast(found.on_accent, found.badge) >= _ACCENT_CONTRAST:
            return found
    return theme
