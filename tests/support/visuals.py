"""Visuals of every kind, with plain words and with the most awkward ones that the schema allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

from vividly.model.lesson import Line, Scene
from vividly.model.visuals import Visual
from vividly.model.visuals.areas import Area, Areas
from vividly.model.visuals.atom import Atom
from vividly.model.visuals.chart import Chart, Point
from vividly.model.visuals.circuit import Circuit, Component
from vividly.model.visuals.comparison import Comparison, ComparisonRow
from vividly.model.visuals.cycle import Cycle
from vividly.model.visuals.definition import Definition
from vividly.model.visuals.dots import Dots, Measure, Row
from vividly.model.visuals.energy import Energy, Moment
from vividly.model.visuals.equation import EquationTerm, EquationVisual
from vividly.model.visuals.exchange import Exchange
from vividly.model.visuals.figure import Figure
from vividly.model.visuals.food_web import Eater, FoodWeb
from vividly.model.visuals.forces import Force, Forces
from vividly.model.visuals.labelled import PLACES, Labelled, NamedPart
from vividly.model.visuals.layers import Layer, Layers
from vividly.model.visuals.number_line import Mark, NumberLine
from vividly.model.visuals.orbit import Orbit
from vividly.model.visuals.outcomes import Event as Counted
from vividly.model.visuals.outcomes import Outcomes
from vividly.model.visuals.pair import Pair
from vividly.model.visuals.particles import ParticleBox, Particles
from vividly.model.visuals.path import Path, PathMark
from vividly.model.visuals.periodic import Highlight, Periodic
from vividly.model.visuals.plates import PLACES as EDGES
from vividly.model.visuals.plates import PlateMark, Plates
from vividly.model.visuals.plot import Curve, Plot, PlotMark
from vividly.model.visuals.process import Process, Step
from vividly.model.visuals.ratio import Ratio, Share
from vividly.model.visuals.rays import PLACES as RAYS
from vividly.model.visuals.rays import RayMark, Rays
from vividly.model.visuals.reaction import Reaction, Substance
from vividly.model.visuals.scale import Scale, ScaleMark
from vividly.model.visuals.scenery import FLOWS, Flow, Scenery
from vividly.model.visuals.timeline import Event, Timeline
from vividly.model.visuals.triangle import Triangle
from vividly.model.visuals.vectors import Arrow, Vectors
from vividly.model.visuals.wave import Wave, WaveMark
from vividly.model.visuals.wiring import Wiring

UGLY_WORDS = (
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "6 CO₂ + 6 H₂O → C₆H₁₂O₆ + 6 O₂ ⇌ ∇·E ∝ ρ",
    "光合作用は植物が光を使う仕組みです。とても大事です。",
    "عملية التمثيل الضوئي هي العملية التي تستخدم بها النباتات الضوء",
    "😀🏀 ¿Qué es la fotosíntesis? ñ á ü 안녕하세요 नमस्ते",
    "WWWWWWWWWW MMMMMMMMMM WWWWWWWWWW MMMMMMMMMM WWWWWWWWWW MMMMMMMMMM WWWWWWWWWW",
    "-" * 200,
    "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p q r s",
)

Words = Callable[[int], str]
"""A text of at most so many characters."""


def ugly(start: int = 0) -> Words:
    """Awkward words in turn, starting with number `start`."""
    turn: Iterator[str] = cycle((*UGLY_WORDS[start:], *UGLY_WORDS[:start]))
    return lambda most: next(turn)[:most].strip() or "-"


def plain(most: int) -> str:
    """Words as a teacher would choose them."""
    return "light and water"[:most]


WAVE_PLACES = ("wavelength", "amplitude", "crest", "trough", "travel", "particle")
STATES = ("solid", "liquid", "gas")


def steps(words: Words, count: int) -> tuple[Step, ...]:
    """So many steps with pictures."""
    return tuple(Step(words(40), words(80), "H2O") for _ in range(count))


def every_visual(words: Words, image: str = "figures/leaf.png") -> tuple[Visual, ...]:
    """Visuals of each kind, with the maximum number of parts."""
    return (
        Definition(words(40), words(160), words(120)),
        EquationVisual(
            r"F_{net} = \frac{m_1 m_2}{\sqrt{1 - v^2 / c^2}} \cdot a + \sum_{i=0}^{n} x_i",
            tuple(
                EquationTerm(s, words(40), words(16)) for s in ("F_{net}", "m_1", "v", "a", "x_i")
            ),
        ),
        Process(tuple(Step(words(40), words(80), "leaf") for _ in range(5))),
        Cycle(tuple(Step(words(40), words(80), "CO2") for _ in range(6))),
        Comparison(
            words(40),
            words(40),
            tuple(ComparisonRow(words(40), words(80), words(80)) for _ in range(4)),
        ),
        Timeline(tuple(Event(words(20), words(80)) for _ in range(6))),
        Chart("bar", words(40), tuple(Point(words(20), n - 2.5) for n in range(8)), words(40)),
        Chart(
            "line",
            words(40),
            tuple(Point(str(n * n), 123456.789 * n) for n in range(8)),
            words(40),
        ),
        NumberLine(
            -1000,
            1400,
            100,
            tuple(Mark(v, words(40)) for v in (-990, -980, 0, 20, 1390, 1400)),
            words(16),
        ),
        Vectors(
            tuple(
                Arrow(words(40), m, d) for m, d in ((9, 0), (3, 180), (5, 90), (5, 270), (4, 30))
            ),
            words(30),
            words(40),
        ),
        Pair(tuple(Step(words(40), words(80), "ice") for _ in range(3)), "becomes"),
        Exchange(words(40), "leaf", steps(words, 3), steps(words, 3)),
        Reaction(
            (Substance(4, "NH3", words(30)), Substance(3, "O2", words(30))),
            (Substance(2, "N2", words(30)), Substance(6, "H2O", words(30))),
        ),
        Wave("transverse", tuple(WaveMark(place, words(40)) for place in WAVE_PLACES), 3),
        Wave(
            "longitudinal",
            tuple(WaveMark(place, words(40)) for place in WAVE_PLACES if place != "amplitude"),
        ),
        Circuit(
            "series",
            words(40),
            9,
            (
                Component("switch", words(40)),
                Component("resistor", words(40), 100),
                Component("lamp", words(40), 200),
                Component("ammeter", words(40)),
            ),
            words(30),
        ),
        Circuit(
            "parallel",
            words(40),
            12,
            tuple(Component("lamp", words(40), ohms) for ohms in (10, 20, 30, 40)),
            words(30),
        ),
        Forces(
            (
                Force(words(40), 20, "down"),
                Force(words(40), 17.3, "away"),
                Force(words(40), 6, "uphill"),
            ),
            slope=30,
            net=words(30),
        ),
        Particles(tuple(ParticleBox(s, words(40), words(80), 2, 3) for s in STATES)),
        Orbit("phases", tuple(words(40) for _ in range(8))),
        Orbit("seasons", tuple(words(40) for _ in range(4))),
        Atom("Ca", words(40), tuple(words(40) for _ in range(4))),
        Areas(tuple(Area(n, 12, words(40), words(80), n) for n in (2, 3, 5, 12))),
        Energy(
            (words(40), words(40), words(40)),
            tuple(Moment(words(40), (100 - n, n, 0), "ball") for n in (0, 30, 60, 100)),
            words(8),
        ),
        FoodWeb(
            (
                Eater(words(40), 1, "grass"),
                Eater(words(40), 1, "tree"),
                Eater(words(40), 2, "insect", (1, 2)),
                Eater(words(40), 2, "mouse", (1,)),
                Eater(words(40), 3, "bird", (3,)),
                Eater(words(40), 3, "snake", (4,)),
                Eater(words(40), 4, "hawk", (4, 5, 6)),
                Eater(words(40), 4, "fox", (4,)),
            )
        ),
        Layers("round", tuple(Layer(words(40), "red", words(80)) for _ in range(6))),
        Layers("flat", tuple(Layer(words(40), "blue", words(80)) for _ in range(6))),
        Triangle(4, 3, (words(40), words(40), words(40)), False, words(30), words(8)),
        Triangle(4, 3, (words(40), words(40), words(40)), True),
        Path("thrown", tuple(PathMark(place, words(40)) for place in ("start", "top", "end"))),
        Path("fall", tuple(PathMark(place, words(40)) for place in ("start", "way", "end"))),
        Plot(
            (
                Curve("parabola", 1, -4, 1, words(40)),
                Curve("line", 2, -3, 0, words(40)),
                Curve("sine", 3, 90),
            ),
            -1,
            5,
            words(40),
            words(40),
            (
                PlotMark(2, words(40)),
                PlotMark(1, words(40), 3, 2),
                PlotMark(-1, words(40), None, 3),
            ),
        ),
        Plot((Curve("growth", 1000, 3),), 0, 9, words(40), words(40), (PlotMark(8, words(40)),)),
        *(
            Labelled(name, tuple(NamedPart(place, words(40)) for place in places))
            for name, places in PLACES.items()
        ),
        *(
            Scenery(stage, tuple(Flow(flow, words(40)) for flow in flows[:7]))
            for stage, flows in FLOWS.items()
        ),
        Scale(
            "ph",
            tuple(ScaleMark(v, words(40), "drop") for v in (0, 6.9, 7, 7.1, 14, 3)),
            words(24),
            words(24),
        ),
        Scale(
            "wavelength",
            tuple(ScaleMark(v, words(40)) for v in (1e-12, 1e-9, 4e-7, 7e-7, 0.1, 1e4)),
        ),
        Periodic(
            (
                Highlight(words(40), "metals"),
                Highlight(words(40), "noble_gases"),
                Highlight(words(40), "", ("H",)),
                Highlight(words(40), "halogens"),
            ),
            words(40),
            words(40),
        ),
        Dots(
            (Row(words(40), (1, 1, 1, 2, 3, 400)), Row(words(40), (-100, 5, 5, 5))),
            words(40),
            (Measure("mean", words(40)), Measure("median", words(40)), Measure("mode", words(40))),
        ),
        Ratio(
            tuple(Share(words(40), n, "drop") for n in (1, 3, 5, 16)), 1234.5, words(12), words(30)
        ),
        Outcomes(
            tuple("123456"),
            (Counted(words(40), ("7",)), Counted(words(40), ("2", "3"))),
            tuple("123456"),
            "sum",
            words(30),
            words(30),
        ),
        *(
            Rays(element, tuple(RayMark(place, words(40)) for place in places))
            for element, places in RAYS.items()
        ),
        *(
            Plates(boundary, tuple(PlateMark(place, words(40)) for place in places))
            for boundary, places in EDGES.items()
        ),
        Wiring(3, words(40), words(40), words(80), words(80), True),
        Figure(image, words(400), words(200), words(120)),
    )


def visual_scene(visual: Visual, heading: str, words: Words) -> Scene:
    """A scene whose lines name each part in turn."""
    parts = range(1, visual.part_count + 1)
    lines = tuple(Line("Say this.", words(64), part=part) for part in parts)
    return Scene(visual.kind, heading, lines, visual=visual)
