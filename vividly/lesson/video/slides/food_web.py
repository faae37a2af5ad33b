"""The slide of a food web."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas, Point, curve, cut_end, rim_of
from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.diagram import DiagramSlide, around, covering, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, flowing
from vividly.model.visuals.food_web import FoodWeb


class FoodWebSlide(DiagramSlide, kind="food_web"):
    """Levels from left to right, or from bottom to top in portrait."""

    visual: FoodWeb

    def compose(self) -> None:
        area, members = self.area, self.visual.members
        levels = sorted({member.level for member in members})
        most = max(sum(m.level == level for m in members) for level in levels)
        along = area.height if self.layout.portrait else area.width
        across = area.width if self.layout.portrait else area.height
        self._label = 64
        self._size = min(150.0, along / len(levels) * 0.5, across / most - self._label - 30)
        self.room = self._size > 56
        self._places: list[Point] = [(0.0, 0.0)] * len(members)
        for at, level in enumerate(levels):
            own = [n for n, m in enumerate(members) if m.level == level]
            for n, side in zip(
                own,
                spread(area.left, area.right, len(own))
                if self.layout.portrait
                else spread(area.top, area.bottom, len(own)),
                strict=True,
            ):
                if self.layout.portrait:
                    y = spread(area.bottom, area.top, len(levels))[at]
                    self._places[n] = side, y - self._label / 2
                else:
                    x = spread(area.left, area.right, len(levels))[at]
                    self._places[n] = x, side - self._label / 2

    def tags(self) -> list[Tag]:
        levels = [member.level for member in self.visual.members]
        wide = self.area.width / len(set(levels))

        def width(level: int) -> float:
            return (self.area.width / levels.count(level) if self.layout.portrait else wide) - 30

        return [
            # Upright, the arrows come from below.
            Tag(part, member.label, at, "rlbt" if self.layout.portrait else "brlt",
                width(member.level), self._size / 2 + 22)
            for part, (member, at) in enumerate(
                zip(self.visual.members, self._places, strict=True), 1
            )
        ]  # fmt: skip

    def blocked(self) -> list[Box]:
        arrows = [a for member in range(len(self._places)) for a in self._arrows(member)]
        return [
            *(around(at, self._size / 2) for at in self._places),
            *(box for arrow in arrows for box in covering(arrow, 30, 10)),
        ]

    def _arrows(self, number: int) -> list[list[Point]]:
        """The arrows to a member. One that skips a level is bent outwards, around that level."""
        members, found = self.visual.members, []
        b, (x, y) = self._places[number], self.area.centre
        for eaten in members[number].eats:
            a = self._places[eaten - 1]
            bend = 0.0 if members[number].level - members[eaten - 1].level < 2 else 150.0
            if self.layout.portrait:
                side = (bend if (a[0] + b[0]) / 2 >= x else -bend), 0.0
            else:
                side = 0.0, (bend if (a[1] + b[1]) / 2 >= y - self._label / 2 else -bend)
            thirds = [
                (a[0] + (b[0] - a[0]) * t + side[0], a[1] + (b[1] - a[1]) * t + side[1])
                for t in (1 / 3, 2 / 3)
            ]
            line = cut_end(curve(a, thirds[0], thirds[1], b), self._size / 2 + 20)
            found.append(cut_end(line[::-1], self._size / 2 + 20)[::-1])
        return found

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """Energy goes along all arrows, when all are there."""
        if not before < visible == self.visual.part_count:
            return None
        ways = [way for member in range(len(self._places)) for way in self._arrows(member)]
        colour = self.hue("orange")

        def one(canvas: Canvas, x: float, y: float, size: float) -> None:
            canvas.circle(x, y, size / 2, colour, rim_of(colour))

        return flowing(ways, one, 28, self.area)

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        for number in range(min(visible, len(self._places))):
            for arrow in self._arrows(number):
                canvas.arrow(arrow, self.stroke(number + 1, active), 9)
        for part, (member, at) in enumerate(zip(self.visual.members, self._places, strict=True), 1):
            if part > visible:
                continue
            half = self._size / 2 + 10
            edge = self.theme.accent if part == active else self.theme.rule
            canvas.circle(*at, half, self.theme.surface, edge, 5)
            self.picture(canvas, member.picture, at, self._size * 0.8)
