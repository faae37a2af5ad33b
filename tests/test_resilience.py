"""The real job is killed, cancelled and given repeated messages; real Postgres and emulator."""

from __future__ import annotations

import json
import time

import pytest
from sqlalchemy import text

from tests.support.command_line import vividly
from tests.support.real_job import System
from tests.support.requests import fields
from vividly.execution.stages import STAGES

pytestmark = pytest.mark.slow
TEXT = ("understand", "find_lesson", "retrieve", "write_script")


def test_a_job_that_is_killed_between_every_two_stages_resumes(system: System) -> None:
    """Nothing that was finished is done again, and the lesson comes out whole."""
    request_id = system.publish(fields(requested_modalities=["video"]))
    for at, name in enumerate(STAGES, start=1):
        with system.job(dies_after=name) as job:
            system.until(lambda: not job.is_alive())
            if at <= len(TEXT):
                assert system.row(request_id)["attempt"] == at
                assert system.stage(request_id, name)["status"] in ("completed", "pending")
            else:
                assert system.stage(request_id, name)["status"] == "completed"
    with system.job():
        system.until(lambda: system.told(request_id) == {"text_ready", "completed"})
    row = system.row(request_id)
    assert row["status"] == "completed"
    # Until it waits for its lesson the request is begun again; then its lesson is.
    assert (row["attempt"], row["retry_count"]) == (len(TEXT) + 1, len(TEXT))
    with system.services.engine.connect() as connection:
        lesson = connection.execute(text("SELECT attempt, retry_count FROM lesson_work")).one()
    media = len(STAGES) - len(TEXT)
    assert tuple(lesson) == (media + 1, media)
    temp = system.folder / "temp"
    made = {name: len(list((temp / name).rglob("*.json"))) for name in STAGES}
    assert made == dict.fromkeys(STAGES, 1)
    assert (system.folder / "generated" / "videos" / f"{request_id}.mp4").stat().st_size > 100_000


def test_a_lesson_whose_files_were_taken_away_is_made_again(system: System) -> None:
    asked = fields(requested_modalities=["audio"])
    first = system.publish(asked)
    with system.job():
        system.until(lambda: system.row(first).get("status") == "completed")
        for path in (system.folder / "temp" / "deliver").rglob("*"):
            path.unlink(missing_ok=True) if path.is_file() else None
        second = system.publish(fields(requested_modalities=["audio"]))
        system.until(lambda: system.row(second).get("status") == "completed")
    videos = system.folder / "generated" / "videos"
    assert len(list(videos.iterdir())) == 4
    with system.services.engine.connect() as connection:
        assert connection.execute(text("SELECT attempt FROM lesson_work")).scalar_one() == 2


def test_a_message_that_nobody_claimed_survives_a_kill(system: System) -> None:
    """Published directly to Pub/Sub, and pulled by a job that is killed before it starts on it."""
    sent = [fields(student_query="What is gravity?") for _ in range(12)]
    with system.job(dies_after="understand") as job:
        ids = [system.publish(one) for one in sent]
        system.until(lambda: not job.is_alive())
    unclaimed = [one for one in ids if not system.row(one)]
    assert unclaimed, "some were not yet claimed"
    with system.job():
        system.until(lambda: all(system.row(one).get("status") == "completed" for one in ids))
    for one in ids:
        assert system.row(one)["completed_at"]


def test_a_cancelled_request_stops_before_its_next_stage(system: System) -> None:
    request_id = system.publish(fields(requested_modalities=["video"]))
    with system.job():
        system.until(lambda: system.stage(request_id, "speak").get("status") == "in_progress")
        assert vividly("cancel", request_id[:8], "--reason", "asked twice").code == 0
        time.sleep(6)
        assert vividly("cancel", request_id).code == 0, "it is cancelled already"
    assert system.row(request_id)["status"] == "cancelled"
    assert system.stage(request_id, "render")["status"] == "skipped"
    assert list((system.folder / "generated").rglob("*.mp4")) == []
    assert not list((system.folder / "temp" / "render").rglob("*.json"))
    assert "asked twice" in vividly("status", request_id).out
    system.publish(fields(request_id=request_id, requested_modalities=["video"]))
    with system.job():
        time.sleep(3)
        assert system.row(request_id)["status"] == "cancelled"


def test_replayed_a_failed_request_completes_and_a_completed_one_does_nothing(
    system: System,
) -> None:
    asked = fields(requested_modalities=["audio"])
    request_id = system.publish(asked)
    system.publish(asked | {"request_id": "test-smoke-001"})
    with system.job("--max_cost_usd=0.000000001", "--over_cost=fail"):
        # The row is written before the dead letter: do not kill the job in between.
        system.until(lambda: len(vividly("dlq", "list", "--json").json) == 2)
    assert system.row(request_id)["error_stage"] == "speak"
    listed = vividly("dlq", "list", "--json").json
    by_reason = {one["attributes"]["dlq_reason"]: one for one in listed}
    assert by_reason.keys() == {"invalid", "permanent"}
    dry = vividly("dlq", "replay", "--dry-run", "--json").json
    assert {one["request_id"]: one["result"] for one in dry} == {
        request_id: "would be replayed",
        "": "skipped",  # with an invalid message
    }
    assert len(vividly("dlq", "list", "--json").json) == 2
    assert [
        one["result"] for one in vividly("dlq", "replay", "--reason", "permanent", "--json").json
    ] == ["replayed"]
    with system.job():
        # Its owner releases it when the notifications are published.
        system.until(
            lambda: (
                system.row(request_id)["status"] == "completed"
                and system.row(request_id)["lease_owner"] is None
            )
        )
        before = system.row(request_id)
        data = json.dumps(asked).encode()
        system.resources.publish(system.letters, data, by_reason["permanent"]["attributes"])
        assert vividly("dlq", "replay", "--reason", "permanent").code == 0
        time.sleep(3)
        assert system.row(request_id) == before
    left = [one["attributes"]["dlq_reason"] for one in vividly("dlq", "list", "--json").json]
    # Two if the first job was stopped before Pub/Sub got its acknowledgement.
    assert left in (["invalid"], ["invalid", "invalid"])
    assert vividly("dlq", "purge", "--reason", "invalid").code == 2, "nobody confirmed it"
    assert f"{len(left)} purged" in vividly("dlq", "purge", "--reason", "invalid", "--yes").out
    assert vividly("dlq", "list").out.strip() == "No dead letters."
