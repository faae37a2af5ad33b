"""Dead letters in a file, from a job without Pub/Sub, and running them again."""

from __future__ import annotations

import base64
import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apache_beam as beam
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from sqlalchemy import Engine

from beam_pipeline.cli.dead_letters import held_dead_letters
from beam_pipeline.local import state
from tests.support.bundles import Fed
from tests.support.command_line import VARIABLES, process, vividly
from tests.support.project import Project
from tests.support.requests import claimed, fields
from transforms.messages import AppendDoFn
from vividly.execution.failures import dead_letter_attributes, ticket_failure
from vividly.model.errors import PermanentError, SettingsError
from vividly.model.message_file import append, append_line, read
from vividly.platform.ledger import Ledger, queries
from vividly.platform.ledger.engine import make_engine
from vividly.platform.ledger.purge import MARK


def letters_file(path: Path, *data: bytes, **attributes: str) -> Path:
    own = {"dlq_failed_at": "2026-01-01T00:00:00Z", "dlq_stage": "speak"} | attributes
    records = [{"data": base64.b64encode(d).decode(), "attributes": own} for d in data]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_letters_in_a_file_need_no_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("VIVIDLY_HOME", str(tmp_path / "no-stack-here"))
    one, two = json.dumps(fields()).encode(), json.dumps(fields()).encode()
    source = str(letters_file(tmp_path / "letters.jsonl", one, two))
    to = tmp_path / "again.jsonl"
    first, second = vividly("dlq", "list", "--from", source, "--json").json
    assert {first["data"], second["data"]} == {one.decode(), two.decode()}
    assert vividly("dlq", "show", second["id"][:6], "--from", source, "--json").json == [second]
    assert vividly("dlq", "replay", "--from", source).code == 2, "where to?"
    assert vividly("dlq", "replay", "--from", source, "--to", source).code == 2, "onto itself"
    assert vividly("dlq", "replay", "--from", str(tmp_path / "none"), "--to", str(to)).code == 2
    to.write_bytes(b"no end of line")
    assert vividly("dlq", "replay", "--from", source, "--to", str(to)).code == 0
    assert to.read_bytes().splitlines() == [b"no end of line", *sorted((one, two))]
    assert vividly("dlq", "list", "--from", source, "--json").json == [], "they were taken away"


def test_a_letter_is_taken_out_while_others_come(tmp_path: Path) -> None:
    source = letters_file(tmp_path / "letters.jsonl", b"one", b"two", b"three")
    words = ("--from", str(source))
    ids = {one["data"]: one["id"] for one in vividly("dlq", "list", *words, "--json").json}
    assert vividly("dlq", "purge", ids["two"], *words).code == 2, "nobody confirmed it"
    with held_dead_letters(None, 10, source) as (letters, store):
        append(source, (b"four", {"dlq_failed_at": "2026-01-02T00:00:00Z"}))
        store.remove(next(letter for letter in letters if letter.id == ids["two"]))
    assert vividly("dlq", "purge", ids["one"], *words, "--yes").code == 0
    left = vividly("dlq", "list", *words, "--json").json
    assert [one["data"] for one in left] == ["three", "four"]
    assert left[0]["id"] == ids["three"], "an id stays what it was"
    for gone in (b"one", b"two"):
        assert base64.b64encode(gone) not in source.read_bytes(), "and no word of it is kept"
    for words_of in (("show",), ("purge", "--yes")):
        unknown = vividly("dlq", *words_of, ids["two"], *words)
        assert (unknown.code, "there is no dead letter" in unknown.err) == (3, True)


def test_a_local_stacks_letters_are_replayed_to_its_topic_and_purged(
    project: Project, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "dead-letters.jsonl"
    url = engine.url.render_as_string(hide_password=False)
    options = [f"--project={project.name}", f"--database_url={url}", f"--dead_letter_topic={path}"]
    options.append(f"--generated_content_bucket={tmp_path / 'generated'}")
    up = state.Running(os.getpid(), url, os.environ["PUBSUB_EMULATOR_HOST"], options)
    monkeypatch.setattr(state, "running", lambda: up)
    for name, more in (("again", {}), ("test", {MARK: "smoke"}), ("stays", {})):
        append(path, (name.encode(), {"dlq_id": name.ljust(12, "0"), "dlq_stage": "speak", **more}))
    assert "1 replayed" in vividly("dlq", "replay", "again").out
    assert [data for data, _ in project.take("content-generation-requests")] == [b"again"]
    assert vividly("purge", "--test-data", "--yes", "--json").json["dead letters"] == 1
    assert [one["data"] for one in vividly("dlq", "list", "--json").json] == ["stays"]


def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    source = letters_file(tmp_path / "letters.jsonl", b"one", b"two")
    with held_dead_letters(None, 10, source) as (letters, store):
        source.write_bytes(b"x" + source.read_bytes())
        with pytest.raises(SettingsError, match="has changed meanwhile"):
            store.remove(letters[0])
    assert source.read_bytes().startswith(b"x{")


def test_a_letter_that_was_written_twice_is_one(tmp_path: Path) -> None:
    source = letters_file(tmp_path / "letters.jsonl", b"one", b"one", dlq_id="0123456789ab")
    words = ("--from", str(source))
    assert [one["id"] for one in vividly("dlq", "list", *words, "--json").json] == ["0123456789ab"]
    assert "1 purged" in vividly("dlq", "purge", "0123", *words, "--yes").out
    assert vividly("dlq", "list", *words, "--json").json == []


def test_many_may_append_at_once(tmp_path: Path) -> None:
    path = tmp_path / "letters.jsonl"
    big = b"x" * 20_000
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: append(path, (big, {"dlq_id": f"{n:012}"})), range(40)))
    assert sorted(kept.attributes["dlq_id"] for kept in read(path)) == [
        f"{n:012}" for n in range(40)
    ]


def test_a_bundle_waits_for_the_disk_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, fsync, waits = tmp_path / "letters.jsonl", os.fsync, []
    graph = Fed(lambda _, messages: messages | beam.ParDo(AppendDoFn(str(path))))
    monkeypatch.setattr(os, "fsync", lambda file: (waits.append(file), fsync(file)))
    graph.feed(*(PubsubMessage(f"{n}".encode(), {"n": f"{n}"}) for n in range(20)))
    assert [(kept.data, kept.attributes) for kept in read(path)] == [
        (f"{n}".encode(), {"n": f"{n}"}) for n in range(20)
    ]
    assert len(waits) == 1


def test_a_line_that_is_being_written_is_no_letter_yet(tmp_path: Path) -> None:
    source = letters_file(tmp_path / "letters.jsonl", b"one", b"two")
    source.write_bytes(source.read_bytes()[:-20])
    listed = vividly("dlq", "list", "--from", str(source), "--json").json
    assert [one["data"] for one in listed] == ["one"]
    source.write_text('{"data": 7}\n')
    broken = vividly("dlq", "list", "--from", str(source))
    assert broken.code == 2
    assert "line 1 is no message" in broken.err


def test_a_line_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "again.jsonl"
    append_line(path, b"one")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(SettingsError, match="No space left"):
            append_line(path, b"two")
    append_line(path, b"three")
    assert path.read_bytes() == b"one\nthree\n"


@pytest.mark.slow
def test_what_failed_is_run_again_from_the_file_and_completes(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*VARIABLES, "PUBSUB_EMULATOR_HOST"):
        monkeypatch.delenv(name, raising=False)
    engine = make_engine(database_url)
    ledger = Ledger(engine, owner="test")
    failed, done = claimed(ledger), claimed(ledger)
    request_id = failed.request.request_id
    for ticket in (failed, done):
        failure = ticket_failure(PermanentError("no room"), stage="speak", ticket=ticket)
        letter = (ticket.message.data, dead_letter_attributes(failure, job="test"))
        append(tmp_path / "dead-letters.jsonl", letter)
        if ticket is failed:
            ledger.fail(failure)
    ledger.finish(done, "completed", message="", details={})
    words = ("--from", str(tmp_path / "dead-letters.jsonl"), "--to", str(tmp_path / "again.jsonl"))
    assert "2 replayed" in vividly("dlq", "replay", *words).out

    monkeypatch.setenv("VIVIDLY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    log = tmp_path / "run.log"
    again = ("run", str(tmp_path / "again.jsonl"), "--keep-ids")
    with process(*again, env=os.environ, log=log) as run:
        assert run.wait() == 0, log.read_text()
    rows = queries.by_id(engine, [request_id, done.request.request_id])
    engine.dispose()
    assert {key: (row["status"], row["attempt"]) for key, row in rows.items()} == {
        request_id: ("completed", 2),
        done.request.request_id: ("completed", 1),
    }
