"""Single flight: of many requests that need the same result, one computes it.

The others wait for it and share it. A stage's result is named by its inputs, so the same result
has the same name. The worker that computes it holds a lease in Postgres and renews it; if its
process dies, another one takes over within `LEASE_S` seconds, and at once if it fails.
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
FIRST_POLL_S, LONGEST_POLL_S = 0.05, 1.0
"""Seconds between the polls of a waiting caller: first and longest. Each pause is 1.5 times the
last."""


@contextmanager
def single_flight(
    name: str,
    leases: WorkLeases,
    *,
    exists: Callable[[], bool],
    until: float,
    waiting: Callable[[], None] = lambda: None,
) -> Iterator[bool]:
    """Let one caller at a time compute the named result.

        with single_flight(name, leases, exists=lambda: store.exists(name), until=end) as mine:
            result = compute() if mine else store.read(name)

    Yields:
        True if the caller must compute the result, False once the result exists.

    Args:
        exists: whether the result exists.
        until: when to stop waiting, in seconds since the epoch.
        waiting: called at every poll while the caller waits; it may raise to stop.

    Raises:
        DeadlineExceeded: another caller is still computing the result at `until`.
        TransientError: the database is unavailable.
    """
    token = uuid.uuid4().hex
    pause = FIRST_POLL_S
    while not exists():
        if leases.acquire(name, token, lease=LEASE_S):
            # Another caller may have stored it between the check and the lease.
            if exists():
                leases.release(name, token)
                break
            with _renewed(name, token, leases):
                yield True
            return
        if time.time() + pause >= until:
            raise DeadlineExceeded("the time ran out while another request made the same result")
        waiting()
        time.sleep(pause)
        pause = min(LONGEST_POLL_S, pause * 1.5)
    yield False


@contextmanager
def _renewed(name: str, token: str, leases: WorkLeases) -> Iterator[None]:
    """Renew the lease until the end of the block, then release it."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEW_S):
            # If the database is briefly unavailable, the next renewal may still be in time.
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
            leases.release(name, token)
