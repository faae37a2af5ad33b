"""The runbook: every command in it works as it is written, against a running system."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from sqlalchemy import text

from beam_pipeline.cli.app import app
from tests.support.command_line import vividly
from tests.support.real_job import System
from tests.support.requests import fields

RUNBOOK = (Path(__file__).parent.parent / "docs" / "operations.md").read_text()


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", RUNBOOK, re.MULTILINE | re.DOTALL)


COMMANDS = sorted(
    {
        line.split("#")[0].strip()
        for block in blocks("sh")
        for line in block.splitlines()
        if line.strip()
    }
)
QUERIES = [query.strip() for block in blocks("sql") for query in block.split(";") if query.strip()]


@pytest.mark.slow
def test_every_command_of_the_runbook_works(system: System) -> None:
    good = system.publish(fields(student_query="What is gravity?"))
    system.publish(fields(request_id="test-smoke-001"))
    with system.job():
        system.until(lambda: system.row(good).get("status") == "completed")
        assert len(COMMANDS) >= 10
        for command in COMMANDS:
            program, *words = shlex.split(command)
            assert program == "vividly"
            ended = vividly(*words)
            assert ended.code == 0, f"{command}: {ended.out}{ended.err}"
    with system.services.engine.connect() as connection:
        found = [connection.execute(text(query)).all() for query in QUERIES]
    assert len(found) >= 5
    assert found[0][0][1] == "completed"
    assert {row[0] for row in found[2]} >= {"understand", "write_script"}


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"`?vividly ([a-z]+)", RUNBOOK))
    known = {command.name for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    assert named - known == set()


def test_the_phrases_of_the_playbook_are_those_of_the_code() -> None:
    root = Path(__file__).parent.parent
    code = "".join(
        path.read_text()
        for folder in ("vividly", "transforms")
        for path in (root / folder).rglob("*.py")
    )
    for phrase in ("Invalid request_id format", "Request already completed"):
        assert phrase in RUNBOOK
        assert phrase in code
