"""The slide of a wave."""

from __future__ import annotations

import math
from collections.abc import Iterator

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.diagram import DiagramSlide, covering
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite
from vividly.model.visuals.wave import Wave

_HUES = {
    "wavelength": "green", "amplitude": "red", "crest": "orange", "trough": "purple",
    "travel": "blue", "particle": "yellow",
}  # fmt: skip
_ROWS = 15
_THICK = 11
_RUNS = ("travel", "particle")
"""What is said of a wave while it runs: the first of these that is said, else the last mark."""
_PASSING = ("crest", "trough", "wavelength")
"""What a wave that runs carries away."""
_PIXELS_PER_S = 260


class WaveSlide(DiagramSlide, kind="wave"):
    """The curve, or the particles of a longitudinal wave, with arrows for what is measured."""

    visual: Wave

    def compose(self) -> None:
        area, visual = self.area, self.visual
        count = min(visual.lengths, 1.6) if self.layout.portrait else visual.lengths
        self._left, self._right = area.left + 24, area.right - 24
        self._y = area.centre[1]
        self._length = (self._right - self._left) / count
        self._high = visual.height * min(area.height / 2 - 130, 240)
        self.room = area.height > 380

    def _at(self, x: float) -> float:
        phase = 2 * math.pi * (x - self._left) / self._length
        return self._y + self._high * math.cos(phase)

    def _crest(self, number: int) -> float:
        """The x of a crest, counted from 0."""
        return self._left + (number + 0.5) * self._length

    def _anchors(self) -> dict[str, tuple[Point, str]]:
        top, bottom = self._y - self._high, self._y + self._high
        if self.visual.form == "longitudinal":
            top, bottom = self._y - 130, self._y + 130
        inside = max(48.0, 0.4 * self._high) if self.visual.form == "transverse" else -8
        crest = self._crest(1) if self._crest(1) < self._right - 60 else self._crest(0)
        start, end = self._span()
        travel = self.area.bottom - 120.0 if self.layout.portrait else bottom + 62
        return {
            "wavelength": (((start + end) / 2, top - 36), "t"),
            "amplitude": ((float(self._left), bottom + 8), "b"),
            "crest": ((crest, top + inside), "b" if inside > 0 else "trl"),
            "trough": ((self._left + self._length, bottom - inside), "t" if inside > 0 else "brl"),
            "travel": ((self._right - 210.0, travel), "lbt"),
            "particle": ((self._left + self._length * 1.25, bottom + 26), "bl"),
        }

    def tags(self) -> list[Tag]:
        anchors = self._anchors()
        tags = []
        for part, mark in enumerate(self.visual.marks, 1):
            at, sides = anchors[mark.place]
            tags.append(
                Tag(part, mark.label, at, sides, 460, 12, colour=self.hue(_HUES[mark.place]))
            )
        return tags

    def blocked(self) -> list[Box]:
        places = {mark.place for mark in self.visual.marks}
        found = []
        if self.visual.form == "transverse":
            found += covering(self._curve(), 30, 9)
        else:
            found.append(Box(self._left, self._y - 125, self._right, self._y + 125))
        (x, y), _ = self._anchors()["travel"]
        if "travel" in places:
            found.append(Box(round(x), round(y) - 22, self._right, round(y) + 22))
        if "wavelength" in places:
            a, b = self._span()
            found.append(
                Box(round(a), round(self._level()) - 8, round(b), round(self._level()) + 8)
            )
        return found

    def _curve(self) -> list[Point]:
        return [(float(x), self._at(x)) for x in range(self._left, self._right + 1, 4)]

    def _span(self) -> tuple[float, float]:
        first = self._crest(0)
        if self._crest(1) <= self._right:
            return first, self._crest(1)
        return self._left, self._left + self._length

    def _level(self) -> float:
        return self._anchors()["wavelength"][0][1]

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        blue = self.hue("blue")
        top, bottom = self._y - self._high, self._y + self._high
        if self.visual.form == "transverse":
            for y in (top, bottom):
                canvas.line([(self._left, y), (self._right, y)], self.theme.grid, 3)
            rest = [(float(self._left), float(self._y)), (float(self._right), float(self._y))]
            canvas.line(rest, self.theme.rule, 3, dash=(14, 12))
            if not self.moving:
                canvas.line(self._curve(), blue, _THICK)
        elif not self.moving:
            for x in self._columns(0):
                self._column(canvas, x, self._y)
        for part, mark in enumerate(self.visual.marks, 1):
            if part > visible or (self.moving and mark.place in _PASSING):
                continue
            colour = self.theme.accent if part == active else self.hue(_HUES[mark.place])
            x, y = self._anchors()[mark.place][0]
            if mark.place == "wavelength":
                a, b = self._span()
                end = top if self.visual.form == "transverse" else self._y - 125
                for edge in (a, b):
                    canvas.line([(edge, y - 16), (edge, end)], colour, 4)
                canvas.arrow([(a + 4, y), (b - 4, y)], colour, 7, both=True)
            elif mark.place == "amplitude":
                canvas.arrow([(x, self._y), (x, bottom)], colour, 8, both=True)
            elif mark.place == "travel":
                canvas.arrow([(x + 20, y), (self._right, y)], colour, 11)
            elif mark.place == "particle":
                at = self._at(x) if self.visual.form == "transverse" else self._y
                if self.visual.form == "transverse":
                    canvas.line([(x, top), (x, bottom)], colour, 5, dash=(9, 9))
                if not self.moving:
                    self._buoy(canvas, x, at)
            elif self.visual.form == "transverse":
                canvas.circle(x, self._at(x), 14, colour, self.theme.background, 3)
            else:
                edge = self._y - 125 if mark.place == "crest" else self._y + 125
                canvas.line([(x, y), (x, edge)], colour, 5)

    def _columns(self, travelled: float) -> Iterator[float]:
        """The x of the columns of particles, denser where the wave presses them together."""
        step = self._length / 16
        for n in range(round((self._right - self._left) / step) + 1):
            x = self._left + n * step
            yield min(max(x + self._shift(x - travelled), self._left), self._right)

    def _shift(self, x: float) -> float:
        """How far a particle of a longitudinal wave is from its place."""
        phase = 2 * math.pi * (x - self._left) / self._length
        return self._length * 0.11 * self.visual.height * math.sin(phase)

    def _column(self, canvas: Canvas, x: float, y: float) -> None:
        for row in range(_ROWS):
            canvas.circle(x, y - 112 + row * 16, 5, self.hue("blue"))

    def _buoy(self, canvas: Canvas, x: float, y: float) -> None:
        canvas.circle(x, y, 22, self.hue("yellow"), self.theme.background, 4)

    def passes(self, tag: Tag, active: int) -> bool:
        return self.visual.marks[tag.part - 1].place in _PASSING

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """The wave runs to the right; a particle swings in its place."""
        places = [mark.place for mark in self.visual.marks]
        part = next((places.index(run) + 1 for run in _RUNS if run in places), len(places))
        if not before < part <= visible:
            return None
        buoy = self._anchors()["particle"][0][0] if "particle" in places[:visible] else None
        across = (self._right - self._left) / 2
        if self.visual.form == "transverse":
            # One wavelength more than is seen, on the left.
            moving = Sprite(self._run, across + self._length / 2 + 8, self._high + 10)
        else:
            moving = Sprite(self._column, 7, 120)

        def placed(progress: float, seconds: float) -> Iterator[tuple[int, Point]]:
            travelled = progress * max(1, round(seconds * _PIXELS_PER_S / self._length))
            way = travelled % 1 * self._length
            if self.visual.form == "transverse":
                yield 0, (self._left + across - self._length / 2 + way, self._y)
                at = buoy and (buoy, self._at(buoy - way))
            else:
                yield from ((0, (x, self._y)) for x in self._columns(way))
                at = buoy and (buoy + self._shift(buoy - way) - self._shift(buoy), self._y)
            if at:
                yield 1, at

        window = Box(self._left - 4, self.area.top, self._right + 4, self.area.bottom)
        return Motion((moving, Sprite(self._buoy, 25)), placed, window)

    def _run(self, canvas: Canvas, x: float, y: float) -> None:
        """The curve, and one wavelength more, around (x, y)."""
        half = (self._right - self._left + self._length) / 2
        points = [
            (x + n, y + self._at(self._left + half + n) - self._y)
            for n in range(-round(half), round(half) + 1, 4)
        ]
        canvas.line(points, self.hue("blue"), _THICK)
