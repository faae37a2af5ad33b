"""`vividly verify`, and the job's own check before it starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from sqlalchemy import text

from beam_pipeline import preflight
from beam_pipeline.options import read_options
from beam_pipeline.pubsub import Resources
from tests.support.command_line import ROOT, VARIABLES, Ended, name_system, process, vividly
from vividly.model.errors import SettingsError
from vividly.platform.ledger.engine import make_engine

AWAY = "postgresql://someone:s3cret-word@127.0.0.1:1/vividly"


@pytest.fixture
def nothing_there(
    postgres: str, pubsub: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """All settings are made, and nothing that they name exists, but for an empty database."""
    database = f"verify_{pubsub.replace('-', '_')}"
    engine = make_engine(f"{postgres}/postgres").execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {database}"))
    engine.dispose()
    name_system(monkeypatch, tmp_path, f"{postgres}/{database}", pubsub)
    return pubsub


def failed(ended: Ended) -> set[str]:
    return {check["check"] for check in ended.json if not check["passed"]}


def test_what_is_missing_is_named_and_can_be_created(nothing_there: str) -> None:
    before = vividly("verify", "--json")
    assert before.code == 1
    assert failed(before) == {
        "input_topic",
        "tables",
        "corpus",
        "generated_content_bucket",
        "temp_files_bucket",
        "dead_letter_topic",
        "notification_topic",
        "input_subscription",
    }
    assert vividly("verify", "--json").json == before.json  # the check creates nothing

    created = vividly("verify", "--create", "--json")
    assert created.code == 0
    assert failed(created) == set()
    after = vividly("verify")
    assert after.code == 0
    assert "failed" not in after.out

    resources = Resources()
    topic = f"projects/{nothing_there}/topics/content-generation-requests"
    resources.publish(topic, b"hello", {})
    subscription = f"projects/{nothing_there}/subscriptions/content-generation-worker-sub"
    assert [m.data for m in resources.pull(subscription, limit=1, wait=5)] == [b"hello"]
    resources.check_has_subscription(f"projects/{nothing_there}/topics/content-requests-dev-dlq")


def test_a_subscription_is_created_for_the_topic_that_is_published_to(
    nothing_there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_TOPIC", "questions")
    monkeypatch.setenv("PUBSUB_SUBSCRIPTION", "lesson-maker")
    assert vividly("verify", "--create").code == 0
    resources = Resources()
    resources.publish(f"projects/{nothing_there}/topics/questions", b"hello", {})
    name = f"projects/{nothing_there}/subscriptions/lesson-maker"
    assert [m.data for m in resources.pull(name, limit=1, wait=5)] == [b"hello"]


def test_for_people_each_fault_comes_with_its_fix(nothing_there: str, tmp_path: Path) -> None:
    ended = vividly("verify")
    assert ended.code == 1
    assert f"the directory {tmp_path / 'temp'} does not exist" in ended.out
    assert "run `vividly verify --create`" in ended.out
    marks = [line.split()[0] for line in ended.out.splitlines() if line[:1] != " "][:-1]
    assert set(marks) == {"ok", "failed"}
    faults = marks.count("failed")
    assert ended.out.splitlines()[-1] == f"{faults} of {len(marks)} checks failed"


def test_missing_settings_are_all_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIVIDLY_HOME", str(tmp_path))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    ended = vividly("verify", "--json")
    assert ended.code == 2
    for name in (
        "DATABASE_URL",
        "GCS_GENERATED_CONTENT_BUCKET",
        "GCS_TEMP_FILES_BUCKET",
        "PUBSUB_SUBSCRIPTION",
    ):
        assert name in ended.err
    assert ended.out == ""


def test_options_can_be_given_instead_of_variables(
    nothing_there: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("GCS_TEMP_FILES_BUCKET")
    ended = vividly("verify", "--json", "--", f"--temp_files_bucket={tmp_path}")
    assert ended.code == 1
    assert "temp_files_bucket" not in failed(ended)


@pytest.fixture
def file_job(database_url: str, tmp_path: Path) -> list[str]:
    """Options of a job that reads a file and has all it needs."""
    (tmp_path / "requests.jsonl").write_text("")
    (tmp_path / "bucket").mkdir()
    return [
        f"--database_url={database_url}",
        f"--input_file={tmp_path / 'requests.jsonl'}",
        f"--dead_letter_topic={tmp_path / 'dead-letters.jsonl'}",
        f"--notification_topic={tmp_path / 'notifications.jsonl'}",
        f"--generated_content_bucket={tmp_path / 'bucket'}",
        f"--temp_files_bucket={tmp_path / 'bucket'}",
    ]


def test_the_job_may_start_where_all_is_there(
    file_job: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A job on files does not use Pub/Sub and needs no credentials.
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    monkeypatch.delenv("PUBSUB_SUBSCRIPTION", raising=False)
    settings, endpoints = read_options(PipelineOptions(file_job))
    assert [check for check in preflight.checks(settings, endpoints) if not check.passed] == []
    preflight.require(settings, endpoints)


def test_the_job_refuses_to_start_and_names_every_fault(
    file_job: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("PUBSUB_SUBSCRIPTION", raising=False)
    settings, endpoints = read_options(PipelineOptions(file_job))
    broken = replace(settings, database_url=AWAY, temp_files_bucket=str(tmp_path / "gone"))
    with pytest.raises(SettingsError) as refused:
        preflight.require(broken, endpoints)
    said = str(refused.value)
    assert "database: it cannot be reached" in said
    assert "127.0.0.1:1/vividly" in said
    assert f"temp_files_bucket: the directory {tmp_path / 'gone'} does not exist" in said
    assert "s3cret" not in said


def test_pubsub_that_is_away_is_a_fault_not_a_traceback(
    nothing_there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    ended = vividly("verify", "--json")
    assert ended.code == 1
    said = {check["check"]: check["problem"] for check in ended.json}
    for name in ("input_topic", "input_subscription", "notification_topic", "dead_letter_topic"):
        assert "nothing listens at 127.0.0.1:1 (PUBSUB_EMULATOR_HOST)" in said[name]


def test_the_job_as_a_process_ends_with_a_message_where_the_database_is_away(
    file_job: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    variables = name_system(monkeypatch, tmp_path, AWAY)
    env = {**variables, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
    del env["PUBSUB_SUBSCRIPTION"]
    log = tmp_path / "job.log"
    arguments = [a for a in file_job if not a.startswith("--database_url")]
    with process(*arguments, env=env, log=log, module="beam_pipeline.main") as job:
        assert job.wait() == 2
    said = log.read_text()
    assert "The job cannot start:" in said
    assert "database: it cannot be reached" in said
    assert "Traceback" not in said
    assert "s3cret" not in said
