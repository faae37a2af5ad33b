"""The slide of a boundary of plates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from vividly.lesson.video.canvas import Canvas, Point, along, curve, rim_of
from vividly.lesson.video.design import Box, Rgb
from vividly.lesson.video.slides.diagram import DiagramSlide, covering
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite, flowing, smoothstep
from vividly.model.visuals.plates import Plates

_SKY, _SEA, _MANTLE, _HOT = (172, 214, 240), (58, 132, 206), (198, 92, 60), (255, 138, 44)
_FLOOR, _LAND, _GRASS, _EDGE = (104, 96, 104), (172, 138, 100), (104, 166, 88), (60, 48, 44)
_FAULT = (112, 86, 62)
_LAND_2, _SNOW, _GLOW, _GRAIN = (156, 122, 88), (245, 248, 255), (255, 206, 96), (150, 140, 146)
_ANCHORS: dict[str, dict[str, tuple[float, float, str]]] = {
    "apart": {"left": (20, 56, "cbt"), "right": (80, 56, "cbt"), "ridge": (50, 34, "t"),
              "magma": (50, 70, "rl"), "mantle": (20, 94, "cr")},
    "under": {"left": (17, 54, "cbt"), "right": (80, 52, "cbr"), "trench": (39, 44, "t"),
              "volcano": (67, 20, "rt"), "magma": (62, 70, "rb"), "mantle": (84, 88, "cl")},
    "collide": {"left": (17, 54, "cb"), "right": (83, 54, "cb"), "mountains": (50, 14, "rlt"),
                "mantle": (50, 90, "c")},
    "past": {"left": (22, 58, "cb"), "right": (78, 58, "cb"), "fault": (60, 24, "tlr"),
             "mantle": (50, 90, "c")},
}  # fmt: skip
_ARROWS: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "apart": ((36, 84, -16, 0), (64, 84, 16, 0)),
    "under": ((6, 69, 14, 0),),
    "collide": ((8, 71, 16, 0), (92, 71, -16, 0)),
    "past": ((18, 43, 8, -11), (88, 27, -8, 11)),
}
"""How the plates move: where each arrow begins, and how far it goes, in percent of the stage."""
_RISES = {"apart": ((50, 90), (50, 74), (50, 58), (50, 42)),
          "under": ((62, 76), (58, 68), (64, 50), (66, 22))}  # fmt: skip
"""Where magma rises: the points of its curve."""
_HOTTEST = ("magma", "volcano", "ridge")
"""Magma rises with the first of these that is named."""
_SLAB = ((0, 53), (30, 53), (38, 55), (44, 62), (61, 92))
_GRAINS = 9
"""Grains in the slab that dives; they show how it moves."""
_GROWTH = 14
"""Pictures of the mountains while they grow."""
_Percent = tuple[float, float]


@dataclass(frozen=True)
class _Piece:
    """What moves with a plate: a polygon, a line or an arrow.

    Attributes:
        points: in percent of the stage; what lies outside is not seen.
        inside: of a polygon; None for a line.
        thick: of its line; 0 for the rim of a polygon, -1 for none.
    """

    points: tuple[_Percent, ...]
    inside: Rgb | None = None
    rim: Rgb = _EDGE
    thick: float = 0
    arrow: bool = False


@dataclass(frozen=True)
class _Moved:
    """Pieces that move together, and where they come from, in percent of the stage."""

    pieces: tuple[_Piece, ...]
    comes: _Percent


class PlatesSlide(DiagramSlide, kind="plates"):
    """Two plates on the mantle in section, with arrows for how they move."""

    visual: Plates
    margin = 16

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
        area, boundary = self.area, self.visual.boundary
        canvas.box(area.left, area.top, area.right, area.bottom, _SKY, radius=24)
        ground, bottom = self._at(0, 52 if boundary == "apart" else 60)[1], self._at(0, 90)[1]
        canvas.box(area.left, ground, area.right, area.bottom, _MANTLE, radius=24)
        canvas.box(area.left, ground, area.right, bottom, _MANTLE)
        if boundary == "apart":
            self._sea(canvas, 0, 100, 52)
            rising = ((40, 90), (46, 64), (46.5, 44), (53.5, 44), (54, 64), (60, 90))
            canvas.polygon(self._outline(*rising), _HOT)
        elif boundary == "under":
            self._under(canvas)
        elif boundary == "collide":
            self._sea(canvas, 36, 64, 60)
        else:
            side = self._outline((43, 47), (59, 25), (59, 62), (43, 68))
            canvas.polygon(side, _FAULT)
        plates_move = self.moving and active == self._with_plates()
        if not plates_move:
            for moved in self._moved():
                self._draw_moved(canvas, *self._middle_of(moved), moved=moved, clipped=True)
            if boundary == "collide":
                self._mountains(canvas, *self._at(50, 28))
            elif boundary == "under":
                for at in self._grains(0):
                    _grain(canvas, *at)
        for n, mark in enumerate(self.visual.marks, 1):
            if n <= visible and mark.place not in ("left", "right"):
                x, y, sides = _ANCHORS[boundary][mark.place]
                if sides[0] != "c":
                    ink = self.theme.badge if n == active else self.theme.caption
                    canvas.circle(*self._at(x, y), 12, ink, (255, 255, 255), 4)

    def _with_plates(self) -> int:
        """The part with which the plates move: that of the one that moves, else the last."""
        marks = self.visual.marks
        moving = ("left",) if self.visual.boundary == "under" else ("left", "right")
        named = [n for n, mark in enumerate(marks, 1) if mark.place in moving]
        return named[-1] if named else len(marks)

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """The plates move to where the still shows them; with its part, magma rises."""
        if active <= before:
            return None
        window = self.area
        if active == self._with_plates():
            return self._plates_move(window)
        places = [mark.place for mark in self.visual.marks]
        hot = next((place for place in _HOTTEST if place in places), None)
        if hot is None or active != places.index(hot) + 1:
            return None
        points = self._outline(*_RISES[self.visual.boundary])

        def one(canvas: Canvas, x: float, y: float, size: float) -> None:
            canvas.circle(x, y, size / 2, _GLOW, rim_of(_HOT))

        return flowing([curve(points[0], points[1], points[2], points[3])], one, 34, window, each=4)

    def _plates_move(self, window: Box) -> Motion:
        """Sprites of the plates, and of what their motion makes: mountains, grains of a slab."""
        boundary, moved = self.visual.boundary, self._moved()
        sprites = []
        for one in moved:
            xs, ys = zip(*(self._at(*p) for piece in one.pieces for p in piece.points), strict=True)
            across, down = (max(xs) - min(xs)) / 2 + 24, (max(ys) - min(ys)) / 2 + 24
            sprites.append(Sprite(partial(self._draw_moved, moved=one), across, down))
        plates = len(sprites)
        if boundary == "collide":
            wide, high = self.area.width * 0.17, self.area.height * 0.2
            sprites += [
                Sprite(partial(self._mountains, grown=n / _GROWTH), wide, high)
                for n in range(1, _GROWTH + 1)
            ]
        elif boundary == "under":
            sprites.append(Sprite(_grain, 14))

        def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
            left = 1 - smoothstep(progress if boundary != "collide" else 1.6 * progress)
            for n, one in enumerate(moved):
                x, y = self._middle_of(one)
                dx, dy = one.comes
                yield n, (x + dx * left * self.area.width / 100,
                          y + dy * left * self.area.height / 100)  # fmt: skip
            if boundary == "collide":
                grown = round(_GROWTH * smoothstep((progress - 0.5) / 0.5))
                if grown:
                    yield plates + grown - 1, self._at(50, 28)
            elif boundary == "under":
                yield from ((plates, at) for at in self._grains(3 * progress))

        return Motion(sprites, places, window, 3.0)

    def _moved(self) -> tuple[_Moved, ...]:
        """The plates that move as a whole; the slab that dives shows its motion by its grains."""
        boundary = self.visual.boundary
        white = (255, 255, 255)
        arrows = [
            _Piece(((x, y), (x + dx, y + dy)), None, white, 18, arrow=True)
            for x, y, dx, dy in _ARROWS[boundary]
        ]
        if boundary == "apart":
            sides = [
                tuple((50 + sign * x, y) for x, y in ((56, 50), (20, 50), (6, 44), (3, 38),
                                                      (3, 56), (20, 64), (56, 66)))
                for sign in (-1, 1)
            ]  # fmt: skip
            return tuple(
                _Moved((_Piece(side, _FLOOR), arrow), (comes, 0))
                for side, arrow, comes in zip(sides, arrows, (3.0, -3.0), strict=True)
            )
        if boundary == "collide":
            left = ((-8, 42), (30, 40), (50, 40), (50, 74), (44, 80), (36, 64), (-8, 62))
            right = ((108, 42), (70, 40), (50, 40), (50, 74), (58, 78), (64, 64), (108, 62))
            return (
                _Moved((_Piece(left, _LAND), _grass((-8, 42), (30, 40), (49, 40)), arrows[0]),
                       (-6, 0)),
                _Moved((_Piece(right, _LAND_2), _grass((108, 42), (70, 40), (51, 40)), arrows[1]),
                       (6, 0)),
            )  # fmt: skip
        if boundary == "past":
            near = (
                _Piece(((-8, 44), (46, 44), (60, 24), (-8, 24)), _GRASS),
                _Piece(((-8, 44), (46, 44), (46, 68), (-8, 68)), _LAND),
                _Piece(((-8, 30), (54.8, 30)), None, _SEA, 18),
            )
            far = (
                _Piece(((47, 44), (108, 44), (108, 24), (61, 24)), (126, 180, 96)),
                _Piece(((47, 44), (108, 44), (108, 68), (47, 68)), _LAND_2),
                _Piece(((52.6, 37), (108, 37)), None, _SEA, 18),
            )
            return _Moved((*near, arrows[0]), (-2.45, 3.5)), _Moved((*far, arrows[1]), (2.45, -3.5))
        return ()

    def _middle_of(self, moved: _Moved) -> Point:
        xs, ys = zip(*(point for piece in moved.pieces for point in piece.points), strict=True)
        return self._at((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2)

    def _draw_moved(
        self, canvas: Canvas, x: float, y: float, *, moved: _Moved, clipped: bool = False
    ) -> None:
        """Draw the pieces around a point. `clipped`: only as far as the stage reaches."""
        a, b = self._middle_of(moved)
        for piece in moved.pieces:
            points = [(c + x - a, d + y - b) for c, d in self._outline(*piece.points)]
            if clipped:
                edge = 0.0 if piece.inside else piece.thick / 2
                left, right = self.area.left + edge, self.area.right - edge
                points = [(min(max(c, left), right), d) for c, d in points]
            if piece.arrow:
                canvas.arrow(points, piece.rim, piece.thick, head=2.6)
            elif piece.inside:
                canvas.polygon(points, piece.inside, piece.rim, 4)
            else:
                canvas.line(points, piece.rim, piece.thick)

    def _sea(self, canvas: Canvas, left: float, right: float, floor: float) -> None:
        top = 30 if self.visual.boundary != "collide" else 44
        sea = self._outline((left, top), (right, top), (right, floor), (left, floor))
        canvas.polygon(sea, _SEA)

    def _under(self, canvas: Canvas) -> None:
        self._sea(canvas, 0, 52, 56)
        coast = ((50, 34), (58, 32), (66, 20), (74, 32), (99.7, 34))
        land = self._outline((42, 50), *coast, (100, 34), (100, 62), (52, 64))
        canvas.polygon(land, _LAND, _EDGE, 4)
        canvas.line(self._outline(*coast), _GRASS, 10)
        rise = self._outline(*_RISES["under"])
        canvas.line([rise[0], *curve(rise[0], rise[1], rise[2], rise[3])], _HOT, 22)
        slab = ((0, 46), (30, 46), (40, 49), (50, 62), (66, 92), (56, 92), (44, 70), (36, 61),
                (0, 60))  # fmt: skip
        canvas.polygon(self._outline(*slab), _FLOOR, _EDGE, 4)
        canvas.circle(*self._at(62, 74), 26, _HOT)
        for x, y, radius in ((66.0, 12.0, 26), (63.0, 8.0, 20), (68.4, 6.0, 24)):
            canvas.circle(*self._at(x, y), radius, (120, 118, 128))
        for x, y, dx, dy in _ARROWS["under"]:
            way = [self._at(x, y), self._at(x + dx, y + dy)]
            canvas.arrow(way, (255, 255, 255), 18, head=2.6)

    def _grains(self, steps: float) -> Iterator[Point]:
        """Where the grains of the slab are, after so many times the way to the grain ahead."""
        way = self._outline(*_SLAB)
        return (along(way, (n + 0.5 + steps) / _GRAINS % 1) for n in range(_GRAINS))

    def _mountains(self, canvas: Canvas, x: float, y: float, *, grown: float = 1) -> None:
        """The mountains around (x, y), which is (50, 28) of the stage, grown to a part."""
        a, b = self._at(50, 28)

        def at(*points: _Percent) -> list[Point]:
            high = (41 - (41 - q) * grown if q < 41 else q for _, q in points)
            placed = self._outline(*((p, q) for (p, _), q in zip(points, high, strict=True)))
            return [(c + x - a, d + y - b) for c, d in placed]

        peaks = ((34, 40.5), (40, 24), (44, 32), (50, 10), (55, 30), (60, 20), (66, 40.5))
        canvas.polygon(at(*peaks[:4], (50, 47), (34, 47)), _LAND)
        canvas.polygon(at(*peaks[3:], (66, 47), (50, 47)), _LAND_2)
        if grown > 0.6:
            canvas.polygon(at((47.6, 17), (50, 10), (52.6, 19), (51, 17), (49.6, 20)), _SNOW)
        canvas.line(at(*peaks), _EDGE, 4)
        canvas.line(at((50, 10), (50, 47)), _EDGE, 4)


def _grass(*points: _Percent) -> _Piece:
    return _Piece(points, None, _GRASS, 10)


def _grain(canvas: Canvas, x: float, y: float) -> None:
    canvas.circle(x, y, 10, _GRAIN)
