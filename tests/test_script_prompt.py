"""What a model is told to write a script from: sources, kinds of visuals, manner."""

from __future__ import annotations

import re

import pytest

from vividly.lesson.prompts import load_prompt
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.gemini_kinds import WRITABLE, kinds_guide
from vividly.lesson.scripting.gemini_prompt import Task
from vividly.library.corpus import all_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.lesson import Passage, Retrieved, Understanding
from vividly.model.visuals import KINDS

TOPIC = all_topics()["photosynthesis"]
PASSAGES = topic_passages(TOPIC)


def task(*, answer: str = "", grade: int = 9, scores: dict[str, float] | None = None) -> Task:
    found = [
        Passage(**{**vars(p), "score": (scores or {}).get(p.key, 0.0)}) for p in reversed(PASSAGES)
    ]
    return Task.of(
        Brief(
            "Why are leaves green?",
            grade_level=grade,
            interest=None,
            language="en-US",
            understanding=Understanding(TOPIC.id, TOPIC.title, TOPIC.subject, 1.0, answer=answer),
            retrieved=Retrieved(tuple(found)),
        )
    )


def prompt(at: Task) -> str:
    return load_prompt("write_script").render(**at.values_to_write())


def test_what_answers_comes_first_and_the_nearest_follow() -> None:
    first, second = [p.key for p in PASSAGES if p.kind == "section"][1:3]
    at = task(answer=second, scores={first: 0.4, second: 0.2})
    assert [p.key for p in at.passages[:2]] == [second, first]
    assert at.passages[-1].kind == "bridge"
    assert at.answering == {second}
    answers, more = re.split("These tell more, the nearest", prompt(at))
    assert re.findall(r"^\[(P\d+)\]", answers, re.MULTILINE) == ["P1"]
    assert "These answer the question:\n\n[P1] section: " in answers and "\n[P2] " in more


def test_a_question_that_only_names_the_topic_keeps_its_authors_order() -> None:
    at = task(scores={p.key: p.position for p in PASSAGES})
    assert at.passages[0].kind == "summary" and at.answering == {at.passages[0].key}
    rest = [p.position for p in at.passages[1:-1]]
    assert rest == sorted(rest)
    assert "These tell more, in the order of a lesson:" in prompt(at)


def test_each_kind_that_a_model_may_write_says_when_to_use_it() -> None:
    told = dict(re.findall(r"^- `(\w+)`: (.+)$", kinds_guide(), re.MULTILINE))
    assert told.keys() == set(WRITABLE)
    assert all(line.startswith(KINDS[kind].use) for kind, line in told.items())


@pytest.mark.parametrize(("grade", "same", "other"), [(4, 5, 9), (7, 8, 12), (9, 10, 3)])
def test_a_grade_has_its_manner(grade: int, same: int, other: int) -> None:
    told, as_told, elsewhere = (task(grade=g).values_to_write() for g in (grade, same, other))
    assert told["example"] == as_told["example"] != elsewhere["example"]
    lengths, manner = zip(*(str(v["style"]).split(". ", 1) for v in (told, as_told)), strict=True)
    assert lengths[0] != lengths[1] and manner[0] == manner[1]
    assert manner[0] not in str(elsewhere["style"])
