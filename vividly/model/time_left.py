"""How long a call may take: its own limit, or what is left of the stage that it is made in.

A provider asks (`at_most`) without knowing for which stage; whoever runs the stage says until
when (`until`). So no call outlives the time of its stage, nor the claim on its request.
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
    """Bound the calls that are made on this thread in the block.

    Args:
        end: in seconds since the epoch.
    """
    token = _end.set(end)
    try:
        yield
    finally:
        _end.reset(token)


def at_most(seconds: float) -> float:
    """Seconds that a call may take that begins now; `seconds` where no stage is running.

    Raises:
        DeadlineExceeded: nothing is left.
    """
    end = _end.get()
    if end is None:
        return seconds
    left = end - time.time()
    if left <= 0:
        raise DeadlineExceeded("the time of this stage is used up")
    return min(seconds, left)
