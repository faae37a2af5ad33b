"""The full names of units, days and months, from CLDR (Babel)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from babel.dates import get_day_names, get_month_names
from babel.units import format_unit

_CLDR = """
°C temperature-celsius °F temperature-fahrenheit ° angle-degree K temperature-kelvin
nm length-nanometer µm length-micrometer mm length-millimeter cm length-centimeter
m length-meter km length-kilometer ft length-foot mi length-mile
mg mass-milligram g mass-gram kg mass-kilogram lb mass-pound oz mass-ounce
mL volume-milliliter ml volume-milliliter L volume-liter
ms duration-millisecond s duration-second min duration-minute h duration-hour
Hz frequency-hertz kHz frequency-kilohertz MHz frequency-megahertz N force-newton
Pa pressure-pascal kPa pressure-kilopascal J energy-joule kJ energy-kilojoule
cal energy-calorie kcal energy-kilocalorie W power-watt kW power-kilowatt
kWh energy-kilowatt-hour V electric-volt A electric-ampere mA electric-milliampere
Ω electric-ohm mol concentr-mole m² area-square-meter cm² area-square-centimeter
km² area-square-kilometer m³ volume-cubic-meter cm³ volume-cubic-centimeter
m/s speed-meter-per-second km/h speed-kilometer-per-hour mph speed-mile-per-hour
m/s² acceleration-meter-per-square-second % concentr-percent
yd length-yard ly length-light-year AU length-astronomical-unit atm pressure-atmosphere
rad angle-radian rev angle-revolution lm light-lumen lx light-lux cd light-candela
"""
_PAIRS = _CLDR.split()


@cache
def cldr_units(language: str) -> Mapping[str, str]:
    """Symbol of a unit -> its name in the plural, such as "m" -> "metros".

    Args:
        language: primary subtag of a language that CLDR has.
    """
    return {
        symbol: format_unit(2, unit, "long", locale=language).replace("2", "").strip()
        for symbol, unit in zip(_PAIRS[::2], _PAIRS[1::2], strict=True)
    }


@cache
def cldr_calendar(language: str) -> Mapping[str, str]:
    """Name of a day or month, full or short, in lower case without full stops -> its full name.

    Args:
        language: primary subtag of a language that CLDR has.
    """
    return {
        name.lower().rstrip("."): names("wide", locale=language)[at]
        for names in (get_day_names, get_month_names)
        for width in ("abbreviated", "wide")
        for at, name in names(width, locale=language).items()
    }
