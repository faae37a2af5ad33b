"""The table of units: symbols, names, sizes ("9 kilojoules", "9,000 J" and "9000 joules" are one).

>>> unit, taken = read_unit(["meters", "per", "second", "squared"])
>>> unit.dimension, taken
((('length', 1), ('time', -2)), 4)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

Dimension = tuple[tuple[str, int], ...]
"""Base dimensions with their powers, sorted: (("length", 1), ("time", -1)) is a speed."""


@dataclass(frozen=True)
class Unit:
    """A unit: its dimension, and its size in base units of that dimension."""

    dimension: Dimension
    factor: Fraction

    def power(self, exponent: int) -> Unit:
        """The unit raised to an exponent."""
        raised = tuple((name, power * exponent) for name, power in self.dimension)
        return Unit(raised, self.factor**exponent)

    def times(self, other: Unit) -> Unit:
        """The product of two units."""
        powers = dict(self.dimension)
        for name, power in other.dimension:
            powers[name] = powers.get(name, 0) + power
        kept = tuple(sorted((name, power) for name, power in powers.items() if power))
        return Unit(kept, self.factor * other.factor)


NO_UNIT = Unit((), Fraction(1))

# (symbols; symbols of running text only; names; dimension; size; prefixes in use).
_BASE: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("m", "", "meter meters metre metres metro metros", "length", "1", "k c m µ n p"),
    ("ft", "", "foot feet", "length", "3048/10000", ""),
    ("mi", "", "mile miles", "length", "1609344/1000", ""),
    ("in", "", "inch inches", "length", "254/10000", ""),
    ("yd", "", "yard yards", "length", "9144/10000", ""),
    ("AU", "", "", "astronomical unit", "1", ""),
    ("ly", "", "", "light-year", "1", ""),
    ("g", "", "gram grams gramme grammes gramo gramos", "mass", "1", "k c m µ n"),
    ("t", "", "tonne tonnes ton tons", "mass", "1000000", ""),
    ("u", "amu", "", "atomic mass", "1", ""),
    ("lb", "lbs", "pound pounds", "pound", "1", ""),
    ("oz", "", "ounce ounces", "ounce", "1", ""),
    ("s", "sec", "second seconds segundo segundos", "time", "1", "m µ n"),
    ("min", "", "minute minutes minuto minutos", "time", "60", ""),
    ("h hr", "", "hour hours hora horas", "time", "3600", ""),
    ("d", "", "day days día días", "time", "86400", ""),
    ("", "", "week weeks semana semanas", "time", "604800", ""),
    ("", "", "month months mes meses", "month", "1", ""),
    ("y yr", "", "year years año años", "year", "1", ""),
    ("", "", "decade decades década décadas", "year", "10", ""),
    ("", "", "century centuries siglo siglos", "year", "100", ""),
    ("Hz", "", "hertz", "frequency", "1", "k M G"),
    ("N", "", "newton newtons", "force", "1", "k M m µ n"),
    ("Pa", "", "pascal pascals", "pressure", "1", "k M G"),
    ("atm", "", "atmosphere atmospheres", "atmosphere", "1", ""),
    ("J", "", "joule joules julio julios", "energy", "1", "k M G m µ n"),
    ("cal", "", "calorie calories caloría calorías", "calorie", "1", "k"),
    ("W", "", "watt watts vatio vatios", "watt", "1", "k M G m µ n"),
    ("V", "", "volt volts voltio voltios", "voltage", "1", "k M m µ n"),
    ("A", "", "ampere amperes amp amps amperio amperios", "current", "1", "k m µ n"),
    ("C", "", "coulomb coulombs", "charge", "1", "m µ n p"),
    ("Ω", "", "ohm ohms ohmio ohmios", "resistance", "1", "k M m"),
    ("F", "", "farad farads", "capacitance", "1", "m µ n p"),
    ("H", "", "", "inductance", "1", "m"),
    ("T", "", "tesla teslas", "tesla", "1", "m"),
    ("G", "", "", "tesla", "1/10000", ""),
    ("Wb", "", "", "magnetic flux", "1", ""),
    ("K", "", "kelvin kelvins", "kelvin", "1", ""),
    ("°C", "", "celsius", "celsius", "1", ""),
    ("°F", "", "fahrenheit", "fahrenheit", "1", ""),
    ("", "°", "degree degrees grado grados", "degree", "1", ""),
    ("rad", "", "radian radians", "radian", "1", ""),
    ("rev", "", "", "revolution", "1", ""),
    ("mol", "", "mole moles", "mole", "1", ""),
    ("L", "l", "liter liters litre litres litro litros", "volume", "1", "k c m µ"),
    ("eV", "", "", "electronvolt", "1", "k M G"),
    ("dB", "", "decibel decibels", "decibel", "1", ""),
    ("Bq", "", "", "becquerel", "1", ""),
    ("Ci", "", "", "curie", "1", ""),
    ("Gy", "", "", "gray", "1", ""),
    ("Sv", "", "", "sievert", "1", ""),
    ("rem", "", "", "sievert", "1/100", ""),
    ("cd", "", "", "candela", "1", ""),
    ("lm", "", "", "lumen", "1", ""),
    ("lx", "", "", "lux", "1", ""),
    ("", "%", "percent", "", "1/100", ""),
    ("", "$", "dollar dollars dólar dólares", "dollar", "1", ""),
    ("", "€", "euro euros", "euro", "1", ""),
    ("", "¢", "cent cents", "cent", "1", ""),
    ("", "B", "byte bytes", "byte", "1", "k M G"),
    ("", "", "bit bits", "bit", "1", ""),
)
_PREFIX = {
    "G": ("giga", 9),
    "M": ("mega", 6),
    "k": ("kilo", 3),
    "c": ("centi", -2),
    "m": ("milli", -3),
    "µ": ("micro", -6),
    "n": ("nano", -9),
    "p": ("pico", -12),
}
_AMBIGUOUS = {"in", "d", "t", "u", "y", "pm", "F", "C", "T", "B", "G", "H"}
"""Symbols that usually mean something else; they count as units only if joined by `/`."""
_POWERS = {"squared": 2, "cubed": 3, "cuadrado": 2, "cuadrados": 2}
_BEFORE = {"square": 2, "cubic": 3}


def _read() -> tuple[dict[str, Unit], dict[str, Unit], frozenset[str]]:
    """(units by symbol, units by word, symbols used in formulas)."""
    by_symbol: dict[str, Unit] = {}
    by_word: dict[str, Unit] = {}
    set_in_formulas: set[str] = {"mph", "kWh"}
    for set_, typed, names, dimension, size, prefixes in _BASE:
        unit = Unit(((dimension, 1),) if dimension else (), Fraction(size))
        scaled = {("", ""): unit}
        for sign in prefixes.split():
            prefix, exponent = _PREFIX[sign]
            scaled[sign, prefix] = Unit(unit.dimension, unit.factor * Fraction(10) ** exponent)
        for (sign, prefix), one in scaled.items():
            set_in_formulas.update(sign + symbol for symbol in set_.split())
            by_symbol.update((sign + symbol, one) for symbol in f"{set_} {typed}".split())
            by_word.update((prefix + name, one) for name in names.split())
    by_symbol["mph"] = by_symbol["mi"].times(by_symbol["h"].power(-1))
    by_symbol["kWh"] = Unit((("energy", 1),), Fraction(3_600_000))
    return by_symbol, by_word, frozenset(set_in_formulas)


_BY_SYMBOL, _BY_WORD, FORMULA_UNITS = _read()
"""`FORMULA_UNITS`: the symbols of units used in formulas, such as `kg`, `Ω` or `°C`."""
FORMULA_QUANTITIES = frozenset(
    symbol
    for symbol in FORMULA_UNITS
    if symbol in ("in", "min") or re.fullmatch("[A-Za-z]", symbol)
)
"""Those that also name quantities or words; they are units only after a number."""


def one_unit(token: str, *, alone: bool = True) -> Unit | None:
    """The unit that a token names.

    Args:
        alone: whether it stands alone; then `in` is more likely the word than inches.
    """
    unit = _BY_WORD.get(token.lower())
    if unit is None and not (alone and token in _AMBIGUOUS):
        unit = _BY_SYMBOL.get(token.replace("μ", "µ"))
    return unit


def read_unit(tokens: Sequence[str]) -> tuple[Unit, int]:
    """The unit at the start of tokens, and its number of tokens; (`NO_UNIT`, 0) for none.

    Reads "meters per second squared", `m / s ^ 2`, "square meters", "kilometers an hour".
    """
    unit, taken = _factor(tokens, alone=True)
    if not taken:
        return NO_UNIT, 0
    while taken < len(tokens):
        sign = tokens[taken].lower()
        if sign not in ("per", "/", "*", "an", "a", "each", "every", "por"):
            break
        following, more = _factor(tokens[taken + 1 :], alone=sign == "*")
        if not more or (sign == "*" and not re.fullmatch(r"\D+", tokens[taken + 1])):
            break
        unit = unit.times(following if sign == "*" else following.power(-1))
        taken += 1 + more
    return unit, taken


def _factor(tokens: Sequence[str], *, alone: bool) -> tuple[Unit, int]:
    """One unit with its power: "square meters", "seconds squared", `s ^ 2`."""
    if not tokens:
        return NO_UNIT, 0
    before = _BEFORE.get(tokens[0].lower())
    if before and len(tokens) > 1 and (unit := one_unit(tokens[1])):
        return unit.power(before), 2
    unit = one_unit(tokens[0], alone=alone)
    if unit is None:
        return NO_UNIT, 0
    if tokens[0] in ("°", "degrees", "degree", "grados") and len(tokens) > 1:
        scale = {"c": "celsius", "f": "fahrenheit"}.get(tokens[1].lower(), tokens[1].lower())
        if scale in ("celsius", "fahrenheit"):
            return Unit(((scale, 1),), Fraction(1)), 2
    if len(tokens) > 1 and tokens[1].lower() in _POWERS:
        return unit.power(_POWERS[tokens[1].lower()]), 2
    if len(tokens) > 2 and tokens[1] == "^" and re.fullmatch(r"-?\d", tokens[2]):
        return unit.power(int(tokens[2])), 3
    return unit, 1


def agree(one: Unit, other: Unit) -> bool:
    """Whether two units have the same dimension; degrees may be of any scale."""
    if one.dimension == other.dimension:
        return True
    names = {one.dimension, other.dimension}
    degree: Dimension = (("degree", 1),)
    scales: tuple[Dimension, ...] = ((("celsius", 1),), (("fahrenheit", 1),))
    return degree in names and any(scale in names for scale in scales)
