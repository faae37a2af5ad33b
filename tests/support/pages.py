"""The commands in the documentation, and a terminal to run them in."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "templates").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
)
PROJECT = "# needs a project"
"""First line of a block that needs a Google Cloud project; `; in FOLDER` may follow."""
PROGRAMS = ("vividly", "make", "python", "terraform", "gcloud", "psql", "curl")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"^[A-Z_]+=\S*$")


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        page: the path of its page from the checkout.
        text: as written.
        project: whether it needs a project on Google Cloud.
        folder: where to run it, from the checkout.
    """

    page: str
    text: str
    project: bool = False
    folder: str = "."

    def __str__(self) -> str:
        return f"{self.page}: {self.plain}"

    @property
    def plain(self) -> str:
        """The text in one line, without comments."""
        return " ".join(re.sub(r"\s#.*|\\$", "", self.text, flags=re.MULTILINE).split())

    @property
    def words(self) -> list[str]:
        """Its words without comments, and without variables before the program."""
        words = shlex.split(self.text, comments=True)
        while words and _VARIABLE.match(words[0]):
            words.pop(0)
        return words

    @property
    def program(self) -> str:
        """The program, without its folder."""
        return self.words[0].rsplit("/", 1)[-1] if self.words else ""


def blocks(page: Path, kind: str) -> list[str]:
    """The contents of the fenced blocks of a kind."""
    return [body for named, body in _FENCE.findall(page.read_text("utf-8")) if named == kind]


def commands(page: Path) -> list[Command]:
    """The commands in a page's blocks marked `sh`, in order."""
    found = []
    for body in blocks(page, "sh"):
        project = body.startswith(PROJECT)
        folder = re.match(rf"{PROJECT}; in (\S+)", body)
        place = folder[1] if folder else "."
        whole = re.sub(r"\\\n", "\\\n\0", body)  # a continued line does not end a command
        for line in re.split(r"\n(?!\0)", whole):
            text = line.replace("\0", "").strip()
            if text and not text.startswith("#"):
                found.append(Command(str(page.relative_to(ROOT)), text, project, place))
    return found


def mentioned(page: Path) -> list[Command]:
    """The commands in sentences, such as `vividly cancel ID`."""
    prose = _FENCE.sub("", page.read_text("utf-8"))
    where = str(page.relative_to(ROOT))
    named = (Command(where, " ".join(text.split())) for text in re.findall(r"`([^`]+)`", prose))
    return [one for one in named if _begins_with_program(one.text)]


def hidden(page: Path) -> list[str]:
    """Lines of other blocks that look like commands, and that no test would run."""
    text = page.read_text("utf-8")
    indented = re.findall(r"^    (\S.*)$", _FENCE.sub("", text), re.MULTILINE)
    fenced = [
        line.strip()
        for kind, body in _FENCE.findall(text)
        if kind != "sh"
        for line in body.splitlines()
    ]
    return [line for line in (*indented, *fenced) if _begins_with_program(line)]


def _begins_with_program(text: str) -> bool:
    first = re.sub(r"^(?:[A-Z_]+=\S* )+", "", text).split(" ")[0]
    return " " in text and first.removeprefix(".venv/bin/") in PROGRAMS


class Terminal:
    """A bash that keeps its variables between commands."""

    _LOOP = """
    while IFS= read -r -d "" command <&3; do
        eval "$command"
        printf '\\n\\001%d\\n' $?
    done
    """

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        read, self._write = os.pipe()
        self._shell = subprocess.Popen(
            ["bash", "--norc", "-c", f"exec 3<&{read}; {self._LOOP}"],
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[read],
            text=True,
            start_new_session=True,
        )
        os.close(read)

    def run(self, text: str) -> tuple[int, str]:
        """Run a command. Returns its exit code and its output."""
        os.write(self._write, text.encode() + b"\0")
        assert self._shell.stdout
        said = []
        for line in self._shell.stdout:
            if line.startswith("\1"):
                return int(line[1:]), "".join(said)
            said.append(line)
        raise AssertionError(f"the terminal ended with {text!r}: {''.join(said)}")

    def close(self) -> None:
        """End the shell and all processes that it started."""
        os.close(self._write)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGKILL)
        self._shell.wait()
        assert self._shell.stdout
        self._shell.stdout.close()


def all_of(kind: str) -> Iterator[str]:
    """The contents of the blocks of a kind on all pages."""
    for page in PAGES:
        yield from blocks(page, kind)
