"""Dead letters that a job without Pub/Sub wrote to a file, and another run of them."""

from __future__ import annotations

import base64
import errno
import json
import os
from pathlib import Path

import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage

from beam_pipeline.cli.replaying import append
from tests.support.command_line import VARIABLES, process, vividly
from tests.support.requests import claimed, fields
from transforms.messages import AppendDoFn
from vividly.errors import PermanentError, SettingsError
from vividly.failures import dead_letter_attributes, ticket_failure
from vividly.ledger import Ledger, queries
from vividly.ledger.engine import make_engine


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
    assert len(vividly("dlq", "list", "--from", source, "--json").json) == 2
    assert vividly("dlq", "show", "2", "--from", source, "--json").json[0]["data"] in (
        one.decode(),
        two.decode(),
    )
    assert vividly("dlq", "replay", "--from", source).code == 2, "where to?"
    assert vividly("dlq", "replay", "--from", source, "--to", source).code == 2, "onto itself"
    assert vividly("dlq", "replay", "--from", str(tmp_path / "none"), "--to", str(to)).code == 2
    to.write_bytes(b"no end of line")
    assert vividly("dlq", "replay", "--from", source, "--to", str(to)).code == 0
    assert to.read_bytes().splitlines() == [b"no end of line", *sorted((one, two))]


def test_a_line_that_is_being_written_is_no_letter_yet(tmp_path: Path) -> None:
    source = letters_file(tmp_path / "letters.jsonl", b"one", b"two")
    source.write_bytes(source.read_bytes()[:-20])
    listed = vividly("dlq", "list", "--from", str(source), "--json").json
    assert [one["data"] for one in listed] == ["one"]
    source.write_text('{"data": 7}\n')
    broken = vividly("dlq", "list", "--from", str(source))
    assert broken.code == 2
    assert "line 1 is no dead letter" in broken.err


def test_a_line_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "again.jsonl"
    append(path, b"one")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(SettingsError, match="No space left"):
            append(path, b"two")
    append(path, b"three")
    assert path.read_bytes() == b"one\nthree\n"


@pytest.mark.slow
@pytest.mark.timeout(150)
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
        letter = PubsubMessage(ticket.message.data, dead_letter_attributes(failure, job="test"))
        AppendDoFn(str(tmp_path / "dead-letters.jsonl")).process(letter)
        if ticket is failed:
            ledger.fail(failure)
    ledger.finish(done, "completed", message="", details={})
    words = ("--from", str(tmp_path / "dead-letters.jsonl"), "--to", str(tmp_path / "again.jsonl"))
    assert "2 replayed" in vividly("dlq", "replay", *words).out

    monkeypatch.setenv("VIVIDLY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("PATH", str(tmp_path / "no-java-here"))
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
