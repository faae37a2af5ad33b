"""How the signs, units and abbreviations of school texts are said, by language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lexicon:
    """Words for what is written in signs.

    A language without an entry in `LEXICONS` gets an empty one: its voice reads the signs in
    its own way.

    Attributes:
        signs: single characters, said wherever they stand.
        units: said after a number, or alone where they hold a sign (`m/s`, `°C`).
        abbreviations: whole tokens, their full stop included.
        fractions: said for two numbers with a slash between them.
        phrases: the connectives that expansions are built with.
    """

    signs: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    abbreviations: Mapping[str, str] = field(default_factory=dict)
    fractions: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)


ENGLISH = Lexicon(
    signs={
        "=": "equals", "≠": "is not equal to", "≈": "is about", "+": "plus", "−": "minus",
        "×": "times", "·": "times", "⋅": "times", "*": "times", "÷": "divided by",
        "±": "plus or minus", "<": "is less than", ">": "is greater than",
        "≤": "is at most", "≥": "is at least", "→": "gives", "⟶": "gives", "⇌": "in balance with",
        "↔": "and back", "√": "the square root of", "∞": "infinity", "∝": "is proportional to",
        "°": "degrees", "%": "percent", "&": "and", "@": "at", "#": "number", "^": "to the power of",
        "€": "euros", "£": "pounds", "¥": "yen", "$": "dollars", "©": "copyright",
        "²": "squared", "³": "cubed", "½": "one half", "¼": "one quarter", "¾": "three quarters",
        "⅓": "one third", "⅔": "two thirds", "∆": "delta", "µ": "micro", "Ω": "ohms",
        "′": "minutes", "″": "seconds", "/": "over",
    },
    units={
        "°C": "degrees Celsius", "°F": "degrees Fahrenheit", "°": "degrees", "K": "kelvin",
        "mm": "millimeters", "cm": "centimeters", "m": "meters", "km": "kilometers",
        "nm": "nanometers", "µm": "micrometers", "ft": "feet", "mi": "miles", "mph": "miles per hour",
        "mg": "milligrams", "g": "grams", "kg": "kilograms", "lb": "pounds", "oz": "ounces",
        "mL": "milliliters", "ml": "milliliters", "L": "liters",
        "ms": "milliseconds", "s": "seconds", "min": "minutes", "h": "hours",
        "Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "N": "newtons", "Pa": "pascals",
        "kPa": "kilopascals", "J": "joules", "kJ": "kilojoules", "cal": "calories",
        "kcal": "kilocalories", "W": "watts", "kW": "kilowatts", "kWh": "kilowatt hours",
        "V": "volts", "A": "amperes", "mA": "milliamperes", "Ω": "ohms", "mol": "moles",
        "m²": "square meters", "cm²": "square centimeters", "km²": "square kilometers",
        "m³": "cubic meters", "cm³": "cubic centimeters", "m/s": "meters per second",
        "km/s": "kilometers per second", "km/h": "kilometers per hour",
        "m/s²": "meters per second squared", "g/mol": "grams per mole",
        "mol/L": "moles per liter", "g/mL": "grams per milliliter",
        "g/cm³": "grams per cubic centimeter", "kg/m³": "kilograms per cubic meter",
        "N/kg": "newtons per kilogram", "J/kg": "joules per kilogram", "%": "percent",
    },
    abbreviations={
        "dr.": "Doctor", "mr.": "Mister", "mrs.": "Missus", "ms.": "Miz", "prof.": "Professor",
        "e.g.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus",
        "vs": "versus", "approx.": "approximately", "fig.": "figure", "eq.": "equation",
        "a.m.": "A M", "p.m.": "P M", "w/": "with",
    },
    fractions={
        "1/2": "one half", "1/3": "one third", "2/3": "two thirds", "1/4": "one quarter",
        "3/4": "three quarters", "1/10": "one tenth",
    },
    phrases={
        "minus": "minus", "plus": "plus", "to": "to", "over": "over", "dot": "dot", "and": "and",
        "power": "to the power of", "$": "dollars", "€": "euros", "£": "pounds", "cents": "cents",
        "o'clock": "o'clock", "oh": "oh",
    },
)

SPANISH = Lexicon(
    signs={
        "=": "es igual a", "≠": "es distinto de", "≈": "es aproximadamente", "+": "más",
        "−": "menos", "×": "por", "·": "por", "*": "por", "÷": "dividido entre",
        "±": "más o menos", "<": "es menor que", ">": "es mayor que", "≤": "es como máximo",
        "≥": "es como mínimo", "→": "da", "⟶": "da", "√": "la raíz cuadrada de", "∞": "infinito",
        "°": "grados", "%": "por ciento", "&": "y", "²": "al cuadrado", "³": "al cubo",
        "½": "un medio", "¼": "un cuarto", "¾": "tres cuartos", "/": "entre",
        "€": "euros", "$": "dólares", "^": "elevado a",
    },
    units={
        "°C": "grados Celsius", "°F": "grados Fahrenheit", "°": "grados", "mm": "milímetros",
        "cm": "centímetros", "m": "metros", "km": "kilómetros", "mg": "miligramos",
        "g": "gramos", "kg": "kilogramos", "mL": "mililitros", "L": "litros", "s": "segundos",
        "min": "minutos", "h": "horas", "N": "newtons", "J": "julios", "W": "vatios",
        "V": "voltios", "m/s": "metros por segundo", "km/h": "kilómetros por hora",
        "m/s²": "metros por segundo al cuadrado", "%": "por ciento",
    },
    abbreviations={
        "dr.": "doctor", "dra.": "doctora", "sr.": "señor", "sra.": "señora",
        "p.ej.": "por ejemplo", "etc.": "etcétera",
    },
    fractions={"1/2": "un medio", "1/3": "un tercio", "1/4": "un cuarto", "3/4": "tres cuartos"},
    phrases={
        "minus": "menos", "plus": "más", "to": "a", "over": "entre", "dot": "punto", "and": "y",
        "power": "elevado a", "$": "dólares", "€": "euros", "£": "libras",
    },
)

LEXICONS: Mapping[str, Lexicon] = {"en": ENGLISH, "es": SPANISH}


def lexicon_for(language: str) -> Lexicon:
    """The lexicon of a BCP 47 language, empty where there is none."""
    return LEXICONS.get(language.split("-")[0].lower(), Lexicon())
