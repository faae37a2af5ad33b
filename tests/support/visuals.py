"""Visuals of every kind, with plain words and with the most awkward ones that the schema allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

from vividly.model.lesson import Line, Scene
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


def every_visual(words: Words, image: str = "figures/leaf.png") -> tuple[Visual, ...]:
    """One visual of each kind, with the maximum number of parts."""
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
        Chart("bar", words(40), words(40), tuple(Point(words(20), n - 2.5) for n in range(8))),
        Chart(
            "line",
            words(40),
            words(40),
            tuple(Point(str(n * n), 123456.789 * n) for n in range(8)),
        ),
        NumberLine(
            -1000,
            1400,
            100,
            tuple(Mark(v, words(40)) for v in (-990, -980, 0, 20, 1390, 1400)),
            words(16),
        ),
        Vectors(
            words(30),
            tuple(
                Arrow(words(40), m, d) for m, d in ((9, 0), (3, 180), (5, 90), (5, 270), (4, 30))
            ),
            words(40),
        ),
        Figure(image, words(400), words(200), words(120)),
    )


def visual_scene(visual: Visual, heading: str, words: Words) -> Scene:
    """A scene whose lines name each part in turn."""
    parts = range(1, visual.part_count + 1)
    lines = tuple(Line("Say this.", words(64), part=part) for part in parts)
    return Scene(visual.kind, heading, lines, visual=visual)
