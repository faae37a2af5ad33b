"""The tokeniser's profiles give the same results as the former separate tokenisers."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vividly.lesson.understanding.reading import Wording
from vividly.text.words import (
    PASSAGE,
    PLAIN,
    PROSE,
    QUESTION,
    Profile,
    stem,
    stems,
    without_marks,
    words,
)

WORDS = Wording("es")

GOLDEN = yaml.safe_load(Path("tests/data/words.yaml").read_text("utf-8"))
PROFILES = {"plain": PLAIN, "question": QUESTION, "passage": PASSAGE, "prose": PROSE}


@pytest.mark.parametrize("name", PROFILES)
def test_each_profile_gives_the_words_it_gave(name: str) -> None:
    found = {golden["text"]: " ".join(words(golden["text"], PROFILES[name])) for golden in GOLDEN}
    assert found == {golden["text"]: golden[name] for golden in GOLDEN}


@pytest.mark.parametrize("name", ["question", "passage", "prose"])
def test_each_profile_gives_the_stems_it_gave(name: str) -> None:
    for golden in GOLDEN:
        text, language = golden["text"], golden["language"]
        found = words(text, PROFILES[name])
        unaccented = name == "question" and language == "es"
        stemmed = WORDS.stems(found) if unaccented else stems(found, language)
        assert " ".join(stemmed) == golden[f"stems_of_{name}"], text
        if not unaccented:
            assert [stem(word, language) for word in found] == stemmed


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (PLAIN, ["newtons", "d", "n", "a"]),
        (QUESTION, ["newtons", "dna"]),
        (PASSAGE, ["newton", "d", "n", "a"]),
        (PROSE, ["newton's", "dna"]),
    ],
)
@pytest.mark.parametrize("apostrophe", "'’‘`´ʼ")
def test_every_apostrophe_is_one(apostrophe: str, profile: Profile, expected: list[str]) -> None:
    assert words(f"Newton{apostrophe}s D N A", profile) == expected


def test_marks_go_and_letters_stay() -> None:
    assert without_marks("café x² ﬁn ñ Å") == "cafe x2 fin n A"


def test_a_language_without_a_stemmer_gets_the_english_one() -> None:
    assert stems(["travels"], "fi") == stems(["travels"], "en") == ["travel"]
