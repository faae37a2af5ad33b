"""Language detection: English is almost never mistaken, others are mostly found."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vividly.library.corpus import load_topics
from vividly.text.languages import (
    LANGUAGES,
    detect,
    is_foreign_script,
    name_of,
    names_of,
    own_name_of,
    own_names_of,
    supported,
)
from vividly.text.locales import primary_subtag

DATA = Path(__file__).parent / "data"
OTHERS = yaml.safe_load((DATA / "eval/languages.yaml").read_text("utf-8"))
QUERIES = yaml.safe_load((DATA / "queries.yaml").read_text("utf-8"))
LABELLED = yaml.safe_load((DATA / "eval/understanding.yaml").read_text("utf-8"))
ENGLISH = [
    *(query for queries in QUERIES["topics"].values() for query in queries),
    *QUERIES["clarify"],
    *QUERIES["out_of_scope"],
    *(
        case[0]
        for group, splits in LABELLED.items()
        if group != "language"
        for cases in splits.values()
        for case in cases
    ),
]
SLANG = """
wassup wit gravity / y tho / explain quarks fam / gimme da tea on osmosis / no cap how do rainbows
work / lowkey confused abt voltage / bruh wat is a vector / how 2 convert celsius 2 fahrenheit /
omg help me w fractions / pls pls pls explain ions / mitochondria = powerhouse rite / wut dat mean
tho / can u lik explain dis / ik newton had laws n stuff / tf is entropy / imma fail bio / whats
goin on w da moon / homo erectus / la nina weather / deja vu physics / E coli bacteria / C3 vs C4
plants / pi r squared / in vitro vs in vivo / tyrannosaurus rex / de broglie wavelength / van der
waals forces / le chatelier principle / camera obscura / aurora borealis / per capita / Coriolis
effect / doppler effekt / fermi paradox / mendel pea plants / igneous rocks plz / sin cos tan / log
base 2 / lim x to 0 / cation vs anion / alfa beta gamma / alpha centauri / marie curie radium / cold
fusion lol / a^2 + b^2 = c^2 / v = ir / idk / WHAT IS DNA
"""


def test_english_is_kept_with_slang_and_typos() -> None:
    assert len(ENGLISH) > 1000
    foreign = [(query, found) for query in ENGLISH if (found := detect(query)) != "en"]
    assert len(foreign) <= 0.005 * len(ENGLISH), foreign


@pytest.mark.parametrize("query", [" ".join(q.split()) for q in SLANG.split(" / ")])
def test_slang_and_latin_names_are_english(query: str) -> None:
    assert detect(query) == "en"


def test_names_of_topics_are_english() -> None:
    names = {n for t in load_topics().values() for n in (t.title, *t.aliases)}
    foreign = [name for name in names if detect(name) != "en"]
    assert len(foreign) <= 0.005 * len(names), foreign


@pytest.mark.parametrize("language", sorted(OTHERS))
def test_other_languages_are_found(language: str) -> None:
    queries = OTHERS[language]
    found = [detect(query) for query in queries]
    assert set(found) <= {language, "en"}, list(zip(queries, found, strict=True))
    assert found.count(language) >= len(queries) - 1 - len(queries) // 10


def test_nearly_all_questions_in_other_languages_are_found() -> None:
    cases = [(query, language) for language, queries in OTHERS.items() for query in queries]
    missed = [(q, language) for q, language in cases if detect(q) != language]
    assert len(missed) <= 0.05 * len(cases), missed


def test_a_language_that_is_expected_needs_no_proof() -> None:
    spanish = [
        "que es la gravedad",
        "explicame las leyes de newton",
        "como se forman los terremotos",
    ]
    assert {detect(query, expected=("es", "en")) for query in spanish} == {"es"}
    assert detect("what is the water cycle", expected=("es", "en")) == "en"
    assert detect("fotosíntesis", expected=("es", "en")) == "es"


def test_known_words_speak_against_another_language() -> None:
    assert detect("Fahrenheit scale") != "en"
    assert detect("Fahrenheit scale", known={"fahrenheit", "scale"}) == "en"
    assert detect("was ist der unterschied zwischen masse und gewicht", known={"was"}) == "de"


@pytest.mark.parametrize(
    "text", ["", "   ", "42", "🎉🎉", "?", "E=mc²", "photosynthesis", "gravedad"]
)
def test_what_tells_nothing_is_as_expected(text: str) -> None:
    assert detect(text) == "en"
    assert detect(text, expected=("es",)) == "es"


@pytest.mark.parametrize(
    ("text", "foreign"),
    [("hello", False), ("¿qué?", False), ("مرحبا", True), ("你好 ok", False), ("123 🎉", False)],
)
def test_foreign_script(text: str, foreign: bool) -> None:
    assert is_foreign_script(text) is foreign


@pytest.mark.parametrize(
    ("tag", "subtag"),
    [("es-MX", "es"), ("EN-us", "en"), ("", "en"), ("zh-Hant-TW", "zh"), ("pt_BR", "pt")],
)
def test_primary_subtag(tag: str, subtag: str) -> None:
    assert primary_subtag(tag) == subtag


def test_supported_goes_by_the_primary_subtag() -> None:
    assert supported("es-MX", ("en", "es"))
    assert not supported("fr", ("en", "es"))


def test_languages_have_names() -> None:
    assert (name_of("es-ES"), name_of("xx")) == ("Spanish", "xx")
    assert names_of(["fr", "es", "en"]) == ("English", "French", "Spanish")
    assert own_names_of(["fr", "es", "en"]) == ("English", "français", "español")
    assert all(name_of(tag) != tag and own_name_of(tag) != tag for tag in LANGUAGES)
    assert {"es", "fr", "de", "pt", "it", "hi", "zh", "ar"} < set(LANGUAGES)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_in_some_language(text: str) -> None:
    assert detect(text) in LANGUAGES


def test_threads_get_the_same() -> None:
    queries = ENGLISH[::40] + [q for queries in OTHERS.values() for q in queries]
    alone = [detect(query) for query in queries]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(detect, queries * 3)) == alone * 3
