"""The slide of rays of light."""

from __future__ import annotations

import math
from collections.abc import Iterator

from vividly.lesson.video.canvas import Canvas, Point, along, length_of, rim_of
from vividly.lesson.video.design import Box, Rgb, mix
from vividly.lesson.video.slides.diagram import DiagramSlide, covering
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite
from vividly.model.visuals.rays import INDEX, Rays

_WATER: Rgb = (88, 170, 226)
_GLASS: Rgb = (176, 214, 236)
_METAL: Rgb = (168, 182, 204)
_SPREAD: tuple[tuple[str, float], ...] = (
    ("red", 0.0), ("orange", 0.2), ("yellow", 0.4), ("green", 0.6), ("blue", 0.8), ("purple", 1.0),
)  # fmt: skip
_PULSES, _APART = 3, 0.2
"""How many pulses of light run along a ray, and how much later each starts than the one before."""


class RaysSlide(DiagramSlide, kind="rays"):
    """The element and the rays, at their true angles."""

    visual: Rays

    def compose(self) -> None:
        area, element = self.area, self.visual.element
        x, y = float(area.centre[0]), float(area.centre[1])
        self._lines: dict[str, list[list[Point]]] = {}
        self._anchor: dict[str, tuple[Point, str]] = {}
        self.room = area.height > 330
        self._half = min(area.width / 2 - 20, 620)
        if element in ("mirror", "rough", *INDEX):
            self._at_surface(x, y)
        elif element == "prism":
            self._in_prism(x, y)
        else:
            self._in_lens(x, y)

    def _at_surface(self, x: float, y: float) -> None:
        area, visual = self.area, self.visual
        through = visual.element in INDEX
        base = y if through else area.bottom - 70.0
        self._base, self._x = base, x
        reach = min(base - area.top - 10, area.bottom - base - 10 if through else 1e9)
        angle, out = math.radians(visual.coming), math.radians(visual.leaving())
        far = min(reach / math.cos(angle), self._half / math.sin(angle))
        start = x - far * math.sin(angle), base - far * math.cos(angle)
        way = 1 if through else -1
        far = min(reach / math.cos(out), self._half / max(0.1, math.sin(out)))
        end = x + far * math.sin(out), base + way * far * math.cos(out)
        self._lines["incoming"] = [[start, (x, base)]]
        self._lines["outgoing"] = [[(x, base), end]]
        self._lines["normal"] = [[(x, base - reach), (x, base + (reach if through else 0))]]
        if visual.element == "rough":
            feet = [(x + (n - 1) * 150, base) for n in range(3)]
            slope = math.tan(angle)
            self._lines["incoming"] = [[(a - reach * slope, b - reach), (a, b)] for a, b in feet]
            leave = (-0.5, 0.25, 1.1)
            self._lines["outgoing"] = [
                [(a, b), (a + 0.85 * reach * math.tan(t), b - 0.85 * reach)]
                for (a, b), t in zip(feet, leave, strict=True)
            ]
            self._lines["normal"] = []
        middle = self._lines["incoming"][0]
        self._anchor["incoming"] = _part(middle, 0.4), "lbt"
        self._anchor["outgoing"] = _part(self._lines["outgoing"][-1], 0.62), "rlbt"
        if self._lines["normal"]:
            self._anchor["normal"] = _part(self._lines["normal"][0], 0.1), "rl"
        self._anchor["surface"] = (area.left + 20.0, base), "b"
        self._anchor["inside"] = (area.left + 20.0, area.bottom - 50.0), "t"

    def _in_lens(self, x: float, y: float) -> None:
        high = min(self.area.height / 2 - 60, 230)
        self._x, self._base, self._high = x, y, high
        focus = self._half * 0.55
        spreading = self.visual.element == "spreading_lens"
        offsets = [-0.72 * high, 0.0, 0.72 * high]
        self._lines["incoming"] = [[(x - self._half, y + d), (x, y + d)] for d in offsets]
        ends = []
        for d in offsets:
            steep = d / focus * (1 if spreading else -1)
            far = self._half * (0.62 if spreading else 1.0)
            ends.append([(x, y + d), (x + far, y + d + steep * far)])
        self._lines["outgoing"] = ends
        at = (x - focus, y) if spreading else (x + focus, y)
        self._focus = at
        self._anchor["focus"] = at, "b" if not spreading else "t"
        self._anchor["incoming"] = (x - self._half * 0.72, y - 0.72 * high), "t"
        self._anchor["outgoing"] = _part(ends[0], 0.94), "rtlb"
        self._anchor["surface"] = (x, y + high), "b"
        if spreading:
            self._lines["guide"] = [[at, (x, y + d)] for d in offsets]

    def _in_prism(self, x: float, y: float) -> None:
        high = min(self.area.height - 60, 460.0)
        self._x, self._base, self._high = x, y + high / 2, high
        wide = high * 0.58
        self._corners = [(x, self._base - high), (x + wide, self._base), (x - wide, self._base)]
        enter = (x - wide * 0.5, self._base - high * 0.5)
        leave = (x + wide * 0.46, self._base - high * 0.54)
        start = (x - self._half, self._base - high * 0.28)
        self._lines["incoming"] = [[start, enter]]
        self._anchor["incoming"] = _part([start, enter], 0.4), "tb"
        far = self._half - wide * 0.46
        for name, n in _SPREAD:
            from_ = leave[0] + n * wide * 0.16, leave[1] + n * high * 0.16
            end = from_[0] + far * (0.94 - 0.1 * n), from_[1] + far * (0.16 + 0.36 * n)
            self._lines[name] = [[enter, from_, end]]
        self._anchor["red"] = _part(self._lines["red"][0], 0.92), "tr"
        self._anchor["violet"] = _part(self._lines["purple"][0], 0.94), "bl"
        self._anchor["surface"] = (x, self._base), "b"

    def tags(self) -> list[Tag]:
        tags = []
        for part, mark in enumerate(self.visual.marks, 1):
            at, sides = self._anchor[mark.place]
            tags.append(Tag(part, self.visual.shown(mark), at, sides, 420, 22))
        return tags

    def blocked(self) -> list[Box]:
        return [
            box
            for name, lines in self._lines.items()
            if name != "guide"
            for line in lines
            for box in covering(line, 26, 9)
        ]

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        element, theme = self.visual.element, self.theme
        self._element(canvas)
        shown = {mark.place: part for part, mark in enumerate(self.visual.marks, 1)}
        for place in ("normal", "guide", "incoming", "outgoing", "red", "violet", "focus"):
            part = shown.get("outgoing" if place == "guide" else place)  # type: ignore[call-overload]
            if part is None or part > visible:
                continue
            colour = theme.accent if part == active else self.hue("yellow")
            if place in ("normal", "guide"):
                ink = theme.accent if part == active else theme.muted
                for line in self._lines.get(place, []):
                    canvas.line(line, ink, 5, dash=(14, 12))
            elif place == "focus":
                canvas.circle(*self._focus, 15, theme.accent, theme.background, 4)
            elif element == "prism" and place in ("red", "violet"):
                first = 0 if place == "red" else 1
                for name, _ in _SPREAD if first else _SPREAD[:1]:
                    canvas.line(self._lines[name][0], self.hue(name), 8)
            else:
                for line in self._lines[place]:
                    canvas.arrow(line, colour, 11)

    def _ways(self) -> Iterator[tuple[list[Point], list[Point], int]]:
        """The way in and the way on of each pulse, and the number of its sprite on the way on."""
        if self.visual.element == "prism":
            for n, (name, _) in enumerate(_SPREAD, 1):
                yield self._lines["incoming"][0], self._lines[name][0], n
            return
        for way, on in zip(self._lines["incoming"], self._lines["outgoing"], strict=True):
            yield way, on, 0

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """Pulses of light run along the rays when all are there, slower in water and glass."""
        rays = [
            part
            for part, mark in enumerate(self.visual.marks, 1)
            if mark.place in ("outgoing", "red", "violet")
        ]
        if not rays or not before < rays[-1] <= visible:
            return None
        ways, slower = list(self._ways()), INDEX.get(self.visual.element, 1.0)

        def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
            for way, on, number in ways:
                first, then = length_of(way), slower * length_of(on)
                for n in range(_PULSES):
                    part = (progress - n * _APART) / (1 - _APART * (_PULSES - 1))
                    gone = part * (first + then)
                    if 0 < gone < first:
                        yield 0, along(way, gone / first)
                    elif first <= gone < first + then:
                        yield number, along(on, (gone - first) / then)

        hues = [(255, 250, 225), *(self.hue(name) for name, _ in _SPREAD)]
        return Motion([_pulse(hue) for hue in hues], places, self.area.inset(-30), 3.0)

    def _element(self, canvas: Canvas) -> None:
        area, element, theme = self.area, self.visual.element, self.theme
        glass = mix(theme.background_end, _GLASS, 0.5)
        if element in INDEX:
            inside = mix(theme.background_end, _WATER if element == "water" else _GLASS, 0.45)
            canvas.box(area.left, self._base, area.right, area.bottom, inside, radius=18)
            canvas.line([(area.left, self._base), (area.right, self._base)], _WATER, 6)
        elif element == "mirror":
            canvas.box(self._x - self._half, self._base, self._x + self._half, self._base + 26,
                       _METAL, (96, 108, 130), 4, radius=6)  # fmt: skip
        elif element == "rough":
            count = round(self._half / 20)
            points = [
                (self._x - self._half + n * 40, self._base + (0 if n % 2 else 22))
                for n in range(count + 1)
            ]
            last = points[-1][0]
            canvas.polygon([*points, (last, self._base + 46), (points[0][0], self._base + 46)],
                           _METAL, (96, 108, 130), 4)  # fmt: skip
        elif element == "prism":
            canvas.polygon(self._corners, glass, _GLASS, 6)
        else:
            x, y, high = self._x, self._base, self._high
            wide = 58.0
            side = [(x + s * wide * (1 - (t / 10) ** 2), y + high * t / 10)
                    for s in (1,) for t in range(-10, 11)]  # fmt: skip
            if element == "spreading_lens":
                side = [(x + 22 + wide * (t / 10) ** 2, y + high * t / 10) for t in range(-10, 11)]
            other = [(2 * x - a, b) for a, b in side[::-1]]
            canvas.line([(x - self._half, y), (x + self._half, y)], theme.grid, 3)
            canvas.polygon([*side, *other], glass, _GLASS, 6)


def _part(line: list[Point], part: float) -> Point:
    """The point after a part of the last piece of a line."""
    (x, y), (a, b) = line[-2], line[-1]
    return x + (a - x) * part, y + (b - y) * part


def _pulse(colour: Rgb) -> Sprite:
    return Sprite(lambda canvas, x, y: canvas.circle(x, y, 15, colour, rim_of(colour), 4), 19)
