"""A circuit breaker per service: while one is away, nobody's attempts are used up on it.

After `FAILURES` calls in a row that failed for a passing reason, the circuit opens: further
calls fail at once, with the time to wait. When that is over one call is let through; if it
succeeds the circuit closes, otherwise it opens again for longer.

The state is a process's own. The libraries looked at (pybreaker, circuitbreaker) hold a lock
over the call, or let every caller through once the time is over; see
docs/decisions/0015-durable-retries.md.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vividly.model.errors import TransientError

FAILURES = 5
OPEN_S = 10.0
LONGEST_OPEN_S = 60.0
_OPEN = re.compile(r"(.+?) failed \d+ times in a row and is not called for another ")


class CircuitOpen(TransientError):
    """A service is known to be away, and was not asked."""


class Breaker:
    """The circuit to one service. Safe to use from many threads.

    Args:
        name: the service, for people.
        clock: seconds, on a clock that never goes back.
    """

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._openings = 0
        self._until = 0.0
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether calls are refused at the moment."""
        with self._lock:
            return self._failures >= FAILURES and (self._trying or self._clock() < self._until)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around a call of the service.

        Raises:
            CircuitOpen: instead of calling it.
        """
        probe = self._admit()
        try:
            yield
        except TransientError as error:
            self._failed(error.retry_after, probe=probe)
            raise
        except BaseException as error:
            # A refusal is an answer too; an interrupt says nothing of the service.
            if isinstance(error, Exception):
                self._succeeded()
            elif probe:
                self._trying = False
            raise
        self._succeeded()

    def _admit(self) -> bool:
        with self._lock:
            if self._failures < FAILURES:
                return False
            left = self._until - self._clock()
            if left > 0 or self._trying:
                wait = max(left, 1.0)
                raise CircuitOpen(
                    f"{self.name} failed {self._failures} times in a row and is not called for "
                    f"another {wait:.0f} s",
                    retry_after=wait,
                )
            self._trying = True
            return True

    def _failed(self, asked: float | None, *, probe: bool) -> None:
        with self._lock:
            self._failures += 1
            if probe:
                self._trying = False
            if self._failures == FAILURES or probe:
                pause = min(LONGEST_OPEN_S, OPEN_S * 2**self._openings)
                self._openings += 1
                self._until = self._clock() + max(pause * random.uniform(0.5, 1.0), asked or 0.0)

    def _succeeded(self) -> None:
        with self._lock:
            self._failures = self._openings = 0
            self._trying = False


_breakers: dict[str, Breaker] = {}
_lock = threading.Lock()


def breaker_of(service: str) -> Breaker:
    """The process's breaker of that name."""
    with _lock:
        return _breakers.setdefault(service, Breaker(service))


def circuit_named_in(message: str) -> str | None:
    """The service whose circuit was open, by the message of a `CircuitOpen`; else None."""
    found = _OPEN.match(message)
    return found[1] if found else None


def open_circuits() -> list[str]:
    """The services that are not called at the moment."""
    with _lock:
        return sorted(name for name, breaker in _breakers.items() if breaker.is_open)


def reset() -> None:
    """Close every circuit: for tests, whose services come and go."""
    with _lock:
        _breakers.clear()
