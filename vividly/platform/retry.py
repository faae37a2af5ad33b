"""Retries: one policy with every rule, and a function call that follows it.

Errors are handled on four levels, each slower than the one before:

1. A call is retried on its thread (`call`), within its stage's time.
2. A service that keeps failing is not called for a while (`vividly.platform.breaker`).
3. The request is scheduled as a further attempt (`Ledger.schedule_retry`).
4. A message that was lost is published again (`beam_pipeline.requeue`).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    wait_random_exponential,
)

from vividly.model.errors import (
    ContentBlocked,
    DeadlineExceeded,
    PermanentError,
    Superseded,
    TransientError,
)
from vividly.model.settings import Settings

T = TypeVar("T")
SHORTEST_TRY_S = 0.05
"""Seconds that must be left for a try after the wait before it."""
_backoff = wait_random_exponential(multiplier=0.5, max=20)


@dataclass(frozen=True)
class RetryPolicy:
    """When to retry, and how often. All durations are in seconds.

    `RetryPolicy.of(settings)` is the policy of a job. The setting `max_attempts` sets all three
    limits: `max_stage_tries`, `max_scheduled_attempts` and `max_takeover_attempts`.

    Attributes:
        durable: whether a request may wait in the ledger for a further attempt.
        max_stage_tries: tries of a stage whose error is unforeseen, or whose model gave an
            unusable answer. Transient errors are limited by the stage's time instead.
        max_scheduled_attempts: attempts of a request after which `schedule_retry` refuses.
        max_takeover_attempts: attempts of a request after which it is no longer taken over
            when its worker is lost.
        stage_patience: how long a stage retries transient errors before the request is
            scheduled for later.
        claim_wait: how long a claim waits for a database that is unavailable.
        text_wait, hand_over_wait, outcome_wait, dead_letter_wait, schedule_wait: the same for
            the other writes of the job.
        shortest_delay: minimum wait before a further attempt.
        first_delay: upper bound of the random part of the first wait; it doubles each time.
        longest_delay: upper bound of the doubled wait.
        least_budget: budget that a request must have left after the wait.
        circuit_failures: failures in a row that open a service's circuit.
        circuit_open, circuit_longest_open: how long it stays open, at first and at most.
        pending_after: age of a `pending` row at which its message is published again.
        republish_after: interval at which the message of a request that stays due is published.
        hand_over_after: when a message of the media topic may count as lost and is sent again.
        withdraw_after: when the files of a request without a lesson are deleted, counted from
            the end of its budget.
        expire_lease: lease by which a requeue pass claims an expired request, to end it.
    """

    durable: bool = True
    max_stage_tries: int = 5
    max_scheduled_attempts: int = 5
    max_takeover_attempts: int = 5
    stage_patience: float = 30.0

    claim_wait: float = 120.0
    text_wait: float = 60.0
    hand_over_wait: float = 60.0
    outcome_wait: float = 120.0
    dead_letter_wait: float = 30.0
    schedule_wait: float = 10.0

    shortest_delay: float = 1.0
    first_delay: float = 10.0
    longest_delay: float = 120.0
    least_budget: float = 1.0

    circuit_failures: int = 5
    circuit_open: float = 10.0
    circuit_longest_open: float = 60.0

    pending_after: float = 300.0
    republish_after: float = 30.0
    hand_over_after: float = 60.0
    withdraw_after: float = 60.0
    expire_lease: float = 20.0

    @classmethod
    def of(cls, settings: Settings) -> RetryPolicy:
        """The policy that the settings ask for."""
        return cls(
            durable=settings.durable_retries == "on",
            max_stage_tries=settings.max_attempts,
            max_scheduled_attempts=settings.max_attempts,
            max_takeover_attempts=settings.max_attempts,
            stage_patience=settings.retry_patience,
        )

    def retries_in_stage(self, error: BaseException, tries: int) -> bool:
        """Whether a stage may retry after this error and this number of tries."""
        return is_transient(error) or (is_retryable(error) and tries < self.max_stage_tries)

    def delay(self, retries: int, *, at_least: float = 0.0) -> float:
        """Seconds until a request's next attempt, with full jitter.

        Args:
            retries: attempts beyond the first, so far.
            at_least: seconds that the service asked to wait.
        """
        most = min(self.longest_delay, self.first_delay * 2.0**retries)
        return max(at_least, self.shortest_delay) + random.uniform(0, most)

    def circuit_pause(self, openings: int) -> float:
        """Seconds that a circuit stays open after `openings` earlier openings, with jitter."""
        pause = min(self.circuit_longest_open, self.circuit_open * 2.0**openings)
        return pause * random.uniform(0.5, 1.0)


def is_retryable(error: BaseException) -> bool:
    """Whether the same call may succeed later. An unforeseen error counts as retryable."""
    settled = (PermanentError, DeadlineExceeded, Superseded, ContentBlocked)
    return isinstance(error, Exception) and not isinstance(error, settled)


def is_transient(error: BaseException) -> bool:
    """Whether the error is a `TransientError`."""
    return isinstance(error, TransientError)


def call(
    function: Callable[[], T],
    *,
    seconds: float | Callable[[], float],
    tries: int = 1_000,
    retryable: Callable[[BaseException], bool] = is_retryable,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """Call a function, with full-jitter exponential backoff between tries.

    Waits at least as long as the service asked for. No wait begins that would end after
    `seconds`; then the last error is raised as it is.

        retry.call(lambda: ledger.fail(failure), seconds=30, retryable=retry.is_transient)

    Args:
        seconds: total time allowed, or a function that returns the time left.
        tries: maximum number of tries.
        retryable: whether to retry after an error.
    """
    left = seconds if callable(seconds) else _left(seconds)
    retrying = Retrying(
        retry=retry_if_exception(retryable),
        stop=lambda state: (
            state.attempt_number >= tries or state.upcoming_sleep + SHORTEST_TRY_S >= left()
        ),
        wait=_wait,
        sleep=sleep,
        reraise=True,
    )
    return retrying(function)


def _left(seconds: float) -> Callable[[], float]:
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


def _wait(state: RetryCallState) -> float:
    """The wait that the service asked for, but at least our own backoff: it may ask for 0."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, TransientError) else None
    return max(asked or 0.0, _backoff(state))
