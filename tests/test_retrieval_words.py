"""How retrieval processes a question's words: tokens, fillers, spelling, weights."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from tests.conftest import _copy
from vividly.library.retrieval.fitted import read_fitted
from vividly.library.retrieval.vocabulary import NAME, Vocabulary, Words, count_words
from vividly.library.retrieval.words import MOST_WORDS, content_words
from vividly.platform.ledger.engine import make_engine
from vividly.text.locales import primary_subtag
from vividly.text.spelling import Speller, joined, sounds
from vividly.text.words import PASSAGE, stems, words

KNOWN = {
    "acceleration": 40, "airbag": 3, "angle": 20, "capacitor": 8, "centripetal": 9,
    "coaster": 5, "coulomb": 6, "easy": 4, "fission": 9, "frequency": 30, "friction": 20,
    "fusion": 12, "gravity": 30, "heavy": 7, "light": 50, "particle": 20, "photoelectric": 9,
    "quark": 8, "quick": 5, "refrigerator": 4, "resistance": 11, "roller": 5, "shore": 3,
    "sound": 20, "sublimation": 3, "taste": 2, "thermodynamics": 9, "velocity": 30, "wave": 40,
}  # fmt: skip


@pytest.fixture
def library(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def english(_templates: str) -> Iterator[Words]:
    with _copy(_templates, "with_corpus") as url:
        engine = make_engine(url)
        yield Vocabulary(engine).words("en-US")
        engine.dispose()


# -- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Newton's 2nd law", ["newton", "2nd", "law"]),
        ("don’t STOP", ["dont", "stop"]),
        ("x_1+y-2", ["x", "1", "y", "2"]),
        ("¿Qué es la energía?", ["qué", "es", "la", "energía"]),
        ("🚀 ...", []),
        ("", []),
    ],
)
def test_words_of_a_text(written: str, expected: list[str]) -> None:
    assert words(written, PASSAGE) == expected


@pytest.mark.parametrize(
    ("language", "written", "expected"),
    [
        ("en", "why do u think the moon pulls on it tbh", ["think", "moon", "pulls"]),
        ("en", "what does work mean", ["work", "mean"]),
        ("es", "cómo se mueven los planetas porfa", ["mueven", "planetas"]),
        ("fr", "la force", ["la", "force"]),
    ],
)
def test_articles_pronouns_and_chat_are_no_content(
    language: str, written: str, expected: list[str]
) -> None:
    assert content_words(written, language) == expected


@pytest.mark.parametrize(
    ("tag", "expected"), [("en-US", "en"), ("ES", "es"), ("pt_BR", "pt"), ("", "en")]
)
def test_the_language_without_its_country(tag: str, expected: str) -> None:
    assert primary_subtag(tag) == expected


# -- spelling ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("aceleration", ("acceleration",)),
        ("frequencey", ("frequency",)),
        ("fotoelectric", ("photoelectric",)),
        ("fision", ("fission",)),
        ("fushion", ("fusion",)),
        ("sublimashun", ("sublimation",)),
        ("quarcks", ("quark",)),
        ("thermodynamcs", ("thermodynamics",)),
        ("resistence", ("resistance",)),
        ("kapacitor", ("capacitor",)),
        ("quicker", ("quick",)),
        ("heaviest", ("heavy",)),
        ("rollercoaster", ("roller", "coaster")),
        ("angel", ("angle",)),
    ],
)
def test_what_is_misspelt_is_put_right(written: str, meant: tuple[str, ...]) -> None:
    assert Speller(KNOWN).correct(written) == meant


@pytest.mark.parametrize(
    "written",
    ["toaster", "shove", "messier", "tite", "pizza", "minecraft", "li", "1234", "zzzzzz", "night"],
)
def test_other_words_are_not_taken_for_known_ones(written: str) -> None:
    assert Speller(KNOWN).correct(written) == ()


def test_of_words_as_near_the_commoner_is_meant() -> None:
    assert Speller({"planet": 2, "planes": 2, "plane": 90}).correct("plaene") == ("plane",)
    assert Speller({"forces": 1, "forced": 9}).correct("forcez") == ("forces",)


@pytest.mark.parametrize(
    ("one", "other"),
    [("foton", "photon"), ("kwark", "quark"), ("relashun", "relation"), ("nowledge", "knowledge")],
)
def test_words_that_sound_alike(one: str, other: str) -> None:
    assert sounds(one) == sounds(other)


def test_two_words_that_the_library_writes_as_one() -> None:
    assert joined(["air", "bag"], KNOWN) == ["air", "bag", "airbag"]
    assert joined(["air", "heavy"], KNOWN) == ["air", "heavy"]


@given(st.text(max_size=60))
def test_a_speller_gives_known_words_only(written: str) -> None:
    assert set(Speller(KNOWN).correct(written)) <= KNOWN.keys()


# -- the vocabulary of the library ------------------------------------------------------------


def test_stems_are_the_lexemes_of_postgres(english: Words) -> None:
    """Otherwise a word of a question would not be found, though it is in the passages."""
    written = [w for w in english.counts if w.isascii() and w.isalpha() and content_words(w)]
    known = [stem in english.found_in for stem in stems(written)]
    assert len(known) > 3000
    assert sum(known) / len(known) > 0.995


def test_rarer_words_weigh_more(english: Words) -> None:
    asked = english.query("does the chloroplast need energy")
    assert asked.weights["chloroplast"] > asked.weights["energi"] > 0


def test_words_of_every_question_weigh_little_beside_others(english: Words) -> None:
    asked = english.query("how does friction work")
    assert asked.weights["friction"] > 4 * asked.weights["work"] > 0
    # The only word of a question counts fully, whatever it is.
    assert max(english.query("what does work mean").weights, key=lambda w: w == "work") == "work"


@pytest.mark.parametrize(
    ("question", "lexeme", "corrected"),
    [
        ("what is fotosynthesis", "photosynthesi", "what is photosynthesis"),
        ("explain gravty pls", "graviti", "explain gravity pls"),
        ("newtons law of moshun", "motion", "newtons law of motion"),
    ],
)
def test_a_misspelt_question(english: Words, question: str, lexeme: str, corrected: str) -> None:
    asked = english.query(question)
    assert lexeme in asked.weights
    assert asked.text == corrected


def test_what_the_library_lacks_is_counted(english: Words) -> None:
    asked = english.query("zyzzyva brontosaurus quokka")
    assert (dict(asked.weights), asked.unknown) == ({}, 3)


def test_a_subject_tells_nothing_within_the_subjects(english: Words) -> None:
    assert "physic" not in english.query("friction in physics").weights
    assert set(english.query("physics").weights) == {"physic"}


def test_a_language_without_passages_has_no_words(library: Engine) -> None:
    assert Vocabulary(library).words("fi").query("mitä on painovoima").weights == {}


def test_work_on_a_question_is_bounded(english: Words) -> None:
    asked = english.query("gravity " + " ".join(f"plnat{n}" for n in range(5000)))
    assert len(asked.text.split()) <= MOST_WORDS
    assert "graviti" in asked.weights


def test_the_vocabulary_is_stored_and_follows_the_library(library: Engine) -> None:
    vocabulary = Vocabulary(library)
    assert "zorble" not in vocabulary.words("en").counts
    before = read_fitted(library, NAME)
    with library.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO passages (key, corpus, topic_id, subject, kind, heading, position, "
                "body, sentences, source) VALUES ('z/1', 'z', 'z/1', 'physics', 'section', "
                "'Zorble', 1, 'A zorble spins.', '[]', '{}')"
            )
        )
        connection.execute(text("INSERT INTO corpus_versions (name, digest) VALUES ('z', '1')"))
    assert "zorble" not in vocabulary.words("en").counts  # not checked again so soon
    vocabulary.refresh()
    assert "zorble" in vocabulary.words("en").counts
    after = read_fitted(library, NAME)
    assert after is not None and before is not None and after[0] != before[0]
    # The stored counts equal a new count.
    assert Vocabulary(library).words("en") == count_words(library)["en"]
