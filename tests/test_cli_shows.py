"""Output: whole words on a terminal of 80 columns, whole records in a pipe."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import Engine, text

from beam_pipeline.cli import display, requests, system, topics
from beam_pipeline.cli.follow import follow
from beam_pipeline.local import health, state
from beam_pipeline.local.health import Readiness
from tests.support.command_line import name_system, on, terminal, vividly
from tests.support.ledgers import (
    claim,
    start,
    subscribe,
)
from tests.support.requests import claimed, message, request
from vividly.execution.report import reports
from vividly.model.errors import SettingsError, TransientError
from vividly.model.ticket import Ticket
from vividly.platform.breaker import breaker_of
from vividly.platform.ledger import Ledger, queries
from vividly.platform.retry import RetryPolicy

WIDTH = 80
QUESTION = "Why does an extraordinarily long question about thermodynamics need several lines?"
LESSON = (
    "# Light [and shade]\n\n## Bending\n\n"
    + "It bends where it enters glass, and straightens where it leaves. " * 8
    + "\n\n## Sources\n\n- A book: its chapter on light, which has a long name (somebody, CC BY) "
    "<https://example.org/a/rather/long/address/that/must/not/be/broken/in/two/by/anyone>\n"
)
ERROR = "the voice is away: \x1b[2J it said\nnothing at all, for a rather long while " * 2


@pytest.fixture
def database(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The environment names a migrated, empty database."""
    name_system(monkeypatch, tmp_path, engine.url.render_as_string(hide_password=False))
    return engine


def told(engine: Engine, of: Ticket) -> dict[str, Any]:
    (found,) = reports(engine, [of.request.request_id])
    return found


def put_down(ledger: Ledger, of: Ticket, error: str = ERROR) -> None:
    start(ledger, of)
    assert ledger.schedule_retry(
        of, "speak", error, at_least=60, counted=True, policy=RetryPolicy()
    )


def completed(engine: Engine, tmp_path: Path, *, video: bool = True, **changes: Any) -> Ticket:
    """A request with a lesson whose files are in a folder with a long name, with a space."""
    ledger = Ledger(engine, owner="test")
    of = claimed(ledger, student_query=QUESTION, interest="falconry", **changes)
    ledger.stage_completed(
        of,
        "write_script",
        progress=40,
        seconds=1.5,
        retries=0,
        metadata={"interest_used": "everyday", "provider": "composer/4/1.5", "cost_usd": 0.001},
    )
    ledger.text_ready(of, LESSON)
    folder = tmp_path / ("a folder with a long name " * 3)
    folder.mkdir(exist_ok=True)
    urls = {}
    if video:
        path = folder / f"{of.request.request_id}.mp4"
        path.write_bytes(b"video")
        urls = {"video_url": path.as_uri(), "captions_url": path.with_suffix(".vtt").as_uri()}
    assert ledger.finish(of, "completed", message="", details=urls)
    return of


def assert_words_are_whole(shown: str, *texts: str) -> None:
    """Every line fits, but for one long word; and no word was broken at the edge."""
    for line in shown.splitlines():
        assert len(line) <= WIDTH or len(line.split()) <= 2, line
    squeezed = " ".join(shown.split())
    for wanted in texts:
        assert " ".join(wanted.split()) in squeezed, wanted


# -- a lesson ---------------------------------------------------------------------------------


def test_a_lesson_is_wrapped_at_words_on_a_terminal(database: Engine, tmp_path: Path) -> None:
    found = told(database, completed(database, tmp_path))
    screen = terminal(WIDTH)
    display.show_text(screen, found["text"])
    paragraph = "It bends where it enters glass, and straightens where it leaves."
    address = "<https://example.org/a/rather/long/address/that/must/not/be/broken/in/two/by/anyone>"
    assert_words_are_whole(
        on(screen), "Light [and shade]", "Bending", paragraph, "chapter on light"
    )
    assert "#" not in on(screen)
    assert f"\n  {address}\n" in on(screen), "whole, and under the words of its source"


def test_the_answer_itself_is_printed(database: Engine, tmp_path: Path) -> None:
    found = told(database, completed(database, tmp_path))
    screen = terminal(WIDTH)
    display.show_lesson(screen, found)
    shown = on(screen)
    assert_words_are_whole(
        shown.replace(display.place_of(found["urls"]["video"]), "VIDEO"),
        "Light [and shade]",
        "lesson Light [and shade]",
        "not met Nothing in this lesson is about falconry.",
        f"vividly open {found['request_id'][:8]}",
    )
    assert f"\n{display.place_of(found['urls']['video'])}\n" in shown, "on a line of its own, whole"


def test_an_answer_is_printed_with_its_questions(database: Engine) -> None:
    ledger = Ledger(database, owner="test")
    of = claimed(ledger)
    details = {"questions": ["This one, which is long? " * 6], "category": "vague"}
    message = "Which one do you mean? " * 8 + "\nCall 112."
    assert ledger.finish(of, "clarification_needed", message=message, details=details)
    screen = terminal(WIDTH)
    display.show_lesson(screen, told(database, of))
    assert_words_are_whole(on(screen), message, details["questions"][0])
    assert "\nCall 112.\n" in on(screen), "its lines stay its lines"
    assert "  • This one" in on(screen)


# -- a request ----------------------------------------------------------------------------------


def test_a_request_shows_the_question_the_attempts_and_why_it_waits(database: Engine) -> None:
    ledger = Ledger(database, owner="test")
    of = claimed(ledger, student_query=QUESTION)
    put_down(ledger, of)
    screen = terminal(WIDTH)
    display.show_request(screen, told(database, of))
    until = told(database, of)["waiting"]["until"][11:19]
    said = ERROR.replace("\x1b", "\ufffd")
    assert_words_are_whole(
        on(screen),
        QUESTION,
        f"waits speak: {said}; tried again at {until} UTC",
        "put down in speak",
    )
    assert "\x1b[2J" not in screen.file.getvalue()  # type: ignore[attr-defined]


def test_requests_show_the_question_and_why_they_wait(database: Engine) -> None:
    ledger = Ledger(database, owner="test")
    of = claimed(ledger, student_query=QUESTION)
    put_down(ledger, of)
    screen = terminal(WIDTH)
    display.show_requests(screen, [told(database, of)])
    shown = on(screen)
    assert all(len(line.rstrip()) <= WIDTH for line in shown.splitlines())
    assert "Why does an extraordinarily l…" in shown, "cut, and marked as cut"
    assert "waits: speak: the voice is aw…" in shown
    assert "generating 50 %" in shown


@pytest.mark.parametrize("command", ["requests", "status"])
def test_a_pipe_gets_one_record_a_line(database: Engine, tmp_path: Path, command: str) -> None:
    ledger = Ledger(database, owner="test")
    of = [completed(database, tmp_path), claimed(ledger, student_query=QUESTION)]
    put_down(ledger, of[1])
    shown = vividly(command).out
    assert "\x1b" not in shown
    assert not any(line.endswith(" ") for line in shown.splitlines())
    if command == "requests":
        header, *rows = shown.splitlines()
        assert header.split()[:2] == ["request_id", "created_at"]
        assert [row.split()[0] for row in rows] == [o.request.request_id for o in of[::-1]]
        assert [row.split()[2] for row in rows] == ["generating", "completed"]
        assert all(QUESTION in row for row in rows)
        assert "it said nothing at all" in rows[0]
    paths = vividly("status", of[0].request.request_id).out
    path = display.place_of(told(database, of[0])["urls"]["video"])
    assert f"video      {path}\n" in paths, "unbroken"


def test_a_pipe_is_one_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    piped = display.console()
    assert not piped.is_terminal
    assert piped.width == display.PIPED_WIDTH


# -- following ------------------------------------------------------------------------------------


@pytest.mark.parametrize("live", [True, False])
def test_following_says_why_a_request_waits(database: Engine, live: bool) -> None:
    ledger = Ledger(database, owner="test")
    of = claimed(ledger, student_query="What is light?")
    put_down(ledger, of, "the disk of /lessons is full; free some space")
    looks = []

    def tick() -> None:
        looks.append(1)
        if len(looks) == 3:
            with database.begin() as connection:
                connection.execute(text("UPDATE content_requests SET next_attempt_at = '2020-1-1'"))
            assert claim(ledger, of).result == "claimed"
            again = replace(of, attempt=2)
            start(ledger, again)
            ledger.record_stage_error(again, "speak", "the voice [is] away")
        if len(looks) == 6:
            ledger.cancel(of.request.request_id, by="test")

    console = terminal(WIDTH) if live else Console(file=io.StringIO(), width=10_000)
    follow(console, database, {of.request.request_id: "What is light?"}, tick=tick)
    shown = on(console)
    flat = " ".join(shown.split())
    waits = (
        "What is light?: waits: speak: the disk of /lessons is full; free some space; tried again"
    )
    assert flat.count(waits) == 1, "said once for each time that it is put down"
    assert "waits: the voice [is] away; it is tried again meanwhile" in flat
    if live:
        assert all(len(line.rstrip()) <= WIDTH for line in shown.splitlines())


def test_one_that_no_job_begins_says_so(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beam_pipeline.cli.follow.TOLD_AFTER_S", 0.0)
    sent = message()
    asked = request(**json.loads(sent.data))
    Ledger(database, owner="test").submit(asked, sent, {})
    console = Console(file=io.StringIO(), width=10_000)
    follow(console, database, {asked.request_id: "it"}, patience=0.1)
    assert "it: waits: no job has begun it, since" in on(console)


# -- opening ------------------------------------------------------------------------------------


@pytest.fixture
def screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal with a screen, whose viewer records what it should open."""
    viewer = tmp_path / "bin" / "xdg-open"
    viewer.parent.mkdir()
    viewer.write_text(
        f'#!/bin/sh\nprintf %s "$1" > "{tmp_path}/new"\nmv "{tmp_path}/new" "{tmp_path}/opened"\n'
    )
    viewer.chmod(viewer.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{viewer.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(requests.sys, "platform", "linux")
    out = terminal(WIDTH)
    monkeypatch.setattr(requests, "out", out)
    return out


def test_open_opens_the_video_where_there_is_a_screen(
    database: Engine, tmp_path: Path, screen: Console
) -> None:
    of = completed(database, tmp_path)
    place = display.place_of(told(database, of)["urls"]["video"])
    assert vividly("open", of.request.request_id[:8]).code == 0
    while not (tmp_path / "opened").exists():
        pass
    assert (tmp_path / "opened").read_text() == place
    assert place in on(screen)


def test_open_prints_the_path_where_there_is_no_screen_and_in_a_pipe(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = completed(database, tmp_path)
    place = display.place_of(told(database, of)["urls"]["video"])
    monkeypatch.setattr(requests.subprocess, "Popen", None)
    monkeypatch.setenv("DISPLAY", ":0")
    assert vividly("open", of.request.request_id).out == f"{place}\n"
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(requests.sys, "platform", "linux")
    out = terminal(WIDTH)
    monkeypatch.setattr(requests, "out", out)
    assert vividly("open", of.request.request_id).code == 0
    assert on(out) == f"{place}\n"


def test_open_says_what_there_is_not(database: Engine, tmp_path: Path) -> None:
    text_alone = completed(database, tmp_path, video=False)
    ended = vividly("open", text_alone.request.request_id)
    assert ended.code == 3
    assert "has no video; read it with `vividly text" in " ".join(ended.err.split())
    gone = completed(database, tmp_path)
    Path(display.place_of(told(database, gone)["urls"]["video"])).unlink()
    ended = vividly("open", gone.request.request_id)
    assert ended.code == 3
    assert "is not there any more" in ended.err
    with database.begin() as connection:
        query = text("UPDATE content_requests SET video_url = 'gs://lessons/videos/a.mp4'")
        connection.execute(query)
    assert vividly("open", gone.request.request_id).out == "gs://lessons/videos/a.mp4\n"


# -- topics -------------------------------------------------------------------------------------


@pytest.fixture
def ingested(database: Engine) -> Engine:
    """A database with a topic of an ingested book."""
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO documents (key, corpus, book, title, licence, attribution, position, "
                "digest) VALUES ('k', 'openstax-physics', 'Physics', 'Forces', 'CC', 'O', 1, 'd')"
            )
        )
        connection.execute(
            text(
                "INSERT INTO topics (id, corpus, document_key, title, subject, grade_low, "
                "grade_high) VALUES ('openstax-physics/m1', 'openstax-physics', 'k', "
                "'Normal [forces]', 'physics', 9, 12)"
            )
        )
    return database


def test_topics_are_those_that_ship_and_those_that_were_ingested(ingested: Engine) -> None:
    lines = [json.loads(line) for line in vividly("topics", "--json").out.splitlines()]
    by_id = {one["topic_id"]: one for one in lines}
    assert by_id["openstax-physics/m1"] == {
        "topic_id": "openstax-physics/m1",
        "title": "Normal [forces]",
        "subject": "physics",
        "grade_low": 9,
        "grade_high": 12,
        "language": "en",
        "corpus": "openstax-physics",
    }
    assert by_id["photosynthesis"]["corpus"] == "vividly"
    physics = vividly("topics", "--subject", "physics", "--language", "en-US").out.splitlines()
    assert physics[0].split() == ["subject", "grades", "language", "from", "topic"]
    assert {line.split()[0] for line in physics[1:]} == {"physics"}
    assert {line.split()[2] for line in physics[1:]} == {"en"}
    assert any("Normal [forces]" in line for line in physics)
    wrong = vividly("topics", "--subject", "alchemy")
    assert wrong.code == 2
    assert "choose one of biology, chemistry" in " ".join(wrong.err.split())
    assert vividly("topics", "--language", "tlh").code == 3


def test_topics_need_no_system_and_fit_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name_system(monkeypatch, tmp_path, "")
    out = terminal(WIDTH)
    monkeypatch.setattr(topics, "out", out)
    ended = vividly("topics")
    assert ended.code == 0
    assert "No system is up" in ended.err
    assert all(len(line.rstrip()) <= WIDTH for line in on(out).splitlines())
    assert "Photosynthesis" in on(out)


# -- the system ---------------------------------------------------------------------------------


def test_status_tells_how_a_system_elsewhere_is_as_far_as_its_database_knows(
    database: Engine,
) -> None:
    ledger = Ledger(database, owner="worker-7:42")
    start(ledger, claimed(ledger), stage="render")
    subscribe(ledger, claimed(ledger))
    for _ in range(RetryPolicy.circuit_failures):
        with pytest.raises(TransientError), breaker_of("Gemini").call():
            raise TransientError("away")
    with pytest.raises(TransientError) as refused, breaker_of("Gemini").call():
        pass
    waits = claimed(ledger, student_query=QUESTION)
    put_down(ledger, waits, str(refused.value))
    sent = message()
    ledger.submit(request(**json.loads(sent.data)), sent, {})
    with database.begin() as connection:
        connection.execute(
            text("UPDATE content_requests SET created_at = now() - interval '90 s' WHERE id = :id"),
            {"id": waits.request.request_id},
        )
    found = vividly("status", "--json").json
    assert found["requests"] == {"generating": 3, "pending": 1}
    assert {row["stage"]: (row["waiting"], row["at_work"]) for row in found["backlog"]} == {
        "claim": (1, 0),
        "speak": (2, 0),
        "render": (0, 1),
    }
    assert 90 <= found["lag_seconds"] < 900
    assert found["open_circuits"] == ["Gemini"]
    assert found["workers"] == {"worker-7:42": 1}
    assert found["waiting"][0]["request_id"] == waits.request.request_id
    assert found["waiting"][0].keys() == told(database, waits).keys(), "the one shape"
    assert (found["version"], found["jobs"], found["schema_lacks"]) == (None, [], [])
    piped = [line for line in vividly("status").out.splitlines() if QUESTION in line]
    assert len(piped) == 1
    assert "waits: speak: Gemini failed" in piped[0]
    screen = terminal(WIDTH)
    system.show_system(screen, found)
    assert_words_are_whole(
        on(screen),
        QUESTION,
        "open: Gemini",
        "that of the jobs is not known from here",
        "`gcloud dataflow jobs list --status=active`",
        "s of the oldest; 3 wait, 1 at work",
    )


def test_status_tells_what_a_schema_lacks(database: Engine) -> None:
    with database.begin() as connection:
        before = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = vividly("status", "--json").json
    assert before in found["schema_lacks"]
    assert "vividly verify --create" in vividly("status").out


@pytest.fixture
def stack(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What `status` reads of a running stack: its file, its lock, a text job's health.

    Yields a path: while a file exists there, the job lacks its subscription.
    """
    url = engine.url.render_as_string(hide_password=False)
    name_system(monkeypatch, tmp_path, "")
    monkeypatch.setenv("VIVIDLY_HOME", str(tmp_path))
    monkeypatch.setattr(health, "FRESH_S", 0.0)
    gone = tmp_path / "gone"

    def subscription() -> None:
        if gone.exists():
            raise SettingsError("the subscription is gone")

    server = health.serve(0, Readiness({"subscription": subscription}), host="127.0.0.1")
    (tmp_path / "logs").mkdir()
    state.tell_ready(state.ready_file("text"), f"127.0.0.1:{server.server_port}")
    up = state.Running(7, url, "127.0.0.1:1", [], "0.0.9")
    with state.lock():
        (tmp_path / "stack.json").write_text(json.dumps(asdict(up)))
        yield gone
    server.shutdown()
    server.server_close()


def test_status_asks_the_jobs_of_a_local_stack(stack: Path) -> None:
    found = vividly("status", "--json").json
    text_job, media_job = found["jobs"]
    assert (text_job["state"], text_job["pid"]) == ("ready", os.getpid())
    assert media_job["state"] == "starting"
    assert found["version"] == "0.0.9"
    assert found["stack"]["pid"] == 7
    assert found["disk_free_bytes"] > 0
    for _ in range(RetryPolicy.circuit_failures):
        with pytest.raises(TransientError), breaker_of("the voice").call():
            raise TransientError("away")
    stack.touch()
    found = vividly("status", "--json").json
    assert found["jobs"][0]["state"] == "not ready"
    assert found["jobs"][0]["problems"] == {"subscription": "the subscription is gone"}
    assert found["open_circuits"] == ["the voice"]
    shown = vividly("status").out
    assert "not ready" in shown
    assert "subscription: the subscription is gone" in shown
    assert "0.0.9 of the stack" in shown


def test_a_job_that_is_gone_is_told(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state.os, "getpid", lambda: 2**22 - 1)  # of no process
    state.tell_ready(state.ready_file("media"), "127.0.0.1:1")
    media = vividly("status", "--json").json["jobs"][1]
    assert media["state"] == "gone, and is started again"


def test_an_empty_database_has_nothing_to_tell(database: Engine) -> None:
    assert queries.last_event(database) is None
    assert queries.backlog(database) == []
    assert reports(database, []) == []
