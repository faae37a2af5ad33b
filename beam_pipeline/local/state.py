"""Whether a local stack is up, and how to reach it. Imports nothing heavy."""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vividly.errors import SettingsError

LOCK_S = 0.5


def home() -> Path:
    """Where the stack keeps its files."""
    return Path(os.environ.get("VIVIDLY_HOME", ".vividly")).absolute()


def shown(path: Path) -> str:
    """A path as people want to read it: from here, where it is below here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@dataclass(frozen=True)
class Running:
    """How to reach a running stack. `pubsub` is empty where requests come from a file."""

    pid: int
    database_url: str
    pubsub: str
    arguments: list[str]


def running() -> Running | None:
    """The stack that is up, if one is."""
    try:
        found = Running(**json.loads((home() / "stack.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if _locked() else None


def lock() -> IO[str]:
    """Make this process the only one that runs a stack here, as long as the file is open.

    The kernel lets go of the lock when the process ends, however it ends.

    Raises:
        SettingsError: another process runs a stack here.
    """
    home().mkdir(parents=True, exist_ok=True)
    file = _lock_file().open("a+")
    end = time.monotonic() + LOCK_S  # whoever only looks holds it for a moment
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > end:
                file.seek(0)
                raise _taken(file.read()) from None
            time.sleep(0.02)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def refuse_second() -> None:
    """Say at once, before anything is loaded, that a stack is up here.

    Raises:
        SettingsError: one is.
    """
    if up := running():
        raise _taken(str(up.pid))


def _taken(process: str) -> SettingsError:
    return SettingsError(
        f"a stack is up already in {shown(home())} (process {process}): use it with "
        "`vividly submit`, stop it with Ctrl-C there, or set VIVIDLY_HOME to another directory"
    )


def _locked() -> bool:
    try:
        with _lock_file().open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _lock_file() -> Path:
    return home() / "stack.lock"
