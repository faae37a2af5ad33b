"""Of many requests that need the same result, one makes it, and the others wait for it.

The results of stages are named by what they are made from, so "the same" is the same
name. Whoever makes one holds a lease in Postgres, renewed while the work goes on: if its
process dies, another takes over within `LEASE_S` seconds; if it fails, at once.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from vividly.model.errors import DeadlineExceeded, VividlyError
from vividly.platform.ledger.leases import WorkLeases

LOG = logging.getLogger(__name__)
LEASE_S = 30.0
RENEW_S = 8.0
FIRST_LOOK_S, LOOK_S = 0.05, 1.0
"""How soon somebody who waits looks again; the pause grows by half each time."""


@contextmanager
def turn(
    name: str,
    leases: WorkLeases,
    *,
    is_made: Callable[[], bool],
    until: float,
    waiting: Callable[[], None] = lambda: None,
) -> Iterator[bool]:
    """Whether it is the caller's turn to make the thing of that name.

    Gives True to one caller at a time, and False to those who find it made.

    Args:
        is_made: looks whether it exists.
        until: when to stop waiting, in seconds since the epoch.
        waiting: called at every look of one who waits; it may raise to stop.

    Raises:
        DeadlineExceeded: another one still makes it at `until`.
        TransientError: the database is away.
    """
    token = uuid.uuid4().hex
    pause = FIRST_LOOK_S
    while not is_made():
        if leases.take(name, token, lease=LEASE_S):
            # Made between the look and the lease?
            if is_made():
                leases.give_back(name, token)
                break
            with _held(name, token, leases):
                yield True
            return
        if time.time() + pause >= until:
            raise DeadlineExceeded("another request is still making this; its time is not ours")
        waiting()
        time.sleep(pause)
        pause = min(LOOK_S, pause * 1.5)
    yield False


@contextmanager
def _held(name: str, token: str, leases: WorkLeases) -> Iterator[None]:
    """Renews the lease until the end of the block, then gives it back."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEW_S):
            # A database that is away for a moment: the next renewal may still be in time.
            with suppress(VividlyError):
                if not leases.renew(name, token, lease=LEASE_S):
                    LOG.warning("The work on %s was taken over by another process", name)
                    return

    renewer = threading.Thread(target=renew, name="vividly-lease", daemon=True)
    renewer.start()
    try:
        yield
    finally:
        done.set()
        renewer.join()
        with suppress(VividlyError):
            leases.give_back(name, token)
