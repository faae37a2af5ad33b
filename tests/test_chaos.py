"""The chaos harness: a short run keeps every promise, and the checker finds each broken one."""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pg8000.native
import pytest
from sqlalchemy import Engine

from beam_pipeline.local.emulator import find_emulator
from tests.chaos.checker import Verdict, check
from tests.chaos.plan import WEIGHTS, Sending, make_plan
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
            Path(folder), seed=SEED, requests=40, faults=len(WEIGHTS) + 4, seconds=60, budget=120
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


@pytest.mark.parametrize("name", ["videos/{failed}.mp4", "videos/.writing-abc", "stray.txt"])
def test_files_of_nobody_are_orphans(left: Left, name: str) -> None:
    (left.generated / name.format(failed=left.failed)).write_bytes(b"x")
    assert left.broken() == {"orphaned files"}


def test_a_file_that_is_not_there_is_missing(left: Left) -> None:
    (left.generated / "videos" / f"{left.done}.m4a").unlink()
    assert left.broken() == {"files missing"}
