"""Pictograms: the actors of science, in colour, on a square of 100 by 100.

Each is a name and lines of one drawing command:

    p COLOUR OUTLINE          a shape: `p 4fae57 M10 90 L50 10 L90 90 Z`
    o COLOUR X Y R [R2 TURN]  a circle, or an ellipse with two radii, turned by degrees
    r COLOUR L T R B [ROUND]  a rectangle with rounded corners
    l COLOUR THICK OUTLINE    a line; several with several M
    c COLOUR THICK X Y R R2 TURN  the line of an ellipse

A line with three spaces continues the one before. Shapes have a darker rim, so that they stand out
on light and on dark grounds, and so have lines; with a capital letter they have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from vividly.lesson.video.atoms import draw_molecule, extent_of, shape_of
from vividly.lesson.video.canvas import Canvas, box_path, outline, oval_path, rim_of
from vividly.lesson.video.design import Rgb
from vividly.lesson.video.pictograms import interests, life, nature, sections, things
from vividly.model.chemistry import atoms_of
from vividly.model.pictures import MOLECULES

_RIM = 2.2


@cache
def drawings() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """Name of each pictogram -> the words of each drawing command."""
    return _read(nature.DRAWN + life.DRAWN + things.DRAWN)


@cache
def _sections() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    return _read(sections.DRAWN)


@cache
def _interests() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    shown = {slug: drawings()[name] for slug, name in interests.PICTURES.items()}
    return {**shown, **_read(interests.DRAWN)}


def _read(text: str) -> Mapping[str, tuple[tuple[str, ...], ...]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith("   "):
            found[name][-1] += tuple(line.split())
        elif line.startswith(" "):
            found[name].append(tuple(line.split()))
        elif line:
            name = line
            found[name] = []
    return {name: tuple(commands) for name, commands in found.items()}


def draw_picture(canvas: Canvas, name: str, x: float, y: float, size: float) -> None:
    """Draw a pictogram or a molecule in a square around (x, y). `size`: its side in pixels."""
    if name in MOLECULES:
        shape = shape_of(name, atoms_of(name))
        draw_molecule(canvas, shape, x, y, size / 2 / max(extent_of(shape)))
        return
    _draw_all(canvas, drawings()[name], x, y, size)


def interest_is_drawn(slug: str) -> bool:
    """Whether there is a pictogram of an interest."""
    return slug in _interests()


def draw_interest(canvas: Canvas, slug: str, x: float, y: float, size: float) -> None:
    """Draw the pictogram of an interest in a square around (x, y)."""
    _draw_all(canvas, _interests()[slug], x, y, size)


def draw_section(canvas: Canvas, name: str, x: float, y: float, size: float) -> None:
    """Draw a drawing with parts around (x, y). `size`: its height in pixels."""
    _draw_all(canvas, _sections()[name], x, y, size)


def _draw_all(
    canvas: Canvas, commands: tuple[tuple[str, ...], ...], x: float, y: float, size: float
) -> None:
    for command, colour, *rest in commands:
        _draw(canvas, command, _colour(colour), rest, (x - size / 2, y - size / 2), size / 100)


def _draw(
    canvas: Canvas,
    command: str,
    colour: Rgb,
    rest: list[str],
    corner: tuple[float, float],
    scale: float,
) -> None:
    rim = rim_of(colour) if command.islower() else None
    kind = command.lower()
    if kind in "lc":
        thick = float(rest[0])
        if kind == "l":
            points, codes = outline(" ".join(rest[1:]))
        else:
            a, b, across, down, turn = map(float, rest[1:])
            points, codes = oval_path(a, b, across, down, turn)
        at = points * scale + corner
        if rim is not None:
            canvas.path(at, codes, rim=rim, thick=(thick + 1.5 * _RIM) * scale)
        canvas.path(at, codes, rim=colour, thick=thick * scale)
        return
    if kind == "p":
        points, codes = outline(" ".join(rest))
    elif kind == "o":
        a, b, across, *others = map(float, rest)
        down, turn = (*others, *(across, 0.0)[len(others) :])
        points, codes = oval_path(a, b, across, down, turn)
    else:
        left, top, right, bottom, *others = map(float, rest)
        points, codes = box_path(left, top, right, bottom, *others)
    canvas.path(points * scale + corner, codes, inside=colour, rim=rim, thick=_RIM * scale)


def _colour(code: str) -> Rgb:
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)
