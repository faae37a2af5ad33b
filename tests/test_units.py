"""The tables of units and of chemical elements."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from vividly.lesson.grounding.chemistry import formulas
from vividly.model.chemistry import ELEMENTS
from vividly.text.locales import known_locales, locale_for
from vividly.text.units import FORMULA_QUANTITIES, FORMULA_UNITS, one_unit, read_unit

OF_BOOKS = """
m km cm mm nm µm pm ft in mi yd s ms µs ns min h hr d y yr kg g mg µg lb oz u t N kN mN µN nN
J kJ MJ mJ W kW MW mW Pa kPa MPa atm K °C °F V mV kV MV eV keV MeV GeV A mA µA C mC µC nC pC
Ω kΩ MΩ F µF nF pF H mH T mT G Wb Hz kHz MHz GHz rad rev mol L mL cal kcal rem Sv Gy Bq Ci dB
cd lm lx mph kWh ly AU
"""
"""What the formulas of the OpenStax books on physics and chemistry are set with."""


def test_the_units_of_books_are_known_in_formulas_and_in_text() -> None:
    assert set(OF_BOOKS.split()) <= FORMULA_UNITS
    assert [s for s in OF_BOOKS.split() if one_unit(s, alone=False) is None] == []


def test_what_is_typed_only_is_no_unit_of_a_formula() -> None:
    assert FORMULA_UNITS.isdisjoint(("sec", "l", "lbs", "amu", "B", "kB", "Mg", "%", "$", "°"))


def test_letters_that_name_quantities_are_units_only_after_a_number() -> None:
    assert {"m", "s", "g", "N", "T", "min", "in"} <= FORMULA_QUANTITIES < FORMULA_UNITS
    assert FORMULA_QUANTITIES.isdisjoint(("kg", "Ω", "°C", "Hz"))


@pytest.mark.parametrize(
    ("symbol", "word", "size"),
    [
        ("kJ", "kilojoules", 1000),
        ("μm", "micrometers", Fraction(1, 10**6)),
        ("µm", "micrometers", Fraction(1, 10**6)),
        ("mL", "milliliters", Fraction(1, 1000)),
        ("nC", "nanocoulombs", Fraction(1, 10**9)),
        ("hr", "hours", 3600),
    ],
)
def test_a_symbol_and_a_word_are_one_unit(symbol: str, word: str, size: Fraction) -> None:
    unit = one_unit(symbol)
    assert unit is not None and unit.factor == size
    assert unit == one_unit(word)


@pytest.mark.parametrize("word", ["in", "t", "C", "pm", "G", "H"])
def test_symbols_that_are_often_words_count_only_when_joined(word: str) -> None:
    assert one_unit(word) is None
    assert one_unit(word, alone=False) is not None


@pytest.mark.parametrize("language", known_locales())
def test_every_unit_that_a_voice_can_say_is_in_the_table(language: str) -> None:
    powers = {"²": " ^ 2", "³": " ^ 3"}
    for symbol in locale_for(language).speech.units:
        spaced = re.sub("[²³]", lambda found: powers[found[0]], symbol.replace("/", " / "))
        tokens = spaced.split()
        joined = len(tokens) > 1
        assert read_unit(tokens)[1] == len(tokens) if joined else one_unit(symbol, alone=False)


def test_the_elements_are_all_there_in_order() -> None:
    symbols = list(ELEMENTS)
    assert len(symbols) == len(set(ELEMENTS.values())) == 118
    assert [symbols.index(s) + 1 for s in ("H", "C", "Fe", "Pr", "Lu", "Au", "U", "Og")] == [
        1, 6, 26, 59, 71, 79, 92, 118,
    ]  # fmt: skip


def test_formulas_are_made_of_elements() -> None:
    assert [f.text for f in formulas("HfO2 and Tb2O3, but XyO2 and JO2")] == ["HfO2", "Tb2O3"]
