"""How written text is spoken."""

from __future__ import annotations

import pytest

from vividly.lesson.speech.spoken import MAX_SENTENCE, ascii_word, sentences, spoken_tokens
from vividly.model.errors import PermanentError


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
        ("½ of 3/4 and 3/8", "one half of three quarters and 3 over 8"),
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
