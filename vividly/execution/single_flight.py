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
from typing import Protocol

from vividly.model.errors import DeadlineExceeded, VividlyError

LOG = logging.getLogger(__name__)
LEASE_S = 30.0
RENEW_S = 8.0
FIRST_POLL_S, LONGEST_POLL_S = 0.05, 1.0
"""Seconds between the polls of a waiting caller: first and longest. Each pause is 1.5 times the
last."""


class Leases(Protocol):
    """Leases by name, such as `WorkLeases`."""

    def acquire(self, name: str, token: str, *, lease: float) -> bool:
        """Take the lease; False if another caller has it."""

    def renew(self, name: str, token: str, *, lease: float) -> bool:
        """Extend the lease; False if another caller has taken it."""

    def release(self, name: str, token: str) -> None:
        """Release the lease."""


class _Here:
    """Who computes a result in this process. The others wait for it without the database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: dict[str, threading.Event] = {}

    def enter(self, name: str) -> threading.Event | None:
        """None if the caller is the first; otherwise an event that the first sets at its end."""
        with self._lock:
            if name in self._names:
                return self._names[name]
            self._names[name] = threading.Event()
            return None

    def leave(self, name: str) -> None:
        """Let the next caller be the first."""
        with self._lock:
            self._names.pop(name).set()


_here = _Here()


@contextmanager
def single_flight(
    name: str,
    leases: Leases,
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
    end = _Wait(until, waiting)
    while not exists():
        if (busy := _here.enter(name)) is not None:
            end.wait(busy)
            continue
        try:
            token = uuid.uuid4().hex
            while not exists():
                if leases.acquire(name, token, lease=LEASE_S):
                    with _renewed(name, token, leases):
                        # Another caller may have stored it between the check and the lease.
                        yield not exists()
                    return
                end.wait()
        finally:
            _here.leave(name)
    yield False


class _Wait:
    """Pauses between polls, until a deadline."""

    def __init__(self, until: float, waiting: Callable[[], None]) -> None:
        self._until, self._waiting = until, waiting
        self._pause = FIRST_POLL_S

    def wait(self, busy: threading.Event | None = None) -> None:
        """Wait for the next poll, or until `busy` is set.

        Raises:
            DeadlineExceeded: there is no time for another poll.
        """
        if time.time() + self._pause >= self._until:
            raise DeadlineExceeded("the time ran out while another request made the same result")
        self._waiting()
        if busy is not None:
            busy.wait(LONGEST_POLL_S)
            return
        time.sleep(self._pause)
        self._pause = min(LONGEST_POLL_S, self._pause * 1.5)


@contextmanager
def _renewed(name: str, token: str, leases: Leases) -> Iterator[None]:
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
