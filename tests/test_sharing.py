"""Requests for the same lesson share it: made once, served to all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.google_server import GoogleServer
from tests.support.google_understand import understands
from tests.support.ledgers import at_once, row
from tests.support.requests import ticket
from vividly.execution.claiming import claim
from vividly.execution.lesson_key import served_interest
from vividly.execution.services import Services
from vividly.execution.stages import (
    DELIVER,
    FIND_LESSON,
    RENDER,
    RETRIEVE,
    SPEAK,
    UNDERSTAND,
    WRITE_SCRIPT,
)
from vividly.execution.stages.execute import execute
from vividly.model.lesson import Answer, Script, Understanding, from_json
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.model.wanted import Found, Wanted, grade_band
from vividly.platform.ledger import queries
from vividly.platform.ledger.lessons import Lessons
from vividly.text.interests import EVERYDAY

TEXT = (UNDERSTAND, FIND_LESSON, RETRIEVE, WRITE_SCRIPT)
WANTED = Wanted("photosynthesis", "basketball", "9-10", "en-us", "identity")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, retrieval_provider="postgres")


class Counting:
    """A real writer, whose calls are counted."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer
        self.identity = writer.identity
        self.calls = 0

    def write(self, *args: Any, **kwargs: Any) -> Script:
        self.calls += 1
        script: Script = self._writer.write(*args, **kwargs)
        return script


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    services = Services(settings)
    services.script_writer = Counting(services.script_writer)  # type: ignore[misc]
    yield services
    services.close()


def made(services: Services, **changes: Any) -> Ticket:
    """A request with its text."""
    taken = claim(ticket(**changes), services)
    assert isinstance(taken, Ticket)
    for stage in TEXT:
        taken = execute(stage, taken, services)  # type: ignore[assignment]
        assert isinstance(taken, Ticket)
    return taken


def cache(services: Services, of: Ticket) -> str:
    stages = queries.stages(services.engine, of.request.request_id)
    found = next(s for s in stages if s["stage_name"] == "find_lesson")
    return str(found["stage_metadata"]["cache"])


# -- what is the same lesson -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({}, {"student_query": "what is photosynthesis"}),
        ({}, {"student_query": "explain how photosynthesis works please"}),
        (
            {"student_query": "which colors of light does chlorophyll absorb"},
            {"student_query": "What color of light is absorbed by chlorophyll?"},
        ),
        ({"interest": "basketball"}, {"interest": "NBA"}),
        ({"interest": "basketball"}, {"interest": "Basketbal!"}),
        ({"interest": None}, {"interest": "medieval falconry"}),
        ({"grade_level": 9}, {"grade_level": 10}),
        ({"language": "en-US"}, {"language": "en-us"}),
        ({}, {"student_id": "somebody else"}),
    ],
)
def test_the_same_lesson_is_written_once(
    services: Services, first: dict[str, Any], second: dict[str, Any]
) -> None:
    one, two = made(services, **first), made(services, **second)
    assert services.script_writer.calls == 1  # type: ignore[attr-defined]
    assert one.results["write_script"] == two.results["write_script"]
    assert (cache(services, one), cache(services, two)) == ("miss", "hit")
    script = from_json(Script, services.temp.read(two.results["write_script"]))
    assert script.topic_id == "photosynthesis"


@pytest.mark.parametrize(
    "change",
    [
        {"student_query": "Explain friction"},
        {"student_query": "which colors of light does chlorophyll absorb"},
        {"interest": "soccer"},
        {"interest": None},
        {"grade_level": 11},
        {"grade_level": 8},
        {"language": "en-GB"},
    ],
)
def test_another_lesson_is_written_anew(services: Services, change: dict[str, Any]) -> None:
    one, two = made(services), made(services, **change)
    assert services.script_writer.calls == 2  # type: ignore[attr-defined]
    assert one.results["write_script"] != two.results["write_script"]
    assert cache(services, two) == "miss"


def test_each_question_on_a_topic_has_its_own_answer_first(services: Services) -> None:
    asked = {
        "why does green light bounce back to my eyes": "Leaves catch light",
        "what is the limiting factor in dim light": "What sets the pace",
    }
    for question, heading in asked.items():
        text = services.temp.read(made(services, student_query=question).results["write_script"])
        assert from_json(Script, text).scenes[1].heading == heading


def test_a_follow_up_is_understood_and_answered_by_the_lesson_before_it(services: Services) -> None:
    def about(**changes: Any) -> Understanding | None:
        taken = claim(ticket(student_query="Why does it need light?", **changes), services)
        assert isinstance(taken, Ticket)
        done = execute(UNDERSTAND, taken, services)
        if not isinstance(done, Ticket):
            return None
        return from_json(Understanding, services.temp.read(done.results["understand"]))

    first = made(services)
    earlier = first.request
    mine = {"student_id": earlier.student_id, "follow_up_to": earlier.request_id}
    for other in (about(), about(student_id="somebody else", follow_up_to=earlier.request_id)):
        assert other is None or other.topic_id != "photosynthesis"
    found = about(**mine)
    assert found is not None
    assert (found.topic_id, found.follows) == ("photosynthesis", "Photosynthesis")
    # All later stages are given the completed question.
    asked = made(services, student_query="Photosynthesis: what limits it in dim light?")
    followed = made(services, student_query="what limits it in dim light?", **mine)
    assert cache(services, followed) == "hit"
    assert followed.results["write_script"] == asked.results["write_script"]
    assert followed.results["write_script"] != first.results["write_script"]


def test_a_follow_up_is_checked_together_with_what_it_follows(services: Services) -> None:
    earlier = made(services).request
    with services.engine.begin() as connection:
        connection.execute(text("UPDATE content_requests SET topic = 'Methamphetamine'"))
    for follows, ended in ((None, "clarification_needed"), (earlier.request_id, "blocked")):
        taken = claim(
            ticket(
                student_query="What do I need for it?",
                student_id=earlier.student_id,
                follow_up_to=follows,
            ),
            services,
        )
        assert isinstance(taken, Ticket)
        found = execute(UNDERSTAND, taken, services)
        assert isinstance(found, Answer)
        assert found.status == ended


def test_another_writer_does_not_serve_what_this_one_wrote(services: Services) -> None:
    one = made(services)
    services.script_writer.identity = "composer/other"  # type: ignore[misc]
    two = made(services)
    assert services.script_writer.calls == 2  # type: ignore[attr-defined]
    assert one.results["write_script"] != two.results["write_script"]


def test_another_library_does_not_serve_what_was_written_from_this_one(services: Services) -> None:
    one = made(services)
    with services.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO corpus_versions (name, digest) VALUES ('a-book', 'new')")
        )
    services._library = ("", 0.0)
    two = made(services)
    assert one.results["write_script"] != two.results["write_script"]


def test_of_many_at_once_one_is_written_and_all_have_it(services: Services) -> None:
    done = at_once(
        30,
        lambda number: made(
            services, student_query=["Explain photosynthesis", "fotosynthesis?"][number % 2]
        ),
    )
    assert services.script_writer.calls == 1  # type: ignore[attr-defined]
    assert len({each.results["write_script"] for each in done}) == 1
    waited = [each for each in done if cache(services, each) == "hit"]
    assert len(waited) == 29
    assert all(row(services.engine, each)["progress_percentage"] == 40 for each in done)


# -- bands and interests -----------------------------------------------------------------------


def test_every_grade_has_a_band_of_two() -> None:
    bands = [grade_band(grade) for grade in range(1, 13)]
    assert bands == [b for b in ("1-2", "3-4", "5-6", "7-8", "9-10", "11-12") for _ in range(2)]


@pytest.mark.parametrize(
    ("interest", "composed", "model"),
    [
        (None, EVERYDAY, EVERYDAY),
        ("  ", EVERYDAY, EVERYDAY),
        ("NBA", "basketball", "basketball"),
        ("medieval falconry", EVERYDAY, "medieval falconry"),
        ("Médieval  FALCONRY!!", EVERYDAY, "medieval falconry"),
    ],
)
def test_the_interest_that_a_lesson_is_made_for(
    interest: str | None, composed: str, model: str
) -> None:
    assert served_interest(interest, "photosynthesis", "en-US", composed=True) == composed
    assert served_interest(interest, "photosynthesis", "en-US", composed=False) == model
    assert served_interest(interest, "a-book/some-topic", "en-US", composed=True) == EVERYDAY


# -- similar ones ------------------------------------------------------------------------------


@pytest.fixture
def lessons(services: Services) -> Lessons:
    return services.lessons


def test_a_near_interest_is_served_the_lesson_that_exists(lessons: Lessons) -> None:
    assert lessons.find(WANTED, [1.0, 0.0], distance=0.1).how == "new"
    near = replace(WANTED, interest="hoops")
    found = lessons.find(near, [0.98, 0.199], distance=0.1)
    assert (found.how, found.key, found.interest) == ("similar", WANTED.key, "basketball")
    assert found.distance == pytest.approx(0.02, abs=0.001)


@pytest.mark.parametrize(
    ("change", "vector"),
    [
        ({}, [0.0, 1.0]),
        ({}, [0.0, 0.0]),
        ({}, [1.0, 0.0, 0.0]),
        ({"topic_id": "friction"}, [1.0, 0.0]),
        ({"grade_band": "7-8"}, [1.0, 0.0]),
        ({"language": "en-gb"}, [1.0, 0.0]),
        ({"identity": "other prompts"}, [1.0, 0.0]),
    ],
)
def test_a_far_one_or_one_of_another_kind_is_new(
    lessons: Lessons, change: dict[str, str], vector: list[float]
) -> None:
    lessons.find(WANTED, [1.0, 0.0], distance=0.1)
    other = replace(WANTED, interest="hoops", **change)
    assert lessons.find(other, vector, distance=0.1).how == "new"


def test_similar_ones_are_not_looked_for_unless_asked(lessons: Lessons) -> None:
    lessons.find(WANTED, [1.0, 0.0])
    assert lessons.find(replace(WANTED, interest="hoops"), [1.0, 0.0], distance=0.0).how == "new"
    assert lessons.find(WANTED).how == "same"


def test_of_many_who_look_at_once_one_finds_it_new(lessons: Lessons) -> None:
    found = at_once(10, lambda number: lessons.find(WANTED).how)
    assert sorted(found) == ["new"] + ["same"] * 9


def test_uses_are_counted(lessons: Lessons) -> None:
    for _ in range(3):
        lessons.find(WANTED)
    with lessons.engine.connect() as connection:
        assert connection.execute(text("SELECT uses FROM lessons")).scalar_one() == 2


# -- sound and pictures ------------------------------------------------------------------------


@pytest.mark.slow
def test_one_rendering_serves_all_who_ask_at_once(services: Services) -> None:
    def lesson(number: int) -> Ticket:
        modality = ["video", "video", "audio", "video"][number]
        taken = made(services, requested_modalities=[modality])
        for stage in (SPEAK, RENDER, DELIVER):
            if stage.applies(taken.request):
                done = execute(stage, taken, services)
                assert isinstance(done, Ticket)
                taken = done
        return taken

    at_once(4, lesson)
    with services.engine.connect() as connection:
        paid = connection.execute(
            text(
                "SELECT stage_name, count(*) FROM request_stages WHERE status = 'completed' "
                "AND NOT stage_metadata ? 'reused' GROUP BY stage_name"
            )
        ).all()
    worked = dict(tuple(row) for row in paid)
    assert (worked["write_script"], worked["speak"], worked["render"]) == (1, 1, 1)
    assert worked["deliver"] == 2, "once for those who want the video, once for sound alone"


@pytest.fixture
def vertex() -> Iterator[GoogleServer]:
    with GoogleServer() as server:
        yield understands(server)


def test_free_words_for_a_like_interest_share_a_lesson_that_a_model_writes(
    settings: Settings, vertex: GoogleServer
) -> None:
    """Only the writer's name is a model's here: the test checks which lesson is found."""
    services = Services(
        replace(
            settings,
            script_provider="gemini",
            vertex_project="school",
            vertex_endpoint=vertex.url,
        )
    )

    def found(interest: str) -> Found:
        taken = claim(ticket(interest=interest), services)
        assert isinstance(taken, Ticket)
        for stage in (UNDERSTAND, FIND_LESSON):
            taken = execute(stage, taken, services)  # type: ignore[assignment]
            assert isinstance(taken, Ticket)
        return from_json(Found, services.temp.read(taken.results["find_lesson"]))

    first = found("medieval falconry")
    assert (first.how, first.interest) == ("new", "medieval falconry")
    like = found("falconry in medieval times")
    assert (like.how, like.key) == ("similar", first.key)
    assert found("stamp collecting").how == "new"
    # Known interests are never matched to another one, however near.
    assert found("soccer").how == "new"
    assert found("rugby").how == "new"
    services.close()
