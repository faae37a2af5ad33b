"""The parts of the checker: numbers, units, formulas, equations, names, negations."""

from __future__ import annotations

from fractions import Fraction

import pytest

from vividly.lesson.grounding.algebra import NotAlgebra, Term, parse, value_of
from vividly.lesson.grounding.chemistry import formulas, reactions
from vividly.lesson.grounding.comparison import difference, own_words
from vividly.lesson.grounding.equations import Equation, contradicts, equations, matches
from vividly.lesson.grounding.names import months, names
from vividly.lesson.grounding.quantities import is_in, quantities, wrong_unit
from vividly.lesson.grounding.text import language_of, lexicon
from vividly.text.sentences import split_sentences
from vividly.text.units import NO_UNIT, read_unit
from vividly.text.words import PROSE, one_spelling, words

ENGLISH, SPANISH = lexicon("en-US"), lexicon("es-MX")


def values(text: str) -> list[Fraction]:
    return [quantity.value for quantity in quantities(text, ENGLISH)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,000 and 1000", [1000, 1000]),
        ("twenty, twenty-five, 20", [20, 25, 20]),
        ("three hundred and forty", [340]),
        ("two thousand five hundred", [2500]),
        ("a million, 3.8 billion", [1_000_000, 3_800_000_000]),
        ("nine point eight", ["49/5"]),
        ("zero point zero five", ["1/20"]),
        ("2½ cups and ¾", ["5/2", "3/4"]),
        ("two thirds, a quarter, one half", ["2/3", "1/4", "1/2"]),
        ("1/2 = 0.5", ["1/2", "1/2"]),
        ("3×10^8, 3 × 10⁸", [300_000_000, 300_000_000]),
        ("three times ten to the eighth", [300_000_000]),
        ("ten to the minus nine, 10⁻⁹", ["1/1000000000", "1/1000000000"]),
        ("minus 40, −40, negative forty", [-40, -40, -40]),
        ("40 degrees below zero", [-40]),
        ("5 − 3, 5 minus 3", [5, 3, 5, 3]),
        ("from 5–10 meters", [5, 10]),
        ("it doubles, is tripled, is twice as far", [2, 3, 2]),
        ("it is halved", ["1/2"]),
        ("two three", [2, 3]),
        # No numbers at all:
        ("one of them, the first one, in one second", []),
        ("Keep these three points, two key ideas.", []),
        ("v₁, a², H₂O, C₆H₁₂O₆, Ca²⁺", []),
    ],
)
def test_numbers(text: str, expected: list[object]) -> None:
    assert values(text) == [Fraction(str(value)) for value in expected]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("9.8 m/s²", "nine point eight meters per second squared", True),
        ("9.8 m/s", "nine point eight meters per second squared", False),
        ("5 km", "5,000 meters", True),
        ("5 km", "5 meters", False),
        ("90 km/h", "25 m/s", True),
        ("9 kilojoules", "9000 J", True),
        ("30%", "0.3", True),
        ("fifty percent", "one half", True),
        ("25 °C", "25 degrees Celsius", True),
        ("25 °C", "25 degrees", True),
        ("25 °C", "25 °F", False),
        ("3 metres", "3 m", True),
        ("100 square meters", "100 m²", True),
        ("$5", "5 dollars", True),
        ("334 joules", "334 kilojoules", False),
        ("20", "20 newtons", True),
        ("about 300,000 km/s", "299,792 km/s", True),
        ("300,000 km/s", "299,792 km/s", False),
        ("third law", "3rd law", True),
        ("third law", "second law", False),
    ],
)
def test_numbers_with_units(one: str, other: str, same: bool) -> None:
    (ours,) = quantities(one, ENGLISH)
    assert is_in(ours, quantities(other, ENGLISH)) is same


def test_a_rate_and_an_amount_for_one() -> None:
    (joules,) = quantities("334 joules", ENGLISH)
    given = quantities("334 joules per gram", ENGLISH)
    assert is_in(joules, given, beside=words("a gram takes 334 joules", PROSE))
    assert not is_in(joules, given, beside=words("a liter takes 334 joules", PROSE))


def test_a_unit_without_a_number() -> None:
    source = words("The mantle creeps a few centimeters each year.", PROSE)
    assert wrong_unit("It creeps several meters each year.", source) == "meters"
    assert wrong_unit("It creeps several centimeters each year.", source) == ""
    assert wrong_unit("It takes many years.", source) == ""


@pytest.mark.parametrize(
    "text", ["in 1687", "the 1960s", "since 2019", "July 20, 1969", "around 1850"]
)
def test_years_are_dates(text: str) -> None:
    assert quantities(text, ENGLISH)[-1].is_date


@pytest.mark.parametrize("text", ["1687 meters", "in 1500 seconds", "1200 people", "2,019"])
def test_other_numbers_of_four_digits_are_not(text: str) -> None:
    assert not quantities(text, ENGLISH)[0].is_date


def test_spanish_numbers() -> None:
    said = [q.value for q in quantities("veinte, 9,8 y treinta y cinco, dos tercios", SPANISH)]
    assert said == [20, Fraction("9.8"), 35, Fraction(2, 3)]


def test_units_are_read_to_their_end() -> None:
    unit, taken = read_unit(["kilogram", "meters", "per", "second", "squared", "toward"])
    assert taken == 1 and dict(unit.dimension) == {"mass": 1}
    unit, taken = read_unit(["kg", "*", "m", "/", "s", "^", "2"])
    assert dict(unit.dimension) == {"mass": 1, "length": 1, "time": -2}
    assert read_unit(["apples"]) == (NO_UNIT, 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6CO₂ + 6H₂O → C₆H₁₂O₆ + 6O₂", ["CO2", "H2O", "C6H12O6", "O2"]),
        ("NaCl, HCl and Ca(OH)₂", ["NaCl", "HCl", "Ca(OH)2"]),
        ("Na⁺, Ca²⁺, OH⁻, H₃O⁺", ["Na+", "Ca2+", "OH-", "H3O+"]),
        ("I, In, He, UV, PC, NASA, DNA, No, As", []),
        ("F₁ = F₂, v₂, B12", []),
    ],
)
def test_chemical_formulas(text: str, expected: list[str]) -> None:
    assert [formula.text for formula in formulas(one_spelling(text))] == expected


def test_a_reaction_has_two_sides() -> None:
    ((before, after),) = reactions(one_spelling("2H₂ + O₂ → 2H₂O"))
    assert before == {(2, "H2"), (1, "O2")} and after == {(2, "H2O")}


def one_equation(text: str) -> Equation:
    (found,) = equations(text, ENGLISH)
    return found


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("F = ma", "F = m × a"),
        ("F = ma", "a = F ÷ m"),
        ("F = ma", "F / a = m"),
        ("F = ma", "force equals mass times acceleration"),
        ("F = ma", "Net force equals mass times acceleration."),
        ("I = V ÷ R", "Current is voltage divided by resistance, ..."),
        ("a² + b² = c²", "a squared plus b squared equals c squared"),
        ("c² − a² = b²", "a² + b² = c²"),
        ("KE = ½mv²", "KE = m v² / 2"),
        ("v = u + at", "v − u = a × t"),
        ("P(not A) = 1 − P(A)", "P(A) + P(not A) = 1"),
        ("p = mv", "Momentum is the product of a body's mass and its velocity."),
        ("v = f × λ", "Wave speed equals frequency times wavelength."),
    ],
)
def test_equations_that_say_the_same(one: str, other: str) -> None:
    assert matches(one_equation(one), one_equation(other))
    assert not contradicts(one_equation(one), one_equation(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("F = m / a", "F = ma"),
        ("force equals mass divided by acceleration", "F = ma"),
        ("a² − b² = c²", "a² + b² = c²"),
        ("KE = mv²", "KE = ½mv²"),
        ("speed is time divided by distance", "speed = distance / time"),
        ("P(not A) = 1 + P(A)", "P(not A) = 1 − P(A)"),
    ],
)
def test_equations_that_say_otherwise(one: str, other: str) -> None:
    assert contradicts(one_equation(one), one_equation(other))


def test_equations_of_other_things_do_not_contradict() -> None:
    assert not contradicts(one_equation("E = mc²"), one_equation("F = ma"))
    assert not contradicts(one_equation("C = 2πr"), one_equation("A = πr²"))


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("2 × 9 = 18", True),
        ("2 times 9 makes 18", True),
        ("2 × 9 = 20", False),
        ("12 divided by 6, which gives 2 amps", True),
        ("2 cm ÷ sin 30° = 4 cm", True),
        ("√400 = 20", True),
        ("The square root of 400 is 20.", True),
        ("The square root of 400 is 30.", False),
        ("4 : 3 = 400 : 300", True),
        ("30% × 50 = 15", True),
        ("2⁵ = 32", True),
        ("(2 + 3) × 4 = 20", True),
        ("2 + 3 × 4 = 20", False),
        ("1 ÷ 3 = 0.333", True),
        ("1/2 = 0.6", False),
    ],
)
def test_arithmetic(text: str, right: bool) -> None:
    assert one_equation(text).adds_up is right


@pytest.mark.parametrize("text", ["1 km = 1000 m", "1 base = 2 bits", "1 V = 1 J/C"])
def test_a_conversion_is_no_sum(text: str) -> None:
    assert all(equation.result is None or equation.adds_up for equation in equations(text, ENGLISH))


@pytest.mark.parametrize("terms", [["("], ["+"], ["2", "/", "0"], ["2", "^", "x"]])
def test_what_is_no_expression(terms: list[str]) -> None:
    kinds = {"2": "number", "0": "number", "x": "atom"}
    with pytest.raises(NotAlgebra):
        parse([Term(kinds.get(text, "sign"), text) for text in terms])


def test_a_deep_expression_is_no_hang() -> None:
    sum_ = [Term("atom", f"x{n}") if n % 2 == 0 else Term("sign", "+") for n in range(40 + 1)]
    squared = [Term("sign", "("), *sum_, Term("sign", ")"), Term("sign", "^"), Term("number", "3")]
    with pytest.raises(NotAlgebra):
        parse(squared)
    assert value_of(parse([Term("number", "7")])) == 7


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("In 1687 Newton wrote it down.", ["Newton"]),
        ("Kepler's law says so.", []),
        ("The Himalayas keep growing near Nepal.", ["Himalayas", "Nepal"]),
        ("NASA sent a probe.", ["NASA"]),
        ("Plants make sugar. Water helps.", []),
        ("Grab your ball and watch the hoop.", []),
        ("Surprisingly, the ball stops.", []),
        ("Energy Flows In Loops", []),
        ("The temperature is 20 degrees Celsius, or 293 K.", []),
        ("H₂O and NaCl mix; V = IR.", []),
    ],
)
def test_names(text: str, expected: list[str]) -> None:
    assert list(names(text, ENGLISH)) == expected


def test_months() -> None:
    assert list(months("In March and on July 4 you may march.", ENGLISH)) == ["March", "July"]


SOURCE = (
    "In a solid, particles are locked in place and only vibrate, so it keeps its shape.",
    "In a gas they fly far apart and fill any container.",
    "Nothing has to push it to keep it going.",
)


@pytest.mark.parametrize(
    ("text", "contradicts_it"),
    [
        ("In a solid the particles vibrate, locked in place.", False),
        ("In a gas the particles are locked in place and only vibrate.", True),
        ("In a solid, particles are not locked in place.", True),
        ("In a solid, particles are locked in place and never vibrate.", False),
        ("In a gas they fly close together and fill any container.", True),
    ],
)
def test_contradictions(text: str, contradicts_it: bool) -> None:
    assert bool(difference(text, SOURCE, ENGLISH)) is contradicts_it


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Not all elements are metals.", "Most elements are metals."),
        ("Hardly any animals become fossils.", "Few animals become fossils."),
        (
            "The plant takes up water and light.",
            "The plant takes up not only water but also light.",
        ),
        ("Chlorine reacts with sodium.", "Sodium reacts with chlorine."),
        ("It forms a salt and water.", "It forms water and a salt."),
        ("One round takes about 30 days.", "One round takes 29.5 days."),
        ("Metals conduct electricity well.", "Metals conduct heat well. They conduct electricity."),
        (
            "The smaller the mass, the weaker the pull.",
            "The larger the mass, the stronger the pull.",
        ),
        ("Red light is bent less than blue light.", "Blue light is bent more than red light."),
    ],
)
def test_what_may_be_true_is_no_contradiction(text: str, source: str) -> None:
    assert difference(text, split_sentences(source), ENGLISH) is None


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Every element is a metal.", "Most elements are metals. Almost every element is a metal."),
        ("A ray that meets glass bends.", "A ray that meets glass does not bend."),
        ("Red light bends more than blue light.", "Blue light bends more than red light."),
        ("The current gets stronger, since the lamp is brighter.",
         "The lamp is brighter because the current gets stronger."),
        ("The ray is bent twice as much.", "The ray is bent four times as much."),
        ("A cold star shines red.", "A cold star shines blue. A hot star shines red."),
    ],
)  # fmt: skip
def test_one_difference_that_counts_is_a_contradiction(text: str, source: str) -> None:
    assert difference(text, split_sentences(source), ENGLISH)


@pytest.mark.parametrize(
    ("text", "certain"),
    [
        ("So in solids the particles are locked in place and only vibrate.", True),
        ("In a gas, they fly far apart.", True),
        ("In a gas they fly far apart and fill any container, and nothing has to push it.", False),
        ("In a solid, particles are locked in place and vibrate.", False),
        ("In a solid, particles are locked in place.", True),
        ("Particles fly far apart.", False),
    ],
)
def test_own_words(text: str, certain: bool) -> None:
    assert own_words(text, SOURCE, ENGLISH) is certain


def test_a_condition_is_not_left_out() -> None:
    source = ("It stops, unless it is pushed.",)
    assert own_words("It stops unless it is pushed.", source, ENGLISH)
    assert not own_words("It stops.", source, ENGLISH)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Only the mode makes sense.", "For categories, only the mode makes sense."),
        ("The fish catch falls.", "In some years the winds weaken, and the fish catch falls."),
        ("They never melt.", "Most of them are rocks, and they never melt."),
        ("The law holds.", "The law holds while the resistance stays constant."),
    ],
)
def test_what_limits_a_sentence_is_not_left_out(text: str, source: str) -> None:
    assert not own_words(text, [source], ENGLISH)
    assert own_words(source, [source], ENGLISH)


def test_one_spelling_for_each_sign() -> None:
    assert one_spelling("a² × 3 ÷ 4 − x₁ → D N A") == "a^2 * 3 / 4 - x1 → DNA"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The light that falls on the leaf is caught by it and used.", "en"),
        ("La luz que cae sobre la hoja es absorbida por ella y se usa.", "es"),
        ("Das Licht, das auf das Blatt trifft, wird dort eingefangen.", ""),
    ],
)
def test_the_language_of_a_text(text: str, language: str) -> None:
    assert language_of(text) == language
