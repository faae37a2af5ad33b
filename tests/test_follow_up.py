"""Questions that follow up a lesson: about its topic, or about another one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from vividly.lesson.understanding import make_understander
from vividly.lesson.understanding.follow_up import completed, subjects
from vividly.library.corpus import all_topics
from vividly.model.lesson import Understanding
from vividly.model.settings import Settings

CASES = yaml.safe_load((Path(__file__).parent / "data/eval/follow_ups.yaml").read_text("utf-8"))
TAGS = {"en": "en-US", "es": "es-MX"}


@pytest.mark.parametrize(
    ("earlier", "query", "language", "leans"),
    [
        ("Photosynthesis", "Why does it need light?", "en-US", True),
        ("Photosynthesis", "And what is osmosis?", "en-US", False),
        ("Photosynthesis", "and at night?", "en-US", True),
        ("Friction", "Where does the rain go after it falls?", "en-US", False),
        ("Friction", "Is it true that ice floats?", "en-US", False),
        ("Friction", "Is it ever useful?", "en-US", True),
        ("Friction", "why does it rain", "en-US", False),
        ("A Chapter of a Book", "how long did they take?", "en-US", True),
        ("La fotosíntesis", "¿Por qué necesita luz?", "es-MX", True),
        ("La fotosíntesis", "¿Y qué es la ley de Ohm?", "es-MX", False),
        ("El ciclo del agua", "¿y cuánto tarda eso?", "es-MX", True),
        ("La probabilidad", "¿por qué llueve?", "es-MX", False),
    ],
)
def test_what_leans_on_the_lesson_before_it_is_completed(
    earlier: str, query: str, language: str, leans: bool
) -> None:
    both = (earlier, "") if leans else ("", earlier)
    assert subjects(query, earlier, language) == both
    assert subjects(query, "", language) == ("",)


@pytest.mark.parametrize("language", sorted(CASES))
@pytest.mark.parametrize("group", ["refers", "changes"])
def test_follow_ups_are_about_what_they_are_labelled_with(language: str, group: str) -> None:
    """Of the half that nothing was tuned on."""
    understander = make_understander(Settings("", "", ""))
    wrong = []
    cases = CASES[language][group]["test"]
    for earlier, query, *wanted in cases:
        subject = subjects(query, all_topics()[earlier].title, TAGS[language])[0]
        question = completed(query, subject)
        found = understander.understand(question, grade_level=9, language=TAGS[language])
        got = found.topic_id if isinstance(found, Understanding) else found.status
        if got not in (wanted or [earlier])[0].split(" | "):
            wrong.append((earlier, query, got))
    assert len(wrong) <= max(1, 0.06 * len(cases)), wrong
