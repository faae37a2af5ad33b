"""How written text is spoken."""

from __future__ import annotations

import pytest

from vividly.lesson.scripting.book_text import sayable
from vividly.lesson.speech.formulas import MEANINGS
from vividly.lesson.speech.spoken import (
    MAX_SENTENCE,
    UnsayableSigns,
    ascii_word,
    sentences,
    spoken_tokens,
    unsayable,
)
from vividly.lesson.speech.unit_names import unit_words
from vividly.model.errors import PermanentError
from vividly.text.locales import speech_for
from vividly.text.units import FORMULA_UNITS


def said(text: str, language: str = "en-US") -> str:
    """The sentences of a text as they are given to a voice."""
    return " | ".join(
        " ".join(token.text + token.punctuation for token in sentence)
        for sentence in sentences(spoken_tokens(text, language))
    )


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Dr. Smith didn't move.", "Doctor Smith didn't move."),
        ("3.5 grams of CO2", "3.5 grams of C O 2"),
        ("6 CO₂ + 6 H₂O → C₆H₁₂O₆", "6 C O 2 plus 6 H 2 O gives C 6 H 12 O 6"),
        ("at 100°C (212 °F).", "at 100 degrees Celsius 212 degrees Fahrenheit."),
        ("1 kg and 2 kg", "1 kilogram and 2 kilograms"),
        ("9.8 m/s² down", "9.8 meters per second squared down"),
        ("from 10–20 kg", "from 10 to 20 kilograms"),
        ("−5 or -5", "minus 5 or minus 5"),
        ("F = m × a", "F equals m times A"),
        ("x² + y^3 = 10⁻⁶", "x squared plus y cubed equals 10 to the power of minus 6"),
        ("Na⁺ and Ca²⁺", "N A plus and C A 2 plus"),
        ("½ of 3/4 and 3/8", "one half of 3 quarters and 3 eighths"),
        ("2½ cups", "2 and one half cups"),
        ("$5.50, €3 or $1,000", "5 dollars and 50 cents, 3 euros or 1000 dollars"),
        ("25% at 10:30 or 9:05", "25 percent at 10 30 or 9 oh 5"),
        ("the 1980s, the 2nd one", "the 1980s, the 2nd one"),
        ("π and α-particles", "pi and alpha particles"),
        ("UV, pH and mRNA", "U V, P H and M R N A"),
        ("DNA, ATP and NADPH", "D N A, A T P and N A D P H"),
        ("H₂O becomes H₂O₂ or H₃O⁺", "H 2 O becomes H 2 O 2 or H 3 O plus"),
        ("do NOT go UP", "do NOT go UP"),
        ("e.g. a well-known and/or old one", "for example a well known and or old one"),
        ("Vitamin C. It is here.", "Vitamin C. | It is here."),
        ("J. Smith and J. F. Kennedy", "J Smith and J F Kennedy"),
        ("Point A. A plant.", "Point A. | a plant."),
        ("the U.S. is big", "the U S is big"),
        ("He said: “Stop.” Then ‘go’…", "He said, Stop. | Then go."),
        ("one — two, three", "one, two, three"),
        ("fish 😀 swim", "fish, swim"),
        ("a\u200bb\x07c", "abc"),
    ],
)
def test_signs_numbers_and_abbreviations(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("a force—this one—acts", "a force, this one, acts"),
        ("at that point—i.e., there", "at that point, that is, there"),
        ("in genetic material—DNA—too", "in genetic material, D N A, too"),
        ("an Epoch —As before", "an Epoch, As before"),
        ("the same—5 kilometers, 5—10 times", "the same, 5 kilometers, 5 to 10 times"),
        ("the step she takes is −B.", "the step she takes is minus B."),
        ("a charge of −2q", "a charge of minus 2 q"),
        ("it is equal to + A.", "it is equal to plus A."),
        ("v = at + b", "v equals A t plus b"),
        ("epsilon sub 0 A over d", "epsilon sub 0 A over d"),
        ("v sub 0 t plus 3 s", "v sub 0 t plus 3 seconds"),
        ("the mc² term, mr², 4 cm²", "the m c squared term, m r squared, 4 square centimeters"),
        ("1.008u, 4.03 u", "1.008 atomic mass units, 4.03 atomic mass units"),
        ("at 1.5 T, 5 T cells", "at 1.5 teslas, 5 T cells"),
        ("measured in kΩ or MΩ", "measured in kiloohms or megaohms"),
        ("0.5 km/minute", "0.5 kilometers per minute"),
        ("The units are N/C.", "The units are newtons per coulomb."),
        ("in units of N⋅m or W/m²", "in units of newton meters or watts per square meter"),
        ("the ratio F/A is N/C", "the ratio F over A is N over C"),
        ("1 mile/hour", "1 mile per hour"),
        ("2″ wide, at 5° 2′ 3″", "2 inches wide, at 5 degrees 2 minutes 3 seconds"),
        ("0.2 in. long, 1 in. wide", "0.2 inches long, 1 inch wide"),
        ("a Ph.D. or M.Sc. from there", "a P H D or M S C from there"),
        ("a 17th-century view, a 2nd-order lens", "a 17th century view, a 2nd order lens"),
        ("the early 1900’s, the ’60s", "the early 1900s, the 60s"),
        ("a $125-million-dollar satellite", "a 125 million dollar satellite"),
        ("a $5-million deal, a $100-bill", "a 5 million dollar deal, a 100 dollar bill"),
        ("The meaning of sin⁻¹ is clear.", "The meaning of the inverse sine is clear."),
        ("Take tan² of x.", "Take the tangent squared of x."),
    ],
)
def test_whole_kinds_that_a_book_has(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("|−5| = 5", "the absolute value of minus 5, equals 5"),
        ("A ∪ B and A ∩ B", "A union B and A intersection B"),
        ("x ∈ A", "x is in A"),
        ("2H₂O ⟶ 2H₂ + O₂", "2 H 2 O gives 2 H 2 plus O 2"),
        ("△ABC ∼ △DEF", "triangle A B C is similar to triangle D E F"),
        ("x ∼ 3", "x is about 3"),
        ("AB ∥ CD", "A B is parallel to C D"),
        ("x ⩾ 3", "x is at least 3"),
        ("⌈x⌉ = 3", "the ceiling of x, equals 3"),
        ("‖v‖ = 2", "the length of v, equals 2"),
        ("P(A|B) = 0.5", "P of A given B, equals 0.5"),
        ("7 - 4 = 3", "7 minus 4 equals 3"),
        ("7 – 4 = 3", "7 minus 4 equals 3"),
        ("7-4=3", "7 minus 4 equals 3"),
        ("7 - 4 is 3.", "7 minus 4 is 3."),
        ("y = -x + 3", "y equals minus x plus 3"),
        ("x = -½", "x equals minus one half"),
        ("pages 3-5, 1914 – 1918", "pages 3 to 5, 1914 to 1918"),
        ("a well-known x-axis - the first", "a well known x axis, the first"),
        ("1.6e-19 C", "1.6 times 10 to the power of minus 19 C"),
        ("SO4 2-, Cl- and SO₄²⁻", "S O 4 2 minus, C L minus and S O 4 2 minus"),
        ("SO4^2- and [NO3^-]", "S O 4 2 minus and N O 3 minus"),
        ("2H2 + O2 → 2H2O", "2 H 2 plus O 2 gives 2 H 2 O"),
        ("CuSO4·5H2O", "C U S O 4, 5 H 2 O"),
        ("¹⁴C and 1s²2p⁴", "C 14 and 1 s 2, 2 p 4"),
        ("$3-$5 each", "3 to 5 dollars each"),
        ("µ = 5 m s⁻¹", "mu equals 5 meters per second"),
        ("Al2(SO4)3", "A L 2 S O 4, taken 3 times"),
        ("NaCl(aq) in HeLa cells", "N A C L in water in HeLa cells"),
        ("5'10\"", "5 feet 10 inches"),
        ("a chance of .65", "a chance of 0.65"),
        ("F = ma, V=IR", "F equals m A, V equals I R"),
        ("PV = nRT", "P V equals n R T"),
        ("KE = ½mv²", "K E equals one half m v squared"),
        ("F = m a", "F equals m A"),
        ("speed = distance / time", "speed equals distance over time"),
        ("side a is as long as side b", "side A is as long as side b"),
        ("a₁ + v_0", "A sub 1 plus v sub 0"),
        ("2(x + 3) = 10", "2 times the quantity x plus 3, equals 10"),
        ("(x + 2)² = 9", "the quantity x plus 2, squared equals 9"),
        ("f(x) = 2x", "f of x, equals 2 x"),
        ("sin² θ + log₂ 8", "the sine squared of theta plus the logarithm base 2 of 8"),
        ("A = πr², λ = 2πr", "A equals pi r squared, lambda equals 2 pi r"),
        ("x → ∞, A → B", "x goes to infinity, A gives B"),
        ("5! = 120", "5 factorial equals 120"),
        ("3.0 x 10^8 m/s", "3.0 times 10 to the power of 8 meters per second"),
        ("25 kg·m/s, 1 N·m", "25 kilogram meters per second, 1 newton meter"),
        ("5 W/m² and 3 J/(kg·K)", "5 watts per square meter and 3 joules per kilogram per kelvin"),
        ("-5 °C, −40°C to 60 °F", "minus 5 degrees Celsius, minus 40 degrees Celsius to 60 degrees"
         " Fahrenheit"),
        ("2 3/4, 22/7 and ⅝", "2 and 3 quarters, 22 over 7 and 5 eighths"),
        ("¹⁴C, C-14, ²³⁵₉₂U", "C 14, C 14, U 235"),
        ("³√8 = 2", "the cube root of 8 equals 2"),
        ("HCl(aq) + NaOH(aq) → H₂O(l)", "H C L in water plus N A O H in water gives H 2 O liquid"),
        ("C(s) + O₂(g) ⟶ CO₂(g)", "C solid plus O 2 gas gives C O 2 gas"),
        ("O- and AB- blood, A- or B-cells", "O minus and A B minus blood, A or B cells"),
        ("V₁ and I₀, N₂", "V sub 1 and I sub 0, N 2"),
        ("GMm/r², dy/dx, 8 / 2", "G M m over r squared, d y over d x, 8 over 2"),
        ("ft/s, lb/in², and/or", "feet per second, pounds per square inch, and or"),
        ("f'(x) = 2, v′ and 5′", "f prime of x, equals 2, v prime and 5 minutes"),
        ("F⃗ = ma⃗, x̄, î", "vector F equals m vector A, x bar, i hat"),
        ("µ = 0.3, 5 µm", "mu equals 0.3, 5 micrometers"),
        ("$1.2 million, ¥500, $0.05", "1.2 million dollars, 500 yen, 5 cents"),
        ("£1.50 or $1", "1 pound and 50 pence or 1 dollar"),
        ("a $100-bill", "a 100 dollar bill"),
        ("a 5 kg mass, a 30° angle", "a 5 kilogram mass, a 30 degree angle"),
        ("an 80-kg man, 5 kg of it", "an 80 kilogram man, 5 kilograms of it"),
        ("1 AU, 1 ly and 3 AU", "1 astronomical unit, 1 light year and 3 astronomical units"),
        ("760 mmHg, 5 ppm, 6 in.", "760 millimeters of mercury, 5 parts per million, 6 inches."),
        ("2ab, (1/2)mv², -x", "2 A b, one half m v squared, x"),
        ("-x", "minus x"),
        ("2:3:5 and x:y", "2 to 3 to 5 and x to y"),
        ("No. 5, pp. 3-4. No. It is.", "number 5, pages 3 to 4. | No. | It is."),
        ("World War II, iron(III), DNA", "World War 2, iron 3, D N A"),
        ("Σ F = 0, lim x→0", "the sum of F equals 0, the limit as x goes to 0"),
        ("a 4×4 grid, an m×n matrix", "a 4 by 4 grid, an m by n matrix"),
        ("5 m x 3 m, 4x4 = 16", "5 meters by 3 meters, 4 times 4 equals 16"),
        ("a 3.0 × 10⁸ m/s wave", "a 3.0 times 10 to the power of 8 meters per second wave"),
        ("Monday–Friday, (Jan.-Mar.)", "Monday to Friday, January to March."),
        ("July 4–August 2", "July 4 to August 2"),
        ("9 a.m.–5 p.m., 5 °C–10 °C", "9 A M to 5 P M, 5 degrees Celsius to 10 degrees Celsius"),
        ("2h / 2, 3m + 2 = 11, 2 + 3m", "2 h over 2, 3 m plus 2 equals 11, 2 plus 3 m"),
        ("60s = 1 min, 24h / 7 days", "60 seconds equals 1 minute, 24 hours over 7 days"),
        ("The value f(x) is 2.", "The value f of x, is 2."),
        ("A- and B-rich food, a Co- and heater", "A and B rich food, a Co and heater"),
        ("letters A–Z, rows b-e, from A – Z", "letters A to Z, rows b to e, from A to Z"),
        ("the C–H bond, an x–y plane, S-P", "the C H bond, an x y plane, S P"),
        ("types I–IV, World War I–II", "types 1 to 4, World War 1 to 2"),
        ("questions 3b–3d, pp. 5–9", "questions 3 b to 3 d, pages 5 to 9"),
        ("1914–18, (1998-9), 50–8", "1914 to 1918, 1998 to 1999, 50 to 8"),
        ("the 1960s-70s, 15th–16th", "the 1960s to 70s, 15th to 16th"),
        ("300 BCE–20 CE, Aug. 3–5", "300 B C E to 20 C E, August 3 to 5"),
        ("½ kg, 3/4 kg, 2½ g", "one half kilogram, 3 quarters kilogram, 2 and one half grams"),
    ],
)  # fmt: skip
def test_formulas_are_said_as_a_teacher_says_them(written: str, spoken: str) -> None:
    assert said(written) == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("|−5| = 5", "el valor absoluto de menos 5, es igual a 5"),
        ("A ∪ B", "A unión B"),
        ("7 - 4 = 3", "7 menos 4 es igual a 3"),
        ("y = mx + b", "i griega es igual a m x más b"),
        ("F = ma", "F es igual a m a"),
        ("x = -½", "x es igual a menos un medio"),
        ("5 kg·m/s, 3 N·m", "5 kilogramos metro por segundo, 3 newtons metro"),
        ("3 kg/m²", "3 kilogramos por metro cuadrado"),
        ("3/4 de H₂SO₄", "3 cuartos de H 2 S O 4"),
        ("sen θ, −5 °C", "el seno de teta, menos 5 grados Celsius"),
        ("2(x + 3) = 10", "2 por la cantidad x más 3, es igual a 10"),
        ("1914 – 1918", "1914 a 1918"),
        ("△ABC ∼ △DEF", "triángulo A B C es semejante a triángulo D E F"),
        ("¹⁴C, siglo XIX, n.º 5, pág. 12", "C 14, siglo 19, número 5, página 12"),
        (
            "$1,2 millones, $2 mil, $1, £1,50",
            "1,2 millones de dólares, 2 mil dólares, un dólar, una libra y 50 peniques",
        ),
        ("restar de 1 la de fallar", "restar de 1 la de fallar"),
        ("1 AU, 1 vez, 1 día, 1 unidad", "una unidad astronómica, una vez, un día, una unidad"),
        ("1.000.000 km, 100 hPa", "1000000 kilómetros, 100 hectopascales"),
        ("a las 7:30 a. m. en punto", "a las 7 30 A m, en punto"),
        ("mi/h, 8 / 2, GMm/r²", "millas por hora, 8 entre 2, G M m entre r al cuadrado"),
        (
            "21 t, 21 toneladas, 200 lb",
            "veintiuna toneladas, veintiuna toneladas, doscientas libras",
        ),
        ("31 m y 2221 personas", "treinta y un metros y 2000 doscientas veintiuna personas"),
        (
            "121 horas, 150 h, 31 °C",
            "ciento veintiuna horas, 150 horas, treinta y un grados Celsius",
        ),
        ("en 1821 muchas, 21 es", "en 1821 muchas, 21 es"),
        ("5 in², 1 in³", "5 pulgadas cuadradas, una pulgada cúbica"),
        ("2½ tazas, 2 1/2 kg", "2 y media tazas, 2 y medio kilogramos"),
        ("½ taza, x = 2½", "media taza, x es igual a 2 y medio"),
        ("de la A–Z, filas b–e", "de la A a la Z, filas b a la e"),
        ("siglos XV–XVI, tipos I-IV", "siglos 15 a 16, tipos 1 a 4"),
        ("1939–45, págs. 12–15, enlace C–H", "1939 a 1945, páginas 12 a 15, enlace C H"),
        (
            "el 3 ago. y 300 a. C., 79 d. C.",
            "el 3 agosto y 300 antes de Cristo, 79 después de Cristo.",
        ),
        ("lunes–viernes, enero-marzo", "lunes a viernes, enero a marzo"),
    ],
)
def test_formulas_in_spanish(written: str, spoken: str) -> None:
    assert said(written, "es") == spoken


@pytest.mark.parametrize(
    "text", ["a ⊕ b", "x | y is 2.", "p ← q", "50 ₹", "a \\frac b", "⁵ a", "³⁴√2"]
)
@pytest.mark.parametrize("language", ["en", "es-MX"])
def test_a_sign_without_a_word_is_refused_and_named(text: str, language: str) -> None:
    with pytest.raises(UnsayableSigns, match=r"no words are known .*\(.*\)|raised"):
        spoken_tokens(text, language)


def test_a_writer_is_told_what_cannot_be_said() -> None:
    for text in ("The ions Na⁺ and Cl⁻ attract.", "Then |x| is 3.", "Mg → Mg²⁺ + 2 e⁻"):
        assert not unsayable(text, "en"), text
    assert "⊕ (CIRCLED PLUS)" in unsayable("So a ⊕ b.", "en")


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_sign_that_can_be_written_has_its_phrase(language: str) -> None:
    assert set(MEANINGS.values()) <= set(speech_for(language).phrases)


def test_a_sentence_of_a_book_with_a_sign_without_a_word_is_left_out() -> None:
    assert sayable("The sum of the two angles is always half a turn.")
    assert not sayable("The sum of the two angles is written as one ⊕ two.")


def test_every_word_names_the_token_it_comes_from() -> None:
    tokens = spoken_tokens("It is 25°C — hot!", "en-US")
    assert [(token.source, token.text) for token in tokens] == [
        (0, "It"), (1, "is"), (2, "25"), (2, "degrees"), (2, "Celsius"), (4, "hot"),
    ]  # fmt: skip


def test_another_language_has_its_own_words_for_signs() -> None:
    assert said("¿Son 25°C = 3,5 km/h?", "es-MX") == (
        "Son 25 grados Celsius es igual a 3,5 kilómetros por hora?"
    )


def test_a_language_without_a_lexicon_leaves_the_signs_to_its_voice() -> None:
    assert said("Das sind 3,5 °C + 2.", "de-DE") == "Das sind 3,5 °C + 2."


def test_a_long_sentence_is_cut_at_its_last_comma() -> None:
    text = " ".join(["word"] * 30 + ["comma,"] + ["word"] * 40) + "."
    lengths = [len(sentence) for sentence in sentences(spoken_tokens(text, "en-US"))]
    assert lengths == [31, 40]
    endless = [len(s) for s in sentences(spoken_tokens("word " * 120, "en-US"))]
    assert endless == [MAX_SENTENCE, MAX_SENTENCE, 20]


def test_letters_of_other_alphabets_become_ascii() -> None:
    assert [ascii_word(word) for word in ("naïve", "Zürich", "Łódź", "Ωmega")] == [
        "naive", "Zurich", "Lodz", "Omega",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", " \n\t", "...", "— – -", "😀 🎉", "\x00\x07", '"" ()'])
def test_a_text_without_words_is_refused(text: str) -> None:
    with pytest.raises(PermanentError, match="nothing to speak"):
        spoken_tokens(text, "en-US")


@pytest.mark.parametrize(
    "text", ["x" * 10_000, "one " + "7" * 201, "word " * 10_000], ids=["token", "digits", "text"]
)
def test_what_is_too_long_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(PermanentError, match="at most") as refusal:
        spoken_tokens(text, "en-US")
    assert text[:20] not in str(refusal.value)


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_unit_of_formulas_has_a_name(language: str) -> None:
    lexicon = speech_for(language)
    letters = {"T", "C", "F", "H", "G", "Wb", "eV", "Bq", "Gy", "Sv", "u"}  # after a prefix only
    words = {"in", "d", "t", "y", "pm"}  # words of the language, or named by it alone
    unnamed = {s for s in FORMULA_UNITS - letters - words if not unit_words(s, "2", lexicon)}
    assert not unnamed
    assert unit_words("TeV", "2", lexicon) and unit_words("µSv", "2", lexicon)


def test_a_unit_at_the_end_of_a_sentence_is_no_abbreviation() -> None:
    assert said("It takes 5 ms. Ms. Lee waits.") == "It takes 5 milliseconds. | Miz Lee waits."
