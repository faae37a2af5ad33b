"""The colours of the pages: those of lessons, for light and for dark."""

from __future__ import annotations

from vividly.lesson.video.design import Rgb
from vividly.lesson.video.themes import Theme, theme_of

DARK = theme_of("")
LIGHT = Theme((228, 235, 248), (246, 248, 253), (26, 84, 178), dark=False)
_ROLES = (
    "background", "background_end", "accent", "on_accent", "text", "muted", "surface",
    "surface_active", "outline", "rule", "track", "right", "wrong", "badge", "caption",
    "on_caption",
)  # fmt: skip


def colours_css() -> str:
    """The colours as variables of CSS: `--accent` is that of `Theme.accent`."""
    return (
        ":root {\n  color-scheme: light dark;\n"
        + "".join(
            f"  --{role.replace('_', '-')}: light-dark({_css(getattr(LIGHT, role))}, "
            f"{_css(getattr(DARK, role))});\n"
            for role in _ROLES
        )
        + "}\n"
    )


def _css(colour: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
