"""Units in formulas: `m` over `s` squared is a unit to be said, not a quotient."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from vividly.library.oer.maths_pieces import Piece
from vividly.text.locales import locale_for
from vividly.text.units import FORMULA_QUANTITIES, FORMULA_UNITS

_POWERS = {"2": "²", "3": "³", "−1": "⁻¹", "−2": "⁻²", "−3": "⁻³"}
_PART = re.compile(r"([A-Za-zµΩ°]+)([²³]?)")


class UnitWords:
    """Finds units, and says those that a voice does not know by itself."""

    def __init__(self, language: str, per: str, words: Mapping[str, str]) -> None:
        self._speech = locale_for(language).speech
        self._per = per
        self._powers = {"²": words["squared"], "³": words["cubed"]}

    def find(self, text: str) -> Piece | None:
        """The unit that a text is, such as `km`, `m/s` or `N⋅m`."""
        if not text or text in FORMULA_QUANTITIES or not self._is_unit(text):
            return None
        return self._piece(text)

    def one(self, unit: str) -> str:
        """The name of a single unit: `minute`."""
        return self._word(unit, plural=False)

    def alone(self, pieces: Sequence[Piece]) -> Piece | None:
        """Units side by side that are all there is, in the singular: "per kW⋅h"."""
        text = self._upright(pieces)
        if "⋅" not in text or "/" in text or "⁻" in text:
            return None
        said = " ".join(self._word(part, plural=False) for part in text.split("⋅"))
        return Piece("unit", text, said, _latex(text))

    def leading(self, pieces: Sequence[Piece]) -> tuple[Piece | None, int]:
        """The unit that stands at the beginning, after a number, and how many pieces it is."""
        run = 0
        while run < len(pieces) and (
            pieces[run].kind in ("space", "letter", "unit", "group", "word")
            or pieces[run].text in ("/", "⋅", "°")
        ):
            run += 1
        for end in range(run, 0, -1):
            shown = [piece for piece in pieces[:end] if piece.kind != "space"]
            text = "".join(piece.text for piece in shown)
            if not shown or shown[-1] is not pieces[end - 1]:
                continue
            spaced = "".join("⋅" if p.kind == "space" else p.text for p in pieces[:end]).strip("⋅")
            if self._is_unit(spaced) and all(map(_is_upright, shown)):
                text = spaced  # side by side, as in `m s⁻²`
            upright = "/" in text or "°" in text or all(map(_is_upright, shown))
            if self._is_unit(text) and upright:
                return self._piece(text), end
        return None, 0

    def over(self, above: Sequence[Piece], below: Sequence[Piece]) -> Piece | None:
        """The unit that a fraction is."""
        top, bottom = self._upright(above), self._upright(below)
        if not top or not bottom or "/" in top or "/" in bottom:
            return None
        text = f"{top}/({bottom})" if "⋅" in bottom else f"{top}/{bottom}"
        latex = f"\\frac{{{_latex(top)}}}{{{_latex(bottom)}}}"
        return Piece("unit", text, self._said(text), latex)

    def raised(self, base: Sequence[Piece], power: Sequence[Piece]) -> Piece | None:
        """The unit that a power is, such as `m²`."""
        unit = self._upright(base)
        exponent = "".join(piece.text for piece in power)
        if not unit and exponent.startswith("−"):
            unit = self._side_by_side(base)
        elif "⋅" in unit:
            return None
        if not unit and exponent == "−1" and [piece.kind for piece in base] == ["word"]:
            word = base[0].text  # a unit that is not known, such as `torr`
            return Piece("unit", f"{word}⁻¹", f"{self._per} {word}", _latex(f"{word}⁻¹"))
        if not unit or "/" in unit or exponent not in _POWERS:
            return None
        if unit == "ms" and exponent in ("−1", "−2"):
            unit = "m⋅s"  # a speed or an acceleration, hardly ever "per millisecond"
        return self._piece(unit + _POWERS[exponent])

    def _upright(self, pieces: Sequence[Piece]) -> str:
        """The pieces as one unit where they are nothing but units set upright; else ""."""
        shown = [piece for piece in pieces if piece.kind != "space"]
        if not all(map(_is_upright, shown)):
            return ""
        text = "".join(piece.text for piece in shown)
        return text if text and self._is_unit(text) else ""

    def _side_by_side(self, pieces: Sequence[Piece]) -> str:
        """Units of which only the last is raised, as in `mol L⁻¹`; "" if they are none."""
        shown = [piece.text for piece in pieces if piece.kind != "space"]
        upright = all(_is_upright(piece) for piece in pieces if piece.kind != "space")
        return "⋅".join(shown) if upright and shown and all(map(self._is_unit, shown)) else ""

    @staticmethod
    def _is_unit(text: str) -> bool:
        parts = re.split(r"[/⋅]", text)
        return all(re.sub(r"[²³]|⁻[¹²³]", "", part) in FORMULA_UNITS for part in parts)

    def _piece(self, text: str) -> Piece:
        return Piece("unit", text, self._said(text), _latex(text))

    def _said(self, text: str) -> str:
        """As it is written where the voice knows the unit; else part by part."""
        if text in self._speech.units:
            return text
        if found := re.fullmatch(r"([A-Za-zµΩ°]+)⁻([¹²³])", text):
            power = {"²": "²", "³": "³"}.get(found[2], "")
            return f"{self._per} {self._word(found[1] + power, plural=False)}"
        top, slash, bottom = text.partition("/")
        if not slash and "⁻" in top:  # `m⋅s⁻²` is meters per second squared
            raised = [part for part in top.split("⋅") if "⁻" in part]
            below = [part.replace("⁻¹", "").replace("⁻", "") for part in raised]
            top = "⋅".join(part for part in top.split("⋅") if part not in raised)
            slash, bottom = "/", "⋅".join(below)
        *first, last = top.split("⋅")
        above = [self._word(part, plural=False) for part in first]
        above.append(self._word(last, plural=True))
        if not slash:
            return " ".join(above) if len(above) > 1 or above[0] != text else text
        below = [self._word(part, plural=False) for part in bottom.strip("()").split("⋅")]
        return f"{' '.join(above)} {self._per} {' '.join(below)}"

    def _word(self, part: str, *, plural: bool) -> str:
        if part in self._speech.units:
            named = self._speech.units[part]
        elif (found := _PART.fullmatch(part)) and found[1] in self._speech.units:
            named = f"{self._speech.units[found[1]]} {self._powers.get(found[2], '')}".strip()
        else:
            return part
        if plural:
            return named
        first, *rest = named.split()
        if rest and self._speech.singular(first) == first:  # "square meters"
            return " ".join([first, self._speech.singular(rest[0]), *rest[1:]])
        return " ".join([self._speech.singular(first), *rest])


def _is_upright(piece: Piece) -> bool:
    return (
        piece.kind == "unit"
        or piece.latex.startswith((r"\mathrm", r"\text"))
        or piece.text in ("⋅", "Ω", "°", "µ", "/")
    )


def _latex(text: str) -> str:
    """A unit upright, its powers raised."""
    upright = re.sub(r"[²³]|⁻[¹²³]", lambda found: "}^{" + _plain(found[0]) + r"}\mathrm{", text)
    upright = upright.replace("⋅", r"}\cdot\mathrm{").replace("°", r"}^{\circ}\mathrm{")
    upright = upright.replace("µ", r"}\mu\mathrm{").replace("Ω", r"}\Omega\mathrm{")
    return rf"\mathrm{{{upright}}}".replace(r"\mathrm{}", "")


def _plain(raised: str) -> str:
    return raised.translate(str.maketrans("⁻¹²³", "-123"))
