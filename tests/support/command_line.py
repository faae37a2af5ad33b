"""Runs `vividly` in this process or in processes of its own."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from beam_pipeline.cli.app import app

VARIABLES = (
    "DATABASE_URL", "ENVIRONMENT", "GCS_GENERATED_CONTENT_BUCKET", "GCS_OER_CONTENT_BUCKET",
    "GCS_TEMP_FILES_BUCKET", "PUBSUB_SUBSCRIPTION", "PUBSUB_TOPIC", "GCP_PROJECT_ID",
)  # fmt: skip
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The output, which must be one JSON document and nothing else."""
        return json.loads(self.out)


def vividly(*arguments: str) -> Ended:
    """Run a command in this process. Any exception except SystemExit fails the test."""
    result = CliRunner().invoke(app, list(arguments), prog_name="vividly")
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


def name_system(
    patch: pytest.MonkeyPatch, folder: Path, database_url: str, project: str = ""
) -> dict[str, str]:
    """Set the job's variables, so that commands use this system and not a local stack."""
    patch.setenv("VIVIDLY_HOME", str(folder / "no-stack-here"))
    variables = {
        "DATABASE_URL": database_url,
        "GCS_GENERATED_CONTENT_BUCKET": str(folder / "generated"),
        "GCS_TEMP_FILES_BUCKET": str(folder / "temp"),
        "PUBSUB_SUBSCRIPTION": "content-generation-worker-sub",
        "GCP_PROJECT_ID": project,
    }
    for name in VARIABLES:
        patch.delenv(name, raising=False)
    for name, value in variables.items():
        patch.setenv(name, value)
    return variables


def terminal(width: int = 80) -> Console:
    """A console of that width; `on` returns what was printed on it."""
    return Console(width=width, height=40, force_terminal=True, highlight=False, file=io.StringIO())


def on(screen: Console) -> str:
    """The text on a terminal, without control codes."""
    printed = screen.file.getvalue()  # type: ignore[attr-defined]
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", printed.replace("\r", "\n"))


@contextmanager
def process(
    *arguments: str, env: Mapping[str, str], log: Path, module: str = "beam_pipeline"
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command as a process, which is killed at the end of the `with` block."""
    with log.open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=dict(env),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # A shell that runs the tests in the background makes child processes ignore SIGINT.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            start_new_session=True,
        )
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def processes_of(home: Path) -> list[str]:
    """Command lines of the processes that belong to a stack's home directory."""
    mark = os.fsencode(home)
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        if int(folder.name) == os.getpid():
            continue
        try:
            command = (folder / "cmdline").read_bytes()
            if command and (mark in command or mark in (folder / "environ").read_bytes()):
                found.append(command.replace(b"\0", b" ").decode(errors="replace")[:100])
        except OSError:
            continue  # it has just ended, or belongs to another user
    return found
