"""Every step on its own: the elements of each output."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage

from tests.support.beam import outputs_of
from tests.support.requests import message, ticket
from transforms.announce_text import AnnounceText
from transforms.claim import Claim
from transforms.dead_letters import DeadLetters
from transforms.hand_over import HandOver, ReadTokens
from transforms.lesson import CompleteLesson, TakeLesson
from transforms.outcomes import WriteOutcomes, WriteOutcomesDoFn
from transforms.parse import Parse
from transforms.stage import Stage, StageDoFn
from vividly.execution.claiming import claim
from vividly.execution.failures import failure_of, ticket_failure
from vividly.execution.services import Services, services_for
from vividly.model.errors import InvalidRequest, TransientError
from vividly.model.request import Message
from vividly.model.settings import Settings
from vividly.model.ticket import Failure, Outcome, Ticket, Token, token_to_json
from vividly.platform.ledger import queries


def claimed(services: Services, **changes: object) -> Ticket:
    taken = claim(ticket(**changes), services)
    assert isinstance(taken, Ticket)
    return taken


def with_script(services: Services, **changes: object) -> Ticket:
    from vividly.execution.stages import FIND_LESSON, RETRIEVE, UNDERSTAND, WRITE_SCRIPT
    from vividly.execution.stages.execute import execute

    done = claimed(services, **changes)
    for stage in (UNDERSTAND, FIND_LESSON, RETRIEVE, WRITE_SCRIPT):
        done = execute(stage, done, services)
        assert isinstance(done, Ticket)
    return done


def row(services: Services, of: Ticket) -> dict:
    return dict(queries.by_id(services.engine, [of.request.request_id])[of.request.request_id])


def test_parse_lets_valid_messages_through_and_keeps_their_attributes() -> None:
    sent = message()
    found = outputs_of(Parse("dev"), [sent], Message, "main", "failures")
    assert [t.message for t in found["main"]] == [sent]
    assert found["failures"] == []


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"[]", b"null", b"{", b'{"request_id": 1}', b"\0" * 1000]
)
def test_parse_turns_anything_else_into_a_failure_with_its_bytes(data: bytes) -> None:
    found = outputs_of(Parse("dev"), [Message(data, {"a": "b"})], Message, "main", "failures")
    (failure,) = found["failures"]
    assert found["main"] == []
    assert failure.message == Message(data, {"a": "b"})
    assert (failure.stage, failure.reason, failure.replayable) == ("validate", "invalid", False)


def test_of_ten_deliveries_one_is_claimed(settings: Settings) -> None:
    same = ticket()
    found = outputs_of(Claim(settings), [same] * 10, Ticket, "main", "failures")
    (won,) = found["main"]
    assert won.attempt == 1
    assert won.deadline > time.time() + 500
    assert found["failures"] == []


def away(settings: Settings) -> Settings:
    """The same, with a database that nobody answers for."""
    return replace(settings, database_url="postgresql://postgres@127.0.0.1:1/away")


def impatient(settings: Settings) -> Settings:
    """Settings of a job that does not wait for an unreachable database."""
    services = services_for(settings)
    services.retry_policy = replace(services.retry_policy, claim_wait=0.1, dead_letter_wait=0.1)
    return settings


def test_a_claim_that_cannot_reach_the_database_is_a_failure(settings: Settings) -> None:
    found = outputs_of(
        Claim(impatient(replace(away(settings), durable_retries="off"))),
        [ticket()],
        Ticket,
        "main",
        "failures",
    )
    (failure,) = found["failures"]
    assert (failure.stage, failure.reason) == ("claim", "transient_exhausted")
    assert "127.0.0.1:1/away" in failure.error_message


def test_a_message_stays_with_pubsub_while_the_database_is_away(settings: Settings) -> None:
    with pytest.raises(TransientError, match=r"127.0.0.1:1/away"):
        outputs_of(Claim(impatient(away(settings))), [ticket()], Ticket, "main", "failures")


def test_a_request_that_lost_every_worker_is_given_up(
    settings: Settings, services: Services
) -> None:
    one_try = replace(settings, max_attempts=1)
    taken = claimed(services)
    with services.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE content_requests SET lease_expires_at = 'epoch'")
    found = outputs_of(Claim(one_try), [replace(taken, attempt=0)], Ticket, "main", "failures")
    (failure,) = found["failures"]
    assert found["main"] == []
    assert services.ledger.fail(failure)
    assert row(services, taken)["status"] == "failed"


def test_a_message_that_is_refused_fails_its_pending_row(services: Services) -> None:
    pending, running = ticket(), claimed(services)
    services.ledger.submit(pending.request, pending.message, {})
    for of, failed in ((pending, True), (running, False)):
        refused = ticket_failure(
            InvalidRequest("environment"), stage="validate", ticket=replace(of, attempt=0)
        )
        assert services.ledger.fail(refused) is failed
    assert row(services, pending)["status"] == "failed"
    assert row(services, running)["status"] == "validating"


def test_a_stage_adds_its_result_and_records_itself(settings: Settings, services: Services) -> None:
    taken = claimed(services)
    found = outputs_of(
        Stage("understand", settings), [taken], Ticket, "main", "answers", "failures"
    )
    (done,) = found["main"]
    assert services.temp.exists(done.results["understand"])
    (stage, *_) = queries.stages(services.engine, taken.request.request_id)
    assert (stage["stage_name"], stage["status"]) == ("understand", "completed")
    assert stage["stage_metadata"]["topic"] == "Photosynthesis"
    assert row(services, taken)["topic"] == "Photosynthesis"


def test_an_answer_leaves_on_its_own_output(settings: Settings, services: Services) -> None:
    taken = claimed(services, student_query="waves")
    found = outputs_of(
        Stage("understand", settings), [taken], Ticket, "main", "answers", "failures"
    )
    (answer,) = found["answers"]
    assert answer.status == "clarification_needed"
    assert json.loads(answer.details)["questions"]
    assert found["main"] == found["failures"] == []


def test_a_stage_that_raises_fails_its_request_and_no_other(
    settings: Settings, services: Services
) -> None:
    good, bad = claimed(services), claimed(services)
    # The script of this request was lost: its stage cannot read it.
    lost = bad.with_result("find_lesson", "find_lesson/00/gone.json")
    known = with_script(services)
    until_found = {name: known.results[name] for name in ("understand", "find_lesson")}
    found = outputs_of(
        Stage("retrieve", replace(settings, max_attempts=2)),
        [lost, replace(known, results=until_found)],
        Ticket,
        "main",
        "answers",
        "failures",
    )
    (failure,) = found["failures"]
    assert failure.request_id == bad.request.request_id
    assert (failure.stage, failure.error_type) == ("retrieve", "FileNotFoundError")
    assert failure.tries == 2
    assert [t.request.request_id for t in found["main"]] == [known.request.request_id]
    assert good.attempt == 1


def test_a_request_that_is_somebody_elses_leaves_without_a_trace(
    settings: Settings, services: Services
) -> None:
    old = replace(claimed(services), attempt=0)
    found = outputs_of(Stage("understand", settings), [old], Ticket, "main", "answers", "failures")
    assert found == {"main": [], "answers": [], "failures": []}


def test_the_size_of_a_pool_does_not_depend_on_which_step_came_first(settings: Settings) -> None:
    stage = StageDoFn(settings, "understand", size=64)
    outcomes = WriteOutcomesDoFn(settings, "write_outcomes")
    sizes = []
    for dofn in (stage, outcomes, stage):
        dofn.setup()
        sizes.append(dofn._executor._max_workers)
    assert sizes == [64, settings.stage_concurrency, 64]


def test_a_stage_that_is_not_needed_is_passed_by(settings: Settings, services: Services) -> None:
    taken = claimed(services, requested_modalities=["audio"])
    found = outputs_of(Stage("render", settings), [taken], Ticket, "main", "answers", "failures")
    assert [t.results for t in found["main"]] == [{}]


def test_announcing_the_text_stores_it_and_tells_the_student(
    settings: Settings, services: Services
) -> None:
    written = with_script(services, requested_modalities=["video"], preferred_modality="text")
    found = outputs_of(
        AnnounceText(settings), [written], Ticket, "main", "answers", "notifications", "failures"
    )
    assert found["main"] == [written]
    assert found["answers"] == []
    (told,) = found["notifications"]
    assert told.attributes["event"] == "text_ready"
    assert json.loads(told.data)["preferred_modality"] == "text"
    stored = row(services, written)
    assert stored["text_ready_at"] is not None
    assert "Photosynthesis" in queries.script_text(services.engine, stored["id"])


def test_where_text_is_all_that_is_wanted_announcing_it_is_the_end(
    settings: Settings, services: Services
) -> None:
    written = with_script(services, requested_modalities=["text"])
    found = outputs_of(
        AnnounceText(settings), [written], Ticket, "main", "answers", "notifications", "failures"
    )
    assert found["main"] == []
    assert [answer.status for answer in found["answers"]] == ["completed"]


def test_requests_for_one_lesson_cost_one_message_and_end_together(
    settings: Settings, services: Services
) -> None:
    written = [with_script(services, requested_modalities=["audio"]) for _ in range(3)]
    outputs = ("main", "answers", "notifications", "failures")
    handed = outputs_of(HandOver(settings), written, Ticket, *outputs[:2], "failures")
    (sent,) = handed["main"]
    assert sent.attributes["trace"] == "t-1"
    assert (handed["answers"], handed["failures"]) == ([], [])
    received = Message(sent.data, sent.attributes)
    tokens = outputs_of(ReadTokens(), [received] * 3, Message, "main", "failures")["main"]
    found = outputs_of(TakeLesson(settings), tokens, Token, "main", "failures")
    tickets = found["main"]
    assert len(tickets) == 1
    assert tickets[0].lesson == tokens[0].lesson
    for name in ("speak", "render", "deliver"):
        tickets = outputs_of(Stage(name, settings), tickets, Ticket, "main", "answers")["main"]
    ended = outputs_of(
        CompleteLesson(settings), tickets, Ticket, "main", "notifications", "failures"
    )
    told = {json.loads(one.data)["request_id"] for one in ended["notifications"]}
    assert told == {one.request.request_id for one in written}
    for one in written:
        stored = row(services, one)
        assert (stored["status"], stored["progress_percentage"]) == ("completed", 100)
        assert services.generated.exists(f"videos/{one.request.request_id}.m4a")
    late = with_script(services, requested_modalities=["audio"])
    served = outputs_of(HandOver(settings), [late], Ticket, "main", "answers", "failures")
    assert served["main"] == []
    outputs_of(WriteOutcomes(settings), served["answers"], Outcome, "main", "failures")
    assert row(services, late)["audio_url"].endswith(f"{late.request.request_id}.m4a")
    stages = queries.stages(services.engine, late.request.request_id)
    assert {s["stage_name"]: s["status"] for s in stages}["deliver"] == "completed"


def test_a_token_among_the_requests_is_told_from_them() -> None:
    """A job that runs all stages gets the tokens of lessons that are begun again there."""
    data = token_to_json(Token("video-3f", "2026-11-28T12:00:00.000001+00:00"))
    found = outputs_of(Parse("dev"), [Message(data)], Message, "main", "tokens", "failures")
    assert (found["main"], found["failures"]) == ([], [])
    assert [one.data for one in found["tokens"]] == [data]


def test_what_is_no_token_is_a_dead_letter() -> None:
    found = outputs_of(ReadTokens(), [Message(b"{}")], Message, "main", "failures")
    (failure,) = found["failures"]
    assert (failure.stage, failure.reason) == ("take_over", "invalid")


def test_an_outcome_is_written_once_and_told_whenever_it_comes(
    settings: Settings, services: Services
) -> None:
    taken = claimed(services)
    found = outputs_of(
        WriteOutcomes(settings), [Outcome(taken, "completed")] * 3, Outcome, "main", "failures"
    )
    # A retried bundle may not have published its notification the first time.
    assert [json.loads(told.data)["progress_percentage"] for told in found["main"]] == [100] * 3
    events = queries.events(services.engine, taken.request.request_id)
    assert [event["event_type"] for event in events].count("completed") == 1
    stored = row(services, taken)
    assert (stored["status"], stored["progress_percentage"]) == ("completed", 100)


def test_a_failure_becomes_a_dead_letter_a_row_and_a_notification(
    settings: Settings, services: Services
) -> None:
    taken = claimed(services)
    failure = ticket_failure(TransientError("no luck"), stage="speak", ticket=taken, tries=5)
    found = outputs_of(DeadLetters(settings, "job-1"), [failure], Failure, "main", "notifications")
    (letter,) = found["main"]
    assert isinstance(letter, PubsubMessage)
    assert letter.data == taken.message.data
    assert letter.attributes["trace"] == "t-1"
    assert letter.attributes["dlq_reason"] == "transient_exhausted"
    assert letter.attributes["dlq_job"] == "job-1"
    (told,) = found["notifications"]
    assert json.loads(told.data)["event"] == "failed"
    stored = row(services, taken)
    assert (stored["status"], stored["error_stage"]) == ("failed", "speak")
    assert stored["error_details"]["reason"] == "transient_exhausted"


def test_data_that_leaves_no_room_for_attributes_is_kept_in_the_temp_bucket(
    settings: Settings, services: Services
) -> None:
    huge = failure_of(InvalidRequest("too large"), stage="validate", message=Message(b"0" * 10**7))
    found = outputs_of(DeadLetters(settings, "job-1"), [huge], Failure, "main", "notifications")
    (letter,) = found["main"]
    assert letter.data == b""
    name = letter.attributes["dlq_data_url"].rsplit("/", 1)[-1]
    assert services.temp.read(f"dead-letters/{name}") == huge.message.data


def test_a_dead_letter_goes_out_though_the_database_is_away(settings: Settings) -> None:
    failure = ticket_failure(
        TransientError("no luck"), stage="speak", ticket=replace(ticket(), attempt=1)
    )
    off = impatient(replace(away(settings), durable_retries="off"))
    found = outputs_of(DeadLetters(off, "job-1"), [failure], Failure, "main", "notifications")
    assert len(found["main"]) == 1
    assert found["notifications"] == []
    # With durable retries the request ends when it comes back, so it does not end twice.
    later = DeadLetters(impatient(away(settings)), "job-1")
    assert outputs_of(later, [failure], Failure, "main", "notifications")["main"] == []
    unclaimed = replace(failure, attempt=0)
    assert len(outputs_of(later, [unclaimed], Failure, "main", "notifications")["main"]) == 1


@pytest.mark.parametrize(
    ("modality", "voices", "status"),
    [
        ("video", "hibari", "out_of_scope"),
        ("audio", "hibari", "out_of_scope"),
        ("text", "hibari", None),
        ("video", "hibari,espeak", None),
    ],
)
def test_a_lesson_that_no_voice_can_speak_is_not_begun(
    settings: Settings, services: Services, modality: str, voices: str, status: str | None
) -> None:
    taken = claimed(
        services,
        student_query="¿Qué es la fotosíntesis?",
        language="es-MX",
        requested_modalities=[modality],
    )
    found = outputs_of(
        Stage("understand", replace(settings, speech_provider=voices)),
        [taken],
        Ticket,
        "main",
        "answers",
        "failures",
    )
    assert found["failures"] == []
    assert [answer.status for answer in found["answers"]] == ([status] if status else [])
    if status:
        details = json.loads(found["answers"][0].details)
        assert details["category"] == "language"
        assert "español" in found["answers"][0].message
