"""The slide of a drawing with names."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.pictograms import draw_section
from vividly.lesson.video.pictograms.sections import PLACES, WIDTH
from vividly.lesson.video.slides.diagram import DiagramSlide, Sign, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.model.visuals.labelled import Labelled

_ROW = 92
_DISC = 30


class LabelledSlide(DiagramSlide, kind="labelled"):
    """The drawing between two columns of names with lines; upright, numbers and a list below."""

    visual: Labelled

    def compose(self) -> None:
        area, count = self.area, len(self.visual.parts)
        self._upright = self.layout.portrait
        room = area.height - (count * _ROW + 40 if self._upright else 0)
        self._size = min(room, area.width / (WIDTH / 100) if self._upright else 560, 620)
        self._middle = float(area.centre[0]), area.top + room / 2
        self.room = self._size > 300
        places = PLACES[self.visual.drawing]
        self._anchors = [self._at(places[part.place]) for part in self.visual.parts]
        half = self._size * WIDTH / 200 + 40
        self._columns = self._middle[0] - half, self._middle[0] + half
        self._ends = self._listed() if self._upright else self._beside()

    def _at(self, place: Point) -> Point:
        (x, y), (a, b) = self._middle, place
        return x + (a - 50) * self._size / 100, y + (b - 50) * self._size / 100

    def _listed(self) -> list[Point]:
        top = self.area.bottom - len(self._anchors) * _ROW
        rows = spread(top, self.area.bottom, len(self._anchors))
        return [(float(self.area.left + _DISC), y) for y in rows]

    def _beside(self) -> list[Point]:
        """The end of each label's line, left or right as its place, from top to bottom."""
        by_x = sorted(range(len(self._anchors)), key=lambda n: self._anchors[n])
        on_left = sum(x < self._middle[0] for x, _ in self._anchors)
        most = max((len(by_x) + 1) // 2, min(len(by_x) - 1, 3))
        cut = min(max(on_left, len(by_x) - most), most)
        ends: dict[int, Point] = {}
        for x, side in zip(self._columns, (by_x[:cut], by_x[cut:]), strict=True):
            rows = spread(self.area.top, self.area.bottom, max(1, len(side)))
            side = sorted(side, key=lambda n: self._anchors[n][1])
            ends |= {n: (x, y) for n, y in zip(side, rows, strict=False)}
        return [ends[n] for n in range(len(self._anchors))]

    def tags(self) -> list[Tag]:
        area, tags = self.area, []
        for part, (named, (x, y)) in enumerate(zip(self.visual.parts, self._ends, strict=True), 1):
            left = x == self._columns[0]
            wide = area.width - 120.0 if self._upright else self._columns[0] - area.left - 20
            gap = _DISC + 22 if self._upright else 14
            tags.append(Tag(part, named.label, (x, y), "l" if left else "r", wide, gap))
        return tags

    def signs(self) -> list[Sign]:
        if not self._upright:
            return []
        ink = self.theme.background
        return [
            Sign(str(part), at, part, 40, ink)
            for part, pair in enumerate(zip(self._anchors, self._ends, strict=True), 1)
            for at in pair
        ]

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        draw_section(canvas, self.visual.drawing, *self._middle, self._size)
        for part, (at, end) in enumerate(zip(self._anchors, self._ends, strict=True), 1):
            if part > visible or self.alone:
                continue
            colour = self.theme.accent if part == active else self.theme.text
            if self._upright:
                for x, y in (at, end):
                    canvas.circle(x, y, _DISC, colour, self.theme.background, 4)
                continue
            canvas.line([at, end], self.theme.background, 10)
            canvas.line([at, end], colour, 5)
            canvas.circle(*at, 11, colour, self.theme.background, 4)
