"""The canary's questions, and how it judges the results."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from beam_pipeline.cli.context import Context
from beam_pipeline.cli.leftovers import remove_all
from beam_pipeline.cli.probe import TOPICS, Probe, Question, await_end, draw
from tests.support.command_line import vividly
from tests.support.ledgers import (
    complete,
    fail,
    start,
    subscribe,
)
from tests.support.project import Project
from tests.support.requests import ticket
from vividly.execution.claiming import claim
from vividly.execution.services import Services
from vividly.execution.stages import FIND_LESSON, RETRIEVE, UNDERSTAND, WRITE_SCRIPT, plan
from vividly.execution.stages.execute import execute
from vividly.library.corpus import load_topics
from vividly.model.lesson import Script, Understanding, from_json
from vividly.model.request import FRESH, MARK, Message
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.platform.ledger import Ledger
from vividly.platform.retry import RetryPolicy
from vividly.platform.storage import open_store

QUESTION = Question("Explain Gravity", 9, "music")
MARKS = {MARK: "canary", FRESH: "true"}


# -- what is asked -----------------------------------------------------------------------------


def test_the_question_is_another_one_each_time() -> None:
    drawn = [draw() for _ in range(60)]
    assert len(set(drawn)) > 40
    topics = load_topics()
    titles = {f"Explain {topics[id].title}": topics[id] for id in TOPICS}
    for one in drawn:
        topic = titles[one.query]
        assert topic.grades[0] <= one.grade <= topic.grades[1]
        assert one.interest in {bridge.interest for bridge in topic.bridges}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, retrieval_provider="postgres")


@pytest.mark.parametrize("id", TOPICS)
def test_a_lesson_can_be_made_of_each(services: Services, id: str) -> None:
    topic = load_topics()[id]
    for grade, bridge in zip(topic.grades, topic.bridges[1:3], strict=True):
        held = claim(
            ticket(
                student_query=f"Explain {topic.title}",
                grade_level=grade,
                interest=bridge.interest,
            ),
            services,
        )
        assert isinstance(held, Ticket)
        for stage in (UNDERSTAND, FIND_LESSON, RETRIEVE, WRITE_SCRIPT):
            done = execute(stage, held, services)
            assert isinstance(done, Ticket), done
            held = done
        found = from_json(Understanding, services.temp.read(held.results["understand"]))
        assert found.topic_id == id
        script = from_json(Script, services.temp.read(held.results["write_script"]))
        assert script.bridge == bridge.interest


# -- how it is judged --------------------------------------------------------------------------


@pytest.fixture
def project(project: Project, tmp_path: Path) -> Project:
    for bucket in ("generated", "temp"):
        (tmp_path / bucket).mkdir()
    return project


def submitted(ledger: Ledger) -> Ticket:
    found = ticket(requested_modalities=["audio"])
    message = Message(found.message.data, MARKS)
    ledger.submit(found.request, message, MARKS)
    return replace(found, message=message)


def begun(ledger: Ledger) -> Ticket:
    found = submitted(ledger)
    claimed = ledger.claim(
        found.request, found.message, lease=60, max_attempts=5, stages=plan(found.request)
    )
    return replace(found, attempt=claimed.attempt)


def judged(of: Ticket) -> Probe:
    """At once: nobody goes on with it."""
    return await_end(Context(), of.request.request_id, "audio", question=QUESTION, patience=0.0)


MADE: dict[str, dict[str, Any]] = {
    "understand": {"provider": "gemini", "fresh": True},
    "write_script": {"provider": "gemini", "fresh": True},
    "speak": {"provider": "google", "fresh": True},
}


def ended(ledger: Ledger, **changes: dict[str, Any]) -> Ticket:
    sent = begun(ledger)
    for stage, says in (MADE | changes).items():
        start(ledger, sent, stage)
        if says is not None:
            complete(ledger, sent, stage, **says)
    ledger.finish(sent, "completed", message="", details={})
    return sent


def test_all_made_is_well(project: Project, ledger: Ledger) -> None:
    probe = judged(ended(ledger))
    assert probe.faults == []
    assert [(part.stage, part.how, part.by) for part in probe.dear] == [
        ("understand", "made", "gemini"),
        ("write_script", "made", "gemini"),
        ("speak", "made", "google"),
    ]


@pytest.mark.parametrize("stage", MADE)
def test_a_dear_part_that_was_found_is_a_fault(
    project: Project, ledger: Ledger, stage: str
) -> None:
    """As by a job of an older version, which knows nothing of fresh requests."""
    probe = judged(ended(ledger, **{stage: {"provider": "x", "reused": True}}))
    (fault,) = probe.faults
    assert fault.startswith(f"{stage} was found, not made")


def test_what_an_earlier_attempt_of_its_own_made_is_not_found(
    project: Project, ledger: Ledger
) -> None:
    probe = judged(ended(ledger, speak={"provider": "x", "reused": True, "fresh": True}))
    assert probe.faults == []
    assert probe.dear[-1].how == "made before"


def test_a_part_that_was_left_out_is_a_fault(project: Project, ledger: Ledger) -> None:
    """The request ended with the text alone, for example because of the cost limit."""
    sent = begun(ledger)
    for stage in ("understand", "write_script"):
        complete(ledger, sent, stage, **MADE[stage])
    ledger.finish(sent, "completed", message="The text is ready.", details={})
    assert judged(sent).faults == ["speak was left out"]


def test_what_did_not_complete_says_why(project: Project, ledger: Ledger) -> None:
    failed, odd, stopped, gone = (begun(ledger) for _ in range(4))
    fail(ledger, failed)
    answer = {"questions": []}
    ledger.finish(odd, "out_of_scope", message="I can only help with school.", details=answer)
    ledger.cancel(stopped.request.request_id, by="somebody")
    ledger.cancel(gone.request.request_id, by="somebody")
    with ledger.engine.begin() as connection:
        connection.exec_driver_sql(
            f"DELETE FROM content_requests WHERE id = '{gone.request.request_id}'"
        )
    assert judged(failed).faults == ["it failed in speak: the voice is away"]
    assert judged(odd).faults == ["it ended as out_of_scope: I can only help with school."]
    assert judged(stopped).faults == ["it ended as cancelled"]
    assert judged(gone).faults == ["somebody has removed the request"]


def test_what_is_not_done_says_where_it_is(project: Project, ledger: Ledger) -> None:
    waiting, at_work, put_down, handed_over = submitted(ledger), *(begun(ledger) for _ in range(3))
    for sent in (at_work, put_down, handed_over):
        start(ledger, sent)
    ledger.schedule_retry(
        put_down, "speak", "the voice is away", at_least=1, counted=True, policy=RetryPolicy()
    )
    complete(ledger, handed_over)
    subscribe(ledger, handed_over)
    told = [judged(sent).faults for sent in (waiting, at_work, put_down, handed_over)]
    assert told == [
        ["after 0 s nobody has begun it: is the job running?"],
        ["after 0 s it is not done: Speaking (speak)"],
        ["after 0 s it waits to try speak again: the voice is away"],
        ["after 0 s it is not done: Waiting to be recorded"],
    ]


# -- what is left ------------------------------------------------------------------------------


def test_its_own_is_removed_when_nobody_works_on_it(
    project: Project, ledger: Ledger, tmp_path: Path
) -> None:
    mine, other = begun(ledger), ended(ledger)
    temp = open_store(str(tmp_path / "temp"))
    for sent in (mine, other):
        temp.write(f"fresh/{sent.request.request_id}.speak.1.json", b"{}", "application/json")
    waited = []

    def two_minutes_later() -> None:
        waited.append(1)
        with ledger.engine.begin() as connection:
            connection.exec_driver_sql(
                "UPDATE request_events SET created_at = created_at - interval '121 seconds'"
            )

    done = remove_all(Context(), [mine.request.request_id], waiting=two_minutes_later)
    assert waited == [1]
    assert done == {"requests": 1, "results": 1}
    assert [one.id for one in ledger.test_requests()] == [other.request.request_id]
    assert list(temp.sizes()) == [f"fresh/{other.request.request_id}.speak.1.json"]


def test_a_canary_that_nobody_hears_is_red_and_leaves_nothing(
    project: Project, engine: Engine, ledger: Ledger
) -> None:
    """Its message is there still, and does nothing when a job comes."""
    sung = vividly("canary", "--modality", "text", "--patience", "1", "--json")
    assert sung.code == 1
    assert sung.json["faults"] == ["after 1 s nobody has begun it: is the job running?"]
    assert (sung.json["removed"], sung.json["problem"]) == ({"requests": 1}, "")
    assert ledger.test_requests() == []
    ((data, attributes),) = project.take("content-generation-requests")
    assert sung.json["request_id"].encode() in data
    found = ticket(request_id=sung.json["request_id"])
    claimed = ledger.claim(
        found.request, Message(data, attributes), lease=60, max_attempts=5, stages=()
    )
    assert claimed.result == "unknown"


def test_it_is_kept_where_that_is_asked(project: Project, ledger: Ledger) -> None:
    kept = vividly("canary", "--modality", "text", "--patience", "1", "--keep")
    assert kept.code == 1
    (left,) = ledger.test_requests()
    by = f"vividly purge --test-data --request {left.id}"
    assert by in kept.out
    assert vividly(*by.split()[1:], "--yes").code == 0


def test_what_cannot_be_removed_is_said_and_is_an_error(
    project: Project, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beam_pipeline.cli.leftovers.LONGER_S", -119.0)
    at_work = begun(ledger)
    monkeypatch.setattr("beam_pipeline.cli.canary.new_id", lambda: at_work.request.request_id)
    sung = vividly("canary", "--modality", "audio", "--patience", "1")
    assert sung.code == 1
    assert "not all could be removed: somebody works on it still" in sung.out
    assert f"vividly purge --test-data --request {at_work.request.request_id}" in sung.out


def test_without_its_buckets_nothing_is_sent(
    project: Project, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GCS_TEMP_FILES_BUCKET")
    refused = vividly("canary")
    assert refused.code == 2
    assert "GCS_TEMP_FILES_BUCKET" in refused.err
    assert ledger.test_requests() == []
    assert project.take("content-generation-requests") == []
