"""The reading level of texts: syllables, formulas, and words that do not count as hard."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vividly.lesson.scripting.reading_level import HIGHEST, count, reading_grade, within
from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.errors import PermanentError
from vividly.text.syllables import english_syllables, spanish_syllables

EASY = (
    "The sun is hot. It warms the land and the sea. Some water goes up into the air. "
    "You can not see it go. Then the air cools, and small drops form. They make a cloud. "
    "When the drops get big, they fall as rain. Rain fills the rivers, and rivers run to the sea."
)
HARD = (
    "Evaporation from oceanic surfaces transfers considerable quantities of thermal energy into "
    "the atmosphere, where condensation subsequently releases it at higher altitudes, thereby "
    "driving the circulation on which continental precipitation ultimately depends. Vegetation "
    "contributes additional moisture through transpiration, particularly in equatorial regions."
)


def said_dictionary() -> dict[str, set[int]]:
    """Word -> its syllables by the CMU dictionary, one number per way of saying it."""
    package = find_spec("pocketsphinx")
    assert package and package.origin
    path = Path(package.origin).parent / "model/en-us/cmudict-en-us.dict"
    spoken: dict[str, set[int]] = defaultdict(set)
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *sounds = line.split()
        spoken[word.split("(")[0]].add(sum(sound[0] in "AEIOU" for sound in sounds))
    return spoken


def test_syllables_agree_with_the_dictionary_of_how_words_are_said() -> None:
    known = said_dictionary()
    text = " ".join(p.text for topic in load_topics().values() for p in topic_passages(topic))
    words = Counter(word for word in re.findall(r"[a-z']+", text.lower()) if word in known)
    right = [word for word in words if english_syllables(word) in known[word]]
    assert len(words) > 4000
    assert len(right) / len(words) > 0.97
    ours = sum(english_syllables(word) * n for word, n in words.items())
    nearest = sum(min(known[word]) * n for word, n in words.items())
    furthest = sum(max(known[word]) * n for word, n in words.items())
    assert 0.99 * nearest < ours < 1.01 * furthest


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("the", 1), ("make", 1), ("makes", 1), ("pushes", 2), ("pushed", 1), ("heated", 2),
        ("table", 2), ("science", 2), ("area", 3), ("movement", 2), ("wavelength", 2),
        ("photosynthesis", 5), ("energy", 3), ("vertically", 3), ("nucleus", 3), ("idea", 3),
        ("created", 3), ("everything", 3), ("rhythm", 2), ("gps", 3), ("business", 2),
    ],
)  # fmt: skip
def test_english_syllables(word: str, syllables: int) -> None:
    assert english_syllables(word) == syllables


@pytest.mark.parametrize(
    ("word", "syllables"),
    [
        ("sol", 1), ("agua", 2), ("energía", 4), ("fotosíntesis", 5), ("ciudad", 2), ("aéreo", 4),
        ("guitarra", 3), ("pingüino", 3), ("que", 1), ("leer", 2), ("río", 2), ("hoy", 1),
    ],
)  # fmt: skip
def test_spanish_syllables(word: str, syllables: int) -> None:
    assert spanish_syllables(word) == syllables


def test_the_formulas_are_the_published_ones() -> None:
    counts = count("The cat sat on the mat. The animal is a magnificent creature.")
    assert (counts.sentences, counts.words, counts.hard_words) == (2, 12, 2)
    assert counts.syllables == 6 + 1 + 3 + 1 + 1 + 4 + 2
    assert counts.letters == 17 + 31
    kincaid = 0.39 * 6 + 11.8 * 18 / 12 - 15.59
    automated = 4.71 * 48 / 12 + 0.5 * 6 - 21.43
    fog = 0.4 * (6 + 100 * 2 / 12)
    grade = reading_grade("The cat sat on the mat. The animal is a magnificent creature.")
    assert grade == pytest.approx((kincaid + automated + fog) / 3, abs=0.05)


def test_easy_is_easy_and_hard_is_hard() -> None:
    assert reading_grade(EASY) < 3
    assert reading_grade(HARD) > 15


def test_spanish_is_measured_by_formulas_for_spanish() -> None:
    easy = "El sol calienta el mar. El agua sube al aire. El aire se enfría y llueve. " * 6
    hard = (
        "La evaporación de las superficies oceánicas transfiere cantidades considerables de "
        "energía térmica hacia la atmósfera, donde la condensación posteriormente la libera a "
        "altitudes superiores, impulsando la circulación atmosférica. " * 4
    )
    assert reading_grade(easy, "es-MX") < 5 < 9 < reading_grade(hard, "es")


def test_another_language_is_refused_by_name() -> None:
    with pytest.raises(PermanentError, match="'de-DE'"):
        reading_grade("Die Sonne scheint.", "de-DE")


@pytest.mark.parametrize(
    "text",
    [
        "Water boils at 99.6 degrees on Dr. Lee's hill, e.g. after lunch.",
        "Water boils at 100 degrees on the hill, i.e. near the U.S. border",
        "It grew by 3.5 cm (see fig. 2) last year.",
        'She said "Stop!" and left.',
        "The shape was seen by J. Watson in 1953.",
    ],
)
def test_marks_inside_a_sentence_do_not_end_it(text: str) -> None:
    assert count(text).sentences == 1


@pytest.mark.parametrize(
    "text", ["It makes A T P. Cells burn it.", "Eat vitamin C. It heals.", "Who? Me. (Yes.) No!"]
)
def test_letters_can_end_a_sentence(text: str) -> None:
    assert count(text).sentences == 2 + 2 * text.startswith("Who")


@pytest.mark.parametrize("sign", ["9.8", "kg·m/s²", "C6H12O6", "E=mc²", "NASA", "25%", "kg"])
def test_signs_count_as_ordinary_words(sign: str) -> None:
    plain = count("The answer is near the top of the page.")
    signed = count(f"The answer is {sign} near the top of the page.")
    assert signed.words == plain.words + 1
    assert signed.syllables - plain.syllables == pytest.approx(1.4)
    assert signed.hard_words == plain.hard_words


def test_what_a_lesson_teaches_is_hard_once() -> None:
    text = "Photosynthesis feeds a plant. Photosynthesis needs light. Photosynthesis makes sugar. "
    untaught, taught = count(text * 3), count(text * 3, taught=["Photosynthesis"])
    assert untaught.hard_words == 9
    assert taught.hard_words == 1
    assert reading_grade(text * 3, taught=["photosynthesis"]) < reading_grade(text * 3) - 3


def test_a_plural_is_the_same_term() -> None:
    text = "An electron moves. Many electrons move. "
    assert count(text, taught=["Electron"]).hard_words == 1


def test_nothing_reads_at_grade_nought() -> None:
    assert reading_grade("") == 0
    assert reading_grade("?! — …") == 0


@pytest.mark.parametrize(
    ("grade", "requested", "expected"), [(7.5, 9, True), (7.4, 9, False), (10.5, 9, True)]
)
def test_within(grade: float, requested: float, expected: bool) -> None:
    assert within(grade, requested, 1.5) is expected


@given(st.text(max_size=300), st.sampled_from(["en", "es-ES"]))
def test_any_text_has_a_grade(text: str, language: str) -> None:
    assert 0 <= reading_grade(text, language) <= HIGHEST
    assert reading_grade(text, language) == reading_grade(text, language)


@pytest.mark.parametrize("topic_id", ["momentum", "photosynthesis", "slope-and-linear-equations"])
def test_one_more_sentence_moves_a_lesson_little(topic_id: str) -> None:
    passages = topic_passages(load_topics()[topic_id])
    text = " ".join(p.text for p in passages if p.kind == "section")
    assert abs(reading_grade(text) - reading_grade(f"{text} {passages[0].text}")) < 0.5
