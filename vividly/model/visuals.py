"""What a scene draws besides text: an equation, a process, a chart ..., as plain data.

A visual is made of parts (the terms of an equation, the steps of a process) which appear one
by one as they are spoken of. `vividly.lesson.video` draws them; nothing here knows how. A model
only ever fills in these fields: it never writes code, markup or drawing commands.

`usable` says what keeps a visual from being drawn; a scene without a usable one is shown as an
explanation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from vividly.model.formulas import formula_problem

Label = Annotated[str, Field(min_length=1, max_length=40)]
Detail = Annotated[str, Field(max_length=80)]
Unit = Annotated[str, Field(max_length=16)]
Formula = Annotated[str, Field(min_length=1, max_length=120)]
Number = Annotated[float, Field(allow_inf_nan=False)]


@dataclass(frozen=True)
class Definition:
    """A term and what it means. Parts: the meaning, then the example if there is one."""

    term: Label
    meaning: Annotated[str, Field(min_length=1, max_length=160)]
    example: Annotated[str, Field(max_length=120)] = ""
    kind: Literal["definition"] = "definition"


@dataclass(frozen=True)
class EquationTerm:
    """A symbol as it stands in the equation (TeX), its name, and its unit."""

    symbol: Annotated[str, Field(min_length=1, max_length=40)]
    name: Label
    unit: Unit = ""


@dataclass(frozen=True)
class EquationVisual:
    """An equation in TeX's mathematics (`F = m a`), without dollar signs. Parts: its terms."""

    formula: Formula
    terms: Annotated[tuple[EquationTerm, ...], Field(min_length=1, max_length=5)]
    kind: Literal["equation"] = "equation"


@dataclass(frozen=True)
class Step:
    """A step of a process or of a cycle."""

    label: Label
    detail: Detail = ""


@dataclass(frozen=True)
class Process:
    """Steps from the first to the last. Parts: the steps."""

    steps: Annotated[tuple[Step, ...], Field(min_length=2, max_length=5)]
    kind: Literal["process"] = "process"


@dataclass(frozen=True)
class Cycle:
    """Steps of which the last leads to the first. Parts: the steps."""

    steps: Annotated[tuple[Step, ...], Field(min_length=3, max_length=6)]
    kind: Literal["cycle"] = "cycle"


@dataclass(frozen=True)
class ComparisonRow:
    """What is compared, and how it is on either side."""

    aspect: Label
    left: Detail
    right: Detail


@dataclass(frozen=True)
class Comparison:
    """Two things side by side. Parts: the rows."""

    left: Label
    right: Label
    rows: Annotated[tuple[ComparisonRow, ...], Field(min_length=2, max_length=4)]
    kind: Literal["comparison"] = "comparison"


@dataclass(frozen=True)
class Event:
    """When, as it is written ("1687", "3 s", "prophase"), and what."""

    when: Annotated[str, Field(min_length=1, max_length=20)]
    what: Detail


@dataclass(frozen=True)
class Timeline:
    """Events in the order of time. Parts: the events."""

    events: Annotated[tuple[Event, ...], Field(min_length=2, max_length=6)]
    kind: Literal["timeline"] = "timeline"


@dataclass(frozen=True)
class Point:
    """A value of a chart. `x` is a number in a line chart, and any label under a bar."""

    x: Annotated[str, Field(min_length=1, max_length=20)]
    y: Number


@dataclass(frozen=True)
class Chart:
    """Numbers out of the sources. Parts: the points, from left to right.

    Attributes:
        form: `bar` for amounts of different things, `line` for how one changes with another.
        y_label: what is measured, with its unit ("Speed (m/s)").
    """

    form: Literal["bar", "line"]
    x_label: Annotated[str, Field(max_length=40)]
    y_label: Label
    points: Annotated[tuple[Point, ...], Field(min_length=2, max_length=8)]
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True)
class Mark:
    """A value on a number line, and what it is called there."""

    value: Number
    label: Label


@dataclass(frozen=True)
class NumberLine:
    """A stretch of the number line. Parts: the marks, in the order they are spoken of."""

    start: Number
    end: Number
    step: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    marks: Annotated[tuple[Mark, ...], Field(min_length=1, max_length=6)]
    unit: Unit = ""
    kind: Literal["number_line"] = "number_line"


@dataclass(frozen=True)
class Arrow:
    """A vector: its length relative to the others, and its direction in degrees.

    0 points right, 90 up, 180 left, 270 down.
    """

    label: Label
    magnitude: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    direction: Annotated[float, Field(ge=-360, le=360, allow_inf_nan=False)]


@dataclass(frozen=True)
class Vectors:
    """Forces, velocities or fields at one body. Parts: the arrows, then the resultant if named.

    Attributes:
        resultant: label of the sum of all arrows, or nothing for none.
    """

    body: Annotated[str, Field(max_length=30)]
    arrows: Annotated[tuple[Arrow, ...], Field(min_length=1, max_length=5)]
    resultant: Annotated[str, Field(max_length=40)] = ""
    kind: Literal["vectors"] = "vectors"


@dataclass(frozen=True)
class Figure:
    """A picture from the source, with its credit. One part: the picture.

    Attributes:
        image: object name of a JPEG or PNG in the OER bucket.
        alt: what it shows, for those who cannot see it.
    """

    image: Annotated[str, Field(min_length=1, max_length=400)]
    alt: Annotated[str, Field(min_length=1, max_length=400)]
    credit: Annotated[str, Field(min_length=1, max_length=200)]
    caption: Annotated[str, Field(max_length=120)] = ""
    kind: Literal["figure"] = "figure"


Visual = Annotated[
    Definition
    | EquationVisual
    | Process
    | Cycle
    | Comparison
    | Timeline
    | Chart
    | NumberLine
    | Vectors
    | Figure,
    Field(discriminator="kind"),
]
VisualKind = Literal[
    "definition",
    "equation",
    "process",
    "cycle",
    "comparison",
    "timeline",
    "chart",
    "number_line",
    "vectors",
    "figure",
]


def part_count(visual: Visual) -> int:
    """How many parts appear one by one."""
    match visual:
        case Definition():
            return 2 if visual.example else 1
        case EquationVisual():
            return len(visual.terms)
        case Process() | Cycle():
            return len(visual.steps)
        case Comparison():
            return len(visual.rows)
        case Timeline():
            return len(visual.events)
        case Chart():
            return len(visual.points)
        case NumberLine():
            return len(visual.marks)
        case Vectors():
            return len(visual.arrows) + bool(visual.resultant)
        case Figure():
            return 1


def texts(visual: Visual) -> Iterator[str]:
    """All that a visual shows as text, for whoever checks what students see."""
    match visual:
        case Definition():
            found = [visual.term, visual.meaning, visual.example]
        case EquationVisual():
            found = [visual.formula]
            found += [part for t in visual.terms for part in (t.symbol, t.name, t.unit)]
        case Process() | Cycle():
            found = [part for step in visual.steps for part in (step.label, step.detail)]
        case Comparison():
            found = [visual.left, visual.right]
            found += [part for row in visual.rows for part in (row.aspect, row.left, row.right)]
        case Timeline():
            found = [part for event in visual.events for part in (event.when, event.what)]
        case Chart():
            found = [visual.x_label, visual.y_label]
            found += [part for p in visual.points for part in (p.x, f"{p.y:g}")]
        case NumberLine():
            found = [visual.unit, *(f"{m.label} {m.value:g}" for m in visual.marks)]
        case Vectors():
            found = [visual.body, visual.resultant, *(arrow.label for arrow in visual.arrows)]
        case Figure():
            found = [visual.caption, visual.alt, visual.credit]
    yield from (text for text in found if text)


def problem(visual: Visual) -> str | None:
    """What keeps a visual of valid form from being drawn, or None."""
    match visual:
        case EquationVisual():
            for source in (visual.formula, *(term.symbol for term in visual.terms)):
                if found := formula_problem(source):
                    return found
        case Chart(form="line"):
            try:
                xs = [float(point.x) for point in visual.points]
            except ValueError:
                return "a line chart needs numbers on its x axis: make it a bar chart"
            if not all(math.isfinite(x) for x in xs) or any(b <= a for a, b in pairwise(xs)):
                return "the points of a line chart are not in the order of x"
        case NumberLine():
            if not visual.start < visual.end:
                return "the number line does not start before it ends"
            if not 1 <= (visual.end - visual.start) / visual.step <= 24:
                return "the number line has no tick, or more than 24"
            if any(not visual.start <= mark.value <= visual.end for mark in visual.marks):
                return "a mark lies beyond the number line"
        case Vectors():
            x = sum(a.magnitude * math.cos(math.radians(a.direction)) for a in visual.arrows)
            y = sum(a.magnitude * math.sin(math.radians(a.direction)) for a in visual.arrows)
            longest = max(a.magnitude for a in visual.arrows)
            if longest > 12 * min(a.magnitude for a in visual.arrows):
                return "the shortest arrow is too short beside the longest to be seen"
            if visual.resultant and math.hypot(x, y) < longest / 12:
                return "the arrows balance, so there is no resultant to draw"
        case _:
            pass
    return None
