"""The slide of a scale."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box, Rgb, Weight, mix
from vividly.lesson.video.fonts import displayable
from vividly.lesson.video.slides.diagram import NEAR, DiagramSlide, Sign, covering, spread
from vividly.lesson.video.slides.labels import LARGEST, Tag, apart
from vividly.lesson.video.text import Style, measure
from vividly.model.visuals.scale import RANGES, Scale, ScaleMark

_THICK = 84
_ICON = 84
_END, _NAME = 84, 280
"""Height of the name of an end in portrait, and its greatest width in landscape."""
_LABEL = Style(LARGEST, Weight.SEMIBOLD)
_COLOURS: dict[str, tuple[Rgb, ...]] = {
    "ph": ((222, 56, 56), (240, 120, 50), (250, 190, 60), (200, 210, 70), (96, 190, 90),
           (60, 170, 150), (64, 130, 210), (90, 90, 200), (120, 60, 170)),
    "magnitude": ((110, 190, 120), (250, 200, 70), (240, 130, 50), (216, 50, 50)),
    "length": ((120, 90, 200), (70, 140, 220), (70, 180, 150), (240, 170, 70)),
    "wavelength": ((110, 110, 150), (124, 110, 190), (122, 90, 220), (150, 70, 220)),
}  # fmt: skip
_RAINBOW: tuple[Rgb, ...] = (
    (130, 70, 210), (70, 90, 230), (60, 170, 230), (70, 190, 90), (240, 210, 60), (245, 140, 50),
    (226, 56, 50),
)  # fmt: skip
_LONG: tuple[Rgb, ...] = ((200, 80, 70), (190, 110, 80), (170, 130, 100), (140, 130, 120))
_LIGHT = 4e-7, 7e-7
"""The shortest and the longest wave that is seen, in meters."""
_PIECES = 120
_HIGH = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class ScaleSlide(DiagramSlide, kind="scale"):
    """A coloured strip with numbers, and labels with lines to their places on it."""

    visual: Scale
    wordless = False

    def compose(self) -> None:
        area, visual = self.area, self.visual
        self._upright = self.layout.portrait
        self._of = RANGES[visual.scale]
        if self._upright:
            low, high = (_END if end else 20 for end in (visual.low, visual.high))
            self._strip = Box(area.left + 130, area.top + high, area.left + 230, area.bottom - low)
            self._ticks_at = float(area.left + 116)
        else:
            middle = area.centre[1] - 28
            left, right = (
                min(measure(displayable(end), _LABEL) + 24, _NAME) if end else room
                for end, room in ((visual.low, 48), (visual.high, 64))
            )
            self._strip = Box(
                round(area.left + left), middle - _THICK // 2,
                round(area.right - right), middle + _THICK // 2,
            )  # fmt: skip
            self._ticks_at = self._strip.bottom + 30.0
        self.room = area.height > 380
        places = [self._on(visual.along(mark.value)) for mark in visual.marks]
        order = sorted(range(len(places)), key=lambda n: visual.marks[n].value)
        ends: dict[int, Point] = {}
        if self._upright:
            rows = spread(self._strip.top, self._strip.bottom, len(order))
            column = float(self._strip.right + 80)
            ends = {n: (column, y) for n, y in zip(order[::-1], rows, strict=True)}
        else:
            for at, side in enumerate((order[::2], order[1::2])):
                y = self._strip.top - 36.0 if at == 0 else self._strip.bottom + 96.0
                most = self._wide(len(side))
                wide = [min(most, self._label_wide(visual.marks[n])) for n in side]
                xs = apart([places[n][0] for n in side], wide, area.left, area.right, 20)
                ends |= {n: (x, y) for n, x in zip(side, xs, strict=True)}
        self._places, self._ends = places, [ends[n] for n in range(len(places))]

    @staticmethod
    def _label_wide(mark: ScaleMark) -> float:
        icon = _ICON + NEAR if mark.picture else 0
        return icon + measure(displayable(mark.label), _LABEL)

    def _wide(self, count: int) -> float:
        return min(460.0, self.area.width / max(1, count) - 24)

    def _on(self, part: float) -> Point:
        strip = self._strip
        if self._upright:
            return float(strip.right), strip.bottom - part * strip.height
        return strip.left + part * strip.width, float(strip.centre[1])

    def tags(self) -> list[Tag]:
        tags, marks = [], self.visual.marks
        for part, (mark, (x, y)) in enumerate(zip(marks, self._ends, strict=True), 1):
            icon = _ICON + NEAR if mark.picture else 0
            if self._upright:
                wide = self.area.right - x - icon - NEAR
                tags.append(Tag(part, mark.label, (x, y), "r", wide, NEAR + icon))
                continue
            above = y < self._strip.top
            wide = self._wide((len(marks) + (1 if above else 0)) // 2) - icon
            at, side = (x + icon / 2, y), "t" if above else "b"
            tags.append(Tag(part, mark.label, at, side, wide, 20 if icon else 4))
        for end, text in enumerate((self.visual.low, self.visual.high)):
            x, y = self._on(end)
            if text and self._upright:
                at = float(self._strip.left), y + _END / 2 * (-1 if end else 1)
                wide = self.area.right - at[0]
                tags.append(Tag(0, text, at, "r", wide, 0, colour=self.theme.muted))
            elif text:
                at = x + (24 if end else -24), y
                tags.append(Tag(0, text, at, "r" if end else "l", _NAME, 0,
                                colour=self.theme.muted))  # fmt: skip
        return tags

    def blocked(self) -> list[Box]:
        """The lines to the labels, and the numbers below."""
        ways = map(self._lead, self._places, self._ends)
        boxes = [box for way in ways for box in covering(way, half=2)]
        if not self._upright:
            strip = self._strip
            boxes.append(Box(strip.left, strip.bottom, strip.right, strip.bottom + 58))
        return boxes

    def _lead(self, place: Point, end: Point) -> list[Point]:
        """The line from a place on the strip to its label."""
        x, y = place
        if self._upright:
            return [(x - 34, y), (x + 20, y), end]
        above = end[1] < y
        # Below, the line begins under the numbers.
        knee = self._strip.top - 14 if above else self._strip.bottom + 60
        first = self._strip.top + 30 if above else knee
        return [(x, first), (x, knee), end]

    def signs(self) -> list[Sign]:
        of, found = self._of, []
        count = round((of.end - of.start) / of.step)
        skip = 2 if self._upright and count > 12 else 1
        for n in range(0, count + 1, skip):
            value = round(of.start + n * of.step)
            text = f"10{str(value).translate(_HIGH)}" if of.powers else str(value)
            if of.unit and n == count:
                text = f"{text} {of.unit}"
            x, y = self._on(n / count)
            at = (self._ticks_at, y) if self._upright else (x, self._ticks_at)
            found.append(Sign(text, at, 0, 40, self.theme.muted, "l" if self._upright else "c"))
        return found

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        strip = self._strip
        for n in range(_PIECES):
            colour = self._colour((n + 0.5) / _PIECES)
            (x, y), (a, b) = self._on(n / _PIECES), self._on((n + 1) / _PIECES)
            if self._upright:
                canvas.box(strip.left, b - 1, strip.right, y, colour)
            else:
                canvas.box(x, strip.top, a + 1, strip.bottom, colour)
        marks = zip(self.visual.marks, self._places, self._ends, strict=True)
        for part, (mark, place, end) in enumerate(marks, 1):
            if part > visible:
                continue
            way = self._lead(place, end)
            at = way[0]
            if not self._upright and end[1] > place[1]:
                at = place[0], strip.bottom - 30.0
            ink = self.theme.accent if part == active else self.theme.text
            canvas.line(way, self.theme.background, 10)
            canvas.line(way, ink, 5)
            canvas.circle(*at, 13, ink, self.theme.background, 4)
            if mark.picture:
                self.picture(canvas, mark.picture, self.left_of(part, _ICON), _ICON)

    def _colour(self, part: float) -> Rgb:
        colours = _COLOURS[self.visual.scale]
        if self.visual.scale == "wavelength":
            first, last = map(self.visual.along, _LIGHT)
            # Wider than it is, or it could not be seen: the rainbow is a fiftieth of the strip.
            first, last = first - 0.025, last + 0.025
            if part > last:
                return _between(_LONG, (part - last) / (1 - last))
            if part >= first:
                return _between(_RAINBOW, (part - first) / (last - first))
            part /= first
        return _between(colours, part)


def _between(colours: tuple[Rgb, ...], part: float) -> Rgb:
    at = min(max(part, 0.0), 1.0) * (len(colours) - 1)
    first = min(int(at), len(colours) - 2)
    return mix(colours[first], colours[first + 1], at - first)
