"""The slide of a reaction."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

from vividly.lesson.video.atoms import draw_atom, extent_of, radius_of, shape_of
from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.diagram import DiagramSlide, around
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite, smoothstep
from vividly.model.chemistry import atoms_of
from vividly.model.visuals.reaction import Reaction

_ARROW, _PLUS, _BELOW, _COUNT = 210, 70, 130, 84


class ReactionSlide(DiagramSlide, kind="reaction"):
    """The molecules before, an arrow, the molecules after; below, the atoms are counted."""

    visual: Reaction

    def compose(self) -> None:
        visual, area = self.visual, self.area
        self._elements = list(visual.atoms(visual.left))
        self._shapes = [shape_of(s.formula, atoms_of(s.formula)) for s in visual.substances]
        # Each substance is a grid of its molecules; sizes are in the units of an atom.
        self._grids, needs = [], []
        for substance, shape in zip(visual.substances, self._shapes, strict=True):
            across = math.ceil(math.sqrt(substance.count)) if substance.count > 3 else 1
            down = math.ceil(substance.count / across)
            wide, high = extent_of(shape)
            self._grids.append((across, down, 2 * wide + 0.4, 2 * high + 0.3))
            needs.append((across * (2 * wide + 0.4), down * (2 * high + 0.3)))
        count_height = _COUNT * self._rows()
        bottom = area.bottom - count_height
        left = len(visual.left)
        if self.layout.portrait:
            half = (bottom - area.top - 110) // 2
            rows = [
                (needs[:left], Box(area.left, area.top, area.right, area.top + half)),
                (needs[left:], Box(area.left, bottom - half, area.right, bottom)),
            ]
        else:
            width = area.width - _ARROW - _PLUS * (len(needs) - 2)
            share = [max(n[0], 1.5) for n in needs]
            middle = area.left + round(
                width * min(0.7, max(0.3, sum(share[:left]) / sum(share))) + _PLUS * (left - 1)
            )
            rows = [
                (needs[:left], Box(area.left, area.top, middle, bottom)),
                (needs[left:], Box(middle + _ARROW, area.top, area.right, bottom)),
            ]
        self._unit = min(
            120.0,
            *(
                (box.width - _PLUS * (len(own) - 1)) / sum(max(w, 1.5) for w, _ in own)
                for own, box in rows
            ),
            *((box.height - _BELOW) / max(h for _, h in own) for own, box in rows),
        )
        self.room = self._unit > 24
        self._boxes: list[Box] = []
        for own, box in rows:
            shares = [max(w, 1.5) for w, _ in own]
            free = box.width - _PLUS * (len(own) - 1)
            x = float(box.left)
            for share_ in shares:
                wide_ = free * share_ / sum(shares)
                self._boxes.append(Box(round(x), box.top, round(x + wide_), box.bottom))
                x += wide_ + _PLUS
        self._bottom = bottom

    def _rows(self) -> int:
        across = max(1, self.area.width // 330)
        return -(-len(self._elements) // across)

    def tags(self) -> list[Tag]:
        visual = self.visual
        tags = [
            Tag(n, s.shown, (box.centre[0], box.bottom - _BELOW), "b", box.width + 40, 4, s.name)
            for n, (s, box) in enumerate(zip(visual.substances, self._boxes, strict=True), 1)
        ]
        before = visual.atoms(visual.left)
        for element, (x, y) in zip(self._elements, self._counts(), strict=True):
            text = f"{before[element]} = {before[element]}"
            tags.append(
                Tag(len(visual.substances) + 1, text, (x, y), "r", 240, 44, colour=self.theme.right)
            )
        return tags

    def _counts(self) -> list[tuple[float, float]]:
        across = max(1, self.area.width // 330)
        places = []
        for n in range(len(self._elements)):
            row, column = divmod(n, across)
            in_row = min(across, len(self._elements) - row * across)
            x = self.area.centre[0] + (column - (in_row - 1) / 2) * 310 - 80
            places.append((x, self._bottom + _COUNT * (row + 0.5) + 6))
        return places

    def blocked(self) -> list[Box]:
        return [around(at, 36) for at in self._counts()]

    def _atoms(self, number: int) -> Iterator[tuple[str, Point]]:
        """The atoms of the molecules of a substance."""
        box, shape = self._boxes[number], self._shapes[number]
        across, down, wide, high = self._grids[number]
        count, unit = self.visual.substances[number].count, self._unit
        x, y = box.centre[0], (box.top + box.bottom - _BELOW) / 2
        for m in range(count):
            row, column = divmod(m, across)
            in_row = min(across, count - row * across)
            middle = x + (column - (in_row - 1) / 2) * wide * unit
            level = y + (row - (down - 1) / 2) * high * unit
            for element, dx, dy in shape:
                yield element, (middle + dx * unit, level + dy * unit)

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """Every atom travels from its molecule before to its molecule after."""
        left, every = len(self.visual.left), len(self.visual.substances)
        if not before < every <= visible:
            return None
        free: dict[str, list[Point]] = {}
        for element, at in (atom for n in range(left) for atom in self._atoms(n)):
            free.setdefault(element, []).append(at)
        goals = [atom for n in range(left, every) for atom in self._atoms(n)]
        ways = [(element, free[element].pop(0), goal) for element, goal in goals]
        unit, elements = self._unit, self._elements
        sprites = [
            Sprite(partial(_atom, element=element, unit=unit), unit * radius_of(element) + 3)
            for element in elements
        ]

        def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
            for n, (element, (x, y), (a, b)) in enumerate(ways):
                part = smoothstep((progress - 0.4 * n / len(ways)) / 0.6)
                rise = 0.7 * unit * math.sin(math.pi * part)
                yield elements.index(element), (x + (a - x) * part, y + (b - y) * part - rise)

        return Motion(sprites, places, self.area.inset(-30), 3.0)

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        left = len(self.visual.left)
        for n, box in enumerate(self._boxes):
            if n + 1 > visible:
                continue
            for element, at in () if self.moving else self._atoms(n):
                draw_atom(canvas, element, *at, self._unit)
            if n and n != left:
                a, y = box.left - _PLUS / 2, (box.top + box.bottom - _BELOW) / 2
                canvas.line([(a - 18, y), (a + 18, y)], self.theme.muted, 8)
                canvas.line([(a, y - 18), (a, y + 18)], self.theme.muted, 8)
        if visible > left:
            first, last = self._boxes[left - 1], self._boxes[left]
            if self.layout.portrait:
                x = self.area.centre[0]
                canvas.arrow([(x, first.bottom + 6), (x, last.top - 6)], self.theme.text, 11)
            else:
                y = (first.top + first.bottom - _BELOW) / 2
                canvas.arrow([(first.right + 24, y), (last.left - 24, y)], self.theme.text, 11)
        if visible > len(self._boxes) and not self.alone:
            for element, at in zip(self._elements, self._counts(), strict=True):
                draw_atom(canvas, element, *at, 60)


def _atom(canvas: Canvas, x: float, y: float, *, element: str, unit: float) -> None:
    draw_atom(canvas, element, x, y, unit)
