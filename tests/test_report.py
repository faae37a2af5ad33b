"""Reports of a request: why it waits, its attempts, and wishes that were not met."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.chaos.disk import Disk
from tests.support.ledgers import (
    claim,
    expire,
    fail,
    start,
    subscribe,
)
from tests.support.requests import claimed, message, request, ticket
from vividly.execution.claiming import claim as claim_with
from vividly.execution.failures import retry_or_fail
from vividly.execution.report import reports, title_of
from vividly.execution.services import Services
from vividly.execution.stages import FIND_LESSON, RETRIEVE, UNDERSTAND, WRITE_SCRIPT, StageContext
from vividly.execution.stages import execute as execution
from vividly.execution.stages.execute import execute
from vividly.lesson.scripting.revise import level_note
from vividly.model.errors import TransientError
from vividly.model.lesson import Answer, Script, Understanding, from_json
from vividly.model.settings import Settings
from vividly.model.ticket import Ticket
from vividly.platform.breaker import NAMED_IN, CircuitOpen, breaker_of
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.outbox import FOR_A_PLACE, FOR_ANOTHER
from vividly.platform.retry import RetryPolicy
from vividly.text.interests import EVERYDAY

DOCS = Path(__file__).parent.parent / "docs" / "interfaces.md"
TEXT = (UNDERSTAND, FIND_LESSON, RETRIEVE, WRITE_SCRIPT)


def told(engine: Engine, of: Ticket) -> dict[str, Any]:
    (found,) = reports(engine, [of.request.request_id])
    json.dumps(found)  # raises unless all values are JSON values
    return found


def why(engine: Engine, of: Ticket) -> str | None:
    waits = told(engine, of)["waiting"]
    return waits["why"] if waits else None


def set_row(engine: Engine, of: Ticket, **values: object) -> None:
    settings = ", ".join(f"{name} = :{name}" for name in values)
    with engine.begin() as connection:
        query = text(f"UPDATE content_requests SET {settings} WHERE id = :id")
        connection.execute(query, {**values, "id": of.request.request_id})


def put_down(ledger: Ledger, of: Ticket, error: str, *, at_least: float = 30.0) -> None:
    delay = ledger.schedule_retry(
        of, "speak", error, at_least=at_least, counted=True, policy=RetryPolicy()
    )
    assert delay is not None


# -- why it waits ---------------------------------------------------------------------------


def test_what_nobody_has_begun_waits_since_it_was_asked(engine: Engine, ledger: Ledger) -> None:
    sent = message()
    asked = request(**json.loads(sent.data))
    ledger.submit(asked, sent, {})
    (found,) = reports(engine, [asked.request_id])
    assert found["waiting"]["why"] == "not_begun"
    assert found["waiting"]["since"] == found["created_at"]


def test_what_is_worked_on_or_has_ended_waits_for_nothing(engine: Engine, ledger: Ledger) -> None:
    of = claimed(ledger)
    start(ledger, of)
    assert why(engine, of) is None
    fail(ledger, of)
    assert why(engine, of) is None


def test_what_was_put_down_says_why_and_until_when(engine: Engine, ledger: Ledger) -> None:
    of = claimed(ledger)
    start(ledger, of)
    put_down(ledger, of, "the voice is away")
    waits = told(engine, of)["waiting"]
    assert waits["why"] == "put_down"
    assert "speak: the voice is away" in waits["message"]
    assert waits["until"] == told(engine, of)["next_attempt_at"]
    with engine.begin() as connection:
        connection.execute(text("UPDATE content_requests SET next_attempt_at = now()"))
    assert why(engine, of) == "due"


def test_a_lesson_that_nobody_took_and_a_lost_worker(engine: Engine, ledger: Ledger) -> None:
    of = claimed(ledger)
    subscribe(ledger, of)
    assert why(engine, of) == "handed_over"
    lost = claimed(ledger)
    expire(engine, lost)
    assert why(engine, lost) == "lost"


@pytest.mark.parametrize(
    ("stage", "expected"), [(FOR_ANOTHER, "shared"), (FOR_A_PLACE, "no_place")]
)
def test_a_turn_that_is_waited_for(
    engine: Engine, ledger: Ledger, stage: str, expected: str
) -> None:
    of = claimed(ledger)
    ledger.stage_started(of, "render", doing=stage, progress=60, lease=60)
    assert why(engine, of) == expected


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, retrieval_provider="postgres", retry_patience=0.5)


@pytest.fixture
def taken(services: Services) -> Iterator[Ticket]:
    of = claim_with(ticket(), services)
    assert isinstance(of, Ticket)
    yield of
    services.heartbeat.stop()


FOUND = Understanding("photosynthesis", "Photosynthesis", "biology", 0.9)


def test_a_stage_that_is_tried_again_says_why(services: Services, taken: Ticket) -> None:
    seen = []

    def run(context: StageContext, prefix: str) -> Understanding:
        seen.append(told(services.engine, taken)["waiting"])
        if len(seen) == 1:
            raise TransientError("the model is [away]")
        return FOUND

    execute(replace(UNDERSTAND, run=run), taken, services, sleep=lambda _: None)
    assert seen[0] is None
    assert seen[1]["why"] == "trouble"
    assert "the model is [away]" in seen[1]["message"]
    after = told(services.engine, taken)
    assert after["waiting"] is None
    assert after["stages"][0]["error_message"] is None


def test_one_that_waits_for_anothers_lesson_says_so(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "SHOW_WAIT_AFTER_S", 0.0)
    first = claim_with(ticket(student_id="first"), services)
    second = claim_with(ticket(student_id="second"), services)
    assert isinstance(first, Ticket)
    assert isinstance(second, Ticket)
    at_work, go_on = threading.Event(), threading.Event()

    def run(context: StageContext, prefix: str) -> Understanding:
        at_work.set()
        assert go_on.wait(60)
        return FOUND

    slow = replace(UNDERSTAND, run=run)
    threads = [
        threading.Thread(target=execute, args=(slow, one, services), daemon=True)
        for one in (first, second)
    ]
    threads[0].start()
    assert at_work.wait(60)
    threads[1].start()
    while why(services.engine, second) != "shared":
        assert threads[1].is_alive()
    assert why(services.engine, first) is None
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert why(services.engine, second) is None
    assert told(services.engine, second)["stages"][0]["stage_metadata"]["reused"] is True
    services.heartbeat.stop()


def test_a_full_disk_is_named_with_the_request_that_waits(
    services: Services, taken: Ticket, tmp_path: Path
) -> None:
    disk = Disk(tmp_path / "disk")
    if not disk.mounted:
        pytest.skip("this user may mount no disk to fill")
    try:
        settings = replace(services.settings, temp_files_bucket=str(disk.root))
        full = Services(settings)
        (disk.root / "filler").write_bytes(b"0" * 1_000_000)
        assert disk.fill()
        with pytest.raises(execution.StageFailed) as failed:
            execute(UNDERSTAND, taken, full, sleep=lambda _: None)
        cause = failed.value.__cause__
        assert isinstance(cause, TransientError)
        assert retry_or_fail(cause, stage="understand", ticket=taken, services=full) == []
        waits = told(services.engine, taken)["waiting"]
        assert waits["why"] == "put_down"
        assert f"the disk of {disk.root} is full" in waits["message"]
        (attempt,) = told(services.engine, taken)["attempts"]
        assert (attempt["ended"], attempt["stage"]) == ("put_down", "understand")
        assert "is full" in attempt["message"]
        full.close()
    finally:
        disk.close()


def test_a_full_scratch_disk_waits_as_a_full_bucket_does(services: Services, taken: Ticket) -> None:
    def run(context: StageContext, prefix: str) -> Understanding:
        raise OSError(28, "No space left on device", "/scratch/narration.wav")

    with pytest.raises(execution.StageFailed) as failed:
        execute(replace(UNDERSTAND, run=run), taken, services, sleep=lambda _: None)
    assert isinstance(failed.value.__cause__, TransientError)
    assert str(failed.value.__cause__) == (
        "/scratch/narration.wav: the disk is full; free some space"
    )


def test_an_open_circuit_is_found_in_the_message_of_what_it_holds_up() -> None:
    for _ in range(RetryPolicy.circuit_failures):
        with pytest.raises(TransientError), breaker_of("Gemini (a model)").call():
            raise TransientError("away")
    with pytest.raises(CircuitOpen) as refused, breaker_of("Gemini (a model)").call():
        pass
    assert re.findall(NAMED_IN, str(refused.value)) == ["Gemini (a model)"]
    assert re.findall(NAMED_IN, "the voice is away") == []


# -- attempt by attempt -----------------------------------------------------------------------


def test_attempts_are_told_one_by_one(engine: Engine, ledger: Ledger) -> None:
    of = claimed(ledger)
    start(ledger, of)
    put_down(ledger, of, "the voice is away")
    set_row(engine, of, next_attempt_at="2020-01-01")
    assert claim(ledger, of).result == "claimed"
    expire(engine, of)
    third = claim(ledger, of)
    assert third.result == "claimed"
    fail(ledger, replace(of, attempt=third.attempt))
    found = told(engine, of)
    assert [(one["attempt"], one["ended"], one["stage"]) for one in found["attempts"]] == [
        (1, "put_down", "speak"),
        (2, "lost", None),
        (3, "failed", "speak"),
    ]
    assert found["attempts"][0]["message"] == "the voice is away"
    ends = [one["ended_at"] for one in found["attempts"]]
    begins = [one["began_at"] for one in found["attempts"]]
    assert all(begin <= end for begin, end in zip(begins, ends, strict=True))
    assert ends[1] == begins[2]


def test_an_attempt_that_goes_on_has_no_end(engine: Engine, ledger: Ledger) -> None:
    (attempt,) = told(engine, claimed(ledger))["attempts"]
    assert attempt["ended"] is attempt["ended_at"] is None


# -- wishes that were not met -------------------------------------------------------------------


def made(services: Services, **changes: Any) -> dict[str, Any]:
    """The report of a request with its text, really made."""
    of = claim_with(ticket(**changes), services)
    assert isinstance(of, Ticket)
    for stage in TEXT:
        of = execute(stage, of, services)  # type: ignore[assignment]
        assert isinstance(of, Ticket)
    script = from_json(Script, services.temp.read(of.results["write_script"]))
    services.ledger.text_ready(of, script.text)
    services.heartbeat.stop()
    return told(services.engine, of)


def wishes(found: dict[str, Any]) -> dict[str, str]:
    return {one["wish"]: one["message"] for one in found["unmet"]}


def test_an_interest_that_the_lesson_says_nothing_of_is_told(services: Services) -> None:
    assert "interest" not in wishes(made(services, interest="NBA"))
    assert "interest" not in wishes(made(services, interest=None))
    nothing = wishes(made(services, interest="falconry"))
    assert nothing["interest"] == "Nothing in this lesson is about falconry."


def test_a_lesson_that_is_only_near_to_the_question_is_told(services: Services) -> None:
    assert "topic" not in wishes(made(services, student_query="How do plants make sugar?"))
    unsure = wishes(made(services, student_query="why does my phone get hot"))
    assert unsure["topic"] == (
        "The nearest lesson there is: Heat Transfer. It may not answer your question."
    )


def test_an_interest_that_carries_another_is_told(services: Services) -> None:
    found = made(services, interest="hockey")
    assert wishes(found)["interest"] == (
        "The examples of this lesson are from soccer, which is near to hockey."
    )
    script = next(one for one in found["stages"] if one["stage_name"] == "write_script")
    assert script["stage_metadata"]["interest_used"] == "soccer"


def test_a_lesson_that_was_made_for_another_grade_is_told(services: Services) -> None:
    first = made(services, grade_level=9)
    shared = made(services, grade_level=10)
    assert not any("was made for" in one["message"] for one in first["unmet"])
    messages = [one["message"] for one in shared["unmet"] if one["wish"] == "grade"]
    assert "This lesson was made for grade 9, not 10." in messages


def test_words_too_hard_for_the_grade_are_told_as_the_writer_notes_them(
    engine: Engine, ledger: Ledger
) -> None:
    of = claimed(ledger, grade_level=6)
    notes = list(level_note(8.2, 6, 1.5))
    metadata = {"grade_level": 6, "reading_level": 8.2, "notes": notes}
    ledger.stage_completed(of, "write_script", progress=40, seconds=1, retries=0, metadata=metadata)
    assert wishes(told(engine, of))["grade"] == (
        "It reads like grade 8, harder than was asked for (grade 6)."
    )


def test_a_student_is_told_in_the_language_of_the_lesson(engine: Engine, ledger: Ledger) -> None:
    of = claimed(ledger, grade_level=6, language="es-MX", interest="cetrería")
    notes = list(level_note(3.2, 6, 1.5))
    script = {"grade_level": 7, "reading_level": 3.2, "notes": notes, "interest_used": EVERYDAY}
    understood = {
        "topic": "La fotosíntesis",
        "others": ["Explica el átomo", "Explica la hidrólisis"],
        "confidence": 0.45,
    }
    for stage, metadata in (("understand", understood), ("write_script", script)):
        ledger.stage_completed(of, stage, progress=40, seconds=1, retries=0, metadata=metadata)
    assert [one["message"] for one in told(engine, of)["unmet"]] == [
        "Es la lección más cercana que hay: La fotosíntesis. Puede que no responda a tu pregunta.",
        "Esta lección trata de un solo tema: La fotosíntesis. Para lo demás, pregunta: "
        "«Explica el átomo» o «Explica la hidrólisis».",
        "En esta lección no hay nada sobre cetrería.",
        "Esta lección se hizo para el grado 7, no para el 6.",
        "Se lee como para el grado 3, más fácil de lo que se pidió (grado 6).",
    ]


def test_of_several_topics_the_first_is_answered_and_the_others_are_named(
    services: Services,
) -> None:
    both = made(services, student_query="Explain photosynthesis and what is the rock cycle?")
    assert both["topic"] == both["title"] == "Photosynthesis"
    assert wishes(both)["topic"] == (
        "This lesson is about one topic alone: Photosynthesis. "
        "For the rest, ask: “Explain the Rock Cycle”."
    )
    one = made(services, student_query="Explain the difference between speed and velocity")
    assert "topic" not in wishes(one)


@pytest.mark.parametrize(
    ("grade", "language", "query", "said"),
    [
        (3, "en-US", "Explain photosynthesis", "“Photosynthesis” for grades 6 to 12, but none "),
        (2, "es", "Explica la fotosíntesis", "«La fotosíntesis» para los grados 6 a 12, pero "),
    ],
)
def test_a_grade_that_the_topic_has_no_lesson_for_is_refused_with_what_there_is(
    services: Services, grade: int, language: str, query: str, said: str
) -> None:
    wanted = {"grade_level": grade, "language": language, "student_query": query}
    of = claim_with(ticket(requested_modalities=["text"], **wanted), services)
    assert isinstance(of, Ticket)
    answer = execute(UNDERSTAND, of, services)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.category) == ("out_of_scope", "grade")
    assert said in answer.message


def test_what_was_left_out_for_its_cost_is_told(engine: Engine, ledger: Ledger) -> None:
    of = claimed(ledger, requested_modalities=["video"])
    ledger.stage_completed(
        of, "write_script", progress=40, seconds=1, retries=0, metadata={"interest_used": "soccer"}
    )
    ledger.record_over_cost(of, "speak", "speak would cost about 1 USD")
    assert ledger.finish(of, "completed", message="The text is ready.", details={})
    assert "speak would cost about 1 USD" in wishes(told(engine, of))["cost"]


@pytest.mark.parametrize("robotic", [True, False])
def test_a_robots_voice_is_told(engine: Engine, ledger: Ledger, robotic: bool) -> None:
    of = claimed(ledger, requested_modalities=["audio"])
    for stage, said in (("write_script", {"interest_used": "soccer"}), ("speak", {})):
        metadata = {**said, "robotic": robotic}
        ledger.stage_completed(of, stage, progress=40, seconds=1, retries=0, metadata=metadata)
    assert ("voice" in wishes(told(engine, of))) is robotic


def test_an_answer_has_no_wishes_unmet(engine: Engine, ledger: Ledger) -> None:
    of = claimed(ledger, interest="chess")
    details = {"questions": ["This one?"], "category": "vague"}
    assert ledger.finish(of, "clarification_needed", message="Which?", details=details)
    found = told(engine, of)
    assert found["unmet"] == []
    assert found["answer"] == {"message": "Which?", **details}
    assert "answer" not in found["request_metadata"]


# -- the shape ------------------------------------------------------------------------------------


def test_the_shape_is_the_documented_one(services: Services) -> None:
    found = made(services)
    section = DOCS.read_text().split("## A request as JSON", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    documented = [name.strip(" `") for row in rows for name in row[1].split(",")]
    assert sorted(documented) == sorted(found)
    assert found["title"] == "Photosynthesis"
    assert found["text"].startswith("# Photosynthesis\n")
    assert found["urls"] == {}


def test_a_title_is_the_first_heading() -> None:
    assert title_of("# Light\n\nIt bends.") == "Light"
    assert title_of("It bends.") is None
    assert title_of(None) is None
