"""The slide of energy bars."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from vividly.lesson.video.canvas import Canvas, Point
from vividly.lesson.video.design import Box
from vividly.lesson.video.slides.diagram import NEAR, DiagramSlide, around, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.sprites import Motion, Sprite, smoothstep
from vividly.model.visuals.energy import Energy

_LEGEND, _NUMBER = 74, 62


class EnergySlide(DiagramSlide, kind="energy"):
    """A group of bars for each moment, in one scale; the stores have their colours above."""

    visual: Energy

    def compose(self) -> None:
        area, count = self.area, len(self.visual.moments)
        self._base = area.bottom - (150 if self.layout.portrait else 120)
        pictured = any(moment.picture for moment in self.visual.moments)
        legend = _LEGEND * (len(self.visual.stores) if self.layout.portrait else 1)
        self._icon = 92 if pictured else 0
        self._xs = spread(area.left, area.right, count)
        self._wide = min(130.0, (area.width / count - 36) / len(self.visual.stores))
        # In portrait above the bars; else beside the label, and then the bars are higher.
        above = self._icon + 10 if pictured and self.layout.portrait else 0
        top = area.top + legend + above
        self._beside = self._icon + NEAR if pictured and not above else 0
        self._top = top + (_NUMBER if self.visual.unit else 0)
        self.room = self._base - self._top > 120
        self._most = max(max(moment.amounts) for moment in self.visual.moments)

    def _bars(self, moment: int) -> list[Box]:
        amounts = self.visual.moments[moment].amounts
        left = self._xs[moment] - self._wide * len(amounts) / 2
        return [
            Box(
                round(left + n * self._wide + 6),
                round(self._base - (self._base - self._top) * amount / self._most),
                round(left + (n + 1) * self._wide - 6),
                self._base,
            )
            for n, amount in enumerate(amounts)
        ]

    def _icon_at(self, moment: int) -> Point:
        x = self._xs[moment]
        if not self._beside:
            return x, self._top - (_NUMBER if self.visual.unit else 0) - 50.0
        if self.alone:
            return x, self._base + 14 + self._icon / 2
        return self.left_of(moment + 1, self._icon)

    def _legend(self) -> list[tuple[float, float]]:
        area, count = self.area, len(self.visual.stores)
        if self.layout.portrait:
            return [(area.left + 20.0, area.top + _LEGEND * (n + 0.5)) for n in range(count)]
        return [(area.left + 20 + n * area.width / count, area.top + 28.0) for n in range(count)]

    def coloured(self) -> list[tuple[str, str]]:
        return [(store, "") for store in self.visual.stores]

    def tags(self) -> list[Tag]:
        visual, area = self.visual, self.area
        wide = area.width - 60 if self.layout.portrait else area.width / len(visual.stores) - 80
        tags = [
            Tag(0, store, at, "r", wide, 36)
            for store, at in zip(visual.stores, self._legend(), strict=True)
        ]
        for n, moment in enumerate(visual.moments):
            at = self._xs[n], float(self._base)
            width = area.width / len(visual.moments) - 24
            name = at[0] + self._beside / 2, at[1]
            tags.append(Tag(n + 1, moment.label, name, "b", width - self._beside, 14))
            for bar, amount in zip(self._bars(n), moment.amounts, strict=True):
                if amount and visual.unit:
                    middle = float(bar.centre[0])
                    at = middle, float(bar.top)
                    tags.append(Tag(n + 1, visual.shown(amount), at, "t", width, 4))
        return tags

    def blocked(self) -> list[Box]:
        return [around(at, 22) for at in self._legend()]

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        area = self.area
        for n, (x, y) in enumerate(self._legend()):
            if not self.alone:
                canvas.box(x - 18, y - 18, x + 18, y + 18, self.hues[n], None, radius=8)
        for n, moment in enumerate(self.visual.moments):
            if n + 1 > visible:
                continue
            if not (self.moving and n + 1 == active):
                for store, bar in enumerate(self._bars(n)):
                    if bar.height > 0:
                        self._bar(canvas, *bar.centre, store=store, height=bar.height)
            if self._icon:
                self.picture(canvas, moment.picture, self._icon_at(n), self._icon)
        canvas.line([(area.left, self._base), (area.right, self._base)], self.theme.muted, 5)

    def _bar(self, canvas: Canvas, x: float, y: float, *, store: int, height: float) -> None:
        across, down = self._wide / 2 - 6, height / 2
        canvas.box(x - across, y - down, x + across, y + down, self.hues[store], None, radius=12)

    def passes(self, tag: Tag, active: int) -> bool:
        """The amounts of the moment to which the bars change."""
        return tag.part == active and tag.sides == "t"

    def moves(self, before: int, visible: int, active: int) -> Motion | None:
        """The bars change from the moment before: energy goes from store to store."""
        if active <= before or active < 2:
            return None
        old, new = self._bars(active - 2), self._bars(active - 1)
        whole = self._base - self._top
        sprites = [
            Sprite(partial(self._bar, store=store, height=whole), self._wide / 2, whole / 2)
            for store in range(len(new))
        ]

        def places(progress: float, _: float) -> Iterator[tuple[int, Point]]:
            part = smoothstep(progress)
            for store, (first, last) in enumerate(zip(old, new, strict=True)):
                height = first.height + (last.height - first.height) * part
                if height > 0:
                    # The base hides what is below it.
                    yield store, (last.centre[0], self._base - height + whole / 2)

        window = Box(self.area.left, self._top, self.area.right, self._base - 2)
        return Motion(sprites, places, window, 2.6)
