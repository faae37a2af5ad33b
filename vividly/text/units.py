"""The table of units: symbols and sizes; their names are in the locales.

"9 kilojoules", "9,000 J" and "9000 joules" are one quantity.

>>> unit, taken = read_unit(["meters", "per", "second", "squared"])
>>> unit.dimension, taken
((('length', 1), ('time', -2)), 4)
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from vividly.text.locales import known_locales, locale_for

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

# (key in the locales; symbols; symbols of running text only; dimension; size; prefixes in use).
_BASE: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("m", "m", "", "length", "1", "k c m µ n p"),
    ("ft", "ft", "", "length", "3048/10000", ""),
    ("mi", "mi", "", "length", "1609344/1000", ""),
    ("in", "in", "", "length", "254/10000", ""),
    ("yd", "yd", "", "length", "9144/10000", ""),
    ("AU", "AU", "", "astronomical unit", "1", ""),
    ("ly", "ly", "", "light-year", "1", ""),
    ("g", "g", "", "mass", "1", "k c m µ n"),
    ("t", "t", "", "mass", "1000000", ""),
    ("u", "u", "amu", "atomic mass", "1", ""),
    ("lb", "lb", "lbs", "pound", "1", ""),
    ("oz", "oz", "", "ounce", "1", ""),
    ("s", "s", "sec", "time", "1", "m µ n"),
    ("min", "min", "", "time", "60", ""),
    ("h", "h hr", "", "time", "3600", ""),
    ("d", "d", "", "time", "86400", ""),
    ("week", "", "", "time", "604800", ""),
    ("month", "", "", "month", "1", ""),
    ("y", "y yr", "", "year", "1", ""),
    ("decade", "", "", "year", "10", ""),
    ("century", "", "", "year", "100", ""),
    ("Hz", "Hz", "", "frequency", "1", "k M G T"),
    ("N", "N", "", "force", "1", "k M m µ n"),
    ("Pa", "Pa", "", "pressure", "1", "h k M G"),
    ("mmHg", "mmHg", "", "millimeter of mercury", "1", ""),
    ("atm", "atm", "", "atmosphere", "1", ""),
    ("J", "J", "", "energy", "1", "k M G m µ n"),
    ("cal", "cal", "", "calorie", "1", "k"),
    ("W", "W", "", "watt", "1", "k M G T m µ n"),
    ("V", "V", "", "voltage", "1", "k M m µ n"),
    ("A", "A", "", "current", "1", "k m µ n"),
    ("C", "C", "", "charge", "1", "m µ n p"),
    ("Ω", "Ω", "", "resistance", "1", "k M m"),
    ("F", "F", "", "capacitance", "1", "m µ n p"),
    ("H", "H", "", "inductance", "1", "m µ"),
    ("T", "T", "", "tesla", "1", "m µ n"),
    ("G", "G", "", "tesla", "1/10000", ""),
    ("Wb", "Wb", "", "magnetic flux", "1", ""),
    ("K", "K", "", "kelvin", "1", ""),
    ("°C", "°C", "", "celsius", "1", ""),
    ("°F", "°F", "", "fahrenheit", "1", ""),
    ("°", "", "°", "degree", "1", ""),
    ("rad", "rad", "", "radian", "1", ""),
    ("rev", "rev", "", "revolution", "1", ""),
    ("mol", "mol", "", "mole", "1", ""),
    ("L", "L", "l", "volume", "1", "k c m µ"),
    ("eV", "eV", "", "electronvolt", "1", "k M G T"),
    ("dB", "dB", "", "decibel", "1", ""),
    ("Bq", "Bq", "", "becquerel", "1", "k M G"),
    ("Ci", "Ci", "", "curie", "1", "m µ"),
    ("Gy", "Gy", "", "gray", "1", "m"),
    ("Sv", "Sv", "", "sievert", "1", "m µ"),
    ("rem", "rem", "", "sievert", "1/100", ""),
    ("cd", "cd", "", "candela", "1", ""),
    ("lm", "lm", "", "lumen", "1", ""),
    ("lx", "lx", "", "lux", "1", ""),
    ("ppm", "ppm", "", "", "1/1000000", ""),
    ("%", "", "%", "", "1/100", ""),
    ("$", "", "$", "dollar", "1", ""),
    ("€", "", "€", "euro", "1", ""),
    ("¢", "", "¢", "cent", "1", ""),
    ("B", "", "B", "byte", "1", "k M G"),
    ("bit", "", "", "bit", "1", ""),
)
_PREFIX = {
    "T": ("tera", 12),
    "G": ("giga", 9),
    "M": ("mega", 6),
    "k": ("kilo", 3),
    "h": ("hecto", 2),
    "c": ("centi", -2),
    "m": ("milli", -3),
    "µ": ("micro", -6),
    "n": ("nano", -9),
    "p": ("pico", -12),
}
_AMBIGUOUS = {"in", "d", "t", "u", "y", "pm", "F", "C", "T", "B", "G", "H"}
"""Symbols that usually mean something else; they count as units only if joined by `/`."""


def _read() -> tuple[dict[str, Unit], dict[tuple[str, str], Unit], frozenset[str]]:
    """(units by symbol, units by key and prefix, symbols used in formulas)."""
    by_symbol: dict[str, Unit] = {}
    by_key: dict[tuple[str, str], Unit] = {}
    set_in_formulas: set[str] = {"mph", "kWh"}
    for key, set_, typed, dimension, size, prefixes in _BASE:
        unit = Unit(((dimension, 1),) if dimension else (), Fraction(size))
        scaled = {("", ""): unit}
        for sign in prefixes.split():
            prefix, exponent = _PREFIX[sign]
            scaled[sign, prefix] = Unit(unit.dimension, unit.factor * Fraction(10) ** exponent)
        for (sign, prefix), one in scaled.items():
            set_in_formulas.update(sign + symbol for symbol in set_.split())
            by_symbol.update((sign + symbol, one) for symbol in f"{set_} {typed}".split())
            by_key[key, prefix] = one
    by_symbol["mph"] = by_symbol["mi"].times(by_symbol["h"].power(-1))
    by_symbol["kWh"] = Unit((("energy", 1),), Fraction(3_600_000))
    return by_symbol, by_key, frozenset(set_in_formulas)


_BY_SYMBOL, _BY_KEY, FORMULA_UNITS = _read()
"""`FORMULA_UNITS`: the symbols of units used in formulas, such as `kg`, `Ω` or `°C`."""
FORMULA_QUANTITIES = frozenset(
    symbol
    for symbol in FORMULA_UNITS
    if symbol in ("in", "min") or re.fullmatch("[A-Za-z]", symbol)
)
"""Those that also name quantities or words; they are units only after a number."""


@dataclass(frozen=True)
class _Words:
    """The unit words of all locales together: a text may use those of another language."""

    units: Mapping[str, Unit]
    before: Mapping[str, int]
    after: Mapping[str, int]
    per: frozenset[str]
    degrees: frozenset[str]


@cache
def _words() -> _Words:
    every = [locale_for(tag).grounding.units for tag in known_locales()]
    return _Words(
        units={
            prefix + name: unit
            for words in every
            for (key, prefix), unit in _BY_KEY.items()
            for name in words.names.get(key, ())
        },
        before={word: power for words in every for word, power in words.power_before.items()},
        after={word: power for words in every for word, power in words.power_after.items()},
        per=frozenset().union("/*", *(words.per for words in every)),
        degrees=frozenset().union("°", *(words.degrees for words in every)),
    )


def one_unit(token: str, *, alone: bool = True) -> Unit | None:
    """The unit that a token names.

    Args:
        alone: whether it stands alone; then `in` is more likely the word than inches.
    """
    unit = _words().units.get(token.lower())
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
        if sign not in _words().per:
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
    words = _words()
    before = words.before.get(tokens[0].lower())
    if before and len(tokens) > 1 and (unit := one_unit(tokens[1])):
        return unit.power(before), 2
    unit = one_unit(tokens[0], alone=alone)
    if unit is None:
        return NO_UNIT, 0
    if tokens[0] in words.degrees and len(tokens) > 1:
        scale = {"c": "celsius", "f": "fahrenheit"}.get(tokens[1].lower(), tokens[1].lower())
        if scale in ("celsius", "fahrenheit"):
            return Unit(((scale, 1),), Fraction(1)), 2
    if len(tokens) > 1 and tokens[1].lower() in words.after:
        return unit.power(words.after[tokens[1].lower()]), 2
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
