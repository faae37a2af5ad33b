"""How molecules are drawn: every atom is there, beside the one that it is bonded to."""

from __future__ import annotations

import math
from collections import Counter

import pytest

from vividly.lesson.video.atoms import shape_of
from vividly.model.chemistry import atoms_of

FORMULAS = (
    "NaOH", "H2O2", "HNO3", "H2SO4", "CaCO3", "NaHCO3", "Na2CO3", "H3PO4", "Ca(OH)2", "Al(OH)3",
    "HClO", "KMnO4", "C2H4", "C3H8", "C2H5OH", "CH3OH", "Fe2O3", "N2O5", "MgCl2", "O2",
)  # fmt: skip


def nearest(formula: str, element: str) -> set[str]:
    """The elements that the atoms of an element stand closest to."""
    shape = shape_of(formula, atoms_of(formula))
    found = set()
    for at, (name, x, y) in enumerate(shape):
        if name == element:
            others = [atom for n, atom in enumerate(shape) if n != at]
            found.add(min(others, key=lambda atom: math.dist((x, y), atom[1:]))[0])
    return found


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_atom_is_drawn_in_a_place_of_its_own(formula: str) -> None:
    shape = shape_of(formula, atoms_of(formula))
    assert Counter(element for element, _, _ in shape) == atoms_of(formula)
    places = [(x, y) for _, x, y in shape]
    assert min(math.dist(a, b) for n, a in enumerate(places) for b in places[:n]) > 0.5


@pytest.mark.parametrize(
    ("formula", "element", "beside"),
    [
        ("NaOH", "H", {"O"}), ("NaOH", "Na", {"O"}), ("HClO", "H", {"O"}), ("H2SO4", "H", {"O"}),
        ("CaCO3", "Ca", {"O"}), ("NaHCO3", "Na", {"O"}), ("Al(OH)3", "H", {"O"}),
        ("H2O2", "H", {"O"}), ("C3H8", "H", {"C"}), ("C2H5OH", "O", {"C", "H"}),
        ("KMnO4", "Mn", {"O"}),
    ],
)  # fmt: skip
def test_atoms_stand_beside_those_they_are_bonded_to(
    formula: str, element: str, beside: set[str]
) -> None:
    assert nearest(formula, element) <= beside
