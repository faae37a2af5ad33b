"""Atoms and molecules as balls, in the colours that chemists give them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from operator import add, sub

from vividly.lesson.video.canvas import Canvas, rim_of
from vividly.lesson.video.design import Rgb

COLOURS: Mapping[str, Rgb] = {
    "H": (236, 240, 247), "C": (84, 91, 106), "N": (64, 110, 220), "O": (226, 63, 52),
    "S": (232, 196, 56), "P": (240, 140, 50), "F": (120, 210, 150), "Cl": (76, 176, 80),
    "Na": (150, 98, 214), "K": (130, 80, 200), "Li": (178, 120, 226), "Mg": (110, 190, 110),
    "Ca": (120, 170, 190), "Fe": (214, 120, 62), "Cu": (200, 125, 80), "Al": (165, 175, 190),
    "Zn": (125, 140, 175), "Ag": (190, 198, 210), "Br": (150, 60, 50), "I": (120, 50, 140),
}  # fmt: skip
OTHER: Rgb = (150, 160, 178)
_RADII = {"H": 0.34, "C": 0.5, "N": 0.48, "O": 0.48, "F": 0.46}
_CENTRES = ("S", "N", "P", "Cl", "Br", "I", "Mn", "Cr", "C")
"""What stands in the middle of an acid or a salt with oxygen."""
_Atom = tuple[str, float, float]
SHAPES: Mapping[str, tuple[_Atom, ...]] = {
    "H2O": (("O", 0, -0.12), ("H", -0.62, 0.34), ("H", 0.62, 0.34)),
    "CO2": (("C", 0, 0), ("O", -0.88, 0), ("O", 0.88, 0)),
    "SO2": (("S", 0, -0.1), ("O", -0.8, 0.3), ("O", 0.8, 0.3)),
    "H2O2": (("O", -0.42, 0), ("O", 0.42, 0), ("H", -0.86, -0.5), ("H", 0.86, 0.5)),
    "O3": (("O", 0, -0.24), ("O", -0.72, 0.24), ("O", 0.72, 0.24)),
    "CH4": (("C", 0, 0), ("H", -0.5, -0.5), ("H", 0.5, -0.5), ("H", -0.5, 0.5), ("H", 0.5, 0.5)),
    "NH3": (("N", 0, -0.1), ("H", -0.64, 0.2), ("H", 0.64, 0.2), ("H", 0, 0.6)),
    "C6H12O6": (
        *(("O" if n == 0 else "C", 1.1 * math.cos(n * math.pi / 3), 1.1 * math.sin(n * math.pi / 3))
          for n in range(6)),
        *(("C" if n == 5 else "O", 1.9 * math.cos(n * math.pi / 3), 1.9 * math.sin(n * math.pi / 3))
          for n in range(1, 6)),
    ),
}  # fmt: skip
"""Formula -> its atoms in a plane, in units of about an atom's width."""


def radius_of(element: str) -> float:
    """The radius of an atom, in the units of `SHAPES`."""
    return _RADII.get(element, 0.54)


def shape_of(formula: str, atoms: Mapping[str, int]) -> tuple[_Atom, ...]:
    """The atoms of a molecule with their places; in rows if the molecule has no shape here.

    Args:
        atoms: number of atoms of each element.
    """
    if formula in SHAPES:
        return SHAPES[formula]
    if bonded := _bonded(atoms):
        sizes = [radius_of(element) for element, _, _ in bonded]
        x, y = (
            (max(map(add, at, sizes)) + min(map(sub, at, sizes))) / 2
            for at in ([a for _, a, _ in bonded], [b for _, _, b in bonded])
        )
        return tuple((element, a - x, b - y) for element, a, b in bonded)
    every = [element for element, count in atoms.items() for _ in range(count)]
    if len(every) == 2:
        apart = 0.86 * (radius_of(every[0]) + radius_of(every[1]))
        return (every[0], -apart / 2, 0.0), (every[1], apart / 2, 0.0)
    if len(every) > 2:
        # The element with one atom is in the middle, the others around it.
        single = [element for element, count in atoms.items() if count == 1]
        single.sort(key=lambda element: element in ("H", "O"))
        if single and len(every) <= 7:
            around = [element for element in every if element != single[0]]
            step = 2 * math.pi / len(around)
            return (
                *(
                    (e, 0.92 * math.cos(n * step - 2.6), 0.92 * math.sin(n * step - 2.6))
                    for n, e in enumerate(around)
                ),
                (single[0], 0.0, 0.0),
            )
    across = math.ceil(math.sqrt(len(every))) if len(every) > 3 else len(every)
    rows = math.ceil(len(every) / across)
    return tuple(
        (element, 0.88 * (n % across - (across - 1) / 2), 0.88 * (n // across - (rows - 1) / 2))
        for n, element in enumerate(every)
    )


def _bonded(atoms: Mapping[str, int]) -> tuple[_Atom, ...]:
    """Bases, acids and salts with oxygen, and hydrocarbons, as they are bonded; () for others."""
    oxygens, others = atoms.get("O", 0), {e: n for e, n in atoms.items() if e != "O"}
    if oxygens == 1 and sum(others.values()) == 2 and len(others) == 2:
        first, last = sorted(others, key=lambda element: element == "H")
        return ("O", 0, 0), (first, -0.88, 0), (last, 0.72, -0.3)
    if set(others) == {"C", "H"} and oxygens < 2:
        full = others["H"] == 2 * others["C"] + 2
        if full if oxygens else others["C"] > 1:
            return _chain(others["C"], others["H"], alcohol=oxygens == 1)
    for middle in (e for e in _CENTRES if others.get(e) == 1):
        outer = [e for e, n in others.items() if e != middle for _ in range(n)]
        if outer and len(outer) <= oxygens >= (3 if middle == "C" else 2):
            return _around(middle, oxygens, outer)
    metals = [element for element in others if element != "H"]
    if len(metals) == 1 and others[metals[0]] == 1 and others.get("H") == oxygens > 1:
        return _around(metals[0], oxygens, ["H"] * oxygens)
    return ()


def _around(middle: str, oxygens: int, outer: Sequence[str]) -> tuple[_Atom, ...]:
    """An atom, oxygens around it, and outside of these the others."""
    found: list[_Atom] = []
    for n in range(oxygens):
        angle = 2 * math.pi * n / oxygens - math.pi
        x, y = math.cos(angle), math.sin(angle)
        if n < len(outer):
            far = 0.92 + 0.8 * (radius_of("O") + radius_of(outer[n]))
            found.append((outer[n], far * x, far * y))
        found.append(("O", 0.92 * x, 0.92 * y))
    return (*found, (middle, 0.0, 0.0))


def _chain(carbons: int, hydrogens: int, *, alcohol: bool) -> tuple[_Atom, ...]:
    """Carbons in a row, with hydrogens at both ends, below and above, or an oxygen at an end."""
    xs = [0.84 * (n - (carbons - 1) / 2) for n in range(carbons)]
    places = [(xs[0] - 0.72, 0.0), (xs[-1] + 0.72, 0.0)]
    places += [(x, down) for down in (-0.72, 0.72) for x in xs]
    found: list[_Atom] = [("H", x, y) for x, y in places[:hydrogens]]
    if alcohol:
        end = places[1][0]
        found[1:2] = [("H", end + 0.6, -0.4), ("O", end + 0.1, 0.0)]
    return (*found, *(("C", x, 0.0) for x in xs))


def extent_of(shape: tuple[_Atom, ...]) -> tuple[float, float]:
    """Half the width and half the height of a molecule, in the units of `SHAPES`."""
    return (
        max(abs(x) + radius_of(element) for element, x, _ in shape),
        max(abs(y) + radius_of(element) for element, _, y in shape),
    )


def draw_atom(canvas: Canvas, element: str, x: float, y: float, unit: float) -> None:
    """Draw an atom around (x, y). `unit`: pixels per unit of `SHAPES`."""
    colour, radius = COLOURS.get(element, OTHER), radius_of(element) * unit
    canvas.circle(x, y, radius, colour, rim_of(colour), max(1.5, radius * 0.08))
    shine = (255, 255, 255)
    canvas.oval(
        x - radius * 0.34, y - radius * 0.4, radius * 0.3, radius * 0.2, shine, turn=-32, alpha=0.6
    )


def draw_molecule(
    canvas: Canvas, shape: tuple[_Atom, ...], x: float, y: float, unit: float
) -> None:
    """Draw a molecule around (x, y)."""
    for element, dx, dy in shape:
        draw_atom(canvas, element, x + dx * unit, y + dy * unit, unit)
