"""The last step of a script: scenes without usable data become explanations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.pairs import script
from vividly.lesson.scripting.visuals import (
    as_explanation,
    drawable,
    first_words,
    with_usable_visuals,
)
from vividly.model.lesson import Line, Scene, SceneKind
from vividly.model.visuals import Visual
from vividly.model.visuals.chart import Chart, Point
from vividly.model.visuals.comparison import Comparison, ComparisonRow
from vividly.model.visuals.cycle import Cycle
from vividly.model.visuals.definition import Definition
from vividly.model.visuals.equation import EquationTerm, EquationVisual
from vividly.model.visuals.figure import Figure
from vividly.model.visuals.number_line import Mark, NumberLine
from vividly.model.visuals.process import Process, Step
from vividly.model.visuals.timeline import Event, Timeline
from vividly.model.visuals.vectors import Arrow, Vectors

STEPS = (Step("Light comes in"), Step("Water splits"), Step("Sugar is made"))
EVERY: tuple[Visual, ...] = (
    Definition("Force", "a push or a pull", "a kick"),
    EquationVisual(r"F = m a", (EquationTerm("F", "force", "N"), EquationTerm("m", "mass"))),
    Process(STEPS),
    Cycle(STEPS),
    Comparison(
        "Series",
        "Parallel",
        (ComparisonRow("Paths", "one", "many"), ComparisonRow("Lamps", "", "x")),
    ),
    Timeline((Event("1687", "Laws of motion"), Event("1905", ""))),
    Chart("bar", "Speed (m/s)", (Point("Horse", 20), Point("Dog", 10)), "Animal"),
    NumberLine(-10, 110, 10, (Mark(0, "Freezes"), Mark(100, "Boils")), "°C"),
    Vectors((Arrow("Gravity", 3, 270), Arrow("Push", 4, 0)), "Box", "Net force"),
    Figure("a.png", "A leaf", "OpenStax", "A leaf from below"),
)
BY_KIND = {visual.kind: visual for visual in EVERY}
SAID = "The first thing that happens is that light comes in, and it is taken up by the leaf."


def scene(kind: SceneKind, visual: Visual | None, *lines: Line) -> Scene:
    return Scene(kind, "One idea", lines or (Line(SAID, "Light", ("k",), 1),), visual=visual)


def looked_at(one: Scene) -> tuple[Scene, tuple[str, ...]]:
    scenes, notes = with_usable_visuals([scene("title", None), one])
    return scenes[1], notes


# -- what stays -------------------------------------------------------------------------------


@pytest.mark.parametrize("visual", EVERY, ids=lambda visual: visual.kind)
def test_usable_visuals_stay_as_they_are(visual: Visual) -> None:
    one = scene(visual.kind, visual)
    assert looked_at(one) == (one, ())


@pytest.mark.parametrize("visual", EVERY, ids=lambda visual: visual.kind)
def test_an_explanation_with_a_visual_is_of_the_kind_of_that(visual: Visual) -> None:
    assert looked_at(scene("explanation", visual)) == (scene(visual.kind, visual), ())


def test_a_part_on_screen_is_enough() -> None:
    one = scene("process", BY_KIND["process"], Line(SAID, None, ("k",), 2))
    assert looked_at(one) == (one, ())


def test_explanations_stay_as_they_are() -> None:
    one = scene("explanation", None, Line(SAID, "Light", ("k",)))
    assert looked_at(one) == (one, ())


# -- scenes that become explanations ----------------------------------------------------------

CHART = BY_KIND["chart"]
UNUSABLE: list[tuple[SceneKind, Visual | None, str]] = [
    ("equation", None, "equation without data"),
    ("number_line", None, "number line without data"),
    ("equation", CHART, "equation with the data of a chart"),
    ("chart", BY_KIND["number_line"], "chart with the data of a number line"),
    (
        "equation",
        EquationVisual(r"F = \frac{m", (EquationTerm("F", "force"),)),
        "equation that cannot be typeset",
    ),
    (
        "chart",
        Chart("line", "Speed (m/s)", (Point("2", 1), Point("1", 2)), "Time (s)"),
        "chart that cannot be drawn (the points of a line chart are not in the order of x)",
    ),
    ("process", Process(STEPS[:1]), "process with data out of bounds"),
    ("process", Process((Step("x" * 41), STEPS[0])), "process with data out of bounds"),
    (
        "chart",
        Chart("bar", "Speed", (Point("Horse", float("nan")), Point("Dog", 1))),
        "chart with data out of bounds",
    ),
]


@pytest.mark.parametrize(("kind", "visual", "why"), UNUSABLE)
def test_what_cannot_be_drawn_is_an_explanation_and_noted(
    kind: SceneKind, visual: Visual | None, why: str
) -> None:
    after, notes = looked_at(scene(kind, visual))
    assert after == scene("explanation", None, Line(SAID, "Light", ("k",)))
    assert notes == (f"scene 2: {why}, shown as an explanation",)


def test_a_visual_that_no_line_brings_on_screen_shows_its_labels_instead() -> None:
    visual = BY_KIND["process"]
    after, notes = looked_at(scene("process", visual, Line(SAID, None, ("k",))))
    assert notes == ("scene 2: process that no line brings on screen, shown as an explanation",)
    assert after.kind == "explanation" and after.visual is None
    assert [line.show for line in after.lines] == [
        "The first thing that happens is that light comes in"
    ]


def test_notes_never_quote_what_was_written() -> None:
    secret = r"\secret{Ann}"
    broken = EquationVisual(secret, (EquationTerm(secret, "Ann"),))
    _, notes = looked_at(scene("equation", broken, Line("Ann said so.", "Ann", ("k",), 1)))
    assert notes and "Ann" not in "".join(notes) and "secret" not in "".join(notes)


@pytest.mark.parametrize("kind", ["title", "worked_example", "takeaways", "check", "answer"])
def test_scenes_that_explain_nothing_draw_nothing(kind: SceneKind) -> None:
    after, notes = looked_at(scene(kind, CHART))
    assert after.kind == kind and after.visual is None and after.lines[0].part is None
    name = kind.replace("_", " ")
    assert notes == (f"scene 2: {name} with a visual, which is left out",)


@pytest.mark.parametrize("part", [0, -1, 4, 99])
def test_parts_that_there_are_not_are_none(part: int) -> None:
    lines = (Line(SAID, "Light", ("k",), 1), Line("Then more.", None, ("k",), part))
    after, notes = looked_at(scene("process", Process(STEPS), *lines))
    assert [line.part for line in after.lines] == [1, None] and notes == ()


# -- what is shown instead --------------------------------------------------------------------


def test_lines_that_spoke_of_a_part_show_its_label() -> None:
    lines = (
        Line("Look at this.", None, ()),
        Line(SAID, None, ("k",), 1),
        Line("Then water is split.", None, ("k",), 2),
    )
    after = as_explanation(scene("process", Process(STEPS), *lines))
    assert [line.show for line in after.lines] == [None, "Light comes in", "Water splits"]
    assert after.visual is None and not any(line.part for line in after.lines)


def test_labels_at_fault_are_not_shown() -> None:
    lines = (Line("Look at this.", None, ()), Line("Water is split.", None, ("k",), 2))
    after = as_explanation(scene("process", Process(STEPS), *lines), labelled=False)
    assert [line.show for line in after.lines] == [None, "Water is split"]


def test_what_was_shown_before_is_shown_after() -> None:
    lines = (Line(SAID, "Light!", ("k",), 1), Line("Then water is split.", None, ("k",), 2))
    after = as_explanation(scene("process", Process(STEPS), *lines))
    assert [line.show for line in after.lines] == ["Light!", None]


def test_an_explanation_that_shows_nothing_shows_how_it_begins() -> None:
    after, notes = looked_at(scene("explanation", None, Line("Water splits.", " ", ("k",))))
    assert after.lines[0].show == "Water splits" and notes == ()


@pytest.mark.parametrize("visual", EVERY, ids=lambda visual: visual.kind)
def test_every_part_has_a_label(visual: Visual) -> None:
    labels = visual.labels()
    assert len(labels) == visual.part_count and all(labels)


@pytest.mark.parametrize(
    ("say", "words"),
    [
        ("Water splits.", "Water splits"),
        ("It costs 1,000 joules, or more.", "It costs 1,000 joules"),
        ("So, the current stops all around it.", "So, the current stops all around it"),
        ("word " * 40, "word " * 11 + "word…"),
        ("x" * 80, "x" * 63 + "…"),
    ],
)
def test_first_words(say: str, words: str) -> None:
    assert first_words(say) == words and len(words) <= 64


def test_it_is_done_once_and_noted_on_the_script() -> None:
    one = script(Line(SAID, None, ("k",), 1))
    one = replace(one, notes=("before",), scenes=(replace(one.scenes[0], kind="chart"),))
    once = drawable(one)
    assert once.notes == ("before", "scene 1: chart without data, shown as an explanation")
    assert once.scenes[0].kind == "explanation" and once.scenes[0].lines[0].show
    assert drawable(once) == once
