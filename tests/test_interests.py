"""How students name their interests."""

import pytest

from vividly.library.corpus import load_topics
from vividly.text.interests import (
    _near_interests,
    _phrases,
    bridge_interest,
    carrying_interest,
    known_interests,
)

HERE = ["everyday", "basketball", "soccer", "music", "video-games", "art", "animals", "space",
        "american-football", "swimming", "cars"]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("basketball", "basketball"),
        ("NBA", "basketball"),
        ("shooting hoops!", "basketball"),
        ("basketbal", "basketball"),
        ("Minecraft", "video-games"),
        ("playing Fortnite with friends", "video-games"),
        ("K-pop", "music"),
        ("soccer ⚽", "soccer"),
        ("fútbol", "soccer"),
        ("football", "american-football"),
        ("drawing", "art"),
        ("my dog", "animals"),
        ("my dog’s tricks", "animals"),
        ("astronomy", "space"),
        ("Formula 1", "cars"),
        ("volleyball", "everyday"),
        ("chess", "everyday"),
        ("", "everyday"),
        ("🙂", "everyday"),
        (None, "everyday"),
        ("'; DROP TABLE students; --", "everyday"),
    ],
)
def test_a_students_words_find_the_bridge(words: str | None, slug: str) -> None:
    assert bridge_interest(words, HERE) == slug


def test_football_is_soccer_outside_the_united_states() -> None:
    assert bridge_interest("football", HERE, "en-GB") == "soccer"


def test_a_bridge_that_the_topic_lacks_is_never_chosen() -> None:
    assert bridge_interest("basketball", ["everyday", "music"]) == "everyday"


def test_every_bridge_of_the_corpus_can_be_reached() -> None:
    slugs = {b.interest for t in load_topics().values() for b in t.bridges} - {"everyday"}
    assert slugs <= set(_phrases().values())


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("NBA", "basketball"),
        ("ice hockey", "soccer"),
        ("voleibol", "basketball"),
        ("hockey and guitar", "music"),
        ("Formula 1", "cars"),
        ("fashion", "art"),
        ("falconry", "everyday"),
        ("", "everyday"),
        (None, "everyday"),
    ],
)
def test_a_near_interest_carries_one_without_a_bridge(words: str | None, slug: str) -> None:
    assert carrying_interest(words, HERE) == slug


def test_only_known_interests_carry_others() -> None:
    near = _near_interests()
    assert near.keys() <= known_interests()
    assert all(slug not in of for slug, of in near.items())
