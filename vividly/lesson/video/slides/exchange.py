"""The slide of an exchange."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas, curve, rim_of
from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.diagram import DiagramSlide, around, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, flowing
from vividly.model.visuals.exchange import Exchange

_ICON = 124


class ExchangeSlide(DiagramSlide, kind="exchange"):
    """The thing in the middle, what goes in on the left (above), what comes out on the right."""

    visual: Exchange

    def compose(self) -> None:
        area, upright = self.area, self.layout.portrait
        ins, outs = len(self.visual.inputs), len(self.visual.outputs)
        self._middle = area.centre[0], area.centre[1] - 26
        self._size = min(400, area.height - 90) if not upright else min(400, area.height - 870)
        half = self._size / 2
        self.room = self._size > 180
        reach = half + 26
        self._icons, self._arrows = [], []
        x, y = self._middle
        for count, sign in ((ins, -1), (outs, 1)):
            places = (
                spread(area.left, area.right, count)
                if upright
                else spread(area.top, area.bottom, count)
            )
            for n, at in enumerate(places):
                lean = (n - (count - 1) / 2) * 76
                if upright:
                    row = area.top + _ICON / 2 if sign < 0 else area.bottom - 200 - _ICON / 2
                    outer, inner = (
                        (at, row + (276 if sign < 0 else -80)),
                        (x + lean, y + sign * reach),
                    )
                    if sign > 0:
                        inner = inner[0], inner[1] + 64
                    icon = at, row
                    bend = ((at, inner[1]), (at, inner[1])) if count > 1 else (outer, inner)
                else:
                    icon = (area.left + _ICON / 2 if sign < 0 else area.right - _ICON / 2), at
                    outer = x + sign * (half + 160), at
                    inner = x + sign * reach, y + lean
                    bend = (outer[0] - sign * 60, at), (inner[0] + sign * 60, inner[1])
                path = curve(outer, *bend, inner)
                self._icons.append(icon)
                self._arrows.append(path if sign < 0 else path[::-1])

    def coloured(self) -> list[tuple[str, str]]:
        return [(flow.label, flow.picture) for flow in self.visual.flows]

    def tags(self) -> list[Tag]:
        area, upright = self.area, self.layout.portrait
        x, y = self._middle
        tags = [Tag(0, self.visual.thing, (x, y + self._size / 2), "b", 480, 8)]
        beside = (area.width - self._size) / 2 - 160 - _ICON - 40
        for n, (flow, (a, b)) in enumerate(zip(self.visual.flows, self._icons, strict=True)):
            inwards = n < len(self.visual.inputs)
            count = len(self.visual.inputs if inwards else self.visual.outputs)
            side = "b" if upright else "r" if inwards else "l"
            width = area.width / count - 24 if upright else beside
            gap = _ICON / 2 + (8 if upright else 20)
            tags.append(Tag(n + 1, flow.label, (a, b), side, width, gap, flow.detail))
        return tags

    def blocked(self) -> list[Box]:
        return [around(self._middle, self._size / 2), *(around(i, _ICON / 2) for i in self._icons)]

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        if active <= before:
            return None
        name, arrow = self.visual.flows[active - 1].picture, self._arrows[active - 1]
        colour = self.hues[active - 1]

        def one(canvas: Canvas, x: float, y: float, size: float) -> None:
            if name:
                self.picture(canvas, name, (x, y), size)
            else:
                canvas.circle(x, y, size / 3, colour, rim_of(colour))

        return flowing([arrow], one, 60, self.area)

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        self.picture(canvas, self.visual.picture, self._middle, self._size)
        flows = zip(self.visual.flows, self._icons, self._arrows, strict=True)
        for part, (flow, icon, arrow) in enumerate(flows, 1):
            if part > visible:
                continue
            colour = self.theme.accent if part == active else self.hues[part - 1]
            canvas.arrow(arrow, colour, 11)
            self.picture(canvas, flow.picture, icon, _ICON)
