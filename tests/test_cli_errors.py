"""Errors of users, disks and permissions are reported in one sentence."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from beam_pipeline import preflight
from beam_pipeline.cli import context, jobs
from beam_pipeline.local import state
from beam_pipeline.local.emulator import find_emulator, how_to_install
from beam_pipeline.local.postgres import EmbeddedPostgres
from beam_pipeline.local.stack import LocalStack
from beam_pipeline.options import health_check_port
from beam_pipeline.pubsub import Resources
from tests.chaos.disk import Disk
from tests.support.command_line import ROOT, VARIABLES, Ended, name_system, vividly
from vividly.model.errors import SettingsError, TransientError
from vividly.platform.ledger.engine import database_errors, make_engine

RUNNING = {
    "pid": 1,
    "database_url": "postgresql://app@127.0.0.1:1/lessons",
    "pubsub": "127.0.0.1:1",
    "arguments": [],
}
EXAMPLES = str(ROOT / "examples" / "requests.jsonl")


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No system is configured; the home is a missing folder below the returned one."""
    for name in (*VARIABLES, "PUBSUB_EMULATOR_HOST", "HEALTH_CHECK_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VIVIDLY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(jobs.signal, "signal", lambda *_: None)
    return tmp_path


def said(ended: Ended) -> str:
    """The message, as one line."""
    assert ended.err.startswith("error: ")
    assert "Traceback" not in ended.err + ended.out
    return " ".join(ended.err.split())


# -- the home -------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["up", f"run {EXAMPLES}"])
@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("/proc/no-home", "No such file or directory"),
        ("file", "a file is in the way"),
        ("file/deeper", "Not a directory"),
    ],
)
def test_a_home_that_cannot_be_written_is_named(
    bare: Path, monkeypatch: pytest.MonkeyPatch, command: str, place: str, reason: str
) -> None:
    (bare / "file").touch()
    home = bare / place
    monkeypatch.setenv("VIVIDLY_HOME", str(home))
    ended = vividly(*command.split())
    assert ended.code == 2
    told = said(ended)
    assert f"cannot keep its files in {home}: {reason}" in told
    assert "set VIVIDLY_HOME" in told


def test_a_file_that_cannot_be_read_or_written_is_named(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a command does: the system's own error becomes a sentence, and no traceback."""
    (bare / "folder").mkdir()
    assert "folder is not a file" in said(vividly("run", str(bare / "folder")))

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "/somewhere/stack.json.new")

    monkeypatch.setattr(jobs, "_stack_to_use", refuse)
    ended = vividly("run", EXAMPLES)
    assert ended.code == 1
    assert said(ended) == "error: /somewhere/stack.json.new: Permission denied"


def test_an_error_of_ours_is_no_users_fault(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    monkeypatch.setattr(jobs, "_stack_to_use", broken)
    with pytest.raises(OSError, match="Bad file descriptor"):
        vividly("run", EXAMPLES)


# -- a second stack, and tools -----------------------------------------------------------------


def test_a_second_stack_is_refused_with_the_process_and_the_place(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # `run` would use the stack that is up, were it not on another database.
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@127.0.0.1:1/other")
    code = (
        "from beam_pipeline.local.state import lock, home; held = lock(); "
        "import json; (home() / 'stack.json').write_text(json.dumps({'pid': __import__('os')"
        ".getpid(), 'database_url': '', 'pubsub': '', 'arguments': []})); "
        "print('held', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == b"held\n"
        for command in ("up", f"run {EXAMPLES}"):
            ended = vividly(*command.split())
            assert ended.code == 2
            assert f"up already in {bare / 'home'} (process {holder.pid})" in said(ended)
        holder.kill()


def test_up_without_the_emulator_it_should_use_says_what_to_install(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(bare))
    monkeypatch.setenv("VIVIDLY_PUBSUB", "Emulator")
    ended = vividly("up")
    assert (ended.code, "want own (the default) or emulator" in said(ended)) == (2, True)
    monkeypatch.setenv("VIVIDLY_PUBSUB", "emulator")
    ended = vividly("up")
    assert ended.code == 2
    told = said(ended)
    assert "VIVIDLY_PUBSUB asks for Google's Pub/Sub emulator" in told
    assert "apt-get install default-jre-headless" in told
    assert "the stack has a Pub/Sub of its own" in told
    assert not (bare / "home").exists(), "nothing was started"
    monkeypatch.setenv("HOME", str(bare))
    monkeypatch.setattr("beam_pipeline.local.emulator._sdk_roots", lambda: [bare])
    assert find_emulator() == "neither it nor Java is installed here"
    assert "gcloud components install pubsub-emulator" in how_to_install()


@pytest.mark.parametrize("value", ["abc", "70000", "-1", "8080.5"])
def test_a_health_check_port_that_is_none(
    bare: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HEALTH_CHECK_PORT", value)
    with pytest.raises(SettingsError, match=f"HEALTH_CHECK_PORT={value} is not a port"):
        health_check_port()
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    assert f"HEALTH_CHECK_PORT={value} is not a port" in said(vividly("up"))
    assert not (bare / "home").exists()


# -- the database -------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["status", "requests", "up"])
@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "mysql://app:s3cret@db/lessons",
            "begins with mysql://, and the database has to be PostgreSQL: "
            "want postgresql://USER:PASSWORD@HOST:PORT/DATABASE",
        ),
        ("postgresql://app:s3cret@db", "names no database: end it with /DATABASE"),
        ("s3cret", "is malformed: want postgresql://"),
    ],
)
def test_a_wrong_kind_of_url_is_named(
    bare: Path, monkeypatch: pytest.MonkeyPatch, command: str, url: str, sentence: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    ended = vividly(command)
    assert ended.code == 2
    told = said(ended)
    assert "DATABASE_URL" in told
    assert sentence in told
    assert "s3cret" not in told


def test_a_wrong_port_is_named(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://app:s3cret@127.0.0.1:1/lessons")
    ended = vividly("status")
    assert ended.code == 1
    assert "nothing listens at 127.0.0.1:1: is it running, and is the port right?" in said(ended)
    unknown = make_engine("postgresql://app@no-such-host.invalid/lessons")
    no_host = "no host is known by the name of no-such-host"
    with pytest.raises(TransientError, match=no_host), database_errors(unknown):
        unknown.connect()


def test_a_wrong_port_of_pubsub_is_named(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    resources = Resources(timeout=1.0)
    with pytest.raises(TransientError) as away:
        resources.check_topic("projects/some-project/topics/requests")
    assert str(away.value) == (
        "projects/some-project/topics/requests: Pub/Sub cannot be reached: nothing listens at "
        "127.0.0.1:1 (PUBSUB_EMULATOR_HOST)"
    )


@pytest.fixture
def without_rights(engine: Engine) -> Iterator[str]:
    """The URL of a database user without any privilege."""
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE nobodys_login LOGIN")
    yield engine.url.set(username="nobodys_login").render_as_string(hide_password=False)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP ROLE nobodys_login")


@pytest.mark.parametrize(
    "command", ["status", "requests", "watch aaaa", "text aaaa", "submit --query why? --grade 3"]
)
def test_a_right_that_is_missing_is_named_with_who_grants_it(
    bare: Path, monkeypatch: pytest.MonkeyPatch, without_rights: str, command: str
) -> None:
    name_system(monkeypatch, bare, without_rights, project="some-project")
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    ended = vividly(*command.split())
    assert ended.code == 1
    told = said(ended)
    assert "permission denied for table content_requests" in told
    assert "templates/database-roles.sql" in told


def test_a_bucket_that_may_not_be_written_is_named(bare: Path) -> None:
    with pytest.raises(SettingsError, match=r"the directory /proc/.* (does not exist|cannot be)"):
        preflight._bucket("/proc/lessons", create=True, writing=True)
    with pytest.raises(SettingsError, match="the directory /proc/sys cannot be written to"):
        preflight._bucket("/proc/sys", create=True, writing=True)


# -- the disk -----------------------------------------------------------------------------------


def test_a_disk_that_is_full_is_said_where_the_stack_runs_and_where_one_asks(
    bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(bare / "home")
    if not disk.mounted:
        pytest.skip("this user may mount no disk to fill")
    lines: list[str] = []
    try:
        stack = LocalStack(lines.append)
        (disk.root / "filler").write_bytes(b"0" * 1_000_000)
        stack.check()
        assert lines == []
        disk.fill()
        stack.check()
        stack.check()
        assert len(lines) == 1, "it is said once"
        assert f"The disk of {disk.root}: 0 MB are free" in lines[0]
        with pytest.raises(SettingsError, match="the disk is full; free some space, or set"):
            state.lock()
        disk.clear()
        with state.lock():
            (disk.root / "stack.json").write_text(json.dumps(RUNNING))
            disk.fill()
            away = vividly("status")
            assert f"the disk of {disk.root}, where the local stack is, has no space" in said(away)
        disk.clear()
        stack.check()
        assert "has space again" in lines[-1]
        assert context._disk_note() == ""
    finally:
        disk.close()


def test_a_postgres_that_ended_on_a_full_disk_is_started_when_there_is_space(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory(prefix="vividly-full-") as folder:
        Path(folder).chmod(0o755)  # Postgres runs as another user if we are root
        monkeypatch.setenv("VIVIDLY_HOME", f"{folder}/home")
        disk = Disk(Path(folder) / "home")
        if not disk.mounted:
            pytest.skip("this user may mount no disk to fill")
        try:
            lines: list[str] = []
            stack = LocalStack(lines.append)
            server = stack._postgres = EmbeddedPostgres(disk.root / "postgres", fsync="off")
            url = server.start()
            disk.fill()
            server.stop()
            stack.check()
            assert not server.running
            assert not any("does not stay up" in line for line in lines)
            disk.clear()
            stack.check()
            engine = make_engine(url)
            with engine.connect() as connection:
                assert connection.execute(text("SELECT 1")).scalar() == 1
            engine.dispose()
        finally:
            stack._stop_servers()
            disk.close()


# -- the terminal -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("submit --query why --grade x", "Invalid value for '--grade': it is not a whole number"),
        ("requests --limit -3", "Invalid value for '--limit': it is less than 1"),
        ("dlq list --limit x", "Invalid value for '--limit': it is not a whole number"),
    ],
)
def test_an_option_that_cannot_be_read_is_named(command: str, sentence: str) -> None:
    ended = vividly(*command.split())
    assert ended.code == 2
    assert sentence in " ".join(ended.err.split())


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"VIVIDLY_HOME": "/proc/no-home"},
            "error: the local stack cannot keep its files in /proc/no-home",
        ),
        ({"LOG_LEVEL": "loud"}, "error: LOG_LEVEL=LOUD: choose one of CRITICAL,"),
    ],
)
def test_the_process_itself_prints_no_traceback(
    bare: Path, variables: dict[str, str], sentence: str
) -> None:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **variables}
    env |= {"PUBSUB_EMULATOR_HOST": "127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-m", "beam_pipeline", "up"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith(sentence)
    assert "Traceback" not in done.stderr
