"""The graph of a function; the curve, its formula and the points on it are computed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vividly.model.visuals.base import (
    Amount,
    BaseVisual,
    Label,
    Number,
    plain_number,
    short_number,
    shown_number,
)

_SAMPLES = 160
_LARGEST = 1e9


@dataclass(frozen=True)
class Curve:
    """A function of x. `wave` and `cosine` take x in degrees.

    Attributes:
        function: `line`: a x + b; `parabola`: a x² + b x + c; `growth`: a times b to the x;
            `inverse`: a / x; `root`: a √x; `sine` and `cosine`: a sin(b x) + c.
        label: its name; by default its formula.
    """

    function: Literal["line", "parabola", "growth", "inverse", "root", "sine", "cosine"]
    a: Number = 1.0
    b: Number = 0.0
    c: Number = 0.0
    label: Annotated[str, Field(max_length=40)] = ""

    def at(self, x: float) -> float:
        """The value at x.

        Raises:
            ValueError, ArithmeticError: the function has no value there.
        """
        a, b, c = self.a, self.b, self.c
        if self.function == "line":
            return a * x + b
        if self.function == "parabola":
            return a * x * x + b * x + c
        if self.function == "growth":
            return a * math.pow(b, x)
        if self.function == "inverse":
            return a / x
        if self.function == "root":
            return a * math.sqrt(x)
        turned = math.sin if self.function == "sine" else math.cos
        return a * turned(math.radians((b or 1.0) * x)) + c

    @property
    def formula(self) -> str:
        """As on screen: `y = 2x + 1`."""
        a, b = self.a, self.b
        if self.function == "line":
            return _sum((a, "x"), (b, ""))
        if self.function == "parabola":
            return _sum((a, "x²"), (b, "x"), (self.c, ""))
        if self.function == "growth":
            return f"y = {'' if a == 1 else f'{short_number(a)} · '}{short_number(b)}ˣ"
        if self.function == "inverse":
            return f"y = {shown_number(a)} ÷ x"
        if self.function == "root":
            return f"y = {'' if a == 1 else shown_number(a)}√x"
        name = "sin" if self.function == "sine" else "cos"
        inner = "x" if b in (0, 1) else f"{shown_number(b)}x"
        return _sum((a, f" {name} {inner}"), (self.c, ""))

    @property
    def shown(self) -> str:
        """Its name on screen."""
        return self.label or self.formula


@dataclass(frozen=True)
class PlotMark:
    """A point of a curve, whose y is computed; or a step from it, whose slope is computed.

    Attributes:
        to: the x where a step ends; None for a point.
        curve: the number of its curve, from 1.
    """

    x: Number
    label: Label
    to: Number | None = None
    curve: Annotated[int, Field(ge=1, le=3)] = 1


@dataclass(frozen=True)
class Plot(BaseVisual):
    """The graph of one to three functions. Parts: the curves, then the marks.

    Attributes:
        start, end: the x axis.
    """

    curves: Annotated[tuple[Curve, ...], Field(min_length=1, max_length=3)]
    start: Number
    end: Number
    x_label: Label
    y_label: Label
    marks: Annotated[tuple[PlotMark, ...], Field(max_length=4)] = ()
    kind: Literal["plot"] = "plot"

    use: ClassVar[str] = (
        "the graph of functions that the sources give: line: a x + b; parabola: a x² + b x + c; "
        "growth: a times b to the x; inverse: a / x; root: a √x; sine, cosine: a sin(b x) + c, "
        'with x in degrees; a mark is a point of a curve, or with "to" a step along it whose '
        "slope is computed"
    )

    def points(self, curve: Curve) -> list[tuple[float, float]]:
        """Points of a curve, close enough to each other to be drawn as a line."""
        step = (self.end - self.start) / _SAMPLES
        return [(x, curve.at(x)) for x in (self.start + n * step for n in range(_SAMPLES + 1))]

    def height(self, mark: PlotMark) -> float:
        """The y of a mark."""
        return self.curves[mark.curve - 1].at(mark.x)

    def shown(self, mark: PlotMark) -> str:
        """A mark as on screen: `vertex (2, −3)`, `slope 6 ÷ 3 = 2`."""
        y = self.height(mark)
        if mark.to is None:
            return f"{mark.label} ({_short(mark.x)}, {_short(y)})"
        rise, run = self.curves[mark.curve - 1].at(mark.to) - y, mark.to - mark.x
        return f"{mark.label} {_short(rise)} ÷ {_short(run)} = {_short(rise / run)}"

    def labels(self) -> tuple[str, ...]:
        return (*(curve.shown for curve in self.curves), *(mark.label for mark in self.marks))

    def in_words(self) -> tuple[str, ...]:
        return (*(curve.shown for curve in self.curves), *(self.shown(m) for m in self.marks))

    def _texts(self) -> Iterable[str]:
        return self.x_label, self.y_label, *self.in_words()

    def problem(self) -> str | None:
        if not self.start < self.end:
            return "the x axis does not start before it ends"
        for curve in self.curves:
            if curve.function == "growth" and curve.b <= 0:
                return "growth needs a positive base b"
            try:
                ys = [y for _, y in self.points(curve)]
            except (ValueError, ArithmeticError):
                return f"the function {curve.function} has no value at some x of its axis"
            if max(map(abs, ys)) > _LARGEST:
                return "the curve leaves every scale that can be drawn"
        for mark in self.marks:
            if mark.curve > len(self.curves):
                return f"a mark is on curve {mark.curve}, which does not exist"
            if any(not self.start <= x <= self.end for x in (mark.x, mark.to or mark.x)):
                return "a mark lies beyond the x axis"
            if mark.to is not None and mark.to <= mark.x:
                return "a step ends before it starts"
        return None

    def _stated(self) -> Iterable[str]:
        yield from (curve.label for curve in self.curves)
        yield from (mark.label for mark in self.marks)

    def _named(self) -> Iterable[str]:
        return self.x_label, self.y_label

    def amounts(self) -> Iterable[Amount]:
        for curve in self.curves:
            for factor in {abs(curve.a), abs(curve.b), abs(curve.c)} - {0.0, 1.0}:
                yield Amount("", plain_number(factor))
        for mark in self.marks:
            yield Amount("", plain_number(mark.x), axis=self.x_label)
            if mark.to is not None:
                yield Amount("", plain_number(mark.to), axis=self.x_label)


def _short(value: float) -> str:
    return short_number(round(value, 9) + 0.0).replace("-", "−")


def _sum(*terms: tuple[float, str]) -> str:
    """`y = 2x² − x + 1` of factors and what they multiply."""
    found = ""
    for factor, name in terms:
        if not factor and (found or name):
            continue
        size = abs(factor)
        number = shown_number(size) if size != 1 or not name else ""
        sign = ("− " if factor < 0 else "+ ") if found else ("−" if factor < 0 else "")
        found += f" {sign}{number}{name}" if found else f"{sign}{number}{name.lstrip()}"
    return f"y = {found or '0'}"


EXAMPLE = Plot(
    (Curve("parabola", 1, -4, 1),),
    -1,
    5,
    "x",
    "y",
    (PlotMark(2, "vertex"), PlotMark(0, "crosses the y axis")),
)
