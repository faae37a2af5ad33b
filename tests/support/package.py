"""The package as a launch on Dataflow builds it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.command_line import ROOT


@contextmanager
def one_build_at_a_time() -> Iterator[None]:
    """setuptools works in the package's own folder: two launches at once spoil each other's."""
    with (ROOT / "setup.py").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
