"""The slide of a ratio."""

from __future__ import annotations

from vividly.lesson.video.canvas import Canvas
from vividly.lesson.video.design import Weight, mix
from vividly.lesson.video.slides.diagram import HUES, DiagramSlide, spread
from vividly.lesson.video.slides.labels import Tag
from vividly.lesson.video.text import Style, measure
from vividly.model.visuals.ratio import Ratio

_ICON, _LARGE_ICON = 120, 170
"""Width of a picture, in landscape and in portrait."""
_STEP = 480
"""Greatest distance of two bars in pixels."""
_TEXT, _WIDEST = 430, 220
"""Greatest width of a text beside a bar, and of a block."""
_LABEL = Style(52, Weight.SEMIBOLD)


class RatioSlide(DiagramSlide, kind="ratio"):
    """A bar of equal blocks for each share, its label before it and its amount after."""

    visual: Ratio

    def compose(self) -> None:
        area, visual = self.area, self.visual
        self._upright = self.layout.portrait
        rows = len(visual.labels())
        step = min(area.height / rows, _STEP)
        half = step * rows / 2
        self._rows = spread(area.centre[1] - half, area.centre[1] + half, rows)
        most = max(share.blocks for share in visual.shares)
        pairs = [(share.label, visual.shown(share)) for share in visual.shares]
        before, after = (
            0.0 if self._upright else min(_TEXT, max(measure(pair[n], _LABEL) for pair in pairs))
            for n in (0, 1)
        )
        size = _LARGE_ICON if self._upright else _ICON
        self._icon = size if any(share.picture for share in visual.shares) else 0
        wide = area.width - before - after - self._icon - 70
        self._block = min(wide / most, _WIDEST)
        used = before + self._icon + self._block * most + after + 70
        self._left = area.left + (area.width - used) / 2 + before + self._icon + 30
        self._high = min(240, step * (0.48 if self._upright else 0.7))
        # Without words, bars say nothing unless pictures tell what they are of.
        told = self._icon or not self.alone
        self.room = bool(told) and self._block > 40 and step > (200 if self._upright else 100)

    def coloured(self) -> list[tuple[str, str]]:
        return [(share.label, share.picture) for share in self.visual.shares]

    def tags(self) -> list[Tag]:
        visual, area, tags = self.visual, self.area, []
        for part, (share, y) in enumerate(zip(visual.shares, self._rows, strict=False), 1):
            colour = self.hue(share.colour) if share.colour else self.hues[part - 1]
            end = self._left + share.blocks * self._block
            if self._upright:
                wide = area.width - 20.0
                text = f"{share.label}: {visual.shown(share)}"
                at = (self._left - self._icon - 30, y - self._high / 2)
                tags.append(Tag(part, text, at, "t", wide, 10, colour=colour))
            else:
                at = self._left - self._icon - 20.0, y
                tags.append(Tag(part, share.label, at, "l", _TEXT, 10, colour=colour))
                tags.append(Tag(part, visual.shown(share), (end, y), "r", _TEXT, 24))
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
            colour = self.hue(share.colour) if share.colour else self.hues[part - 1]
            pure = HUES[share.colour] if share.colour else colour
            rim = self.theme.accent if part == active else colour
            self.picture(canvas, share.picture, (self._left - self._icon / 2 - 14, y), self._icon)
            for n in range(share.blocks):
                x = self._left + n * self._block
                inside = mix(self.theme.surface, pure, 0.8 if share.colour else 0.55)
                canvas.box(x + 3, y - self._high / 2, x + self._block - 3, y + self._high / 2,
                           inside, rim, 5, radius=12)  # fmt: skip
