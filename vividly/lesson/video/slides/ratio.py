"""The slide of a ratio."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import mix
from vividly.lesson.video.slides.diagram import SERIES, DiagramSlide, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.model.visuals.ratio import Ratio

_ICON = 92


class RatioSlide(DiagramSlide, kind="ratio"):
    """A bar of equal blocks for each share, its label before it and its amount after."""

    visual: Ratio

    def compose(self) -> None:
        area, visual = self.area, self.visual
        self._upright = self.layout.portrait
        rows = len(visual.labels())
        self._rows = spread(area.top, area.bottom, rows)
        step = area.height / rows
        most = max(share.blocks for share in visual.shares)
        before = 0 if self._upright else 440
        after = 0 if self._upright else 430
        self._left = area.left + before + _ICON + 30
        wide = area.right - after - self._left
        self._block = min(wide / most, 130)
        self._high = min(96, step * (0.4 if self._upright else 0.62))
        self._after = after
        self.room = self._block > 40 and step > (200 if self._upright else 100)

    def tags(self) -> list[Tag]:
        visual, area, tags = self.visual, self.area, []
        for part, (share, y) in enumerate(zip(visual.shares, self._rows, strict=False), 1):
            colour, end = self.hue(SERIES[part - 1]), self._left + share.blocks * self._block
            if self._upright:
                wide = area.width - 20.0
                text = f"{share.label}: {visual.shown(share)}"
                at = (float(area.left), y - self._high / 2)
                tags.append(Tag(part, text, at, "t", wide, 10, colour=colour))
            else:
                at = self._left - _ICON - 30.0, y
                tags.append(Tag(part, share.label, at, "l", 430, 10, colour=colour))
                tags.append(Tag(part, visual.shown(share), (end, y), "r", self._after, 24))
        if visual.total:
            at = float(area.centre[0]), self._rows[-1]
            part = len(visual.shares) + 1
            tags.append(Tag(part, visual.total_shown(), at, "c", area.width,
                            colour=self.theme.right))  # fmt: skip
        return tags

    def draw(self, canvas: Canvas, visible: int, active: int) -> None:
        for part, (share, y) in enumerate(zip(self.visual.shares, self._rows, strict=False), 1):
            if part > visible:
                continue
            colour = self.hue(SERIES[part - 1])
            rim = self.theme.accent if part == active else colour
            self.picture(canvas, share.picture, (self._left - _ICON / 2 - 14, y), _ICON)
            for n in range(share.blocks):
                x = self._left + n * self._block
                inside = mix(self.theme.surface, colour, 0.55)
                canvas.box(x + 3, y - self._high / 2, x + self._block - 3, y + self._high / 2,
                           inside, rim, 5, radius=12)  # fmt: skip
