"""The commands, against a real database and Pub/Sub."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import types
import uuid
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import Engine, text

from beam_pipeline import __main__ as entry
from beam_pipeline.cli import dead_letters, display, dlq, jobs, requests, topics, verify
from beam_pipeline.cli.follow import follow
from beam_pipeline.pubsub import Resources
from tests.support.command_line import (
    ROOT,
    VARIABLES,
    Ended,
    name_system,
    on,
    terminal,
    vividly,
)
from tests.support.requests import claimed, fields, message, request
from vividly.execution.failures import ticket_failure
from vividly.execution.report import reports
from vividly.model.errors import PermanentError
from vividly.platform.ledger import Ledger, queries
from vividly.platform.ledger.engine import make_engine

AWAY = "postgresql://someone:s3cret-word@127.0.0.1:1/vividly"


@pytest.fixture
def database(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The environment names a migrated, empty database."""
    name_system(monkeypatch, tmp_path, engine.url.render_as_string(hide_password=False))
    return engine


@pytest.fixture
def project(pubsub: str, database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment names a database and a project with all topics and subscriptions."""
    monkeypatch.setenv("GCP_PROJECT_ID", pubsub)
    monkeypatch.setattr(dead_letters, "PULL_S", 0.5)  # the emulator is local
    resources = Resources()
    for topic in ("content-generation-requests", "content-requests-dev-dlq"):
        resources.check_topic(f"projects/{pubsub}/topics/{topic}", create=True)
    for name, topic in (
        ("content-generation-worker-sub", "content-generation-requests"),
        ("content-requests-dev-dlq-sub", "content-requests-dev-dlq"),
    ):
        resources.check_subscription(
            f"projects/{pubsub}/subscriptions/{name}",
            topic=f"projects/{pubsub}/topics/{topic}",
            create=True,
        )
    resources.close()
    return pubsub


def submitted(engine: Engine, **changes: object) -> str:
    """The id of a pending request."""
    sent = message(**changes)
    asked = request(**(json.loads(sent.data)))
    Ledger(engine, owner="test").submit(asked, sent, {})
    return asked.request_id


def fail(engine: Engine, request_id: str) -> None:
    ledger = Ledger(engine, owner="test")
    ticket = claimed(ledger, request_id=request_id)
    error = PermanentError("there is [no] such thing")
    ledger.fail(ticket_failure(error, stage="understand", ticket=ticket))


def published(project: str) -> list[bytes]:
    name = f"projects/{project}/subscriptions/content-generation-worker-sub"
    return [m.data for m in Resources().pull(name, limit=10, wait=1.0)]


def bury(project: str, *found: tuple[bytes, dict[str, str]]) -> None:
    resources = Resources()
    for data, attributes in found:
        topic = f"projects/{project}/topics/content-requests-dev-dlq"
        resources.publish(topic, data, {f"dlq_{k}": v for k, v in attributes.items()})


# -- help -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "function"),
    [
        ("up", jobs.up),
        ("run", jobs.run),
        ("submit", requests.submit),
        ("status", requests.status),
        ("watch", requests.watch),
        ("requests", requests.list_requests),
        ("text", requests.text),
        ("open", requests.open_lesson),
        ("topics", topics.topics),
        ("dlq list", dlq.list_letters),
        ("dlq show", dlq.show),
        ("verify", verify.verify),
    ],
)
def test_help_keeps_its_examples_as_they_are_written(
    command: str, function: types.FunctionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    shown = vividly(*command.split(), "--help")
    assert shown.code == 0
    assert all(len(line) <= 80 for line in shown.out.splitlines())
    written = (function.__doc__ or "").split("[bold]Examples[/]\n")[1].rstrip()
    examples = [line.removeprefix("    ") for line in written.splitlines()]
    assert examples[0].startswith("  ")
    lines = [line[1:].rstrip() for line in shown.out.splitlines()]
    at = lines.index(examples[0])
    assert lines[at : at + len(examples)] == examples


def test_ctrl_c_while_loading_ends_quietly(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    loading = types.ModuleType("beam_pipeline.cli.app")
    loading.main = interrupted  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "beam_pipeline.cli.app", loading)
    with pytest.raises(SystemExit) as ended:
        entry.main()
    assert ended.value.code == 130


def test_asking_the_database_needs_neither_beam_nor_google() -> None:
    code = (
        "import sys; from beam_pipeline.cli import app; from beam_pipeline.cli.context import "
        "Context; Context().engine; "
        "print([m for m in ('apache_beam', 'google.cloud.pubsub') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"DATABASE_URL": AWAY},
        check=True,
    )
    assert done.stdout.strip() == "[]"


# -- which system ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", ["status", "requests", "watch abc", "dlq list", "submit --query why? --grade 3"]
)
def test_without_a_system_each_command_says_how_to_get_one(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIVIDLY_HOME", str(tmp_path))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    ended = vividly(*command.split())
    assert ended.code == 2
    assert "vividly up" in ended.err
    assert "DATABASE_URL" in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("command", ["status", "requests --json", "watch abc"])
def test_a_database_that_is_away_is_named_without_its_password(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_system(monkeypatch, tmp_path, AWAY)
    ended = vividly(*command.split())
    assert ended.code == 1
    assert "127.0.0.1:1/vividly" in ended.err
    assert "s3cret" not in ended.err + ended.out
    assert ended.out == ""


# -- submit ---------------------------------------------------------------------------------


def submit(*options: str, query: str = "Why is the sky [blue]?") -> Ended:
    return vividly("submit", "--query", query, "--grade", "5", *options)


def test_submit_writes_the_pending_row_and_publishes(project: str, database: Engine) -> None:
    ended = submit("--modality", "text", "--interest", "kites", "--json")
    assert ended.code == 0
    request_id = ended.json["request_id"]
    assert uuid.UUID(request_id).version == 4
    assert (ended.json["status"], ended.json["interest"]) == ("pending", "kites")
    assert ended.json["waiting"]["why"] == "not_begun"
    row = queries.by_id(database, [request_id])[request_id]
    assert (row["status"], row["progress_percentage"], row["grade_level"]) == ("pending", 0, 5)
    (sent,) = map(json.loads, published(project))
    assert sent["request_id"] == request_id
    assert sent["student_query"] == "Why is the sky [blue]?"
    assert sent["requested_modalities"] == ["text"]
    assert sent["interest"] == "kites"
    assert sent["environment"] == "dev"


def test_a_request_has_one_shape_everywhere(project: str, database: Engine) -> None:
    sent = submit("--modality", "text", "--json").json
    request_id = sent["request_id"]
    fail(database, submitted(database))
    told = {
        "submit": sent,
        "status": vividly("status", request_id[:8], "--json").json,
        "requests": json.loads(vividly("requests", "--json").out.splitlines()[-1]),
        "status of the system": vividly("status", "--json").json["waiting"][0],
        "cancel": vividly("cancel", request_id, "--json").json,
        "watch": vividly("watch", request_id, "--json").json,
    }
    assert {one["request_id"] for one in told.values()} == {request_id}
    assert {tuple(one) for one in told.values()} == {tuple(sent)}
    assert not any("id" in one for one in told.values()), "the id has one name"
    unchanged = {k: v for k, v in sent.items() if k != "stages"}
    assert {**told["status"], "stages": []} == {**unchanged, "stages": []}
    assert told["watch"] == told["cancel"]


def test_submit_follows_up_a_request_of_the_same_student(project: str, database: Engine) -> None:
    first = submit("--modality", "text", "--json").json["request_id"]
    ended = submit("--follow-up-to", first[:8], query="Why is that?")
    assert ended.code == 0
    assert json.loads(published(project)[-1])["follow_up_to"] == first
    refused = submit("--follow-up-to", first, "--student", "somebody-else", query="why?")
    assert (refused.code, "--student cli-student" in refused.err) == (2, True)
    assert submit("--follow-up-to", "ffffffff", query="why?").code == 3
    assert len(queries.recent(database, limit=9)) == 2


def test_submit_names_all_faults_and_leaves_nothing_behind(project: str, database: Engine) -> None:
    ended = vividly(
        *("submit", "--query", "?", "--grade", "99", "--modality", "smell", "--language", "!!")
    )
    assert ended.code == 2
    for option in ("--query", "--grade", "--modality", "--language"):
        assert f"{option}: " in ended.err
    assert queries.counts(database) == {}
    assert published(project) == []


def test_submit_without_its_topic_says_what_is_recorded(
    pubsub: str, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCP_PROJECT_ID", pubsub)
    ended = submit()
    assert ended.code == 2
    assert f"projects/{pubsub}/topics/content-generation-requests does not exist" in ended.err
    assert "verify --create" in ended.err
    (row,) = queries.recent(database, limit=2)
    assert row["status"] == "pending"
    assert row["id"] in ended.err


def test_submit_without_a_project_writes_no_row(database: Engine) -> None:
    ended = submit()
    assert ended.code == 2
    assert "GCP_PROJECT_ID" in ended.err
    assert queries.counts(database) == {}


# -- status, requests, watch ----------------------------------------------------------------


def test_status_counts(database: Engine) -> None:
    assert vividly("status").out.endswith("No requests.\n")
    assert vividly("status", "--json").json["requests"] == {}
    submitted(database)
    submitted(database)
    fail(database, submitted(database))
    assert vividly("status", "--json").json["requests"] == {"pending": 2, "failed": 1}
    assert "pending" in vividly("status").out


def test_status_of_one_request_is_found_by_the_beginning_of_its_id(database: Engine) -> None:
    failed = submitted(database, request_id="aaaa1111-0000-4000-8000-000000000000")
    submitted(database, request_id="aaaa2222-0000-4000-8000-000000000000")
    fail(database, failed)
    found = vividly("status", "AAAA1", "--json").json
    assert found["request_id"] == failed
    assert found["status"] == "failed"
    assert found["stages"][0]["stage_name"] == "understand"
    assert "failed" in [e["event_type"] for e in found["events"]]
    shown = vividly("status", failed)
    assert shown.code == 0
    assert "there is [no] such thing" in shown.out
    several = vividly("status", "aaaa")
    assert several.code == 3
    assert "several requests begin with aaaa" in several.err
    unknown = vividly("status", str(uuid.uuid4()))
    assert unknown.code == 3
    assert "there is no request" in unknown.err
    assert vividly("status", "%").code == 3
    assert vividly("status", "").code == 2


def test_the_text_is_printed_as_it_is_into_a_pipe(database: Engine) -> None:
    request_id = submitted(database)
    early = vividly("text", request_id)
    assert early.code == 3
    assert "has no text (not yet)" in early.err
    with database.begin() as connection:
        connection.execute(
            text("UPDATE content_requests SET script_text = :t, text_ready_at = now()"),
            {"t": "# Light\n\nIt bends [here]."},
        )
    assert vividly("text", request_id[:8]).out == "# Light\n\nIt bends [here].\n"


def test_requests_lists_the_newest_first(database: Engine) -> None:
    ids = [submitted(database) for _ in range(3)]
    fail(database, ids[1])

    def listed(*options: str) -> list[str]:
        lines = vividly("requests", *options, "--json").out.splitlines()
        return [json.loads(line)["request_id"] for line in lines]

    assert listed() == ids[::-1]
    assert listed("--limit", "1") == ids[2:]
    assert listed("--status", "failed") == [ids[1]]
    assert vividly("requests", "--status", "blocked").out.strip() == "No requests."
    wrong = vividly("requests", "--status", "nope")
    assert wrong.code == 2
    assert "choose one of pending," in wrong.err
    assert vividly("requests", "--limit", "-3").code == 2


@pytest.mark.parametrize("width", [80, 120, 200])
def test_tables_fit_the_terminal(database: Engine, width: int) -> None:
    ids = []
    for status in ("clarification_needed", "failed"):
        request_id = submitted(database, student_query="Why " * 100)
        ids.append(request_id)
        with database.begin() as connection:
            connection.execute(
                text("UPDATE content_requests SET status = :s, error_message = :e WHERE id = :id"),
                {"s": status, "e": "a long error " * 20, "id": request_id},
            )
    console = terminal(width)
    display.show_requests(console, reports(database, ids))
    shown = on(console)
    assert all(len(line.rstrip()) <= width for line in shown.splitlines())
    assert "clarification needed" in shown  # whole, not cut
    assert request_id[:8] in shown
    assert "a long error" in shown


def test_watch_ends_as_the_request_did(database: Engine) -> None:
    answered, failed = submitted(database), submitted(database)
    fail(database, failed)
    with database.begin() as connection:
        connection.execute(
            text(
                "UPDATE content_requests SET status = 'clarification_needed', request_metadata = "
                """'{"answer": {"message": "Which one?", "questions": ["This one?"]}}' """
                "WHERE id = :id"
            ),
            {"id": answered},
        )
    asked_back = vividly("watch", answered)
    assert asked_back.code == 0
    assert "Which one?" in asked_back.out
    assert "This one?" in asked_back.out
    went_wrong = vividly("watch", failed)
    assert went_wrong.code == 1
    assert "there is [no] such thing" in went_wrong.out
    as_json = vividly("watch", failed, "--json")
    assert as_json.code == 1
    assert as_json.json["status"] == "failed"
    assert vividly("watch", "ffff").code == 3


def test_a_request_that_gets_no_further_is_left_alone(database: Engine) -> None:
    request_id = submitted(database)
    rows = follow(Console(file=io.StringIO()), database, {request_id: "it"}, patience=0.1)
    assert rows[request_id]["status"] == "pending"


@pytest.mark.parametrize("width", [80, 160])
def test_a_terminal_shows_a_bar_per_request_that_fits(database: Engine, width: int) -> None:
    labels = {submitted(database): f"{n} a question [that] is rather long" for n in range(3)}
    with database.begin() as connection:
        connection.execute(text("UPDATE content_requests SET status = 'clarification_needed'"))
    screen = terminal(width)
    follow(screen, database, labels)
    lines = [line for line in on(screen).splitlines() if line.strip()]
    assert all(len(line.rstrip()) <= width for line in lines)
    assert sum("clarification needed" in line for line in lines[-3:]) == 3
    assert all("100%" in line for line in lines[-3:])


def test_a_pipe_gets_lines_instead_of_bars(database: Engine) -> None:
    request_id = submitted(database)
    fail(database, request_id)
    console = Console(file=io.StringIO(), width=80)
    follow(console, database, {request_id: "the [first] one"})
    (line,) = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert line.endswith("the [first] one: failed")


@pytest.mark.parametrize("command", ["status", "requests --json"])
def test_a_reader_that_goes_away_gets_no_traceback(database: Engine, command: str) -> None:
    submitted(database)
    reader = subprocess.Popen(
        [sys.executable, "-m", "beam_pipeline", *command.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert reader.stdout is not None
    assert reader.stderr is not None
    reader.stdout.close()
    assert reader.stderr.read() == ""
    reader.stderr.close()
    assert reader.wait() == 1


# -- dlq ------------------------------------------------------------------------------------

LETTERS = [
    (b"not json", {"reason": "invalid", "stage": "validate", "failed_at": "2026-01-01T00:00:01Z"}),
    (
        b'{"n": 2}',
        {
            "reason": "permanent",
            "stage": "render",
            "failed_at": "2026-01-01T00:00:02Z",
            "request_id": "aaaa1111-0000-4000-8000-000000000000",
            "error_message": "no [room] left \x1b[2J",
        },
    ),
    (b"\xff\x1b[31m", {"reason": "invalid", "failed_at": "2026-01-01T00:00:03Z"}),
]


def test_looking_at_dead_letters_takes_nothing_away(project: str) -> None:
    assert vividly("dlq", "list").out.strip() == "No dead letters."
    bury(project, *reversed(LETTERS))
    first = vividly("dlq", "list", "--json")
    assert first.code == 0
    assert [letter["data_base64"] for letter in first.json] == [
        "bm90IGpzb24=",
        "eyJuIjogMn0=",
        "/xtbMzFt",
    ]
    assert vividly("dlq", "list", "--json").json == first.json
    listed = vividly("dlq", "list", "--reason", "permanent").out
    ids = [letter["id"] for letter in first.json]
    assert len(set(ids)) == 3
    assert listed.splitlines()[-1].split()[:2] == [ids[1], "aaaa1111-0000-4000-8000-000000000000"]
    assert len(vividly("dlq", "list", "--limit", "2", "--json").json) == 2
    assert "1 more" in vividly("dlq", "list", "--limit", "2").out


def test_a_dead_letter_is_shown_by_its_id_or_its_requests(project: str) -> None:
    named = [(data, {"id": f"{n:04}cafe0000", **own}) for n, (data, own) in enumerate(LETTERS)]
    bury(project, *named)
    by_id = vividly("dlq", "show", "0001cafe0000", "--json")
    assert by_id.json[0]["data"] == '{"n": 2}'
    assert by_id.json == vividly("dlq", "show", "0001", "--json").json
    assert by_id.json == vividly("dlq", "show", "aaaa1111", "--json").json
    assert by_id.json == vividly("dlq", "list", "AAAA", "--json").json
    shown = vividly("dlq", "show", "0001cafe0000")
    assert "no [room] left" in shown.out
    assert '{"n": 2}' in shown.out
    # A message must not be able to send control codes to the operator's terminal.
    assert "\x1b" not in shown.out + vividly("dlq", "show", "0002").out + vividly("dlq", "list").out
    for command in ("list", "show", "replay", "purge"):
        ended = vividly("dlq", command, "0001", "bbbb", "cccc")
        assert ended.code == 3
        assert "there is no dead letter bbbb, cccc" in ended.err
        short = vividly("dlq", command, "1")
        assert short.code == 2
        assert "at least 4 characters" in short.err


def test_dead_letters_without_their_subscription(
    pubsub: str, database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCP_PROJECT_ID", pubsub)
    ended = vividly("dlq", "list")
    assert ended.code == 2
    assert "content-requests-dev-dlq-sub does not exist" in ended.err


# -- small things ---------------------------------------------------------------------------


def test_lines_that_run_reads_keep_duplicates_and_faults(tmp_path: Path) -> None:
    from beam_pipeline.cli.demo import read_lines

    twice = json.dumps(fields())
    other = json.dumps(fields(environment="prod"))
    path = tmp_path / "requests.jsonl"
    path.write_text(f"{twice}\n\nnot json\n{twice}\n{other}\n")
    lines = read_lines(path, keep_ids=False)
    assert [line.number for line in lines] == [1, 3, 4, 5]
    assert lines[0].request_id == lines[2].request_id != json.loads(twice)["request_id"]
    assert lines[1].request_id is lines[3].request_id is None
    assert lines[1].data == b"not json"
    kept = read_lines(path, keep_ids=True)
    assert kept[0].request_id == json.loads(twice)["request_id"]


def test_up_says_what_it_needs_before_it_starts_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("VIVIDLY_HOME", str(home))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("VIVIDLY_PUBSUB", "emulator")
    monkeypatch.setattr(jobs.signal, "signal", lambda *_: None)
    ended = vividly("up")
    assert ended.code == 2
    assert "Install Java 11" in ended.err and "unset VIVIDLY_PUBSUB" in ended.err
    assert not home.exists()


@pytest.mark.parametrize("content", [None, "", "\n \n"])
def test_run_refuses_a_file_without_requests_before_it_starts_anything(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("VIVIDLY_HOME", str(home))
    monkeypatch.setattr(jobs.signal, "signal", lambda *_: None)
    path = tmp_path / "requests.jsonl"
    if content is not None:
        path.write_text(content)
    ended = vividly("run", str(path))
    assert ended.code == 2
    assert "requests.jsonl" in ended.err
    assert not home.exists()


def test_an_unmigrated_database_is_an_error_not_a_traceback(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_system(monkeypatch, tmp_path, f"{postgres}/postgres")
    ended = vividly("status")
    assert ended.code == 1
    assert "content_requests" in ended.err
    make_engine(f"{postgres}/postgres").dispose()
