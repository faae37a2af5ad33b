"""Splitting and joining sentences to bring a script nearer to the requested grade."""

from __future__ import annotations

import re
from functools import cache
from statistics import mean

import pytest

from tests.support.locales import CONNECTIVES
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.composer import Composer
from vividly.lesson.scripting.pacing import LONGEST_S, SHORTEST_S, scene_seconds
from vividly.lesson.scripting.reading_level import within
from vividly.lesson.scripting.revise import fit_level, level_note, shipped_wording
from vividly.lesson.scripting.sentences import (
    MOST_CHARACTERS,
    MOST_WORDS,
    Wording,
    join_sentences,
    split_sentence,
)
from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.lesson import Line, Retrieved, Scene, Script, Understanding
from vividly.text.sentences import split_sentences

TOPICS = sorted(load_topics())
ADDED = {"and", "so", "but", "yet", "this", "is", "because"}
"""The only words that a revision may bring in."""


@cache
def write(topic_id: str, grade: int, tolerance: float = 1.5) -> Script:
    topic = load_topics()[topic_id]
    return Composer(tolerance).write(
        Brief(
            "any question",
            grade_level=grade,
            interest=None,
            language="en-US",
            understanding=Understanding(topic.id, topic.title, topic.subject, 1.0),
            retrieved=Retrieved(topic_passages(topic)),
        )
    )


def words(text: str) -> list[str]:
    return re.findall(r"[\w'’-]+", text.lower())


@pytest.mark.parametrize(
    ("sentence", "first", "second"),
    [
        ("The wall does not move, so your push gives it no energy.",
         "The wall does not move.", "So your push gives it no energy."),
        ("The heat still flows in, but it loosens the particles.",
         "The heat still flows in.", "But it loosens the particles."),
        ("Continents turn it aside, and it closes into giant loops.",
         "Continents turn it aside.", "It closes into giant loops."),
        ("The crest is high; the trough is the low point.",
         "The crest is high.", "The trough is the low point."),
        ("A heart muscle cell is crowded with them, because it never rests.",
         "A heart muscle cell is crowded with them.", "This is because it never rests."),
        ("Each new layer adds weight, and each lower layer presses on the next.",
         "Each new layer adds weight.", "Each lower layer presses on the next."),
    ],
)  # fmt: skip
def test_compound_sentences_are_split(sentence: str, first: str, second: str) -> None:
    assert split_sentence(sentence) == (first, second)


@pytest.mark.parametrize(
    "sentence",
    [
        "Load a box until it presses twice as hard, and the friction is doubled.",
        "If it is at rest, it stays at rest, and it needs no force.",
        "A boy has only one X, so if it carries a fault, and there is no spare, he is color blind.",
        "Sand, mud and shells settle in layers, and new layers press down.",
        "It is lowest at the bottom, so that energy has become kinetic.",
        "It is not only fast, but it is also heavy.",
        "The stop takes longer because of the knees.",
        "Salt, sugar, and the crystals that are clear dissolve.",
        "Momentum has a direction.",
        "It moves more simply because it has less mass.",
    ],
)
def test_what_is_not_plainly_safe_is_not_split(sentence: str) -> None:
    assert split_sentence(sentence) is None


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("Ice is smooth.", "So a puck glides far.", "Ice is smooth, so a puck glides far."),
        ("The sea is warm there.", "But the air is cold.",
         "The sea is warm there, but the air is cold."),
        ("The cell is small.", "It has a thin wall.", "The cell is small, and it has a thin wall."),
        ("Waves carry energy.", "The water stays behind.",
         "Waves carry energy; the water stays behind."),
        ("Force needs time.", "Newton knew this well.", "Force needs time; Newton knew this well."),
    ],
)  # fmt: skip
def test_neighbours_are_joined(first: str, second: str, joined: str) -> None:
    wording = Wording.of(["A law of Newton and the water in waves, which the force needs."])
    assert join_sentences(first, second, wording) == joined


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("What is a wave?", "It is a moving shape."),
        ("Look at the sea.", "Do you see waves?"),
        ("Three things matter: heat, light and air.", "It is simple."),
        ("Force needs time.", "Quorbles do not."),
        ("One two three four five six seven eight nine ten eleven twelve thirteen fourteen.",
         "It has " + "very " * 25 + "many words."),
    ],
)  # fmt: skip
def test_what_does_not_join_is_left(first: str, second: str) -> None:
    assert join_sentences(first, second, Wording.of([])) is None


def test_sentences_are_found() -> None:
    text = 'It grows by 3.5 cm. Dr. Lee said "Stop." Then we left. In the U.S. it rains.'
    found = split_sentences(text)
    assert found[0] == "It grows by 3.5 cm."
    assert " ".join(found) == text
    assert len(found) == 4


@pytest.mark.parametrize("topic_id", TOPICS)
@pytest.mark.parametrize("grade", [6, 9, 12])  # those that the topics are for
def test_a_revised_script_says_what_its_passages_say(topic_id: str, grade: int) -> None:
    script = write(topic_id, grade)
    texts = {p.key: words(p.text) for p in topic_passages(load_topics()[topic_id])}
    for _, _, line in script.lines():
        if line.say in CONNECTIVES:
            continue
        (key,) = line.passages
        assert set(words(line.say)) - set(texts[key]) <= ADDED
        numbers = [w for w in words(line.say) if w[0].isdigit()]
        assert numbers == [w for w in numbers if w in texts[key]]
    assert SHORTEST_S <= scene_seconds(script.scenes, script.grade_level) <= LONGEST_S


@pytest.mark.parametrize("topic_id", TOPICS)
@pytest.mark.parametrize("grade", [3, 12])
def test_nothing_is_lost_or_added_by_a_revision(topic_id: str, grade: int) -> None:
    plain, revised = write(topic_id, grade, tolerance=99), write(topic_id, grade)
    assert not plain.notes
    before = [w for _, _, line in plain.lines() for w in words(line.say) if w not in ADDED]
    after = [w for _, _, line in revised.lines() for w in words(line.say) if w not in ADDED]
    assert before == after
    shown = [[line.show for _, _, line in script.lines()] for script in (plain, revised)]
    assert shown[0] == shown[1]
    assert [line.passages for *_, line in plain.lines()] == [
        line.passages for *_, line in revised.lines()
    ]


@pytest.mark.parametrize("topic_id", TOPICS)
def test_sentences_stay_speakable(topic_id: str) -> None:
    for scene in write(topic_id, 12).scenes:
        text = " ".join(line.say for line in scene.lines)
        assert text[:1] == text[:1].upper()
        assert text == "" or text.endswith((".", "?"))
        for sentence in split_sentences(text):
            if ";" in sentence:
                assert len(sentence.split()) <= MOST_WORDS
                assert len(sentence) <= MOST_CHARACTERS
        for line in scene.lines:
            assert len(line.say) <= MOST_CHARACTERS


@pytest.mark.parametrize(
    ("grade", "share", "deviation"),
    [(4, 0.6, 1.6), (5, 0.95, 0.9), (6, 0.98, 0.8), (7, 0.98, 1.3), (8, 0.72, 1.6), (9, 0.27, 2.1)],
)
def test_how_near_the_shipped_lessons_come(grade: int, share: float, deviation: float) -> None:
    levels = [write(topic_id, grade).reading_level for topic_id in TOPICS]
    assert mean(within(level, grade, 1.5) for level in levels) >= share
    assert mean(abs(level - grade) for level in levels) <= deviation


@pytest.mark.parametrize("grade", [3, 8, 12])
def test_a_revision_never_makes_it_worse(grade: int) -> None:
    for topic_id in TOPICS:
        plain, revised = write(topic_id, grade, tolerance=99), write(topic_id, grade)
        assert abs(revised.reading_level - grade) <= abs(plain.reading_level - grade)


def test_what_cannot_be_reached_is_noted() -> None:
    script = write("momentum", 12)
    assert script.reading_level < 10.5
    assert script.notes == (
        f"reading level {script.reading_level:.1f} for grade 12: "
        "splitting and joining sentences brings it no nearer",
    )
    assert write("momentum", 6).notes == ()


def test_no_more_is_changed_than_must_be() -> None:
    assert write("momentum", 6).scenes == write("momentum", 6, tolerance=99).scenes


def test_a_script_in_another_language_is_measured_and_left() -> None:
    line = Line("El mar está frío, y el aire está caliente.", None, ("mar",))
    scenes = (Scene("explanation", "El mar", (line,) * 30),)
    fitted = fit_level(
        scenes, 12, 1.5, language="es", taught=(), wording=Wording.of([]),
    )  # fmt: skip
    assert fitted.scenes == scenes
    assert 0 < fitted.grade < 10


def test_a_language_without_formulas_is_left_and_noted() -> None:
    scenes = (Scene("explanation", "La mer", (Line("La mer est froide.", None, ("mer",)),)),)
    fitted = fit_level(scenes, 9, 1.5, language="fr-FR", taught=(), wording=Wording.of([]))
    assert fitted.scenes == scenes
    assert level_note(fitted.grade, 9, 1.5)[0].startswith("reading level not measured")


def test_names_keep_their_capital() -> None:
    wording = shipped_wording()
    assert "earth" in wording.names and "the" in wording.common
    assert (
        join_sentences("The bone is very old.", "Earth has older rocks.", wording)
        == "The bone is very old; Earth has older rocks."
    )
