"""The local stack's port and tokens, which stay the same from one start to the next."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from beam_pipeline.local.doors import HOLDERS, port_near, tokens_in
from vividly.platform.ledger.tokens import holder_of, revoke_token, tokens


def test_a_port_that_is_taken_is_said_and_replaced() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        port, note = port_near(wanted)
        assert port != wanted and note.startswith(f"port {wanted} is taken, so it has {port}")
    assert port_near(wanted) == (wanted, "")
    assert port_near(0)[1] == ""


def test_tokens_are_used_again_while_they_are_valid(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    first = tokens_in(file, engine)
    assert {role: holder_of(engine, token) for role, token in first.items()} == {
        one.role: one for one in HOLDERS
    }
    assert file.stat().st_mode & 0o777 == 0o600
    assert tokens_in(file, engine) == first
    assert len(tokens(engine)) == len(HOLDERS)
    (student,) = (one["id"] for one in tokens(engine) if one["role"] == "student")
    revoke_token(engine, student)
    second = tokens_in(file, engine)
    assert second["student"] != first["student"] and second["operator"] == first["operator"]
    with engine.begin() as connection:
        connection.execute(text("UPDATE api_tokens SET expires_at = now()"))
    assert not set(tokens_in(file, engine).values()) & set(second.values())


@pytest.mark.parametrize("kept", ["", "[]", '{"student": 7, "operator": "vividly_x"}'])
def test_a_file_that_is_something_else_is_replaced(
    engine: Engine, tmp_path: Path, kept: str
) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(kept)
    file.chmod(0o644)
    assert json.loads(file.read_text() or "0") != tokens_in(file, engine)
    assert holder_of(engine, json.loads(file.read_text())["operator"]) == HOLDERS[2]
    assert file.stat().st_mode & 0o777 == 0o600


def test_one_role_does_not_get_the_token_of_another(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    first = tokens_in(file, engine)
    file.write_text(json.dumps({"student": first["operator"]}))
    assert holder_of(engine, tokens_in(file, engine)["student"]) == HOLDERS[0]
