"""The runbook: every command in it works as it is written, against the local stack."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from beam_pipeline.cli.app import app
from beam_pipeline.local.emulator import find_emulator
from beam_pipeline.local.stack import PROJECT
from beam_pipeline.options import REQUEST_TOPIC
from beam_pipeline.pubsub import Resources
from tests.support.command_line import VARIABLES
from tests.support.requests import fields
from vividly.ledger.engine import make_engine

ROOT = Path(__file__).parent.parent
RUNBOOK = (ROOT / "docs" / "operations.md").read_text()
READY_S = 120.0


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", RUNBOOK, re.MULTILINE | re.DOTALL)


COMMANDS = list(
    dict.fromkeys(
        line.split(" #")[0].strip()
        for block in blocks("sh")
        for line in block.splitlines()
        if line.strip()
    )
)
QUERIES = [query.strip() for block in blocks("sql") for query in block.split(";") if query.strip()]


class Stack:
    """A local stack as `HEALTH_CHECK_PORT=8080 make up` starts it, and a shell beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _two_free_ports()
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.env = {k: v for k, v in os.environ.items() if k not in VARIABLES} | {"PATH": path}
        self.env.pop("PUBSUB_EMULATOR_HOST", None)
        self.env.pop("VIVIDLY_HOME", None)

    def shell(self, command: str) -> str:
        """What it prints.

        Raises:
            AssertionError: it failed.
        """
        command = command.replace("8080", str(self.port))
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout

    @property
    def state(self) -> dict[str, str]:
        """How it is reached."""
        found: dict[str, str] = json.loads((self.folder / ".vividly" / "stack.json").read_text())
        return found


def _two_free_ports() -> int:
    while True:
        with socket.create_server(("", 0)) as first:
            port = int(first.getsockname()[1])
            try:
                socket.create_server(("", port + 1)).close()
            except OSError:
                continue
            return port


@pytest.fixture
def stack() -> Iterator[Stack]:
    if isinstance(missing := find_emulator(), str):
        pytest.skip(missing)
    with tempfile.TemporaryDirectory(prefix="vividly-runbook-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # Postgres runs as another user where we are root
        running = Stack(folder)
        log = folder / "up.log"
        with log.open("wb") as output:
            up = subprocess.Popen(
                ["vividly", "up"],
                cwd=folder,
                env=running.env | {"HEALTH_CHECK_PORT": str(running.port)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            end = time.monotonic() + READY_S
            while "Ready" not in log.read_text():
                assert up.poll() is None and time.monotonic() < end, log.read_text()
                time.sleep(0.2)
            yield running
        finally:
            up.terminate()
            up.wait(60)


@pytest.mark.slow
def test_every_command_of_the_runbook_works(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", stack.state["pubsub"])
    topic = f"projects/{PROJECT}/topics/{REQUEST_TOPIC}"
    Resources().publish(topic, json.dumps(fields(request_id="test-smoke-001")).encode(), {})
    sent = "vividly submit --query 'How does gravity work?' --grade 8 --modality text --wait --json"
    good = json.loads(stack.shell(sent))["request_id"]
    assert len(COMMANDS) >= 20
    told = {command: stack.shell(re.sub(r"\bID\b", good, command)) for command in COMMANDS}
    assert '"alive"' in told["curl -fsS localhost:8080/health"]
    assert "Invalid request_id format" in told["vividly dlq show 1"]
    assert "stage=" in told["grep -h ID .vividly/logs/text.log .vividly/logs/media.log"]
    engine = make_engine(stack.state["database_url"])
    with engine.connect() as connection:
        found = [connection.execute(text(query)).all() for query in QUERIES]
    engine.dispose()
    assert len(found) >= 5
    assert "completed" in {row[1] for row in found[0]}
    assert {row[0] for row in found[2]} >= {"understand", "write_script"}


def test_every_command_that_is_named_exists() -> None:
    named = set(re.findall(r"`?vividly ([a-z]+)", RUNBOOK))
    known = {command.name for command in app.registered_commands}
    known |= {group.name for group in app.registered_groups}
    assert named - known == set()


def test_the_phrases_of_the_playbook_are_those_of_the_code() -> None:
    code = "".join(
        path.read_text()
        for folder in ("vividly", "transforms")
        for path in (ROOT / folder).rglob("*.py")
    )
    for phrase in ("Invalid request_id format", "Request already completed"):
        assert phrase in RUNBOOK
        assert phrase in code
