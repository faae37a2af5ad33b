"""The chaos harness: a short run keeps every promise, and the checker finds each broken one."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pg8000.native
import pytest
from sqlalchemy import Engine

from beam_pipeline.local.emulator import find_emulator
from tests.chaos.checker import Verdict, check
from tests.chaos.plan import CLASS_SIZE, WEIGHTS, Sending, make_plan
from tests.chaos.run import run
from tests.chaos.world import HISTORY

SEED = 20261127


@pytest.mark.slow
def test_a_short_run_keeps_every_promise() -> None:
    if isinstance(found := find_emulator(), str):
        pytest.skip(found)
    before = os.environ.get("PUBSUB_EMULATOR_HOST")
    with tempfile.TemporaryDirectory(prefix="vividly-chaos-") as folder:
        report = run(
            Path(folder),
            seed=SEED,
            requests=40,
            faults=len(WEIGHTS) + 4,
            seconds=60,
            budget=120,
            bursts=1,
        )
    if before is None:
        os.environ.pop("PUBSUB_EMULATOR_HOST", None)
    else:
        os.environ["PUBSUB_EMULATOR_HOST"] = before
    assert sum(report.played.values()) >= len(WEIGHTS)
    assert report.verdict.kept, json.dumps(report.as_json()) + json.dumps(report.verdict.broken)
    assert report.verdict.facts["completed"] >= 20


def test_a_plan_is_the_same_every_time() -> None:
    first, again = (make_plan(7, requests=300, faults=90, seconds=100) for _ in range(2))
    assert first == again
    assert first != make_plan(8, requests=300, faults=90, seconds=100)
    assert {fault.kind for fault in first.faults} == set(WEIGHTS)
    assert 3 <= sum(not sending.valid for sending in first.sendings) <= 30
    assert 3 <= sum(bool(sending.cancelled_at) for sending in first.sendings) <= 30


def test_the_students_of_a_class_ask_for_one_lesson_at_once() -> None:
    plan = make_plan(7, requests=0, faults=0, seconds=100, bursts=2)
    classes: dict[str, list[Sending]] = {}
    for sending in plan.sendings:
        asked = json.loads(sending.data)
        del asked["request_id"], asked["student_id"]
        classes.setdefault(json.dumps(asked), []).append(sending)
    assert [len(one) for one in classes.values()] == [CLASS_SIZE, CLASS_SIZE]
    for one in classes.values():
        assert max(s.at for s in one) - min(s.at for s in one) <= 2
        assert len({s.request_id for s in one}) == CLASS_SIZE


# -- the checker ------------------------------------------------------------------------------


class Left:
    """The final state of a run; correct at first."""

    def __init__(self, connection: pg8000.native.Connection, generated: Path) -> None:
        self.connection, self.generated = connection, generated
        self.done, self.failed = str(uuid.uuid4()), str(uuid.uuid4())
        self.sendings = [
            Sending(0, b"done", self.done),
            Sending(0, b"failed", self.failed),
            Sending(0, b"bad"),
        ]
        self.letters = [(b"bad", {}), (b"failed", {"dlq_request_id": self.failed})]
        self.notes = [
            self.note(self.done, "text_ready"),
            self.note(self.done, "completed"),
            self.note(self.failed, "failed"),
        ]
        connection.run(HISTORY)
        for request_id in (self.done, self.failed):
            self.sql(
                "INSERT INTO content_requests (id, correlation_id, student_id, student_query, "
                "grade_level, requested_modalities, status, attempt, started_at) "
                "VALUES (:id, 'c', 's', 'q', 9, '{audio}', 'generating', 1, now())",
                request_id,
            )
        (generated / "videos").mkdir(parents=True)
        for kind in ("m4a", "lesson.json"):
            (generated / "videos" / f"{self.done}.{kind}").write_bytes(b"x")
        self.sql(
            "UPDATE content_requests SET status = 'completed', progress_percentage = 100, "
            "completed_at = clock_timestamp(), text_ready_at = now(), audio_url = 'file:///a' "
            "WHERE id = :id",
            self.done,
        )
        self.sql(
            "UPDATE content_requests SET status = 'failed', failed_at = now(), "
            "error_stage = 'speak', error_details = '{\"reason\": \"permanent\"}' WHERE id = :id",
            self.failed,
        )
        self.event(self.done)
        self.lesson_begins("audio-1", self.done)
        self.lesson("audio-1", "working", 1)
        self.lesson("audio-1", "done", 1, served=[self.done])

    def lesson_begins(self, key: str, first: str) -> None:
        """A lesson begins, as its first request wrote it."""
        self.connection.run(
            "INSERT INTO lesson_work (key, token_by) VALUES (:key, :by)", key=key, by=f"{first}/1"
        )

    def lesson(self, key: str, status: str, attempt: int, *, served: Sequence[str] = ()) -> None:
        """The next state of a lesson."""
        self.connection.run(
            "UPDATE lesson_work SET status = :status, attempt = :attempt, served = :served "
            "WHERE key = :key",
            key=key,
            status=status,
            attempt=attempt,
            served=list(served),
        )

    def waits(self, key: str) -> str:
        """A further request, which waits for a lesson. Returns its id."""
        one = str(uuid.uuid4())
        self.sendings.append(Sending(0, b"waits", one))
        self.connection.run(
            "INSERT INTO content_requests (id, correlation_id, student_id, student_query, "
            "grade_level, requested_modalities, status, attempt, started_at, lesson_key) "
            "VALUES (:id, 'c', 's', 'q', 9, '{audio}', 'generating', 1, now(), :key)",
            id=one,
            key=key,
        )
        return one

    def is_served(self, request_id: str) -> None:
        """A request that waited gets its lesson, with its files and its notification."""
        for kind in ("m4a", "lesson.json"):
            (self.generated / "videos" / f"{request_id}.{kind}").write_bytes(b"x")
        self.sql(
            "UPDATE content_requests SET status = 'completed', progress_percentage = 100, "
            "completed_at = clock_timestamp(), audio_url = 'file:///a' WHERE id = :id",
            request_id,
        )
        self.notes.append(self.note(request_id, "completed"))

    def is_cancelled(self, request_id: str) -> None:
        """A request is cancelled."""
        self.sql("UPDATE content_requests SET status = 'cancelled' WHERE id = :id", request_id)

    @staticmethod
    def note(request_id: str, event: str) -> tuple[bytes, dict[str, str]]:
        return json.dumps({"request_id": request_id, "event": event}).encode(), {"event": event}

    def event(self, request_id: str) -> None:
        self.sql(
            "INSERT INTO request_events (request_id, event_type, event_message) "
            "VALUES (:id, 'completed', '')",
            request_id,
        )

    def sql(self, statement: str, request_id: str) -> None:
        self.connection.run(statement, id=request_id)

    def verdict(self) -> Verdict:
        return check(
            self.sendings, self.connection, self.generated, self.letters, self.notes, budget=600
        )

    def broken(self) -> set[str]:
        return {promise for promise, cases in self.verdict().broken.items() if cases}


@pytest.fixture
def left(engine: Engine, tmp_path: Path) -> Iterator[Left]:
    url = engine.url
    connection = pg8000.native.Connection(
        "postgres", host=url.host or "", port=url.port or 0, database=url.database
    )
    yield Left(connection, tmp_path / "generated")
    connection.close()


def test_what_is_as_it_should_be_passes(left: Left) -> None:
    verdict = left.verdict()
    assert verdict.kept, verdict.broken
    assert (verdict.facts["completed"], verdict.facts["failed"]) == (1, 1)
    assert verdict.facts["reasons"] == {"permanent in speak": 1}


def test_a_request_that_nobody_knows_of_is_lost(left: Left) -> None:
    left.sendings.append(Sending(0, b"x", str(uuid.uuid4())))
    assert left.broken() == {"lost"}


@pytest.mark.parametrize("at", [0, 1])
def test_a_dead_letter_that_is_not_there_is_lost(left: Left, at: int) -> None:
    del left.letters[at]
    assert left.broken() == {"lost"}


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_notification_that_is_not_there_is_missing(left: Left, at: int) -> None:
    del left.notes[at]
    assert left.broken() == {"notifications missing"}


def test_what_has_not_ended_is_stuck(left: Left) -> None:
    left.sendings.append(Sending(0, b"x", open_now := str(uuid.uuid4())))
    left.sql(
        "INSERT INTO content_requests (id, correlation_id, student_id, student_query, grade_level, "
        "requested_modalities) VALUES (:id, 'c', 's', 'q', 9, '{text}')",
        open_now,
    )
    assert left.broken() == {"stuck"}


def test_what_ended_too_late_is_stuck(left: Left) -> None:
    left.connection.run(
        "UPDATE content_requests SET started_at = :early WHERE id = :id",
        id=left.done,
        early=datetime.now(UTC) - timedelta(seconds=700),
    )
    assert left.broken() == {"stuck"}


def test_progress_that_goes_back_is_seen(left: Left) -> None:
    left.sql("UPDATE content_requests SET progress_percentage = 95 WHERE id = :id", left.failed)
    left.sql("UPDATE content_requests SET progress_percentage = 50 WHERE id = :id", left.failed)
    assert left.broken() == {"progress that went back"}


def test_an_end_that_is_overwritten_is_seen(left: Left) -> None:
    left.sql("UPDATE content_requests SET status = 'failed' WHERE id = :id", left.done)
    assert "ends that were overwritten" in left.broken()


def test_a_failed_request_may_be_run_again(left: Left) -> None:
    left.sql(
        "UPDATE content_requests SET status = 'validating', attempt = 2, progress_percentage = 5 "
        "WHERE id = :id",
        left.failed,
    )
    left.sql("UPDATE content_requests SET status = 'failed' WHERE id = :id", left.failed)
    assert left.broken() == set()


def test_a_second_lesson_is_seen(left: Left) -> None:
    left.event(left.done)
    assert left.broken() == {"generated twice"}


def test_a_file_that_a_zombie_writes_is_seen(left: Left) -> None:
    late = datetime.now(UTC).timestamp() + 30
    os.utime(left.generated / "videos" / f"{left.done}.m4a", (late, late))
    assert left.broken() == {"generated twice"}


@pytest.mark.parametrize("name", ["videos/{failed}.mp4", ".writing/abc", "stray.txt"])
def test_files_of_nobody_are_orphans(left: Left, name: str) -> None:
    orphan = left.generated / name.format(failed=left.failed)
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"x")
    assert left.broken() == {"orphaned files"}


def test_a_file_that_is_not_there_is_missing(left: Left) -> None:
    (left.generated / "videos" / f"{left.done}.m4a").unlink()
    assert left.broken() == {"files missing"}


# -- lessons ----------------------------------------------------------------------------------


def test_a_lesson_that_outlives_its_first_request_is_as_it_should_be(left: Left) -> None:
    first, other = left.waits("audio-2"), left.waits("audio-2")
    left.lesson_begins("audio-2", first)
    left.lesson("audio-2", "working", 1)
    left.is_cancelled(first)
    left.lesson("audio-2", "working", 2)
    left.is_served(other)
    left.lesson("audio-2", "done", 2, served=[other])
    verdict = left.verdict()
    assert verdict.kept, verdict.broken
    assert verdict.facts["lessons that outlived their first request"] == 1
    assert verdict.facts["lessons"] == {"done": 2}
    assert verdict.facts["lessons' attempts"] == {1: 1, 2: 1}


def test_a_lesson_that_failed_may_be_made_again(left: Left) -> None:
    left.lesson_begins("audio-2", left.failed)
    for status, attempt in (("working", 1), ("failed", 1), ("waiting", 1), ("working", 2)):
        left.lesson("audio-2", status, attempt)
    left.lesson("audio-2", "done", 2)
    assert left.broken() == set()


@pytest.mark.parametrize("status", ["waiting", "working", "failed"])
def test_a_lesson_that_is_made_again_is_seen(left: Left, status: str) -> None:
    left.lesson("audio-1", status, 1)
    left.lesson("audio-1", "done", 1, served=[left.done])
    assert left.broken() == {"lessons made twice"}


def test_a_second_worker_that_completes_a_lesson_is_seen(left: Left) -> None:
    left.lesson("audio-1", "done", 2, served=[left.done])
    assert left.broken() == {"lessons made twice"}


def test_a_request_that_two_attempts_served_is_seen(left: Left) -> None:
    left.lesson_begins("audio-2", left.done)
    left.lesson("audio-2", "working", 1, served=[left.done])
    left.lesson("audio-2", "working", 2)
    left.lesson("audio-2", "done", 2, served=[left.done])
    assert left.broken() == {"lessons made twice"}


def test_a_stage_that_two_requests_paid_is_seen(left: Left) -> None:
    other = left.waits("audio-1")
    left.is_served(other)
    for request_id in (left.done, other):
        left.sql("UPDATE content_requests SET lesson_key = 'audio-1' WHERE id = :id", request_id)
        left.sql(
            "INSERT INTO request_stages (request_id, stage_name, stage_order, status) "
            "VALUES (:id, 'speak', 5, 'completed')",
            request_id,
        )
    assert left.broken() == {"lessons made twice"}
    left.sql(
        "UPDATE request_stages SET stage_metadata = '{\"reused\": true}' WHERE request_id = :id",
        other,
    )
    assert left.broken() == set()


def test_a_worker_that_was_replaced_and_writes_is_seen(left: Left) -> None:
    left.lesson_begins("audio-2", left.failed)
    left.lesson("audio-2", "working", 2)
    left.lesson("audio-2", "working", 1)
    assert left.broken() == {"attempts that went back"}


def test_a_subscriber_without_whom_a_lesson_was_done_is_forgotten(left: Left) -> None:
    left.lesson_begins("audio-2", left.done)
    late = left.waits("audio-2")
    left.lesson("audio-2", "done", 1)
    left.is_served(late)
    assert left.broken() == {"subscribers forgotten"}


def test_a_subscriber_that_waits_for_a_lesson_that_is_done_is_forgotten(left: Left) -> None:
    left.waits("audio-1")
    assert left.broken() == {"stuck", "subscribers forgotten"}


def test_a_subscriber_that_is_counted_as_served_but_was_not_is_forgotten(left: Left) -> None:
    left.lesson("audio-1", "done", 1, served=[left.done, left.failed])
    assert left.broken() == {"subscribers forgotten"}


@pytest.mark.parametrize("status", ["waiting", "working"])
def test_a_lesson_that_nobody_makes_is_orphaned(left: Left, status: str) -> None:
    left.waits("audio-2")
    left.lesson_begins("audio-2", left.failed)
    left.lesson("audio-2", status, 1)
    assert left.broken() == {"stuck", "lessons orphaned"}


def test_a_lesson_that_is_dropped_with_its_first_request_is_orphaned(left: Left) -> None:
    first, other = left.waits("audio-2"), left.waits("audio-2")
    left.lesson_begins("audio-2", first)
    left.is_cancelled(first)
    left.lesson("audio-2", "dropped", 1)
    left.is_served(other)
    assert left.broken() == {"lessons orphaned"}


def test_a_cancelled_request_needs_no_notification_and_no_files(left: Left) -> None:
    one = left.waits("audio-2")
    left.lesson_begins("audio-2", one)
    left.sql("UPDATE content_requests SET text_ready_at = now() WHERE id = :id", one)
    left.is_cancelled(one)
    left.lesson("audio-2", "dropped", 0)
    assert left.broken() == set()
    (left.generated / "videos" / f"{one}.m4a").write_bytes(b"x")
    assert left.broken() == {"orphaned files"}
