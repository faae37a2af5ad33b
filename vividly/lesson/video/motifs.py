"""A subtle line drawing per subject, behind the title."""

from __future__ import annotations

import math
from collections.abc import Callable

from PIL import Image, ImageDraw

from vividly.lesson.video.design import Box
from vividly.lesson.video.shapes import smooth
from vividly.lesson.video.themes import Theme

_Draw = Callable[[ImageDraw.ImageDraw, float, float, float, int], None]


def draw_motif(image: Image.Image, subject: str, theme: Theme, box: Box) -> None:
    """Draw the motif of a subject in the middle of a box."""
    motif = _MOTIFS.get(subject, _rings)

    def paint(draw: ImageDraw.ImageDraw, scale: int) -> None:
        x, y = box.width * scale / 2, box.height * scale / 2
        motif(draw, x, y, min(x, y) * 0.96, 5 * scale)

    smooth(image, box, theme.motif, paint)


def _polyline(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], thick: int) -> None:
    draw.line(points, 255, thick, joint="curve")


def _circle(draw: ImageDraw.ImageDraw, x: float, y: float, r: float, thick: int) -> None:
    draw.ellipse((x - r, y - r, x + r, y + r), outline=255, width=thick)


def _dot(draw: ImageDraw.ImageDraw, x: float, y: float, r: float) -> None:
    draw.ellipse((x - r, y - r, x + r, y + r), fill=255)


def _orbits(draw: ImageDraw.ImageDraw, x: float, y: float, r: float, thick: int) -> None:
    """An atom: three tilted orbits with a body on each."""
    for turn in (0, 60, 120):
        tilt = math.radians(turn)

        def at(angle: float, tilt: float = tilt) -> tuple[float, float]:
            a, b = r * math.cos(angle), 0.36 * r * math.sin(angle)
            return (
                x + a * math.cos(tilt) - b * math.sin(tilt),
                y + a * math.sin(tilt) + b * math.cos(tilt),
            )

        _polyline(draw, [at(math.radians(step)) for step in range(0, 364, 3)], thick)
        _dot(draw, *at(math.radians(turn + 40)), r * 0.055)
    _dot(draw, x, y, r * 0.12)


def _ring_molecule(draw: ImageDraw.ImageDraw, x: float, y: float, r: float, thick: int) -> None:
    """Benzene rings, one large and two fused to it."""
    side = r * 0.42
    centres = [(x - side * 0.87, y + side * 0.5), (x + side * 0.87, y + side * 0.5), (x, y - side)]
    for a, b in centres:
        corners = [
            (a + side * math.sin(math.radians(60 * i)), b - side * math.cos(math.radians(60 * i)))
            for i in range(7)
        ]
        _polyline(draw, corners, thick)
        _circle(draw, a, b, side * 0.56, thick)
        for corner in corners[:6]:
            _dot(draw, *corner, r * 0.04)


def _leaf(draw: ImageDraw.ImageDraw, x: float, y: float, r: float, thick: int) -> None:
    """A leaf with its veins, leaning to the right."""
    tilt = math.radians(35)
    r *= 1.12

    def at(along: float, across: float) -> tuple[float, float]:
        a, b = across * r, along * r
        return (
            x + a * math.cos(tilt) - b * math.sin(tilt),
            y + a * math.sin(tilt) + b * math.cos(tilt),
        )

    def half(along: float) -> float:
        return 0.52 * float(math.cos(along * math.pi / 2) ** 0.8) * (1 + 0.25 * along)

    steps = [i / 40 for i in range(-40, 41)]
    for side in (-1, 1):
        _polyline(draw, [at(s * 0.86, side * half(s)) for s in steps], thick)
        for vein in (-0.5, -0.2, 0.1, 0.4, 0.65):
            tip = vein - 0.24
            _polyline(draw, [at(vein * 0.86, 0), at(tip * 0.86, side * half(tip) * 0.82)], thick)
    _polyline(draw, [at(-0.86, 0), at(1.1, 0)], thick)


def _layers(draw: ImageDraw.ImageDraw, x: float, y: float, r: float, thick: int) -> None:
    """The layers of a planet with one quarter cut open."""
    _circle(draw, x, y, r, thick)
    for part in (0.72, 0.46, 0.2):
        inner = r * part
        draw.arc((x - inner, y - inner, x + inner, y + inner), 0, 360, 255, thick)
    for angle in (200, 290):
        a = math.radians(angle)
        _polyline(
            draw,
            [
                (x + r * 0.2 * math.cos(a), y + r * 0.2 * math.sin(a)),
                (x + r * math.cos(a), y + r * math.sin(a)),
            ],
            thick,
        )


def _curve(draw: ImageDraw.ImageDraw, x: float, y: float, r: float, thick: int) -> None:
    """Axes with a parabola and its tangent."""
    _polyline(draw, [(x - r, y + r * 0.62), (x + r, y + r * 0.62)], thick)
    _polyline(draw, [(x - r * 0.55, y - r), (x - r * 0.55, y + r)], thick)
    xs = [-0.85 + i / 50 * 1.5 for i in range(51)]
    _polyline(draw, [(x + a * r, y + r * (0.55 - 1.7 * (a + 0.12) ** 2)) for a in xs], thick)
    slope, at, level = -1.7 * 2 * 0.42, 0.30, 0.55 - 1.7 * 0.42**2
    _polyline(draw, [(x + (at + d) * r, y + r * (level + slope * d)) for d in (-0.5, 0.42)], thick)
    _dot(draw, x + at * r, y + level * r, r * 0.05)


def _rings(draw: ImageDraw.ImageDraw, x: float, y: float, r: float, thick: int) -> None:
    """Rings, for a subject without its own motif."""
    for part in (1.0, 0.72, 0.44, 0.16):
        _circle(draw, x, y, r * part, thick)


_MOTIFS: dict[str, _Draw] = {
    "physics": _orbits,
    "chemistry": _ring_molecule,
    "biology": _leaf,
    "earth-science": _layers,
    "mathematics": _curve,
}
