"""Renews the claims of a process while it works on them.

A claim's lease is only a minute, so that a dead worker is noticed soon. A live process renews
each of its claims until the claim's time limit. A stage that hangs beyond its limit loses its
claim, as if its worker had died.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol

from vividly.model.ticket import Ticket

LOG = logging.getLogger(__name__)
RENEWALS_PER_LEASE = 4
"""Renewals within one lease; more than one, since some may fail."""


class Renews(Protocol):
    """A table of claims: `Ledger` or `LessonWork`."""

    def renew(self, held: Sequence[tuple[str, int]], *, lease: float) -> set[tuple[str, int]]:
        """Renew claims for `lease` more seconds. Returns those that are still held."""


class Heartbeat:
    """Renews claims from a thread, which runs while there are claims to renew."""

    def __init__(self, ledger: Renews, *, lease: float) -> None:
        self._ledger = ledger
        self._lease = lease
        self._held: dict[tuple[str, int], float] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start_renewing(self, ticket: Ticket, seconds: float) -> None:
        """Start to renew the claim, for `seconds` at most."""
        with self._lock:
            self._held[_key(ticket)] = time.monotonic() + seconds
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._beat, name="vividly-heartbeat", daemon=True
                )
                self._thread.start()

    def stop_renewing(self, ticket: Ticket) -> None:
        """Stop renewing the claim."""
        with self._lock:
            self._held.pop(_key(ticket), None)

    def stop(self) -> None:
        """Stop renewing all claims."""
        with self._lock:
            self._held.clear()

    @property
    def held(self) -> frozenset[tuple[str, int]]:
        """(request id or lesson key, attempt) of each claim that is being renewed."""
        with self._lock:
            return frozenset(self._held)

    def _beat(self) -> None:
        while True:
            time.sleep(self._lease / RENEWALS_PER_LEASE)
            with self._lock:
                now = time.monotonic()
                self._held = {key: until for key, until in self._held.items() if until > now}
                held = list(self._held)
                if not held:
                    self._thread = None
                    return
            try:
                ours = self._ledger.renew(held, lease=self._lease)
            except Exception as error:  # the next beat may do better
                LOG.warning("%d claims were not renewed: %s", len(held), error)
                continue
            with self._lock:
                for lost in set(held) - ours:
                    self._held.pop(lost, None)


def _key(ticket: Ticket) -> tuple[str, int]:
    if ticket.lesson:
        return ticket.lesson, ticket.lesson_attempt
    return ticket.request.request_id, ticket.attempt
