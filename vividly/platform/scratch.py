"""Temporary files that are removed even if the process that wrote them is killed.

A process holds a lock on each file or folder that it writes. A file without a lock was left by
a killed process; the next process that sweeps the folder removes it.
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
    """A temporary folder for the duration of the block.

    Removes the folders of killed processes first, so that a worker that is killed repeatedly
    does not fill its disk.
    """
    place = Path(tempfile.gettempdir())
    sweep(place, f"{_PREFIX}{purpose}-*")
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}{purpose}-") as name, held(Path(name)):
        yield Path(name)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Lock a file or folder, so that no other process removes it as left behind."""
    handle = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def sweep(place: Path, pattern: str) -> int:
    """Remove the files and folders below `place` that match and are not locked.

    Returns:
        The number removed.
    """
    removed = 0
    for path in place.glob(pattern):
        with suppress(OSError):  # another process removed it, or owns it
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
