"""Calls that are tried again while it makes sense and there is time."""

from __future__ import annotations

import time
from collections.abc import Callable
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

T = TypeVar("T")
SHORTEST_TRY_S = 0.05
"""What has to be left for another try after the wait before it."""
_backoff = wait_random_exponential(multiplier=0.5, max=20)


def is_worth_retrying(error: BaseException) -> bool:
    """Whether the same call may succeed later. What nobody foresaw is given the chance."""
    settled = (PermanentError, DeadlineExceeded, Superseded, ContentBlocked)
    return isinstance(error, Exception) and not isinstance(error, settled)


def is_transient(error: BaseException) -> bool:
    """Whether the error says itself that it will pass."""
    return isinstance(error, TransientError)


def call(
    function: Callable[[], T],
    *,
    seconds: float | Callable[[], float],
    tries: int = 1_000,
    worth: Callable[[BaseException], bool] = is_worth_retrying,
    sleep: Callable[[float], None] = time.sleep,
) -> T:
    """The function's result, with full-jitter exponential backoff between tries.

    A service that said how long to wait is waited for at least that long. No wait begins
    that would end after `seconds`; then the last error is raised as it is.

    Args:
        seconds: how long in all; a function of none gives how long there is still.
        tries: how often at most.
        worth: whether an error is worth another try.
    """
    left = seconds if callable(seconds) else _left(seconds)
    retrying = Retrying(
        retry=retry_if_exception(worth),
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
    """What the service asked for, but never less than our own backoff: it may say 0."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.retry_after if isinstance(error, TransientError) else None
    return max(asked or 0.0, _backoff(state))
