"""The slide of a boundary of plates."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas, Point, curve
from vividly.lesson.video.design import Box, Rgb
from vividly.lesson.video.slides.diagram import DiagramSlide, covering
from vividly.lesson.video.slides.labels import Tag
from vividly.model.visuals.plates import Plates

_SKY, _SEA, _MANTLE, _HOT = (172, 214, 240), (58, 132, 206), (198, 92, 60), (255, 138, 44)
_FLOOR, _LAND, _GRASS, _EDGE = (104, 96, 104), (172, 138, 100), (104, 166, 88), (60, 48, 44)
_SURFACE = 40.0
_ANCHORS: dict[str, dict[str, tuple[float, float, str]]] = {
    "apart": {"left": (20, 56, "cbt"), "right": (80, 56, "cbt"), "ridge": (50, 34, "t"),
              "magma": (50, 70, "rl"), "mantle": (20, 94, "cr")},
    "under": {"left": (17, 54, "cbt"), "right": (80, 52, "cbr"), "trench": (39, 44, "t"),
              "volcano": (67, 20, "rt"), "magma": (62, 70, "rb"), "mantle": (84, 88, "cl")},
    "collide": {"left": (17, 54, "cb"), "right": (83, 54, "cb"), "mountains": (50, 14, "rlt"),
                "mantle": (50, 90, "c")},
    "past": {"left": (22, 58, "cb"), "right": (78, 58, "cb"), "fault": (50, 32, "rlt"),
             "mantle": (50, 90, "c")},
}  # fmt: skip
_ARROWS: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "apart": ((36, 84, -16, 0), (64, 84, 16, 0)),
    "under": ((6, 69, 14, 0),),
    "collide": ((8, 71, 16, 0), (92, 71, -16, 0)),
    "past": ((20, 40, 10, -4), (82, 36, -10, 4)),
}
"""How the plates move: where each arrow begins, and how far it goes, in percent of the stage."""


class PlatesSlide(DiagramSlide, kind="plates"):
    """Two plates on the mantle in section, with arrows for how they move."""

    visual: Plates

    def compose(self) -> None:
        self.room = self.area.height > 360

    def _at(self, x: float, y: float) -> Point:
        area = self.area
        return area.left + x * area.width / 100, area.top + y * area.height / 100

    def _outline(self, *points: tuple[float, float]) -> list[Point]:
        return [self._at(x, y) for x, y in points]

    def tags(self) -> list[Tag]:
        anchors = _ANCHORS[self.visual.boundary]
        tags = []
        for part, mark in enumerate(self.visual.marks, 1):
            x, y, sides = anchors[mark.place]
            tags.append(Tag(part, mark.label, self._at(x, y), sides, 400, 14, plate=True))
        return tags

    def blocked(self) -> list[Box]:
        boxes: list[Box] = []
        for x, y, dx, dy in _ARROWS[self.visual.boundary]:
            boxes += covering([self._at(x, y), self._at(x + dx, y + dy)], 40, 26)
        return boxes

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        area = self.area
        canvas.box(area.left, area.top, area.right, area.bottom, _SKY, radius=24)
        ground = self._outline((0, _SURFACE + 20), (100, _SURFACE + 20), (100, 96), (0, 96))
        bottom = area.top + area.height * 0.9
        canvas.box(area.left, ground[0][1], area.right, area.bottom, _MANTLE, radius=24)
        canvas.box(area.left, ground[0][1], area.right, bottom, _MANTLE)
        {"apart": self._apart, "under": self._under, "collide": self._collide,
         "past": self._past}[self.visual.boundary](canvas)  # fmt: skip
        for x, y, dx, dy in _ARROWS[self.visual.boundary]:
            canvas.arrow([self._at(x, y), self._at(x + dx, y + dy)], (255, 255, 255), 18, head=2.6)
        for n, mark in enumerate(self.visual.marks, 1):
            if n <= visible and mark.place not in ("left", "right"):
                x, y, sides = _ANCHORS[self.visual.boundary][mark.place]
                if sides[0] != "c":
                    at = self._at(x, y)
                    ink = self.theme.badge if n == active else self.theme.caption
                    canvas.circle(*at, 12, ink, (255, 255, 255), 4)

    def _plate(self, canvas: Canvas, points: list[Point], colour: Rgb) -> None:
        canvas.polygon(points, colour, _EDGE, 4)

    def _sea(self, canvas: Canvas, left: float, right: float, floor: float) -> None:
        sea = self._outline((left, 30), (right, 30), (right, floor), (left, floor))
        canvas.polygon(sea, _SEA)

    def _apart(self, canvas: Canvas) -> None:
        self._sea(canvas, 0, 100, 52)
        rising = self._outline((40, 90), (47, 64), (48, 44), (52, 44), (53, 64), (60, 90))
        canvas.polygon(rising, _HOT)
        self._plate(canvas, self._outline((0, 50), (30, 50), (44, 44), (48.5, 38), (48.5, 56),
                                          (30, 64), (0, 66)), _FLOOR)  # fmt: skip
        self._plate(canvas, self._outline((100, 50), (70, 50), (56, 44), (51.5, 38), (51.5, 56),
                                          (70, 64), (100, 66)), _FLOOR)  # fmt: skip

    def _under(self, canvas: Canvas) -> None:
        self._sea(canvas, 0, 52, 56)
        self._plate(canvas, self._outline((42, 50), (50, 34), (58, 32), (66, 20), (74, 32),
                                          (100, 34), (100, 62), (52, 64)), _LAND)  # fmt: skip
        canvas.line(self._outline((50, 34), (58, 32), (66, 20), (74, 32), (100, 34)), _GRASS, 10)
        melt = [self._at(62, 76), *curve(self._at(62, 76), self._at(58, 68), self._at(64, 50),
                                         self._at(66, 22))]  # fmt: skip
        canvas.line(melt, _HOT, 22)
        self._plate(canvas, self._outline((0, 46), (30, 46), (40, 49), (50, 62), (66, 92), (56, 92),
                                          (44, 70), (36, 61), (0, 60)), _FLOOR)  # fmt: skip
        canvas.circle(*self._at(62, 74), 26, _HOT)
        for dx, dy, r in ((0, 12, 26), (-3, 8, 20), (2.4, 6, 24)):
            canvas.circle(*self._at(66 + dx, dy), r, (120, 118, 128))

    def _collide(self, canvas: Canvas) -> None:
        peaks = ((34, 38), (40, 24), (44, 32), (50, 10), (55, 30), (60, 20), (66, 38))
        left = ((0, 42), (30, 40), *peaks[:4], (50, 74), (44, 80), (36, 64), (0, 62))
        right = ((100, 42), (70, 40), *peaks[:2:-1], (50, 74), (58, 78), (64, 64), (100, 62))
        self._plate(canvas, self._outline(*left), _LAND)
        self._plate(canvas, self._outline(*right), (156, 122, 88))
        snow = self._outline((47.6, 17), (50, 10), (52.6, 19), (51, 17), (49.6, 20))
        canvas.polygon(snow, (245, 248, 255))
        canvas.line(self._outline((0, 42), (30, 40), (34, 38)), _GRASS, 10)
        canvas.line(self._outline((66, 38), (70, 40), (100, 42)), _GRASS, 10)

    def _past(self, canvas: Canvas) -> None:
        self._plate(canvas, self._outline((0, 42), (46, 42), (54, 34), (8, 34)), _GRASS)
        self._plate(canvas, self._outline((0, 42), (46, 42), (46, 66), (0, 66)), _LAND)
        self._plate(canvas, self._outline((47, 42), (100, 42), (100, 34), (55, 34)), (126, 180, 96))
        self._plate(canvas, self._outline((47, 42), (100, 42), (100, 66), (47, 66)),
                    (156, 122, 88))  # fmt: skip
        canvas.line(self._outline((46.5, 66), (46.5, 42), (54.5, 34)), _EDGE, 8)
