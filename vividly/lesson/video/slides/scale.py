"""The slide of a scale."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box, Rgb, mix
from vividly.lesson.video.slides.diagram import DiagramSlide, Sign, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.model.visuals.scale import RANGES, Scale

_THICK = 84
_ICON = 84
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
            self._strip = Box(area.left + 130, area.top + 20, area.left + 230, area.bottom - 20)
            self._ticks_at = float(area.left + 116)
        else:
            middle = area.centre[1] - 10
            self._strip = Box(
                area.left + 48, middle - _THICK // 2, area.right - 64, middle + _THICK // 2
            )
            self._ticks_at = self._strip.bottom + 30.0
        self.room = area.height > 380
        places = [self._on(visual.along(mark.value)) for mark in visual.marks]
        order = sorted(range(len(places)), key=lambda n: visual.marks[n].value)
        ends: dict[int, Point] = {}
        if self._upright:
            rows = spread(area.top, area.bottom, len(order))
            column = float(self._strip.right + 80)
            ends = {n: (column, y) for n, y in zip(order[::-1], rows, strict=True)}
        else:
            for at, side in enumerate((order[::2], order[1::2])):
                y = self._strip.top - 44.0 if at == 0 else self._strip.bottom + 110.0
                xs = _near([places[n][0] for n in side], area, self._wide(len(side)))
                ends |= {n: (x, y) for n, x in zip(side, xs, strict=True)}
        self._places, self._ends = places, [ends[n] for n in range(len(places))]

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
            icon = _ICON + 10 if mark.picture else 0
            if self._upright:
                wide = self.area.right - x - icon - 16
                tags.append(Tag(part, mark.label, (x, y), "r", wide, 16 + icon))
            else:
                above = y < self._strip.top
                count = (len(marks) + (1 if above else 0)) // 2
                tags.append(
                    Tag(
                        part, mark.label, (x, y), "t" if above else "b", self._wide(count), 4 + icon
                    )
                )
        return tags

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
        for part, (mark, (x, y), (a, b)) in enumerate(marks, 1):
            if part > visible:
                continue
            ink = self.theme.accent if part == active else self.theme.text
            if self._upright:
                at, way = (x - 34, y), [(x - 34, y), (x + 20, y), (a, b)]
                icon = a + 16 + _ICON / 2, b
            else:
                edge = strip.top if b < y else strip.bottom
                inside = edge + (30 if b < y else -30)
                # Below, the line begins under the numbers.
                knee = edge - 14 if b < y else edge + 60
                first = inside if b < y else edge + 60
                at, way = (x, inside), [(x, first), (x, knee), (a, b)]
                icon = a, b + (-1 if b < y else 1) * (4 + _ICON / 2)
            canvas.line(way, self.theme.background, 10)
            canvas.line(way, ink, 5)
            canvas.circle(*at, 13, ink, self.theme.background, 4)
            self.picture(canvas, mark.picture, icon, _ICON)

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


def _near(wanted: list[float], area: Box, wide: float) -> list[float]:
    """Places near the wanted ones, in order, at least `wide` apart and inside."""
    places: list[float] = []
    room = wide + 20
    for n, x in enumerate(wanted):
        least = places[-1] + room if places else area.left + wide / 2
        most = area.right - wide / 2 - (len(wanted) - 1 - n) * room
        places.append(min(max(x, least), max(most, least)))
    return places


def _between(colours: tuple[Rgb, ...], part: float) -> Rgb:
    at = min(max(part, 0.0), 1.0) * (len(colours) - 1)
    first = min(int(at), len(colours) - 2)
    return mix(colours[first], colours[first + 1], at - first)
