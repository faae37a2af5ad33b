"""Questions and lessons in Spanish: the results and their wording."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vividly.evaluation.understanding import OUTCOMES, judge, outcome_of, read_cases, report_on
from vividly.lesson.understanding import Understander, make_understander
from vividly.lesson.understanding.reading import Wording
from vividly.library.corpus import load_topics
from vividly.model.lesson import Answer, Understanding
from vividly.model.settings import Settings
from vividly.text.interests import bridge_interest, known_interests
from vividly.text.locales import locale_for

WORDS = Wording("es")

CASES = read_cases(Path(__file__).parent / "data/eval/spanish.yaml", "openstax-physics")
TOPICS = load_topics("es")
SPANISH = locale_for("es").answers


@cache
def understander() -> Understander:
    return make_understander(Settings("", "", ""))


def ask(query: str, language: str = "es-MX") -> Understanding | Answer:
    return understander().understand(query, grade_level=8, language=language)


def answer(query: str, language: str = "es-MX") -> Answer:
    found = ask(query, language)
    assert isinstance(found, Answer), found
    return found


def topic(query: str, language: str = "es-MX") -> str:
    found = ask(query, language)
    return found.topic_id if isinstance(found, Understanding) else found.status


class InSpanish:
    """The understander, for lessons in Spanish."""

    identity = "spanish"

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        return ask(query)


# -- the labelled questions -------------------------------------------------------------------


def test_the_labelled_questions_are_enough_and_stand_for_what_they_say() -> None:
    assert len(CASES) >= 120
    assert len({case.query for case in CASES}) == len(CASES)
    labels = {label for case in CASES for label in case.wanted}
    assert labels - set(OUTCOMES) == set(TOPICS)
    for split in ("dev", "test"):
        asked = {label for case in CASES if case.split == split for label in case.wanted}
        assert asked >= set(TOPICS)


@pytest.mark.parametrize(
    ("group", "split", "floor"),
    [
        ("topic", "dev", 0.95),
        ("topic", "test", 0.82),
        ("no_lesson", "dev", 0.9),
        ("no_lesson", "test", 0.9),
        ("not_school", "dev", 0.8),
        ("not_school", "test", 0.8),
        ("unclear", "dev", 0.8),
        ("unclear", "test", 0.8),
        ("language", "dev", 1.0),
        ("language", "test", 1.0),
    ],
)
def test_spanish_is_understood_as_well_as_it_was(group: str, split: str, floor: float) -> None:
    cases = [case for case in CASES if (case.group, case.split) == (group, split)]
    report = report_on(judge(InSpanish(), cases, with_book=False))
    assert report.accuracy >= floor, [(one.case.query, one.got) for one in report.missed]


def test_a_lesson_is_hardly_ever_the_wrong_one() -> None:
    judged = judge(InSpanish(), CASES, with_book=False)
    given_one = [one for one in judged if outcome_of(one.got) == "topic"]
    wrong = [(one.case.query, one.got) for one in given_one if not one.right]
    assert len(given_one) >= 75
    assert len(wrong) <= 3, wrong


# -- topics -----------------------------------------------------------------------------------


@pytest.mark.parametrize("id", sorted(TOPICS))
def test_a_topic_is_understood_by_all_its_names(id: str) -> None:
    one = TOPICS[id]
    assert topic(one.title) == topic(one.title.upper()) == topic(f"Explícame {one.title}") == id
    missed = [alias for alias in one.aliases if topic(alias) != id]
    assert len(missed) <= 1, missed


@pytest.mark.parametrize("id", sorted(TOPICS))
def test_an_english_question_gets_the_spanish_lesson_that_was_asked_for(id: str) -> None:
    english = load_topics()[TOPICS[id].counterpart or ""]
    for query in (english.title, f"Explain {english.title}", f"what is {english.title}?"):
        assert topic(query) == id


@pytest.mark.parametrize("query", ["explain momentum", "What is a mole in chemistry?"])
def test_an_english_question_without_a_spanish_lesson_is_told_what_there_is(query: str) -> None:
    found = answer(query)
    assert (found.status, found.category) == ("out_of_scope", "no_lesson_yet")
    for one in TOPICS.values():
        assert one.title[4:] in found.message


@pytest.mark.parametrize(
    ("query", "id"),
    [
        ("esplicame la fotosintecis porfa", "fotosintesis"),
        ("xq llueve", "ciclo-del-agua"),
        ("como se forman las nuves", "ciclo-del-agua"),
        ("ke es la ipotenusa", "teorema-de-pitagoras"),
        ("la 2da ley de newton con fútbol", "segunda-ley-de-newton"),
        ("me gusta el básquet, explícame la probabilidad", "probabilidad"),
        ("CIRCUITOS EN SERIE!!!", "circuitos-electricos"),
        ("q pasa si sircula coriente", "circuitos-electricos"),
    ],
)
def test_slang_typos_and_interests_do_not_matter(query: str, id: str) -> None:
    assert topic(query) == id


# -- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "category", "said"),
    [
        ("hola", "vague", SPANISH.vague),
        ("biología", "vague", "Biología es una materia muy amplia."),
        ("quiero aprender matemáticas", "vague", "Matemáticas es una materia muy amplia."),
        ("qué es la gravedad", "no_lesson_yet", "sobre este tema de física"),
        ("la revolución mexicana", "no_lesson_yet", "todavía no tiene lecciones de historia"),
        ("quién ganó el mundial", "not_school", "Vividly no puede ayudarte con eso."),
    ],
)
def test_answers_are_in_spanish(query: str, category: str, said: str) -> None:
    found = answer(query)
    assert found.category == category
    assert said in found.message
    assert not {"the", "about", "lesson", "you", "with"} & set(found.message.lower().split())


@pytest.mark.parametrize("query", ["hola", "biologia", "fisica", "quimica", "mates", "geologia"])
def test_every_choice_is_understood(query: str) -> None:
    choices = answer(query).questions
    assert 1 <= len(choices) <= 4
    assert [choice for choice in choices if not isinstance(ask(choice), Understanding)] == []


@pytest.mark.parametrize(
    ("names", "joined"),
    [
        (["la fotosíntesis"], "la fotosíntesis"),
        (["a", "b", "c"], "a, b o c"),
        (["plata", "oro"], "plata u oro"),
        (["minas", "hornos"], "minas u hornos"),
    ],
)
def test_names_are_joined_as_one_says_it(names: list[str], joined: str) -> None:
    assert SPANISH.any_of(names) == joined


@pytest.mark.parametrize(
    ("last", "word"),
    [("iones", "e"), ("hijos", "e"), ("hielo", "y"), ("agua", "y"), ("índices", "e")],
)
def test_and_gives_way_before_its_own_sound(last: str, word: str) -> None:
    assert SPANISH.all_of(["sales", last]) == f"sales {word} {last}"


# -- the language that was asked for ----------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("¿Cómo funciona la fotosíntesis?", "la fotosíntesis"),
        ("por qué llueve tanto", "el ciclo del agua"),
        ("clorofila", "la fotosíntesis"),
        ("segunda ley de newton", "la segunda ley de Newton"),
    ],
)
def test_spanish_for_an_english_lesson_is_told_in_spanish_how_to_ask(
    query: str, title: str
) -> None:
    found = answer(query, "en-US")
    assert (found.status, found.category) == ("out_of_scope", "language")
    assert 'pídela con language "es"' in found.message
    assert f"Hay una lección en español: {title}." in found.message
    assert "This question is in Spanish" in found.message


def test_spanish_without_a_lesson_is_told_the_same_without_a_title() -> None:
    found = answer("qué es la gravedad y por qué se caen las cosas", "en-US")
    assert found.category == "language"
    assert 'pídela con language "es"' in found.message
    assert "Hay una lección" not in found.message


@pytest.mark.parametrize("language", ["es-MX", "en-US"])
def test_other_languages_are_told_of_both(language: str) -> None:
    found = answer("pourquoi le ciel est-il bleu", language)
    assert found.category == "language"
    assert "English, español" in found.message
    assert "English and Spanish" in found.message


def test_a_lesson_in_a_third_language_is_declined() -> None:
    found = answer("photosynthesis", "fr-FR")
    assert (found.status, found.category) == ("out_of_scope", "language")
    assert "n'a pas encore de leçons en français" in found.message


@pytest.mark.parametrize(
    ("query", "id"),
    [
        ("photosynthesis", "photosynthesis"),
        ("f=ma", "newtons-second-law"),
        ("probability", "probability"),
        ("pangea", "plate-tectonics"),
        ("plasma", "states-of-matter"),
        ("fotosíntesis", "photosynthesis"),
    ],
)
def test_english_is_not_touched_by_spanish(query: str, id: str) -> None:
    assert topic(query, "en-US") == id


# -- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("evaporación", "evaporaciones"),
        ("evaporacion", "se evapora"),
        ("células", "celula"),
        ("nubes", "la nube"),
        ("Pitágoras", "pitagoras"),
        ("terremotos", "un terremoto"),
    ],
)
def test_forms_of_a_word_have_one_stem(one: str, other: str) -> None:
    assert WORDS.content(one) == WORDS.content(other) != ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("fuersa", "fuerza"),
        ("nuves", "nubes"),
        ("ojas", "hojas"),
        ("yuvia", "lluvia"),
        ("enerjia", "energia"),
        ("kimica", "quimica"),
        ("sircuito", "circuito"),
        ("canvio", "cambio"),
    ],
)
def test_what_sounds_alike_is_alike(written: str, meant: str) -> None:
    assert WORDS.sound(written) == WORDS.sound(meant)


@pytest.mark.parametrize(
    ("one", "other"), [("casa", "caja"), ("gato", "jato"), ("chico", "cico"), ("peso", "beso")]
)
def test_what_sounds_otherwise_is_not(one: str, other: str) -> None:
    assert WORDS.sound(one) != WORDS.sound(other)


def test_the_data_speak_of_topics_that_are_there() -> None:
    assert locale_for("es").hints.thesaurus.keys() == TOPICS.keys()
    lists = [
        *locale_for("es").questions.no_lesson_yet.values(),
        *locale_for("es").questions.not_school.values(),
    ]
    phrases = [phrase for some in lists for phrase in some]
    assert len(set(phrases)) == len(phrases)
    assert all(phrase.isascii() and phrase == phrase.lower() for phrase in phrases)
    named = {*locale_for("es").questions.no_lesson_yet}
    assert set(locale_for("es").names.subjects.values()) <= named, (
        "the parts of a subject are told apart"
    )


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_an_answer(query: str) -> None:
    for language in ("es", "en-US"):
        found = ask(query, language)
        assert isinstance(found, Understanding) or found.message


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_there_is_one_stem_for_each_word(some: list[str]) -> None:
    assert len(WORDS.stems(some)) == len(some)


def test_threads_get_the_same() -> None:
    queries = [case.query for case in CASES]
    alone = [ask(query) for query in queries]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, queries * 2)) == alone * 2


# -- interests --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "slug"),
    [
        ("fútbol", "soccer"),
        ("me encanta el futbol", "soccer"),
        ("football", "soccer"),
        ("fútbol americano", "american-football"),
        ("baloncesto", "basketball"),
        ("jugar básquet", "basketball"),
        ("videojuegos", "video-games"),
        ("vidojuegos", "video-games"),
        ("cocinar tacos", "cooking"),
        ("la música", "music"),
        ("reguetón", "music"),
        ("natación", "swimming"),
        ("béisbol", "baseball"),
        ("mi perro", "animals"),
        ("bailar bachata", "dance"),
        ("el espacio", "space"),
        ("dibujar", "art"),
        ("patineta", "skateboarding"),
    ],
)
def test_interests_are_known_in_spanish(said: str, slug: str) -> None:
    assert bridge_interest(said, known_interests(), "es-MX") == slug


def test_an_interest_that_is_not_known_is_not_guessed() -> None:
    assert bridge_interest("voleibol", known_interests(), "es-MX") == "everyday"
