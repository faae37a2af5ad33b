"""The slide of events in time."""

from __future__ import annotations

from PIL import Image, ImageDraw

from vividly.lesson.video import design
from vividly.lesson.video.design import Box, Weight
from vividly.lesson.video.shapes import arrow, disc, stroke
from vividly.lesson.video.slides.base import in_middle
from vividly.lesson.video.slides.steps import in_a_row
from vividly.lesson.video.slides.visual import VisualSlide, fit_blocks
from vividly.lesson.video.text import draw_block
from vividly.model.visuals.timeline import Timeline


class TimelineSlide(VisualSlide, kind="timeline"):
    """A line with a dot for each event: the time above (or beside) it, the event below."""

    visual: Timeline

    def lay_out(self) -> None:
        events = self.visual.events
        area, count = self.area, len(events)
        if self.layout.portrait:
            self._columns = in_a_row(
                Box(area.left + 80, area.top, area.right, area.bottom), count, down=True, gap=24
            )
        else:
            self._columns = in_a_row(area, count, down=False, gap=28)
        column = self._columns[0]
        sizes = design.BODY_SIZES[1:]
        when = fit_blocks([e.when for e in events], Weight.BOLD, sizes, column.width, 140)
        self._line = area.top + (max(b.height for b in when) if when else 0) + 40
        room = column.height if self.layout.portrait else area.bottom - self._line - 44
        if self.layout.portrait and when:
            room -= max(b.height for b in when) + 4
        what = fit_blocks([e.what for e in events], Weight.MEDIUM, sizes, column.width, room)
        self.fits = when is not None and what is not None and room > 0
        if what:
            self._line += max(0, room - max(b.height for b in what)) // 2
        self._when, self._what = when or (), what or ()

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        rule, portrait, area = self.theme.rule, self.layout.portrait, self.area
        draw = ImageDraw.Draw(image)
        if portrait:
            stroke(image, [(area.left + 24, area.top + 20), (area.left + 24, area.bottom)], rule, 8)
        else:
            ends = [(area.left, self._line), (area.right - 6, self._line)]
            arrow(image, ends, rule, 8, head=4)
        for number, (box, when, what) in enumerate(
            zip(self._columns, self._when, self._what, strict=True), 1
        ):
            shown, on = number <= visible, number == active
            top = in_middle(box, when.height + 4 + what.height) if portrait else box.top
            middle = top + when.style.leading // 2
            at = (area.left + 24, middle) if portrait else (box.left + 18, self._line)
            colour = self.theme.accent if on else self.theme.badge if shown else self.theme.rule
            disc(image, *at, 22 if on else 17, colour)
            if not shown:
                continue
            ink = self.theme.accent if on else self.theme.text
            if portrait:
                draw_block(draw, when, box.left, top, ink)
                draw_block(draw, what, box.left, top + when.height + 4, self.theme.text)
            else:
                draw_block(draw, when, box.left, self._line - 40 - when.height, ink)
                draw_block(draw, what, box.left, self._line + 44, self.theme.text)
