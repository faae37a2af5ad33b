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
from vividly.model.visuals.dots import Dots, Measure, Row
from vividly.model.visuals.energy import Energy, Moment
from vividly.model.visuals.food_web import Eater, FoodWeb
from vividly.model.visuals.forces import Force, Forces
from vividly.model.visuals.labelled import Labelled, NamedPart
from vividly.model.visuals.orbit import Orbit
from vividly.model.visuals.outcomes import Event, Outcomes
from vividly.model.visuals.pair import Pair
from vividly.model.visuals.path import Path, PathMark
from vividly.model.visuals.periodic import TABLE, Highlight, Periodic
from vividly.model.visuals.plates import PlateMark, Plates
from vividly.model.visuals.plot import Curve, Plot, PlotMark
from vividly.model.visuals.process import Step
from vividly.model.visuals.ratio import Ratio, Share
from vividly.model.visuals.rays import RayMark, Rays
from vividly.model.visuals.reaction import Reaction, Substance
from vividly.model.visuals.scale import Scale, ScaleMark
from vividly.model.visuals.scenery import Flow, Scenery
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


def test_a_curve_has_its_formula_and_its_points_are_computed() -> None:
    plot = Plot(
        (Curve("line", 2, -3), Curve("parabola", -1, 0, 4), Curve("cosine", 1, 2)),
        0, 5, "x", "y", (PlotMark(1, "slope", 4), PlotMark(2, "zero", None, 2)),
    )  # fmt: skip
    assert plot.in_words() == (
        "y = 2x − 3", "y = −x² + 4", "y = cos 2x", "slope 6 ÷ 3 = 2", "zero (2, 0)",
    )  # fmt: skip
    assert plot.problem() is None


def test_light_keeps_the_laws_of_mirror_and_refraction() -> None:
    at = (RayMark("incoming", "in"), RayMark("outgoing", "out"))
    assert Rays("mirror", at, 40).in_words() == ("in 40°", "out 40°")
    assert Rays("glass", at, 30).in_words() == ("in 30°", "out 19°")


def test_chances_are_counted_and_amounts_are_multiplied() -> None:
    peas = Outcomes(("B", "b"), (Event("brown", ("BB", "Bb")), Event("blue", ("bb",))), ("B", "b"))
    assert peas.in_words() == ("brown: 3 / 4", "blue: 1 / 4")
    paint = Ratio((Share("blue", 2), Share("white", 3)), 50, "mL", "Paint")
    assert paint.in_words() == ("blue: 2 × 50 = 100 mL", "white: 3 × 50 = 150 mL",
                                "Paint: 5 × 50 = 250 mL")  # fmt: skip
    points = Dots((Row("A", (1, 2, 6)),), "Points", (Measure("mean", "mean"),))
    assert points.shown(points.measures[0]) == "mean 3"


def test_the_periodic_table_has_every_element_at_its_place() -> None:
    assert [TABLE[s] for s in ("H", "He", "Be", "B", "Sc", "Zn", "Lu", "Hf", "Og")] == [
        (1, 1), (18, 1), (2, 2), (13, 2), (3, 4), (12, 4), (3, 6), (4, 6), (18, 7),
    ]  # fmt: skip
    assert len(set(TABLE.values())) == len(TABLE) == 118 - 28
    assert Highlight("x", "halogens").symbols == ("F", "Cl", "Br", "I", "At", "Ts")


REFUSED: tuple[tuple[BaseVisual, str], ...] = (
    (Plot((Curve("inverse"),), -1, 1, "x", "y"), "no value"),
    (Plot((Curve("line"),), 0, 1, "x", "y", (PlotMark(2, "a"),)), "beyond the x axis"),
    (Labelled("eye", (NamedPart("nucleus", "a"),)), "has no nucleus: it has cornea"),
    (Scenery("air", (Flow("rain", "a"),)), "air has no rain"),
    (Scale("ph", (ScaleMark(15, "a"),)), "beyond the scale"),
    (Periodic((Highlight("a", "", ("Ce",)),)), "Ce is not in this table"),
    (Dots((Row("A", (3, 3)),), "x"), "all values are the same"),
    (Outcomes(("1", "2"), (Event("a", ("3",)),)), "no outcome of the grid"),
    (Rays("mirror", (RayMark("focus", "a"),)), "no focus"),
    (Plates("past", (PlateMark("trench", "a"),)), "no trench"),
)


@pytest.mark.parametrize(("visual", "why"), REFUSED, ids=lambda value: str(value)[:24])
def test_what_the_drawing_cannot_show_is_refused(visual: BaseVisual, why: str) -> None:
    assert why in (visual.problem() or "")
