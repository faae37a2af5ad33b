"""Diagrams: what they compute, what they refuse, and how their labels are placed."""

from __future__ import annotations

import pytest

from vividly.lesson.scripting.visuals import drawable, script_showing
from vividly.lesson.video.design import Box, contrast
from vividly.lesson.video.slides.diagram import HUES, readable
from vividly.lesson.video.slides.labels import Tag, place, touch
from vividly.lesson.video.themes import SUBJECTS, theme_of
from vividly.model.visuals import EXAMPLES
from vividly.model.visuals.areas import Area, Areas
from vividly.model.visuals.atom import Atom
from vividly.model.visuals.base import BaseVisual
from vividly.model.visuals.circuit import Circuit, Component
from vividly.model.visuals.energy import Energy, Moment
from vividly.model.visuals.food_web import Eater, FoodWeb
from vividly.model.visuals.forces import Force, Forces
from vividly.model.visuals.orbit import Orbit
from vividly.model.visuals.pair import Pair
from vividly.model.visuals.path import Path, PathMark
from vividly.model.visuals.process import Step
from vividly.model.visuals.reaction import Reaction, Substance
from vividly.model.visuals.triangle import Triangle
from vividly.model.visuals.wave import Wave, WaveMark

LAMPS = (Component("lamp", "A", 10), Component("lamp", "B", 20))


def test_a_current_is_computed_from_the_resistances() -> None:
    series = Circuit("series", "Battery", 9, LAMPS, "Current")
    assert series.sum() == "Current: 9 V ÷ 30 Ω = 0.3 A"
    parallel = Circuit("parallel", "Battery", 9, LAMPS, "Current")
    assert parallel.sum() == "Current: 0.9 A + 0.45 A = 1.35 A"
    opened = Circuit("series", "Battery", 9, (*LAMPS, Component("open_switch", "S")), "Current")
    assert opened.sum() == "Current: 0 A"


def test_a_net_force_is_computed_and_balance_is_zero() -> None:
    pushed = Forces((Force("Push", 50, "right"), Force("Friction", 20, "left")), net="Net")
    assert pushed.net_shown() == "Net 30 N"
    resting = Forces(
        (Force("Weight", 20, "down"), Force("N", 17.32, "away"), Force("F", 10, "uphill")),
        slope=30,
        net="Net",
    )
    assert resting.net_shown() == "Net 0 N"


@pytest.mark.parametrize(
    ("element", "charge", "electrons"),
    [("H", 0, (1,)), ("C", 0, (2, 4)), ("Na", 1, (2, 8)), ("Cl", -1, (2, 8, 8)),
     ("Ca", 0, (2, 8, 8, 2))],
)  # fmt: skip
def test_electrons_fill_shells(element: str, charge: int, electrons: tuple[int, ...]) -> None:
    assert Atom(element, "Nucleus", ("Shell",), charge).electrons() == electrons


def test_a_triangle_and_a_reaction_are_computed() -> None:
    assert Triangle(4, 3, ("a", "b", "c"), unit="m").shown(2) == "c = 5 m"
    assert Triangle(1, 1, ("a", "b", "c"), angle="angle").angle_shown() == "angle 45°"
    reaction = EXAMPLES["reaction"]
    assert isinstance(reaction, Reaction)
    assert reaction.balance() == "H 4 = 4, O 2 = 2"


CONTRADICTIONS: tuple[tuple[BaseVisual, str], ...] = (
    (Reaction((Substance(1, "H2"), Substance(1, "O2")), (Substance(1, "H2O"),)), "not balanced"),
    (Reaction((Substance(1, "Xy"),), (Substance(1, "Xy"),)), "no chemical formula"),
    (Circuit("series", "B", 9, (Component("switch", "S"),), "I"), "without any resistance"),
    (Circuit("parallel", "B", 9, (Component("switch", "S"),)), "short circuit"),
    (Energy(("A", "B"), (Moment("x", (5, 5)), Moment("y", (5, 3)))), "neither made nor lost"),
    (Energy(("A", "B"), (Moment("x", (5, 5)), Moment("y", (5,)))), "for each store"),
    (FoodWeb((Eater("A", 1), Eater("B", 1, "", (1,)))), "not above what it eats"),
    (FoodWeb((Eater("A", 2, "", (2,)), Eater("B", 1))), "comes before what it eats"),
    (Forces((Force("A", 5, "left"), Force("B", 6, "left"))), "the same way"),
    (Forces((Force("A", 5, "uphill"),)), "without a surface"),
    (Orbit("seasons", ("a", "b", "c", "d", "e")), "4 places"),
    (Atom("Na", "N", ("one", "two")), "3 shells"),
    (Atom("Fe", "N", ("one",)), "from hydrogen to calcium"),
    (Areas((Area(2, 2, "x", "", 5),)), "5 of 4 squares"),
    (Path("fall", (PathMark("top", "x"),)), "only a throw"),
    (Wave("longitudinal", (WaveMark("amplitude", "x"),)), "cannot be seen"),
    (Triangle(10, 1, ("a", "b", "c")), "too short"),
    (Pair((Step("a", "", "ice"), Step("b"))), "needs a picture"),
)


@pytest.mark.parametrize(("visual", "reason"), CONTRADICTIONS, ids=lambda value: str(value)[:24])
def test_a_visual_that_contradicts_itself_becomes_an_explanation(
    visual: BaseVisual, reason: str
) -> None:
    assert reason in (visual.problem() or "")
    script = drawable(script_showing(visual, "Heading"))
    assert script.scenes[0].kind == "explanation"
    assert "cannot be drawn" in script.notes[0]


@pytest.mark.parametrize("hue", HUES)
@pytest.mark.parametrize("subject", SUBJECTS)
def test_hues_are_legible_on_every_ground(subject: str, hue: str) -> None:
    theme = theme_of(subject)
    assert all(contrast(readable(theme, hue), ground) >= 4.5 for ground in theme.grounds)


def test_labels_make_room_for_each_other_and_for_what_they_must_not_cover() -> None:
    area, middle = Box(0, 0, 900, 500), (450.0, 250.0)
    blocked = [Box(460, 235, 900, 265)]
    placed = place([Tag(n, f"Label {n}", middle) for n in range(3)], area, blocked)
    assert placed is not None
    boxes = [each.box for each in placed]
    assert len({box.left for box in boxes} | {box.top for box in boxes}) > 2
    for at, box in enumerate(boxes):
        assert not touch(box, blocked[0], 0)
        assert not any(touch(box, other, 0) for other in boxes[:at])
        assert box.left >= 0 and box.right <= 900 and box.top >= 0 and box.bottom <= 500


def test_labels_without_room_are_not_placed() -> None:
    assert place([Tag(1, "Label", (50, 50))], Box(0, 0, 100, 100), [Box(0, 0, 100, 100)]) is None
