"""Builds the package as a launch on Dataflow does."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.command_line import ROOT


@contextmanager
def one_build_at_a_time() -> Iterator[None]:
    """Lock: setuptools builds in the package's folder, so two launches at once would conflict."""
    with (ROOT / "setup.py").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
