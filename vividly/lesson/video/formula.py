"""Formulas, typeset by matplotlib's mathtext in STIX, with parts in different colours.

A part of a formula (the symbol of a term) is found by its glyphs: the symbol alone is typeset, and
its sequence of glyphs is searched. So `m` differs from the `m` of `\\mathrm{m}`, another glyph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from PIL import Image

from vividly.lesson.video.design import Rgb
from vividly.model.errors import PermanentError
from vividly.model.formulas import UNIT, formula_problem, typeset

_PADDING = 6

_Glyph = tuple[str, int]


@dataclass(frozen=True)
class _Placed:
    glyph: _Glyph
    outline: Any
    x: float
    y: float


@dataclass(frozen=True)
class _Set:
    """A typeset formula. Lengths are in em; y points up from the baseline."""

    width: float
    height: float
    depth: float
    glyphs: tuple[_Placed, ...]
    rules: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class Formula:
    """A formula in one size. Lengths are in pixels; the baseline is `ascent` below the top."""

    source: str
    size: int

    @property
    def width(self) -> int:
        return round(_typeset(self.source).width * self.size) + 2 * _PADDING

    @property
    def height(self) -> int:
        found = _typeset(self.source)
        return round((found.height + found.depth) * self.size) + 2 * _PADDING

    @property
    def ascent(self) -> int:
        found = _typeset(self.source)
        return round(found.height * self.size) + _PADDING

    def glyphs_of(self, symbols: Sequence[str]) -> tuple[frozenset[int], ...]:
        """The glyphs of each symbol. A glyph belongs to the longest symbol that contains it."""
        keys = [placed.glyph for placed in _typeset(self.source).glyphs]
        taken: set[int] = set()
        found: dict[int, frozenset[int]] = {}
        wanted = [[placed.glyph for placed in _typeset(symbol).glyphs] for symbol in symbols]
        for number in sorted(range(len(symbols)), key=lambda n: -len(wanted[n])):
            own: set[int] = set()
            length = len(wanted[number])
            for at in range(len(keys) - length + 1 if length else 0):
                span = set(range(at, at + length))
                if keys[at : at + length] == wanted[number] and not span & taken:
                    own |= span
                    taken |= span
            found[number] = frozenset(own or self._scattered(keys, wanted[number], taken))
            taken |= found[number]
        return tuple(found[number] for number in range(len(symbols)))

    @staticmethod
    def _scattered(keys: list[_Glyph], wanted: list[_Glyph], taken: set[int]) -> set[int]:
        """The first match of a symbol with one other glyph inside: `v_0` in `v_0^2`."""
        for at in range(len(keys)):
            own: list[int] = []
            for glyph in wanted:
                reach = range(own[-1] + 1, own[-1] + 3) if own else range(at, at + 1)
                own += [n for n in reach if n < len(keys) and keys[n] == glyph][:1] or [-1]
                if own[-1] < 0 or own[-1] in taken:
                    break
            else:
                return set(own)
        return set()

    def draw(
        self,
        image: Image.Image,
        x: float,
        y: float,
        colour: Rgb,
        coloured: Sequence[tuple[frozenset[int], Rgb]] = (),
    ) -> None:
        """Draw it with its upper left corner at (x, y).

        Args:
            coloured: glyphs with their own colour.
        """
        special = (
            frozenset().union(*(glyphs for glyphs, _ in coloured)) if coloured else frozenset()
        )
        every = frozenset(range(len(_typeset(self.source).glyphs)))
        for glyphs, paint, rules in [
            (every - special, colour, True),
            *((glyphs, paint, False) for glyphs, paint in coloured),
        ]:
            mask = self._mask(glyphs, rules)
            image.paste(paint, (round(x), round(y)), mask)

    def _mask(self, glyphs: frozenset[int], rules: bool) -> Image.Image:
        from matplotlib.backends.backend_agg import RendererAgg
        from matplotlib.path import Path
        from matplotlib.transforms import Affine2D

        found = _typeset(self.source)
        agg = RendererAgg(self.width, self.height, 72)
        context = agg.new_gc()
        context.set_linewidth(0)
        context.set_antialiased(True)
        base = self.height - self.ascent
        for at in sorted(glyphs):
            placed = found.glyphs[at]
            where = (
                Affine2D()
                .scale(self.size / UNIT)
                .translate(placed.x * self.size + _PADDING, placed.y * self.size + base)
            )
            agg.draw_path(context, placed.outline, where, (1.0, 1.0, 1.0, 1.0))
        for left, bottom, width, height in found.rules if rules else ():
            where = (
                Affine2D()
                .scale(width * self.size, max(height * self.size, 2.0))
                .translate(left * self.size + _PADDING, bottom * self.size + base)
            )
            agg.draw_path(context, Path.unit_rectangle(), where, (1.0, 1.0, 1.0, 1.0))
        return Image.fromarray(np.asarray(agg.buffer_rgba())[:, :, 3].copy())


def fitted(source: str, sizes: Sequence[int], width: float, height: float) -> Formula:
    """A formula in the largest size that fits; in the smallest if none does."""
    for size in sizes:
        formula = Formula(source, size)
        if formula.width <= width and formula.height <= height:
            return formula
    return Formula(source, sizes[-1])


@lru_cache(maxsize=256)
def _typeset(source: str) -> _Set:
    """
    Raises:
        PermanentError: the source is no formula. `vividly.model.visuals.problem` checks it before.
    """
    if found := formula_problem(source):
        raise PermanentError(found)
    from matplotlib.ft2font import LoadFlags
    from matplotlib.path import Path

    parsed = typeset(source)
    placed = []
    for font, size, _, index, x, y in parsed.glyphs:
        font.set_size(size, 72)
        font.load_glyph(index, flags=LoadFlags.NO_HINTING)
        outline = Path(*font.get_path())
        placed.append(_Placed((font.postscript_name, index), outline, x / UNIT, y / UNIT))
    rules = tuple(tuple(side / UNIT for side in rule) for rule in parsed.rects)
    return _Set(
        parsed.width / UNIT,
        (parsed.height - parsed.depth) / UNIT,
        parsed.depth / UNIT,
        tuple(placed),
        rules,  # type: ignore[arg-type]
    )
