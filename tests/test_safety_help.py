"""Kind words and help lines: with which answers, in which language, for which country."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from vividly.lesson import safety
from vividly.lesson.safety import CATEGORIES
from vividly.lesson.safety.help_lines import HelpLines, load_help_lines
from vividly.model.errors import SettingsError
from vividly.model.lesson import Answer

LINES = load_help_lines()
NO_LESSON = Answer("out_of_scope", "There is no lesson on that yet.", category="no_lesson_yet")


def told(query: str, answer: Answer = NO_LESSON, *, language: str = "en-US") -> Answer:
    return safety.kindly(answer, query, language=language, help_lines=LINES)


# -- which answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "how does my stomach digest tylenol",
        "what happens after we die",
        "why do people cry at funerals",
        "who do i tell about my uncle",
        "¿qué pasa cuando alguien se muere?",
        "me duele la cabeza todos los dias",
        "je ne veux plus vivre, personne ne m'aime à la maison",
        "ich möchte einfach für immer einschlafen und nie wieder aufwachen",
    ],
)
def test_a_miss_is_told_where_help_is(query: str) -> None:
    answer = told(query)
    assert answer.help
    assert "988" in answer.message and "911" in answer.message
    assert NO_LESSON.message in answer.message
    assert (answer.status, answer.category) == (NO_LESSON.status, NO_LESSON.category)


@pytest.mark.parametrize(
    "query", ["who won the world cup in 1998", "best pizza topping", "¿cuál es la capital de Perú?"]
)
def test_what_touches_nothing_stays_as_it_is(query: str) -> None:
    assert told(query) == NO_LESSON


def test_a_question_back_carries_help_too() -> None:
    back = Answer("clarification_needed", "Do you mean pressure?", ("Explain pressure",), "vague")
    answer = told("i cant take the pressure at home", back)
    assert answer.help and answer.questions == back.questions
    assert "Do you mean pressure?" in answer.message


@pytest.mark.parametrize(
    "category", ["self_harm", "abuse", "violence", "sexual", "drugs", "unsafe"]
)
def test_these_refusals_always_carry_help(category: str) -> None:
    assert told("xyz", safety.blocked_answer(category)).help


def test_who_seems_in_need_reads_the_kind_words_first() -> None:
    answer = told("nobody would notice if i was gone tomorrow")
    assert answer.message.index("you matter") < answer.message.index(NO_LESSON.message)


@pytest.mark.parametrize(("language", "adult"), [("en", "adult"), ("es", "adulta")])
@pytest.mark.parametrize("category", ["self_harm", "abuse", "violence", "sexual"])
def test_a_child_in_need_is_sent_to_an_adult(category: str, language: str, adult: str) -> None:
    assert adult in safety.blocked_answer(category, language=language).message


# -- whose words -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [
        ("en-US", ["988", "911", "you matter"], ["findahelpline", "other countries"]),
        ("en", ["988", "In other countries: findahelpline.com"], ["{"]),
        ("en-GB", ["Childline", "0800 1111", "call 999"], ["988", "findahelpline"]),
        ("en-JM", ["findahelpline.com", "local emergency number"], ["988"]),
        ("es-MX", ["800 911 2000", "Tú importas", "llama al 911"], ["988"]),
        ("es-US", ["988 y pulsa 2", "911"], ["findahelpline"]),
        ("es-419", ["988", "findahelpline.com"], []),
        ("de-DE", ["116 111", "adult you trust"], ["988"]),
    ],
)
def test_help_is_where_the_student_is(language: str, said: list[str], unsaid: list[str]) -> None:
    query = "quiero morirme" if language.startswith("es") else "i want to die"
    finding = safety.check_query(query, language=language)
    assert finding is not None and finding.category == "self_harm"
    blocked = safety.blocked_answer(finding.category, language=language)
    message = told(query, blocked, language=language).message.casefold()
    assert all(words.casefold() in message for words in said)
    assert not any(words.casefold() in message for words in unsaid)


def test_the_words_are_in_the_language_of_the_question() -> None:
    answer = told("ya no quiero vivir, nadie me va a extrañar", language="en-US")
    assert "Quién te escucha" in answer.message and "988 y pulsa 2" in answer.message


@pytest.mark.parametrize("language", ["en", "en-US", "en-GB", "es", "es-MX", "fr-FR"])
@pytest.mark.parametrize("category", CATEGORIES)
def test_every_answer_is_whole(category: str, language: str) -> None:
    answer = told("xyz i feel sad", safety.blocked_answer(category, language=language))
    assert (answer.status, answer.category) == ("blocked", category)
    assert 60 < len(answer.message) < 1600
    assert not set("{}|<>") & set(answer.message)
    assert "  " not in answer.message
    # A message may be spoken or shown: it must pass the rules itself, except for phone numbers.
    assert safety.check_lines([safety.blocked_answer(category, language=language).message]) == ()


# -- the file ----------------------------------------------------------------------------------


def test_an_operator_replaces_the_lines(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(
        "elsewhere:\n"
        "  emergency: '112'\n"
        "  lines: [{name: Ms. Okoro, say: {en: 'room 12, or 555 0100'}}]\n"
    )
    lines = load_help_lines(str(file))
    answer = safety.kindly(NO_LESSON, "i feel sad", language="en-US", help_lines=lines)
    assert "Ms. Okoro (room 12, or 555 0100)" in answer.message and "112" in answer.message
    assert answer.help == ("Ms. Okoro: room 12, or 555 0100",)
    assert "988" not in answer.message


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("elsewhere: [", "not YAML"),
        ("countries: {}", "elsewhere"),
        ("elsewhere: {lines: []}", "elsewhere.lines"),
        ("elsewhere: {lines: [{name: A, say: {}}]}", "elsewhere.lines.0.say"),
        ("home: FR\nelsewhere: {lines: [{name: A, say: {en: b}}]}", "home is FR"),
        ("phone: 1\nelsewhere: {lines: [{name: A, say: {en: b}}]}", "phone"),
    ],
)
def test_a_file_of_another_form_is_refused(text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=r"--help_lines: x\.yaml") as error:
        HelpLines(text.encode(), "x.yaml")
    assert named in str(error.value)


@pytest.mark.parametrize("address", ["/nowhere/help.yaml", "gs://", "gs://b!d/x"])
def test_a_file_that_is_not_there_is_named(address: str) -> None:
    with pytest.raises(SettingsError, match="help_lines"):
        load_help_lines(address)


def test_every_country_of_the_package_is_sound() -> None:
    table: Mapping[str, Mapping[str, object]] = yaml.safe_load(
        (files("vividly.lesson.safety") / "help_lines.yaml").read_text("utf-8")
    )
    for code in table["countries"]:
        (country,) = LINES.of(code)
        assert len(code) == 2 and code.isupper()
        assert country.emergency.isdigit() and len(country.emergency) == 3
        for line in country.lines:
            assert any(c.isdigit() for c in line.said("en")), (code, line)
