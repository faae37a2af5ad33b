"""The content of visuals, checked against the passages that their lines cite."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.support.pairs import passages, script
from vividly.lesson.grounding import DOUBT, VISUAL, Finding, check
from vividly.lesson.grounding.tex import TexReader
from vividly.lesson.scripting.gemini_kinds import WRITABLE
from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import shipped_visual
from vividly.model.lesson import Line, Passage, PassageSentence, Source
from vividly.model.visuals import EXAMPLES, Visual
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

CIRCUITS = "electric-circuits"
OWN = Source("Own words", "Test", "Nobody", "CC0")


def passage(*said: str, key: str = "test/one") -> Passage:
    return Passage(
        key, "test", "section", "One idea", 0, tuple(PassageSentence(say) for say in said), OWN
    )


def every(visual: Visual, *cited: Passage) -> list[Finding]:
    """The findings in a visual whose scene repeats its passages."""
    lines = [Line(s.say, None, (p.key,)) for p in cited for s in p.sentences]
    one = script(*lines)
    scene = replace(one.scenes[0], kind=visual.kind, visual=visual)
    everything = (*passages(CIRCUITS), *cited)
    findings = check(replace(one, scenes=(scene,)), everything, bridge_interest=None)
    assert {finding.line for finding in findings} <= {VISUAL}, findings
    return list(findings)


def found(visual: Visual, *cited: Passage) -> list[Finding]:
    """What is refuted. Labels in other words than the passages' are open."""
    return [finding for finding in every(visual, *cited) if finding.kind != DOUBT]


def kinds(visual: Visual, *cited: Passage) -> list[str]:
    """The kinds of what is refuted; only a doubt if nothing is."""
    wrong = [finding.kind for finding in found(visual, *cited)]
    return wrong or [finding.kind for finding in every(visual, *cited)]


def circuits(*sections: str) -> tuple[Passage, ...]:
    wanted = [f"{CIRCUITS}/section/{section}" for section in sections]
    return tuple(p for p in passages(CIRCUITS) if p.key in wanted)


# -- equations --------------------------------------------------------------------------------

OHM = (
    EquationTerm("I", "current"),
    EquationTerm("V", "voltage"),
    EquationTerm("R", "resistance"),
)
MOTION = passage(
    "The final velocity equals the initial velocity plus the acceleration times the time.",
    "Velocity is measured in meters per second.",
)
SECOND_LAW = passage("Newton's second law says that the net force equals mass times acceleration.")


@pytest.mark.parametrize(
    "formula", [r"I = \frac{V}{R}", "V = I R", r"R = V / I", r"V = I \cdot R", "I R = V"]
)
def test_an_equation_may_be_turned_round(formula: str) -> None:
    assert kinds(EquationVisual(formula, OHM), *circuits("resistance")) == []


@pytest.mark.parametrize("formula", [r"I = V R", r"I = \frac{R}{V}", r"I = \frac{V^2}{R}", "R = V"])
def test_an_equation_of_nobodys_is_found(formula: str) -> None:
    assert kinds(EquationVisual(formula, OHM), *circuits("resistance")) == ["formula"]


def test_an_equation_may_stand_in_words_in_the_source() -> None:
    terms = (
        EquationTerm("v_f", "final velocity", "m/s"),
        EquationTerm("v_i", "initial velocity"),
        EquationTerm("a", "acceleration"),
        EquationTerm("t", "time"),
    )
    assert kinds(EquationVisual("v_f = v_i + a t", terms), MOTION) == []
    assert kinds(EquationVisual("v_f = v_i - a t", terms), MOTION) == ["formula"]
    force = (
        EquationTerm(r"F_{net}", "net force"),
        EquationTerm("m", "mass"),
        EquationTerm("a", "acceleration"),
    )
    for formula in (r"F_{net} = m a", r"\mathrm{net force} = \mathrm{mass} \times a"):
        assert kinds(EquationVisual(formula, force), SECOND_LAW) == []
    assert kinds(EquationVisual(r"F_{net} = \frac{m}{a}", force), SECOND_LAW) == ["formula"]


def test_a_symbol_that_no_source_names_and_a_unit_that_none_measures_in() -> None:
    named = (*OHM[:2], EquationTerm("R", "electronegativity"))
    assert kinds(EquationVisual("V = I R", named), *circuits("resistance")) == [DOUBT]
    measured = (EquationTerm("V", "voltage", "kg"), *OHM[::2])
    (wrong,) = found(EquationVisual("V = I R", measured), *circuits("resistance"))
    assert wrong.kind == "number" and "leave the unit out" in wrong.message
    amps = (EquationTerm("I", "current", "A"), *OHM[1:])
    assert kinds(EquationVisual("V = I R", amps), *circuits("resistance", "current")) == []


def test_reactions() -> None:
    water = passage("Hydrogen and oxygen make water: 2H₂ + O₂ → 2H₂O.")
    terms = (EquationTerm(r"\mathrm{H_2O}", "water"),)

    def reaction(formula: str) -> list[str]:
        return kinds(EquationVisual(formula, terms), water)

    assert reaction(r"\mathrm{2H_2 + O_2 \rightarrow 2H_2O}") == []
    assert reaction(r"\mathrm{H_2 + O_2 \rightarrow H_2O}") == ["formula"]
    assert reaction(r"\mathrm{2H_2O \rightarrow 2H_2 + O_2}") == ["formula"]
    assert reaction(r"\mathrm{2H_2 + O_2 \rightarrow 2H_2O_2}") == ["formula"]


def test_a_sum_must_come_out_of_given_numbers() -> None:
    given = passage("A loop holds resistors of 2 ohms and 4 ohms, which make 6 ohms in total.")
    terms = (EquationTerm("6", "total"),)
    assert kinds(EquationVisual("2 + 4 = 6", terms), given) == []
    assert kinds(EquationVisual("2 + 4 = 8", terms), given) == ["number"]
    hidden = (EquationTerm("8", "total"),)
    assert kinds(EquationVisual("2 + 4 = 8", hidden), given) == ["number"]
    assert kinds(EquationVisual("3 + 3 = 6", terms), given) == ["number"]


@pytest.mark.parametrize(
    ("source", "signs", "literal"),
    [
        ("F = m a", "F = m * a", "F = ma"),
        (r"v = \frac{d}{t}", "v = d/t", "v = d/t"),
        (r"a = \frac{v_f - v_i}{t}", "a = (v9 - v8)/t", "a = (vf - vi)/t"),
        (r"E = \frac{1}{2} m v^{2}", "E = 1/2 * m * v^2", "E = 1/2mv^2"),
        (r"c = \sqrt{a^2 + b^2}", "c = √(a^2 + b^2)", "c = √(a^2 + b^2)"),
        (r"\left( a + b \right)^2", "(a + b)^2", "(a + b)^2"),
        (r"\sqrt[3]{x}", "(x)^(1/3)", "(x)^(1/3)"),
        (r"n_1 \sin\theta_1", "n1 * sin θ1", "n1 sin θ1"),
        (r"\mathrm{Ca^{2+} + CO_3^{2-}}", "Ca^2+ + CO3^2-", "Ca^2+ + CO3^2-"),
        (r"\text{net force}", "net force", "net force"),
        (r"3.0 \times 10^{8}\,\mathrm{m/s}", "3.0 * 10^8 * m/s", "3.0 * 10^8m/s"),
        (r"90^\circ", "90°", "90°"),
        (r"-\log [\mathrm{H^+}]", "- log (H^+)", "- log [H^+]"),
        (r"\vec{F} \approx \bar{x}", "F ≈ x", "F ≈ x"),
    ],
)
def test_formulas_in_tex_are_read(source: str, signs: str, literal: str) -> None:
    assert TexReader().read(source) == signs
    assert TexReader(literal=True).read(source) == literal


@pytest.mark.parametrize("source", ["{", "}", "\\frac", "^", "_", "\\sqrt[", "}{}", "\\", ""])
def test_no_formula_is_too_broken_to_be_read(source: str) -> None:
    TexReader().read(source)


# -- texts ------------------------------------------------------------------------------------

LOOP = circuits("loop")
SERIES = circuits("series-parallel")
SAID: list[tuple[Visual, tuple[Passage, ...]]] = [
    (Definition("current", "the charge that passes a point each second"), circuits("current")),
    (
        Process((Step("Open a switch"), Step("Current stops", "all around the loop"))),
        LOOP,
    ),
    (
        Cycle((Step("Source"), Step("Wires"), Step("Device such as a lamp"))),
        LOOP,
    ),
    (
        Comparison(
            "Series",
            "Parallel",
            (
                ComparisonRow("Path", "one shared path", "a path for each lamp"),
                ComparisonRow("A lamp breaks", "stops them all", "the others stay lit"),
            ),
        ),
        SERIES,
    ),
    (
        Vectors((Arrow("Electrons", 3, 180), Arrow("Current", 3, 0)), "Wire"),
        circuits("current"),
    ),
]
INVENTED: list[tuple[Visual, tuple[Passage, ...], str]] = [
    (Definition("current", "a stream of photons in glass"), circuits("current"), DOUBT),
    (
        Process((Step("Open a switch"), Step("Lightning strikes", "the chimney"))),
        LOOP,
        DOUBT,
    ),
    (Process((Step("Open a switch"), Step("Current stops", "after 40 s"))), LOOP, "number"),
    (Process((Step("Open a switch"), Step("That Faraday saw"))), LOOP, "name"),
    (Cycle((Step("Source"), Step("Wires"), Step("H₃PO₄ device"))), LOOP, "formula"),
    (
        Vectors((Arrow("Electrons", 3, 180), Arrow("Magnetic field", 3, 0)), "Wire"),
        circuits("current"),
        DOUBT,
    ),
    (
        Comparison(
            "Series",
            "Parallel",
            (
                ComparisonRow("Path", "a path for each lamp", "one shared path"),
                ComparisonRow("A lamp breaks", "stops them all", "the others stay lit"),
            ),
        ),
        SERIES,
        DOUBT,
    ),
]


@pytest.mark.parametrize(("visual", "cited"), SAID, ids=lambda v: getattr(v, "kind", ""))
def test_what_the_passages_say_may_be_drawn(visual: Visual, cited: tuple[Passage, ...]) -> None:
    assert found(visual, *cited) == []


def test_labels_in_the_words_of_the_passages_are_certain() -> None:
    told = passage("Open the switch, and the current stops all around the loop.")
    assert every(Process((Step("Open the switch"), Step("The current stops"))), told) == []
    denied = passage("Open the switch, and the current never flows.")
    assert kinds(Process((Step("Open the switch"), Step("Current flows"))), denied) == [DOUBT]


@pytest.mark.parametrize(("visual", "cited", "kind"), INVENTED)
def test_what_they_do_not_say_is_found(
    visual: Visual, cited: tuple[Passage, ...], kind: str
) -> None:
    assert kind in kinds(visual, *cited)


def test_a_timeline_tells_the_years_of_the_source() -> None:
    told = passage(
        "Galileo studied falling bodies in 1604.", "Newton published his three laws in 1687."
    )

    def line(year: str) -> list[str]:
        events = (Event("1604", "Galileo studies falling bodies"), Event(year, "Newton's laws"))
        return kinds(Timeline(events), told)

    assert line("1687") == [DOUBT] and "number" in line("1690")


# -- numbers ----------------------------------------------------------------------------------

SPEEDS = passage(
    "A cheetah runs at 30 meters per second.",
    "A horse reaches 20 meters per second.",
    "A sprinter gets to 10 meters per second.",
)


def bars(unit: str, **values: float) -> Chart:
    points = tuple(Point(name.capitalize(), value) for name, value in values.items())
    return Chart("bar", f"Speed ({unit})", points, "Animal")


def test_the_values_of_a_chart_stand_in_the_source_with_their_unit() -> None:
    assert found(bars("m/s", cheetah=30, horse=20, sprinter=10), SPEEDS) == []
    assert found(bars("km/h", cheetah=108, horse=72), SPEEDS) == []
    (wrong,) = found(bars("m/s", cheetah=30, horse=22), SPEEDS)
    assert (wrong.kind, wrong.what, wrong.line) == ("number", "22 m / s", VISUAL)
    assert kinds(bars("km/h", cheetah=30, horse=20), SPEEDS) == ["number", "number"]


def test_values_that_changed_places_are_found() -> None:
    changed = found(bars("m/s", cheetah=20, horse=30, sprinter=10), SPEEDS)
    assert [finding.kind for finding in changed] == ["number", "number"]
    assert "for something else" in changed[0].message


def test_the_unit_of_a_chart_may_be_a_large_number() -> None:
    people = passage("Nigeria has 0.2 billion people.", "India has 1.4 billion people.")
    points = (Point("Nigeria", 0.2), Point("India", 1.4))
    assert found(Chart("bar", "People (billions)", points, "Country"), people) == []
    points = (Point("Nigeria", 200_000_000), Point("India", 1_400_000_000))
    assert found(Chart("bar", "People", points, "Country"), people) == []


def test_both_numbers_of_a_line_chart_stand_in_the_source() -> None:
    fall = passage("After 1 second it falls at 9.8 m/s.", "After 2 seconds it falls at 19.6 m/s.")

    def chart(*points: tuple[str, float]) -> list[str]:
        shown = tuple(Point(x, y) for x, y in points)
        return kinds(Chart("line", "Speed (m/s)", shown, "Time (s)"), fall)

    assert chart(("1", 9.8), ("2", 19.6)) == []
    assert chart(("1", 9.8), ("3", 19.6)) == ["number"]
    assert chart(("0", 0), ("1", 9.8)) == ["number", "number"]


def test_the_marks_of_a_number_line_stand_in_the_source_and_its_ends_need_not() -> None:
    water = passage("Water freezes at 0 degrees Celsius.", "Water boils at 100 degrees Celsius.")

    def line(*marks: Mark) -> list[str]:
        return kinds(NumberLine(-20, 120, 20, marks, "°C"), water)

    assert line(Mark(0, "Freezes"), Mark(100, "Boils")) == []
    assert line(Mark(0, "Freezes"), Mark(90, "Boils")) == ["number"]
    assert line(Mark(100, "Freezes"), Mark(0, "Boils")) == ["number", "number"]


def test_how_long_an_arrow_is_needs_no_source_but_what_it_is_called_does() -> None:
    pushed = passage("Gravity pulls the box down, and the table pushes it up with 50 newtons.")
    up = Arrow("Table pushes: 50 N", 7.25, 90)
    assert found(Vectors((Arrow("Gravity", 7.25, 270), up), "Box"), pushed) == []
    wrong = Arrow("Gravity: 60 N", 7.25, 270)
    assert kinds(Vectors((wrong, up), "Box"), pushed) == ["number"]


def supporting(visual: Visual) -> Passage:
    """A passage that says all that a visual shows."""
    told = [f"There is {text}." for text in (*visual.stated(), *visual.named())]
    told += [f"{each.name or 'One'} has {each.number} {each.unit}." for each in visual.amounts()]
    return passage(*told)


ELSEWHERE = passage("Whales sing to each other below the ice.", "They hear it from far away.")


@pytest.mark.parametrize("kind", [kind for kind in WRITABLE if kind != "equation"])
def test_what_a_kind_shows_must_stand_in_its_sources(kind: str) -> None:
    visual = EXAMPLES[kind]
    assert found(visual, supporting(visual)) == []
    assert every(visual, ELSEWHERE)


@pytest.mark.parametrize("kind", ["circuit", "energy", "triangle", "plot", "scale", "ratio", "rays",
                                  "dots", "forces", "chart", "number_line"])  # fmt: skip
def test_the_numbers_of_a_kind_must_stand_in_its_sources(kind: str) -> None:
    visual = EXAMPLES[kind]
    words = [f"There is {text}." for text in (*visual.stated(), *visual.named())]
    other = passage(*(re.sub(r"\d+(\.\d+)?", "77777", text) for text in words))
    assert "number" in kinds(visual, other)


# -- what it rests on -------------------------------------------------------------------------


def test_a_visual_rests_on_what_the_lines_of_its_scene_cite() -> None:
    equation = EquationVisual("V = I R", OHM)
    assert "formula" in kinds(equation, *circuits("loop"))
    assert found(equation, *circuits("loop", "resistance")) == []


def test_a_figure_is_the_sources_own() -> None:
    picture = Figure("a.png", "A diagram by Edison, 1879", "OpenStax", "As drawn by Edison")
    assert found(picture, *circuits("loop")) == []


def test_each_fault_is_told_once() -> None:
    step = Step("Current stops", "after 40 s")
    assert kinds(Process((step, step)), *circuits("loop")).count("number") == 1


def test_what_the_cited_section_draws_itself_is_its_own() -> None:
    drawing = [
        p
        for topic_id in load_topics()
        for p in passages(topic_id)
        if p.kind == "section" and shipped_visual(p.key)
    ]
    for section in drawing:
        visual = shipped_visual(section.key)
        assert visual and found(visual, section) == []
