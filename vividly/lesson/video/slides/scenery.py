"""The slide of scenery with flows."""

from __future__ import annotations

import math
from collections.abc import Callable

from vividly.lesson.video.canvas import Canvas, Point, curve
from vividly.lesson.video.design import Box, Rgb, mix
from vividly.lesson.video.slides.diagram import DiagramSlide, around
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, flowing
from vividly.model.visuals.scenery import Scenery

_WHITE: Rgb = (255, 255, 255)
_YELLOW, _RED, _BLUE = (255, 206, 60), (236, 84, 62), (36, 128, 222)
_Flow = tuple[tuple[tuple[Point, ...], ...], Rgb, str, Point, str]
"""Paths of its arrows, colour, style (`-`, `~` wavy, `:` dashed), place of its label, sides."""
_FLOWS: dict[str, dict[str, _Flow]] = {
    "coast": {
        "sunlight": (((( 11, 22), (15, 58)),), _YELLOW, "~", (13, 30), "rl"),
        "evaporation": ((((9, 64), (9, 36)), ((17, 64), (17, 34)), ((25, 64), (25, 38))), _WHITE,
                        "~", (16, 74), "cb"),
        "condensation": ((((24, 32), (35, 20)),), _WHITE, "-", (43, 30), "brl"),
        "wind": ((((52, 16), (64, 16)),), _WHITE, "-", (58, 14), "tb"),
        "rain": ((((70, 25), (68, 35)), ((75, 25), (73, 35)), ((80, 25), (78, 35))), _BLUE, "-",
                 (86, 22), "rbl"),
        "runoff": ((((78, 44), (70, 58), (56, 62), (38, 68)),), _BLUE, "-", (55, 56), "tbl"),
        "groundwater": ((((90, 82), (70, 86), (50, 88), (34, 88)),), (120, 200, 255), ":",
                        (66, 86), "tbr"),
        "transpiration": ((((51, 58), (50, 40)),), (210, 255, 220), "~", (52, 46), "rl"),
    },
    "air": {
        "sunlight": ((((16, 20), (34, 78)),), _YELLOW, "-", (20, 48), "lbr"),
        "reflected": ((((36, 78), (46, 6)),), _YELLOW, ":", (44, 18), "rl"),
        "heat_up": ((((56, 78), (58, 50)), ((64, 78), (66, 50))), _RED, "~", (56, 57), "lrb"),
        "trapped": ((((68, 48), (73, 40), (77, 50), (78, 77)),), _RED, "-", (78, 62), "rlb"),
        "heat_out": ((((88, 78), (92, 5)),), _RED, "~", (91, 20), "lb"),
    },
    "ocean": {
        "wind": ((((14, 14), (42, 14)),), _WHITE, "-", (28, 12), "tbr"),
        "warm": ((((10, 36), (40, 33), (74, 36)),), _RED, "-", (38, 38), "bt"),
        "cooling": ((((76, 24), (76, 8)), ((82, 24), (82, 8))), _WHITE, "~", (74, 15), "lr"),
        "sinking": ((((80, 38), (88, 52), (84, 80)),), (110, 190, 255), "-", (86, 58), "lbr"),
        "deep": ((((78, 88), (50, 91), (22, 88)),), (110, 190, 255), "-", (50, 86), "tr"),
        "rising": ((((14, 84), (9, 68), (10, 46)),), (190, 220, 255), "-", (12, 66), "rb"),
    },
    "crust": {
        "weathering": ((((45, 24), (38, 36)), ((48, 28), (42, 42))), _WHITE, "-", (40, 26), "lt"),
        "river": ((((38, 42), (30, 47), (18, 50)),), _BLUE, "-", (26, 44), "tl"),
        "layers": ((((10, 54), (10, 68)), ((17, 54), (17, 68))), _WHITE, "-", (13, 72), "cb"),
        "heat": ((((30, 74), (42, 82)),), _RED, "-", (38, 78), "bl"),
        "melting": ((((52, 84), (64, 82)),), (255, 220, 120), "-", (70, 84), "br"),
        "eruption": ((((76, 60), (76, 12)),), (255, 220, 120), "-", (78, 20), "rl"),
        "uplift": ((((54, 76), (52, 46)),), _WHITE, "-", (54, 58), "rl"),
    },
}  # fmt: skip


class ScenerySlide(DiagramSlide, kind="scenery"):
    """The stage across the whole slide, and an arrow with a label for each flow."""

    visual: Scenery
    margin = 16

    def compose(self) -> None:
        self.room = self.area.height > 380
        self._unit = min(self.area.width / 3.05, self.area.height) / 100

    def _at(self, x: float, y: float) -> Point:
        area = self.area
        return area.left + x * area.width / 100, area.top + y * area.height / 100

    def _outline(self, *points: Point) -> list[Point]:
        return [self._at(x, y) for x, y in points]

    def tags(self) -> list[Tag]:
        tags = []
        for part, flow in enumerate(self.visual.flows, 1):
            *_, (x, y), sides = _FLOWS[self.visual.stage][flow.flow]
            wide = 300 if self.layout.portrait else 400
            tags.append(Tag(part, flow.label, self._at(x, y), sides, wide, 22, plate=True))
        return tags

    def blocked(self) -> list[Box]:
        """Clouds, house and tree, which no label may cover."""
        if self.visual.stage == "air":
            return [around(self._at(48, 73), 12 * self._unit, 7 * self._unit)]
        if self.visual.stage != "coast":
            return []
        return [around(self._at(x, 14), 12 * self._unit, 8 * self._unit) for x in (43, 75)]

    def paths(self, flow: str) -> list[list[Point]]:
        """The ways along which a flow moves."""
        return [
            _smooth([self._at(x, y) for x, y in way]) for way in _FLOWS[self.visual.stage][flow][0]
        ]

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        if active <= before:
            return None
        flow = self.visual.flows[active - 1].flow
        _, colour, style, _, _ = _FLOWS[self.visual.stage][flow]
        ways = [_wavy(way) if style == "~" else way for way in self.paths(flow)]

        def one(canvas: Canvas, x: float, y: float, size: float) -> None:
            canvas.circle(x, y, size / 2, mix(colour, _WHITE, 0.55), mix(colour, (0, 0, 0), 0.4), 4)

        return flowing(ways, one, 30, self.area, each=2 if len(ways) > 1 else 3)

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        stages: dict[str, Callable[[Canvas], None]] = {
            "coast": self._coast, "air": self._air, "ocean": self._ocean, "crust": self._crust,
        }  # fmt: skip
        stages[self.visual.stage](canvas)
        for part, flow in enumerate(self.visual.flows, 1):
            if part > visible:
                continue
            _, colour, style, _, _ = _FLOWS[self.visual.stage][flow.flow]
            for way in self.paths(flow.flow):
                points = _wavy(way) if style == "~" else way
                dark = mix(colour, (0, 0, 0), 0.55)
                dash = (22, 14) if style == ":" else ()
                if not dash:
                    canvas.arrow(points, dark, 15, head=3.2)
                canvas.arrow(points, colour, 9, head=3.6, dash=dash)

    def _sky(self, canvas: Canvas, top: Rgb, low: Rgb, until: float) -> None:
        """Bands from the top to `until` per cent; the corners are round."""
        area = self.area
        canvas.box(area.left, area.top, area.right, area.bottom, top, radius=26)
        for n in range(1, 24):
            y, end = until * n / 24, until * (n + 1) / 24
            left, high = self._at(0, y)
            right, deep = self._at(100, end)
            canvas.box(left, high, right, deep + 1, mix(top, low, n / 23))

    def _ground(self, canvas: Canvas, colour: Rgb, *points: Point) -> None:
        """A shape down to the lower edge, whose corners are round."""
        area = self.area
        canvas.polygon(self._outline(*points, (100, 94), (0, 94)), colour)
        canvas.box(
            area.left, area.top + area.height * 0.9, area.right, area.bottom, colour, radius=26
        )

    def _coast(self, canvas: Canvas) -> None:
        unit = self._unit
        self._sky(canvas, (84, 168, 232), (196, 228, 248), 70)
        peaks = ((60, 68), (70, 42), (74, 46), (81, 22), (87, 38), (91, 34), (100, 58), (100, 68))
        canvas.polygon(self._outline(*peaks), (126, 134, 152), (96, 102, 118), 4)
        canvas.polygon(self._outline((81, 22), (87, 38), (100, 58), (100, 68), (84, 68)),
                       (104, 112, 130))  # fmt: skip
        canvas.polygon(self._outline((77.6, 33.5), (81, 22), (84.8, 32), (82.6, 31), (80.6, 35)),
                       (248, 250, 255))  # fmt: skip
        area, sea = self.area, (42, 124, 210)
        canvas.polygon(self._outline((0, 66), (46, 66), (46, 94), (0, 94)), sea)
        self._ground(canvas, (132, 94, 66), (24, 94), (30, 80), (38, 72), (60, 70), (100, 70))
        canvas.box(area.left, area.top + 0.86 * area.height, self._at(26, 0)[0], area.bottom, sea,
                   radius=26)  # fmt: skip
        hill = [self._at(34, 74), *curve(self._at(34, 74), self._at(44, 58), self._at(60, 64),
                                         self._at(100, 55)), self._at(100, 72),
                self._at(60, 75)]  # fmt: skip
        canvas.polygon(hill, (98, 170, 92))
        self.picture(canvas, "sun", self._at(8, 14), 22 * unit)
        self.picture(canvas, "cloud", self._at(43, 16), 26 * unit)
        self.picture(canvas, "cloud", self._at(75, 15), 26 * unit)
        self.picture(canvas, "tree", self._at(50, 60), 17 * unit)
        self.picture(canvas, "pine", self._at(57, 61), 15 * unit)

    def _air(self, canvas: Canvas) -> None:
        unit = self._unit
        self._sky(canvas, (18, 32, 74), (132, 190, 232), 80)
        left, top = self._at(0, 34)
        right, bottom = self._at(100, 52)
        canvas.box(left, top, right, bottom, (220, 226, 236), alpha=0.34)
        for n, name in enumerate(("CO2", "H2O", "CO2", "CH4", "CO2", "H2O", "CO2")):
            self.picture(canvas, name, self._at(7 + 14.4 * n, 39 + 8 * (n % 2)), 9 * unit)
        self._ground(canvas, (98, 164, 88), (0, 78), (30, 76), (70, 80), (100, 77))
        self.picture(canvas, "sun", self._at(9, 13), 24 * unit)
        self.picture(canvas, "house", self._at(46, 74), 14 * unit)
        self.picture(canvas, "tree", self._at(51, 73), 15 * unit)

    def _ocean(self, canvas: Canvas) -> None:
        unit = self._unit
        self._sky(canvas, (120, 190, 240), (206, 232, 248), 27)
        area = self.area
        for n in range(24):
            y, end = 26 + 64 * n / 24, 26 + 64 * (n + 1) / 24
            left, top = self._at(0, y)
            right, low = self._at(100, end)
            canvas.box(left, top, right, low + 1, mix((58, 150, 220), (12, 44, 110), n / 23))
        canvas.box(area.left, area.top + 0.86 * area.height, area.right, area.bottom, (12, 44, 110),
                   radius=26)  # fmt: skip
        self.picture(canvas, "sun", self._at(7, 12), 20 * unit)
        canvas.polygon(self._outline((87, 26), (89, 17), (95, 19), (100, 14), (100, 42), (94, 40)),
                       (236, 246, 255), (150, 190, 220), 4)  # fmt: skip

    def _crust(self, canvas: Canvas) -> None:
        unit = self._unit
        self._sky(canvas, (120, 186, 236), (214, 234, 248), 60)
        ridge = ((0, 50), (26, 50), (40, 40), (46, 20), (54, 40), (64, 48), (72, 22), (80, 22))
        self._ground(canvas, (150, 110, 84), *ridge, (90, 50), (100, 52))
        for n, colour in enumerate(((222, 196, 140), (196, 160, 108), (170, 134, 92))):
            canvas.polygon(self._outline((0, 54 + 8 * n), (30, 54 + 8 * n), (36, 62 + 8 * n),
                                         (0, 62 + 8 * n)), colour, (120, 90, 60), 3)  # fmt: skip
        sea = self._outline((0, 44), (22, 44), (28, 50), (26, 54), (0, 54))
        canvas.polygon(sea, (58, 140, 214))
        canvas.polygon(self._outline((43, 30), (46, 20), (49, 28), (47, 27), (45, 31)),
                       (246, 249, 255))  # fmt: skip
        across, down = self.area.width * 0.13, self.area.height * 0.1
        canvas.oval(*self._at(76, 86), across, down, (255, 122, 40), (190, 60, 20), 5)
        canvas.line(self._outline((76, 80), (76, 22)), (255, 122, 40), 6 * unit)
        for dx, y, r in ((0, 8, 7), (-4, 12, 6), (4, 11, 6)):
            canvas.circle(*self._at(76 + dx, y), r * unit, (128, 126, 138))


def _smooth(points: list[Point]) -> list[Point]:
    """A curve through three or four points; two stay a line."""
    if len(points) == 2:
        return points
    if len(points) == 3:
        a, b, c = points
        bend = 2 * b[0] - (a[0] + c[0]) / 2, 2 * b[1] - (a[1] + c[1]) / 2
        first, last = (
            (end[0] + (bend[0] - end[0]) * 2 / 3, end[1] + (bend[1] - end[1]) * 2 / 3)
            for end in (a, c)
        )
        return curve(a, first, last, c)
    a, b, c, d = points
    return curve(a, b, c, d)


def _wavy(points: list[Point]) -> list[Point]:
    """A line that swings from side to side, straight at its end."""
    (x, y), (a, b) = points[0], points[-1]
    far = math.hypot(a - x, b - y) or 1.0
    nx, ny = -(b - y) / far, (a - x) / far
    count = max(12, round(far / 8))
    swings = max(1, round(far / 90))
    found = []
    for n in range(count + 1):
        t = n / count
        off = 14 * math.sin(2 * math.pi * swings * t) * min(1.0, (1 - t) * 4)
        found.append((x + (a - x) * t + nx * off, y + (b - y) * t + ny * off))
    return found
