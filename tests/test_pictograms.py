"""Pictograms: each name has its drawing, which is seen small and large, on light and on dark."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Box, Rgb
from vividly.lesson.video.pictograms import draw_picture, drawings
from vividly.lesson.video.themes import SUBJECTS, theme_of
from vividly.model.chemistry import atoms_of
from vividly.model.pictures import MOLECULES, PICTURES

LIGHT, DARK = (f(theme_of(subject).surface for subject in SUBJECTS) for f in (max, min))


def drawn(name: str, size: int, ground: Rgb) -> Image.Image:
    """A pictogram in the middle of a square of twice its size."""
    image = Image.new("RGB", (2 * size, 2 * size), ground)
    with Canvas(image, Box(0, 0, 2 * size, 2 * size)) as canvas:
        draw_picture(canvas, name, size, size, size)
    return image


def test_each_name_has_one_drawing() -> None:
    assert len(set(PICTURES)) == len(PICTURES)
    assert set(drawings()) | set(MOLECULES) == set(PICTURES)
    assert not set(drawings()) & set(MOLECULES)


@pytest.mark.parametrize("size", [60, 400])
@pytest.mark.parametrize("name", PICTURES)
def test_a_pictogram_is_seen_on_every_ground_and_stays_in_its_square(name: str, size: int) -> None:
    for ground in (LIGHT, DARK):
        differs = np.abs(np.asarray(drawn(name, size, ground), int) - ground).sum(axis=2)
        seen = differs > 60
        assert seen.mean() > 0.015, f"{name} is hardly seen on {ground}"
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        room = size / 2 - size * 0.04 - 1
        for line in (rows, columns):
            assert line[0] >= room and line[-1] <= 2 * size - room
        assert max(rows[-1] - rows[0], columns[-1] - columns[0]) > 0.6 * size


def test_the_same_picture_is_drawn_each_time() -> None:
    assert drawn("cell", 100, (9, 9, 9)).tobytes() == drawn("cell", 100, (9, 9, 9)).tobytes()


def test_a_canvas_changes_only_its_part_of_the_image() -> None:
    image = Image.new("RGB", (100, 100), (10, 20, 30))
    with Canvas(image, Box(20, 30, 60, 70)) as canvas:
        canvas.circle(40, 50, 80, (255, 255, 255))
    inside = image.crop((20, 30, 60, 70))
    assert inside.getcolors() == [(1600, (255, 255, 255))]
    assert sorted(image.getcolors() or []) == [(1600, (255, 255, 255)), (8400, (10, 20, 30))]


@pytest.mark.parametrize(
    ("formula", "atoms"),
    [
        ("H2O", {"H": 2, "O": 1}),
        ("Ca(OH)2", {"Ca": 1, "O": 2, "H": 2}),
        ("C6H12O6", {"C": 6, "H": 12, "O": 6}),
        ("Al2(SO4)3", {"Al": 2, "S": 3, "O": 12}),
    ],
)
def test_the_atoms_of_a_formula_are_counted(formula: str, atoms: dict[str, int]) -> None:
    assert atoms_of(formula) == atoms


@pytest.mark.parametrize("formula", ["", "h2o", "Xx", "H2O)", "(H2O", "H-O", "H0", "2H2"])
def test_what_is_no_formula_is_refused(formula: str) -> None:
    with pytest.raises(ValueError, match="no chemical formula"):
        atoms_of(formula)
