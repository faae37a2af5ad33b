"""Whether a local stack is running, and how to reach it. Imports nothing heavy."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from vividly.model.errors import SettingsError
from vividly.model.explain import is_full, why

LOCK_S = 0.5
JOBS = ("text", "media")
API_PORT = 8000
"""Of the API and the pages, unless it is taken."""
LOW_DISK_BYTES = 100_000_000
"""Free disk space that a video needs while it is rendered. With less, rendering waits."""


def home() -> Path:
    """The directory of the stack's files."""
    return Path(os.environ.get("VIVIDLY_HOME") or ".vividly").absolute()


def shown(path: Path) -> str:
    """A path for people: relative if it is below the current directory."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


@dataclass(frozen=True)
class Running:
    """How to reach a running stack. `pubsub` is HOST:PORT, `api` an address or empty."""

    pid: int
    database_url: str
    pubsub: str
    arguments: list[str]
    version: str = ""
    api: str = ""


@dataclass(frozen=True)
class Reading:
    """A job of the stack that reads requests, and the address of its health (HOST:PORT)."""

    pid: int
    health: str


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, atomically."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=0o600)
    new.write_text(text)
    new.rename(path)


def running() -> Running | None:
    """The running stack, or None."""
    try:
        found = Running(**json.loads((home() / "stack.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return found if _locked() else None


def lock() -> IO[str]:
    """Lock this directory's stack for this process, as long as the file is open.

    The kernel releases the lock when the process ends, however it ends.

    Raises:
        SettingsError: another process runs a stack here, or the directory is not writable.
    """
    try:
        home().mkdir(parents=True, exist_ok=True)
        file = _lock_file().open("a+")
    except OSError as error:
        raise _unwritable(error) from error
    end = time.monotonic() + LOCK_S  # a process that only checks holds it for a moment
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > end:
                file.seek(0)
                raise _taken(file.read()) from None
            time.sleep(0.02)
    try:
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
    except OSError as error:
        raise _unwritable(error) from error
    return file


def refuse_second() -> None:
    """Refuse to start a second stack here, before anything is loaded.

    Raises:
        SettingsError: a stack is running here.
    """
    if up := running():
        raise _taken(str(up.pid))


def _unwritable(error: OSError) -> SettingsError:
    reason = "a file is in the way" if isinstance(error, FileExistsError) else why(error)
    fix = (
        ", or set VIVIDLY_HOME to a directory on another"
        if is_full(error)
        else "; set VIVIDLY_HOME to a directory that you may write to"
    )
    return SettingsError(f"the local stack cannot keep its files in {shown(home())}: {reason}{fix}")


def _taken(process: str) -> SettingsError:
    of = f" (process {process})" if process else ""
    return SettingsError(
        f"a stack is up already in {shown(home())}{of}: use it with `vividly submit` or "
        "`vividly run FILE`, stop it with Ctrl-C there, or set VIVIDLY_HOME to another directory"
    )


def disk_is_low() -> bool:
    """Whether the stack's disk has too little free space for a video."""
    return home().exists() and shutil.disk_usage(home()).free < LOW_DISK_BYTES


def ready_file(job: str) -> Path:
    """The file that a job of the stack writes once it reads requests."""
    return home() / "logs" / f"{job}.ready"


def tell_ready(path: Path, health: str) -> None:
    """Write a job's ready file atomically."""
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps({"pid": os.getpid(), "health": health}))
    new.rename(path)


def reading(job: str) -> Reading | None:
    """The content of the job's ready file, or None if there is none."""
    try:
        return Reading(**json.loads(ready_file(job).read_text()))
    except (OSError, ValueError, TypeError):
        return None


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
