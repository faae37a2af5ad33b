"""The slide of an equation, with its terms explained one by one."""

from __future__ import annotations

from PIL import Image

from vividly.lesson.video.design import GAP, Box
from vividly.lesson.video.formula import Formula, fitted
from vividly.lesson.video.slides.base import in_middle
from vividly.lesson.video.slides.visual import VisualSlide, draw_cell, fit_cells
from vividly.model.visuals.equation import EquationVisual

_SIZES = (190, 170, 150, 130, 116, 104, 92, 82, 72, 64, 56, 48)
_SYMBOL_SIZES = (84, 76, 68, 60, 52, 44)


class EquationSlide(VisualSlide, kind="equation"):
    """The equation above, a card for each of its terms below."""

    visual: EquationVisual

    def lay_out(self) -> None:
        visual, area = self.visual, self.area
        count = len(visual.terms)
        if self.layout.portrait:
            height = min(150, (area.height - 260 - count * 16) // count)
            top = area.bottom - count * (height + 16) + 16
            self._boxes = [
                Box(
                    area.left, top + n * (height + 16), area.right, top + n * (height + 16) + height
                )
                for n in range(count)
            ]
        else:
            width = min(520, (area.width - (count - 1) * GAP) // count)
            height = min(230, area.height * 55 // 100)
            left = area.left + (area.width - count * width - (count - 1) * GAP) // 2
            top = area.bottom - height
            self._boxes = [
                Box(left + n * (width + GAP), top, left + n * (width + GAP) + width, area.bottom)
                for n in range(count)
            ]
        self._room = Box(area.left, area.top, area.right, top - 24)
        self._formula = fitted(visual.formula, _SIZES, self._room.width, self._room.height)
        self._glyphs = self._formula.glyphs_of([term.symbol for term in visual.terms])
        self._lay_out_terms()
        self.fits = (
            self._cells is not None
            and self._formula.width <= self._room.width
            and self._formula.height <= self._room.height
            and all(s.width <= room.width and s.height <= room.height for s, room in self._symbols)
        )

    def _lay_out_terms(self) -> None:
        """The symbol on the left of its card (above in wide frames), name and unit beside it."""
        self._symbols: list[tuple[Formula, Box]] = []
        self._words: list[Box] = []
        upright = self.layout.portrait
        for term, box in zip(self.visual.terms, self._boxes, strict=True):
            inner = box.inset(24, 14)
            if upright:
                room = Box(inner.left, inner.top, inner.left + 260, inner.bottom)
                words = Box(room.right + 20, inner.top, inner.right, inner.bottom)
            else:
                room = Box(inner.left, inner.top, inner.right, inner.top + inner.height * 42 // 100)
                words = Box(inner.left, room.bottom + 4, inner.right, inner.bottom)
            self._symbols.append(
                (fitted(term.symbol, _SYMBOL_SIZES, room.width, room.height), room)
            )
            self._words.append(words)
        pairs = [(term.name, term.unit) for term in self.visual.terms]
        self._cells = fit_cells(pairs, self._words[0].width, self._words[0].height)

    def draw_visual(self, image: Image.Image, visible: int, active: int) -> None:
        theme = self.theme
        coloured = [
            (glyphs, theme.accent)
            for number, glyphs in enumerate(self._glyphs, 1)
            if glyphs and number == active
        ]
        x = self._room.left + (self._room.width - self._formula.width) / 2
        y = self._room.top + (self._room.height - self._formula.height) / 2
        self._formula.draw(image, x, y, theme.text, coloured)
        for number, (box, words, cell, (symbol, room)) in enumerate(
            zip(self._boxes, self._words, self._cells or (), self._symbols, strict=True), 1
        ):
            if number > visible:
                self.ghost(image, box)
                continue
            on = number == active
            self.card(image, box, active=on)
            left = room.left + (room.width - symbol.width) / 2
            symbol.draw(
                image,
                left,
                in_middle(room, symbol.height),
                theme.accent if on else theme.text,
            )
            draw_cell(self, image, cell, words, centred=not self.layout.portrait, active=False)
