"""README and docs: commands work as written in a fresh clone; links and pictures are true."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest
import typer
from sqlalchemy import text
from typer._click.exceptions import MissingParameter, UsageError
from typer.core import TyperGroup

from beam_pipeline.cli.app import app
from beam_pipeline.local.stack import PROJECT
from beam_pipeline.options import REQUEST_TOPIC
from beam_pipeline.pubsub import Resources
from scripts import draw_imports
from tests.support.command_line import VARIABLES
from tests.support.pages import PAGES, ROOT, Command, Terminal, all_of, commands, hidden, mentioned
from tests.support.requests import fields
from vividly import __version__
from vividly.platform.ledger.engine import make_engine

READY_S = 240.0
PORT = "8080"
STACK = f"HEALTH_CHECK_PORT={PORT} make up"
NOT_RUN = {
    "vividly run again.jsonl --keep-ids": "starts a stack of its own: tests/test_dlq_file.py",
    **{
        command.plain: "asks the API, or makes its tokens: tests/test_api.py"
        for command in commands(ROOT / "docs" / "api.md")
    },
}
"""Commands of blocks that are not run here, and the test that runs them."""
NO_COMMAND = ("...", "--help", "--version")
IN_BLOCKS = [command for page in PAGES for command in commands(page)]


def how(command: Command) -> str:
    """How the tests treat a command of a block."""
    if command.project:
        return "needs a project"
    if command.program == "make":
        return "stack" if command.words[1:] == ["up"] else "make"
    return "not run" if command.plain in NOT_RUN else "run"


# -- without running them -----------------------------------------------------------------------


def test_what_is_done_with_each_command_is_known() -> None:
    """`pytest -s` lists the commands that are not run."""
    counted = {kind: [c for c in IN_BLOCKS if how(c) == kind] for kind in map(how, IN_BLOCKS)}
    for kind in ("needs a project", "make", "not run"):
        for command in counted[kind]:
            print(f"{kind}: {command}")
    assert len(counted["run"]) >= 40
    assert {command.plain for command in counted["not run"]} == set(NOT_RUN)
    assert STACK in {command.plain for command in counted["stack"]}
    assert {command.page for command in counted["run"]} >= {
        "docs/getting-started.md",
        "docs/operations.md",
    }


def test_every_command_is_in_a_block_that_is_looked_at() -> None:
    assert {str(page): lines for page in PAGES if (lines := hidden(page))} == {}


@pytest.mark.parametrize(
    "command",
    [*(one for one in IN_BLOCKS if how(one) != "run"), *(m for p in PAGES for m in mentioned(p))],
    ids=str,
)
def test_what_is_not_run_exists_and_has_these_options(command: Command) -> None:
    if command.program == "make":
        named = ["bash", "-c", command.text.replace("make", "make -n", 1)]
        done = subprocess.run(named, cwd=ROOT / command.folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    elif command.program == "vividly":
        assert understood(command.words[1:]) == ""
    elif command.program == "python":
        assert options_of(command.words[1:]) <= set(re.findall(r"--[\w-]+", source_of(command)))


def understood(arguments: list[str]) -> str:
    """The error of the command line for the arguments; missing arguments are fine."""
    named = typer.main.get_command(app)
    while isinstance(named, TyperGroup) and arguments and arguments[0] not in NO_COMMAND:
        if arguments[0] not in named.commands:
            return f"there is no {arguments[0]}"
        named, arguments = named.commands[arguments[0]], arguments[1:]
    if isinstance(named, TyperGroup) or arguments == ["..."]:
        return ""
    try:
        named.make_context(named.name, arguments)
    except MissingParameter:
        return ""
    except UsageError as error:
        return error.message
    return ""


def test_what_does_not_exist_is_found_out() -> None:
    assert understood(["status", "ID", "--json"]) == understood(["submit", "--test"]) == ""
    assert "--colour" in understood(["status", "ID", "--colour"])
    assert "no state" in understood(["state"])
    assert "no look" in understood(["dlq", "look"])


def options_of(words: list[str]) -> set[str]:
    return {word.split("=")[0] for word in words if word.startswith("--")}


def source_of(command: Command) -> str:
    """The text of the script or module that a `python` command runs."""
    words = command.words[1:]
    if words[0] != "-m":
        return (ROOT / words[0]).read_text()
    spec = importlib.util.find_spec(words[1])
    assert spec and spec.origin
    sources = Path(spec.origin).parent.glob("*.py")
    return "\n".join(path.read_text() for path in sources)


def test_the_phrases_of_the_playbook_are_those_of_the_code() -> None:
    runbook = (ROOT / "docs" / "operations.md").read_text()
    code = "".join(
        path.read_text()
        for folder in ("vividly", "transforms")
        for path in (ROOT / folder).rglob("*.py")
    )
    for phrase in ("Invalid request_id format", "Request already completed"):
        assert phrase in runbook
        assert phrase in code


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text("utf-8")
    linked = [link.split("#") for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", text)]
    assert [name for name, *_ in linked if name and not (page.parent / name).exists()] == []
    missing = []
    for name, *anchor in linked:
        target = page.parent / name if name else page
        if anchor and target.suffix == ".md" and anchor[0] not in _anchors(target):
            missing.append(f"{name}#{anchor[0]}")
    assert missing == []
    paths = re.findall(r"`((?:vividly|transforms|beam_pipeline|scripts|bench)/[\w./-]+)`", text)
    assert [path for path in paths if not (ROOT / path).exists()] == []


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


def test_the_import_graph_is_the_code_s() -> None:
    drawn = draw_imports.MARKED.search(draw_imports.PAGE.read_text("utf-8"))
    assert drawn and drawn[0] == draw_imports.picture(), "run python -m scripts.draw_imports"


def test_the_version_is_a_released_one_or_says_that_it_is_not() -> None:
    released = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert re.fullmatch(r"\d+\.\d+\.\d+(\.dev0)?", __version__)
    assert ("Unreleased" if __version__.endswith(".dev0") else __version__) in released


# -- running them -------------------------------------------------------------------------------


class Clone:
    """A checkout after `make setup`, with the stack up, as a reader of the pages has it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = str(_two_free_ports())
        for path in ROOT.iterdir():
            if path.name[0] != "." and path.name not in ("preview", "gallery", "examples"):
                (folder / path.name).symlink_to(path)
        shutil.copytree(ROOT / "examples", folder / "examples")
        (folder / ".venv").symlink_to(sys.prefix)
        ours = str(Path(sys.executable).parent)
        others = [p for p in os.environ["PATH"].split(":") if p and p != ours]
        left_out = (*VARIABLES, "PUBSUB_EMULATOR_HOST", "VIVIDLY_HOME", "VIRTUAL_ENV")
        self.env = {k: v for k, v in os.environ.items() if k not in left_out}
        self.env["PATH"] = ":".join(others)

    def as_here(self, command: str) -> str:
        """A command for this machine: with a free port, without installing the environment, and
        with a quick voice for Spanish, since Kokoro takes minutes for a lesson.
        """
        up = "make -o .venv/.installed up ARGS=--speech-provider=hibari,espeak"
        return command.replace(PORT, self.port).replace("make up", up)

    def work_through(self, pages: Sequence[Path]) -> list[tuple[Command, int, str]]:
        """Run the commands. Returns each with its exit code and output.

        Each page has its own terminal. A command that already worked is not run again, unless it
        has an effect each time.
        """
        told: list[tuple[Command, int, str]] = []
        for page in pages:
            terminal = Terminal(self.folder, self.env)
            for command in commands(page):
                known = command.plain in {one.plain for one, _, _ in told}
                again = "$" in command.text or command.plain.startswith((". ", "vividly submit"))
                if how(command) == "run" and (again or not known):
                    began = time.monotonic()
                    told.append((command, *terminal.run(self.as_here(command.text))))
                    print(f"{time.monotonic() - began:5.1f} s  {command}", flush=True)
            terminal.close()
        return told

    @property
    def state(self) -> dict[str, str]:
        """The addresses of the stack."""
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
def clone() -> Iterator[Clone]:
    if not (Path(sys.prefix) / "bin" / "activate").exists():
        pytest.skip("the tests do not run in a virtual environment")
    with tempfile.TemporaryDirectory(prefix="vividly-pages-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # Postgres runs as another user if we are root
        clone = Clone(folder)
        log = folder / "up.log"
        with log.open("wb") as output:
            up = subprocess.Popen(
                ["bash", "-c", clone.as_here(STACK)],
                cwd=folder,
                env=clone.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        try:
            end = time.monotonic() + READY_S
            while "Ready" not in log.read_text():
                assert up.poll() is None and time.monotonic() < end, log.read_text()
                time.sleep(0.2)
            yield clone
        finally:
            os.killpg(up.pid, signal.SIGINT)  # Ctrl-C
            up.wait(60)


@pytest.mark.slow
def test_every_command_works_as_it_is_written(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", clone.state["pubsub"])
    topic = f"projects/{PROJECT}/topics/{REQUEST_TOPIC}"
    Resources().publish(topic, json.dumps(fields(request_id="test-smoke-001")).encode(), {})
    with ThreadPoolExecutor(2) as pool:
        named = ("README", "getting-started", "ingestion")  # in this order: they ask, then ingest
        of_books = [page for page in PAGES if page.stem in named]
        others = [page for page in PAGES if page not in of_books]
        told = [*chain(*pool.map(clone.work_through, (of_books, others)))]
    failed = [f"{command}: exit code {code}\n{said}" for command, code, said in told if code]
    assert not failed, "\n".join(failed)
    said_by = {command.plain: said for command, _, said in reversed(told)}
    assert '"alive"' in said_by[f"curl -fsS localhost:{PORT}/health"]
    assert "Invalid request_id format" in said_by["vividly dlq show --reason invalid --json"]
    assert any("stage=" in said for text, said in said_by.items() if text.startswith("grep -h"))
    pictures = [*(clone.folder / "preview").glob("*/*.png")]
    assert len({path.parent for path in pictures}) > 1, "of several lessons at once"
    _run_queries(clone)


def _run_queries(clone: Clone) -> None:
    """The queries for operators return what the pages promise."""
    engine = make_engine(clone.state["database_url"])
    osmosis = (
        "SELECT status FROM content_requests WHERE student_query = 'What is osmosis?' "
        "ORDER BY created_at"
    )
    queries = [query.strip() for block in all_of("sql") for query in block.split(";")]
    with engine.connect() as connection:
        became = [row[0] for row in connection.execute(text(osmosis))]
        found = {q: connection.execute(text(q)).all() for q in queries if q}
    engine.dispose()
    assert became == ["out_of_scope", "completed"], "before the book was read, and after"
    assert len(found) >= 5
    by_stage = next(rows for query, rows in found.items() if query.startswith("SELECT stage_name"))
    assert {row[0] for row in by_stage} >= {"understand", "write_script"}
    by_status = next(rows for query, rows in found.items() if "GROUP BY status" in query)
    assert "completed" in {row[0] for row in by_status}
