"""Temporary files that do not outlive their process, even one that is killed.

Whoever writes a file or folder holds a lock on it. What nobody holds was left by a process
that was killed, and is removed by the next one that looks.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "vividly-"


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A folder in the system's place for temporary files, for as long as the block.

    Those of processes that were killed are removed first: a worker that is killed again and
    again would otherwise fill its disk.
    """
    place = Path(tempfile.gettempdir())
    sweep(place, f"{_PREFIX}{purpose}-*")
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{purpose}-") as name, held(Path(name)):
        yield Path(name)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Keep others from taking a file or folder for one that was left behind."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sweep(place: Path, pattern: str) -> int:
    """Remove what matches below a folder and nobody holds. Returns how much that was."""
    removed = 0
    for path in place.glob(pattern):
        with suppress(OSError):  # somebody else was faster, or may
            if _is_left(path):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed += 1
    return removed


def _is_left(path: Path) -> bool:
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(handle)
    return True
