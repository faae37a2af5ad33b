"""Limits a call to its own timeout or the time left of its stage, whichever is shorter.

The executor of a stage sets the end (`until`). A provider asks for the time left (`at_most`)
without knowing the stage. So no call outlives its stage or the claim on its request.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from vividly.model.errors import DeadlineExceeded

_end: ContextVar[float | None] = ContextVar("vividly_end", default=None)


@contextmanager
def until(end: float) -> Iterator[None]:
    """Limit the calls made on this thread within the block.

    Args:
        end: when they must end, in seconds since the epoch.
    """
    token = _end.set(end)
    try:
        yield
    finally:
        _end.reset(token)


def at_most(seconds: float) -> float:
    """Seconds that a call may take that begins now; `seconds` if no stage is running.

    Raises:
        DeadlineExceeded: no time is left.
    """
    end = _end.get()
    if end is None:
        return seconds
    left = end - time.time()
    if left <= 0:
        raise DeadlineExceeded("the time of this stage is used up")
    return min(seconds, left)
