"""Circuit breakers, one per service: requests do not waste attempts on a failing service.

After `RetryPolicy.circuit_failures` transient failures in a row the circuit opens: further calls
fail at once, and say how long to wait. After that time one call is let through as a probe; if it
succeeds the circuit closes, otherwise it opens again for longer.

Each process has its own state. Libraries such as pybreaker and circuitbreaker hold a lock during
the call, or let every caller through after the wait; see docs/decisions/0015-durable-retries.md.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from vividly.model.errors import TransientError
from vividly.platform.retry import RetryPolicy

NAMED_IN = r"^(.+?) failed \d+ times in a row and is not called for another "
"""A pattern for Python and for Postgres: the group of a `CircuitOpen`'s message is its service."""


class CircuitOpen(TransientError):
    """The service was not called because it is known to be unavailable."""


class Breaker:
    """The circuit breaker of one service. Thread-safe.

    Args:
        name: the service, for error messages.
        policy: when the circuit opens, and for how long.
        clock: returns seconds of a monotonic clock.
    """

    def __init__(
        self,
        name: str,
        *,
        policy: RetryPolicy = RetryPolicy(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._openings = 0
        self._until = 0.0
        self._probing = False
        self._quota = False

    @property
    def is_open(self) -> bool:
        """Whether calls are refused now."""
        with self._lock:
            refusing = self._probing or self._clock() < self._until
            return self._failures >= self._policy.circuit_failures and refusing

    @contextmanager
    def call(self) -> Iterator[None]:
        """A context for one call of the service.

        Raises:
            CircuitOpen: the circuit is open; the call must not be made.
        """
        probe = self._admit()
        try:
            yield
        except TransientError as error:
            self._failed(error, probe=probe)
            raise
        except BaseException as error:
            # A permanent error also shows that the service works. An interrupt shows nothing.
            if isinstance(error, Exception):
                self._succeeded()
            elif probe:
                self._probing = False
            raise
        self._succeeded()

    def _admit(self) -> bool:
        with self._lock:
            if self._failures < self._policy.circuit_failures:
                return False
            left = self._until - self._clock()
            if left > 0 or self._probing:
                wait = max(left, 1.0)
                raise CircuitOpen(
                    f"{self.name} failed {self._failures} times in a row and is not called for "
                    f"another {wait:.0f} s",
                    retry_after=wait,
                    quota=self._quota,
                )
            self._probing = True
            return True

    def _failed(self, error: TransientError, *, probe: bool) -> None:
        with self._lock:
            self._failures += 1
            self._quota = error.quota
            if probe:
                self._probing = False
            if self._failures == self._policy.circuit_failures or probe:
                pause = self._policy.circuit_pause(self._openings)
                self._openings += 1
                self._until = self._clock() + max(pause, error.retry_after or 0.0)

    def _succeeded(self) -> None:
        with self._lock:
            self._failures = self._openings = 0
            self._probing = False


_breakers: dict[str, Breaker] = {}
_lock = threading.Lock()


def breaker_of(service: str) -> Breaker:
    """The process's breaker of that name."""
    with _lock:
        return _breakers.setdefault(service, Breaker(service))


def open_circuits() -> list[str]:
    """The services whose circuits are open now."""
    with _lock:
        return sorted(name for name, breaker in _breakers.items() if breaker.is_open)


def reset() -> None:
    """Close every circuit, for tests."""
    with _lock:
        _breakers.clear()
