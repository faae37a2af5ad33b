"""A topic with too little source material: the student gets an answer, not a failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.google_ends import End, end_of
from tests.support.requests import ticket
from vividly.execution.claiming import claim
from vividly.execution.services import Services
from vividly.lesson.understanding import lessons_near
from vividly.library.corpus import load_topics
from vividly.library.oer import load_documents, read_library
from vividly.model.lesson import Understanding, to_json
from vividly.model.ticket import Ticket
from vividly.platform.ledger import queries

NOTES = {
    "tardigrades.md": "---\ntitle: Tardigrades\nsubject: biology\n---\n# Tardigrades\n\n"
    "## Tough\n\n"
    "A tardigrade is an animal with eight legs that lives in moss. Its sum is 2 ⊕ 3 legs.\n",
    "palanca.md": "---\ntitle: La palanca\nsubject: physics\nlanguage: es\n---\n# La palanca\n\n"
    "## Una barra\n\nUna palanca es una barra que gira sobre un punto de apoyo.\n",
}


@pytest.fixture
def with_notes(services: Services, tmp_path: Path) -> Services:
    folder = tmp_path / "notes"
    folder.mkdir()
    for name, text in NOTES.items():
        (folder / name).write_text(text)
    load_documents(services.engine, read_library(str(folder)))
    services.index_library()
    return services


LEVER = Understanding("notes/la-palanca", "La palanca", "physics", 1.0)
"""The offline understander does not know the Spanish topics of a book; others do."""


def written(services: Services, understood: Understanding | None = None, **changes: Any) -> End:
    """The result of a request at the stage that writes the script."""
    at = claim(ticket(interest=..., **changes), services)
    assert isinstance(at, Ticket)
    stages = ["understand", "find_lesson", "retrieve"]
    if understood:
        services.temp.write("understood.json", to_json(understood), "application/json")
        at = at.with_result(stages.pop(0), "understood.json")
    for stage in stages:
        end = end_of(stage, at, services)
        assert end.next, end.row
        at = end.next
    return end_of("write_script", at, services)


@pytest.mark.parametrize(
    ("asked", "language", "understood", "message"),
    [
        (
            "What are tardigrades?",
            "en-US",
            None,
            "Vividly cannot make a lesson on “Tardigrades” yet: there is too little in its "
            "library about that. You could ask about ",
        ),
        (
            "¿Qué es una palanca?",
            "es-MX",
            LEVER,
            "Vividly todavía no puede hacer una lección sobre «La palanca»: en su biblioteca hay "
            "muy poco sobre eso. Puedes preguntar por los circuitos eléctricos o la segunda ley "
            "de Newton.",
        ),
    ],
)
def test_the_student_is_told_so_in_the_lessons_language(
    with_notes: Services,
    asked: str,
    language: str,
    understood: Understanding | None,
    message: str,
) -> None:
    end = written(with_notes, understood, student_query=asked, language=language)
    assert (end.row["status"], end.event, end.letter) == ("out_of_scope", "out_of_scope", {})
    answer = end.row["request_metadata"]["answer"]
    assert answer["message"].startswith(message)
    assert answer["category"] == "no_lesson_yet"
    assert answer["suggestions"]
    (event,) = [
        event
        for event in queries.events(with_notes.engine, end.row["id"])
        if event["event_type"] == "out_of_scope"
    ]
    assert event["event_message"] == answer["message"]
    assert event["event_data"] == answer


def test_the_operator_is_told_why_where_the_student_does_not_look(with_notes: Services) -> None:
    end = written(with_notes, student_query="What are tardigrades?")
    assert end.row["error_message"] is end.row["error_stage"] is None
    assert (end.stage["status"], end.stage["retry_count"]) == ("completed", 0)
    assert "do not make even a short lesson" in end.stage["stage_metadata"]["why"]
    assert end.stage["stage_metadata"]["answer"] == "out_of_scope"
    assert end.stage["stage_metadata"]["unsayable"] == 1
    assert "passages" not in end.row["request_metadata"]["answer"]["message"]


def test_what_is_suggested_is_near_and_there_is_a_lesson_on_it() -> None:
    near = lessons_near(Understanding("notes/osmosis", "Osmosis", "biology", 1.0), "en")
    topics = {topic.title: topic for topic in load_topics().values()}
    assert len(near) == 3 and "Cell Structure" in near
    assert {topics[title].subject for title in near} == {"biology"}
    unknown = lessons_near(Understanding("notes/glaciers", "Glaciers", "geography", 1.0), "en")
    assert len(unknown) == 3 and set(unknown) <= {t.replace("The ", "the ", 1) for t in topics}
    assert lessons_near(Understanding("notes/x", "X", "biology", 1.0), "es") == ["la fotosíntesis"]
    assert lessons_near(Understanding("notes/x", "X", "biology", 1.0), "fr") == []
    itself = Understanding("cell-structure", "Cell Structure", "biology", 1.0)
    assert "Cell Structure" not in lessons_near(itself, "en")
