"""The embedded Postgres, and starting, stopping and killing the local stack."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from sqlalchemy import text

from beam_pipeline.cli.follow import follow
from beam_pipeline.local import state
from beam_pipeline.local.emulator import find_emulator
from beam_pipeline.local.postgres import EmbeddedPostgres
from beam_pipeline.local.processes import Child, command_of
from beam_pipeline.local.stack import PROJECT
from beam_pipeline.options import REQUEST_TOPIC
from beam_pipeline.pubsub import Resources
from tests.support.command_line import ROOT, VARIABLES, process, processes_of, vividly
from tests.support.pubsub import EMULATOR, OWN
from tests.support.requests import fields, message, request
from vividly.model.errors import SettingsError
from vividly.model.request import parse_request
from vividly.platform.ledger import Ledger, migrate
from vividly.platform.ledger.engine import make_engine

PATIENCE_S = 240.0
needs_proc = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home for a stack that a server which is another user may enter."""
    with tempfile.TemporaryDirectory(prefix="vividly-stack-") as folder:
        Path(folder).chmod(0o755)
        for name in (*VARIABLES, "PUBSUB_EMULATOR_HOST"):
            monkeypatch.setenv(name, "")  # so that variables set by a command are reset too
            monkeypatch.delenv(name)
        monkeypatch.setenv("VIVIDLY_HOME", folder)
        yield Path(folder)


def eventually(what: Callable[[], object], why: Callable[[], str]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, why()
        time.sleep(0.1)


def value(url: str, query: str) -> object:
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            found = connection.execute(text(query))
            return found.scalar() if found.returns_rows else None
    finally:
        engine.dispose()


# -- Postgres -------------------------------------------------------------------------------


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home / "postgres", fsync="off")
    yield server
    server.stop()


def modes(*places: Path) -> dict[Path, tuple[int, int]]:
    return {p: (p.stat().st_mode, p.stat().st_uid) for p in places}


def test_data_survives_a_stop_and_nothing_outside_is_touched(server: EmbeddedPostgres) -> None:
    around = [*server.root.parents, server._bin, *server._bin.parents]
    before = modes(*around)
    people = pwd.getpwall()
    url = server.start()
    value(url, "CREATE TABLE kept AS SELECT 42 AS n")
    pid = int((server.data / "postmaster.pid").read_text().split()[0])
    if Path("/proc").exists():
        owner = Path(f"/proc/{pid}").stat().st_uid
        assert owner == (pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid())
    server.stop()
    assert not server.running
    assert command_of(pid) == ""
    assert value(server.start(), "SELECT n FROM kept") == 42
    assert modes(*around) == before
    assert pwd.getpwall() == people


def test_a_restart_keeps_the_port_so_that_clients_find_it_again(server: EmbeddedPostgres) -> None:
    url = server.start()
    server.stop()
    assert server.start() == url


def test_the_server_of_a_killed_predecessor_is_ended(server: EmbeddedPostgres) -> None:
    url = server.start()
    value(url, "CREATE TABLE kept AS SELECT 42 AS n")
    pid = int((server.data / "postmaster.pid").read_text().split()[0])
    successor = EmbeddedPostgres(server.root, fsync="off")
    try:
        assert value(successor.start(), "SELECT n FROM kept") == 42
        eventually(lambda: not server.running, lambda: "the first server is still there")
        assert command_of(pid) == ""
    finally:
        successor.stop()


def test_a_stale_pid_file_ends_nobody(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    innocent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (server.data / "postmaster.pid").write_text(f"{innocent.pid}\n{server.data}\n")
        server._stop_orphan()
        assert innocent.poll() is None
    finally:
        innocent.communicate(b"\n")


def test_a_cluster_that_was_only_half_made_is_made_again(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    # The state after a kill in the middle of initdb: most files exist, some do not.
    server.data.rename(server.root / "data.new")
    shutil.rmtree(server.root / "data.new" / "base")
    assert value(server.start(), "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="root only: others may enter what is theirs")
def test_a_home_that_only_root_may_enter(home: Path) -> None:
    home.chmod(0o700)
    tried = subprocess.run(
        ["unshare", "--user", "--map-user=1000", "--map-group=1000", "true"], capture_output=True
    )
    if tried.returncode:
        with pytest.raises(SettingsError, match="may not enter"):
            EmbeddedPostgres(home / "postgres")
        return
    server = EmbeddedPostgres(home / "postgres", fsync="off")
    try:
        assert value(server.start(), "SELECT 1") == 1
    finally:
        server.stop()
    assert home.stat().st_mode & 0o777 == 0o700


def test_following_outlasts_a_database_that_is_away_for_a_moment(
    server: EmbeddedPostgres, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = make_engine(server.start())
    migrate(engine)
    sent = message()
    asked = request(**json.loads(sent.data))
    Ledger(engine, owner="test").submit(asked, sent, {})
    looked = threading.Event()
    rows: dict[str, object] = {}
    following = threading.Thread(
        target=lambda: rows.update(
            follow(Console(), engine, {asked.request_id: "it"}, tick=looked.set)
        ),
        daemon=True,
    )
    following.start()
    try:
        assert looked.wait(PATIENCE_S)
        server.stop()
        looked.clear()
        assert looked.wait(PATIENCE_S)  # it has checked at least once without success ...
        looked.clear()
        assert looked.wait(PATIENCE_S)
        value(server.start(), "UPDATE content_requests SET status = 'blocked'")
        following.join(PATIENCE_S)  # ... and still sees the end
        assert rows[asked.request_id]["status"] == "blocked"  # type: ignore[index]
    finally:
        engine.dispose()


# -- one stack at a time --------------------------------------------------------------------


def test_the_lock_goes_with_its_process_however_it_ends(home: Path) -> None:
    (home / "stack.json").write_text(
        json.dumps({"pid": os.getpid(), "database_url": "", "pubsub": "", "arguments": []})
    )
    assert state.running() is None  # only a file, even if it names a running process
    code = (
        "from beam_pipeline.local.state import lock; held = lock(); "
        "print('held', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    )
    assert holder.stdout is not None
    with holder:
        assert holder.stdout.readline() == b"held\n"
        assert state.running() is not None
        with pytest.raises(SettingsError, match=f"process {holder.pid}"):
            state.lock()
        holder.kill()
        holder.wait()
    assert state.running() is None
    state.lock().close()


def test_a_log_that_has_grown_large_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beam_pipeline.local.processes.MAX_LOG_BYTES", 10)
    log = tmp_path / "a.log"
    for word in ("first-and-long", "second", "third"):
        Child("echo", ["echo", word], log=log).process.wait()
    assert log.read_text() == "second\nthird\n"
    assert (tmp_path / "a.log.1").read_text() == "first-and-long\n"


# -- the whole stack ------------------------------------------------------------------------


def environment(home: Path, **changes: str) -> dict[str, str]:
    ours = {k: v for k, v in os.environ.items() if k != "PUBSUB_EMULATOR_HOST"}
    return {**ours, "PYTHONUNBUFFERED": "1", "VIVIDLY_HOME": str(home), **changes}


def ready(log: Path, up: subprocess.Popen[bytes]) -> None:
    eventually(lambda: "Ready" in log.read_text() or up.poll() is not None, log.read_text)
    assert up.poll() is None, log.read_text()


def ask(*options: str) -> tuple[int, dict]:
    ended = vividly(
        *("submit", "--query", "Explain photosynthesis", "--grade", "9", "--modality", "text"),
        *options,
        *("--wait", "--json"),
    )
    return ended.code, ended.json


@pytest.fixture
def requests_file(home: Path) -> Path:
    path = home / "mine.jsonl"
    twice = fields(student_query="What is gravity?")
    lines = [twice, fields(student_query="waves"), twice, fields(request_id="test-smoke-001")]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines) + "not json\n")
    return path


OUTCOME = {
    "1": "completed",
    "2": "clarification needed",
    "3": "duplicate",
    "4": "dead letter",
    "5": "dead letter",
}


def outcome(log: Path) -> dict[str, str]:
    """Line of the file -> its status in the table at the end."""
    table = log.read_text().rsplit("to text", 1)[1].split("Dead letters", 1)[0]
    statuses = ("completed", "clarification needed", "duplicate", "dead letter", "unknown")
    return {
        line.split()[0]: next(s for s in statuses if s in line)
        for line in table.splitlines()
        if line.strip() and line.split()[0].isdigit()
    }


@needs_proc
@pytest.mark.slow
def test_up_serves_and_mends_itself_and_a_kill_leaves_only_its_data(
    home: Path, requests_file: Path
) -> None:
    log = home / "up.log"
    with process("up", env=environment(home), log=log) as up:
        ready(log, up)
        eventually(lambda: "TOKEN=" in log.read_text(), log.read_text)
        address = re.search(r"http://\S+/", log.read_text())
        assert address, log.read_text()
        for role, sees in (("student", 404), ("teacher", 404), ("operator", 200)):
            token = re.search(rf"{role} +(\S+)", log.read_text())
            with httpx.Client(base_url=address[0]) as browser:
                browser.headers["Sec-Fetch-Site"] = "same-origin"
                assert browser.post("/sign-in", data={"token": token and token[1]}).is_redirect
                assert browser.get("/operations").status_code == sees
        code, row = ask("--interest", "basketball")
        assert (code, row["status"]) == (0, "completed")
        assert row["text"] == vividly("text", row["request_id"]).out
        assert row["text"].startswith(f"# {row['title']}")
        assert oct((home / "stack.json").stat().st_mode)[-3:] == "600"
        running = state.running()
        assert running is not None
        assert not any("postgresql://" in command for command in processes_of(home))

        resources, topic = Resources(), f"projects/{PROJECT}/topics/{REQUEST_TOPIC}"
        for bad in (b"kept", b"purged"):
            resources.publish(topic, bad, {})
        eventually(lambda: len(vividly("dlq", "list", "--json").json) == 2, log.read_text)
        letters = {one["data"]: one["id"] for one in vividly("dlq", "list", "--json").json}
        assert vividly("dlq", "purge", letters["purged"], "--yes").code == 0

        with process("up", env=environment(home), log=home / "second.log") as second:
            assert second.wait() == 2
        assert f"process {up.pid}" in (home / "second.log").read_text()

        (job,) = (p for p in children(up.pid) if "--stages=text" in command_of(p))
        os.kill(job, signal.SIGKILL)
        eventually(lambda: "text job died and is started again" in log.read_text(), log.read_text)
        code, row = ask("--interest", "chess")
        assert (code, row["status"]) == (0, "completed")

        # An old row whose message was lost: the stack publishes it again.
        forgotten = Ledger(make_engine(running.database_url), owner="test")
        lost = message(student_query="What is gravity?")
        forgotten.submit(parse_request(lost.data), lost, {})
        value(
            running.database_url,
            "UPDATE content_requests SET created_at = now() - interval '1 hour' "
            "WHERE status = 'pending'",
        )
        query = "SELECT count(*) FROM content_requests WHERE status = 'completed'"
        eventually(lambda: value(running.database_url, query) == 3, log.read_text)

        up.kill()
        up.wait()
    eventually(lambda: processes_of(home) == [], lambda: f"left behind: {processes_of(home)}")
    assert vividly("status").code == 2  # its file still exists, but no process serves it

    log = home / "run.log"
    with process("run", str(requests_file), env=environment(home), log=log) as run:
        assert run.wait() == 0, log.read_text()
    assert outcome(log) == OUTCOME
    assert processes_of(home) == []
    assert not (home / "stack.json").exists()
    kept = vividly("dlq", "list", "--from", str(home / "dead-letters.jsonl"), "--json").json
    assert kept[0]["id"] == letters["kept"], "also after a kill and another start"
    assert [one["data"] for one in kept[1:]].count("purged") == 0 and len(kept) == 3
    server = EmbeddedPostgres(home / "postgres")
    try:
        # Three lessons before the kill, one after it.
        query = "SELECT count(*) FROM content_requests WHERE status = 'completed'"
        assert value(server.start(), query) == 4
    finally:
        server.stop()


@needs_proc
@pytest.mark.slow
def test_up_uses_servers_that_are_given_and_leaves_them_running(
    home: Path, database_url: str, pubsub: str, requests_file: Path
) -> None:
    log = home / "up.log"
    assert pubsub  # its server is in the environment
    given = os.environ["PUBSUB_EMULATOR_HOST"]
    env = environment(home, DATABASE_URL=database_url, PUBSUB_EMULATOR_HOST=given)
    with process("up", env=env, log=log) as up:
        ready(log, up)
        assert len(children(up.pid)) == 3  # the two jobs and the API
        system = vividly("status", "--json").json
        assert [job["state"] for job in system["jobs"]] == ["ready", "ready"]
        assert {job["pid"] for job in system["jobs"]} < set(children(up.pid))
        # A running stack is used, even by a command that could start one.
        used = home / "run.log"
        with process("run", str(requests_file), env=env, log=used) as run:
            assert run.wait() == 0, used.read_text()
        assert f"Using the stack that is up in {home} (process {up.pid})" in used.read_text()
        assert outcome(used) == OUTCOME
        assert "# Gravity" in used.read_text(), "the answer itself"
        assert re.search(r"http://\S+/lessons/[0-9a-f-]{36}\s*$", used.read_text())
        assert up.poll() is None
        up.send_signal(signal.SIGTERM)
        assert up.wait() == 0
    assert log.read_text().endswith("Stopped.\n")
    assert processes_of(home) == []
    assert value(database_url, "SELECT 1") == 1


@needs_proc
@pytest.mark.slow
@pytest.mark.parametrize("kind", [OWN, EMULATOR])
def test_run_needs_no_java_unless_it_is_to_use_the_emulator(
    kind: str, home: Path, requests_file: Path
) -> None:
    log = home / "run.log"
    env = environment(home, VIVIDLY_PUBSUB=kind)
    if kind == OWN:
        (home / "no-java-here").mkdir()
        (home / "no-java-here" / "nice").symlink_to(shutil.which("nice") or "nice")
        env["PATH"] = str(home / "no-java-here")
    elif isinstance(found := find_emulator(), str):
        pytest.skip(found)
    with process("run", str(requests_file), env=env, log=log) as run:
        assert run.wait() == 0, log.read_text()
    said = log.read_text()
    assert ("for this machine alone" in said) == (kind == OWN)
    assert ("Google's emulator" in said) == (kind == EMULATOR)
    assert outcome(log) == OUTCOME
    letters = said.split("Dead letters", 1)[1]
    assert "the data is not JSON" in letters
    assert "Do you mean" in said
    end = said.rsplit("Stopping ...", 1)[1]
    assert "vividly text" in end and "vividly up" in end and "/lessons/" in end
    assert processes_of(home) == []


@needs_proc
@pytest.mark.slow
def test_an_interrupt_while_it_starts_leaves_nothing_running(
    home: Path, requests_file: Path
) -> None:
    log = home / "run.log"
    with process("run", str(requests_file), env=environment(home), log=log) as run:
        eventually(lambda: "Postgres: " in log.read_text(), log.read_text)
        # Python drops an interrupt that arrives while an object is being finalised; a user
        # then presses the keys again.
        for _ in range(3):
            run.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                run.wait(timeout=10)
                break
        assert run.wait() == 130, log.read_text()
    assert "Traceback" not in log.read_text()
    assert processes_of(home) == []


@pytest.mark.slow
def test_up_says_when_the_database_is_away(home: Path) -> None:
    log = home / "up.log"
    away = "postgresql://someone:s3cret-word@127.0.0.1:1/vividly"
    with process("up", env=environment(home, DATABASE_URL=away), log=log) as up:
        assert up.wait() == 2
    said = log.read_text()
    assert "database: it cannot be reached" in said
    assert "Traceback" not in said
    assert "s3cret" not in said
    assert processes_of(home) == []


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in found.split()]
