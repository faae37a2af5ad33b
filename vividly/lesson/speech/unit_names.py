"""The names of units, also of products, quotients and powers: "kg·m/s²", "J/(kg·K)"."""

from __future__ import annotations

import re

from vividly.text.locales.sections import Speech
from vividly.text.units import FORMULA_UNITS

_FACTOR = re.compile(r"(°?[A-Za-zµΩ]+)(?:\^?([-−⁻]?[0-9¹²³⁴⁵⁶]))?")
_PLAIN = str.maketrans("⁻−¹²³⁴⁵⁶", "--123456")
_PREFIXED = frozenset(symbol for symbol in FORMULA_UNITS if len(symbol) > 1) - {"pm"}
"""Symbols that may have a prefix; "pm" is the afternoon."""
_LENGTHS = re.compile(r"[kcmµn]?m|ft|in|mi|yd")


def unit_words(symbol: str, amount: str, lexicon: Speech) -> list[str]:
    """The words for a unit after an amount; empty if it is none.

    Args:
        symbol: as written, such as "m", "kJ/mol" or "kg·m/s²".
        amount: the number before it, in digits: after 1 the unit is in the singular.
    """
    known = lexicon.units.get(symbol)
    if known is None and symbol != "in" and re.search(r"\d[.,]\d", amount):
        known = lexicon.joined_units.get(symbol)  # "5 T" may be anything, "1.5 T" are teslas
    if known is None and not re.search(r"[/·⋅*^⁻²³]", symbol):
        known = _prefixed(symbol, lexicon)
    if known:
        return (lexicon.singular(known) if amount == "1" else known).split()
    over: list[tuple[str, str, int]] = []
    under: list[tuple[str, str, int]] = []
    above, *below = symbol.split("/")
    for part, sign in ((above, 1), *((part, -1) for part in below)):
        for factor in re.split(r"[·⋅*]", part.strip("()")):
            found = _FACTOR.fullmatch(factor)
            name = _name(found[1], lexicon) if found else None
            if not found or not name:
                return []
            power = sign * int((found[2] or "1").translate(_PLAIN))
            (over if power > 0 else under).append((found[1], name, abs(power)))
    if not (over or under) or (len(over) == 1 and not under and over[0][2] == 1):
        return []
    plural = 0 if lexicon.first_unit_is_plural else len(over) - 1
    words = [
        _raised(*factor, lexicon, plural=at == plural and amount != "1")
        for at, factor in enumerate(over)
    ]
    for factor in under:
        words += [lexicon.phrases["per"], _raised(*factor, lexicon, plural=False)]
    return " ".join(words).split()


def _raised(symbol: str, name: str, power: int, lexicon: Speech, *, plural: bool) -> str:
    """A unit with its power: "square meters", "second squared"."""
    unit = name if plural else lexicon.singular(name)
    if power == 1:
        return unit
    if _LENGTHS.fullmatch(symbol) and power in (2, 3):
        key = ("square", "cubic")[power - 2] + ("s" if plural else "")
        gendered = f"{key} {lexicon.one_before(lexicon.singular(name))}"
        return lexicon.phrases.get(gendered, lexicon.phrases[key]).format(unit=unit)
    raised = lexicon.signs.get({2: "²", 3: "³"}.get(power, ""))
    return f"{unit} {raised or lexicon.phrases['power'] + f' {power}'}"


def _name(symbol: str, lexicon: Speech) -> str | None:
    found = lexicon.units.get(symbol) or lexicon.joined_units.get(symbol)
    if not found and len(symbol) > 2 and symbol.islower():  # the "hour" of "km/hour"
        names = lexicon.units.values()
        found = next((name for name in names if symbol in (name, lexicon.singular(name))), None)
    return found or _prefixed(symbol, lexicon)


def _prefixed(symbol: str, lexicon: Speech) -> str | None:
    """The plural name of a unit with a prefix, such as "kiloohms"."""
    if symbol not in _PREFIXED or symbol[0] not in lexicon.prefixes:
        return None
    base = lexicon.units.get(symbol[1:]) or lexicon.joined_units.get(symbol[1:])
    return lexicon.prefixes[symbol[0]] + base if base else None
