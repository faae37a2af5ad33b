"""Which calls are retried, how often, and after which delay."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vividly.model.errors import (
    DeadlineExceeded,
    InvalidRequest,
    PermanentError,
    SettingsError,
    Superseded,
    TransientError,
)
from vividly.platform import retry


def failing(*errors: BaseException) -> Callable[[], str]:
    """A function that raises each error once, then answers."""
    left = list(errors)

    def function() -> str:
        if left:
            raise left.pop(0)
        return "answer"

    return function


def never(seconds: float) -> None:
    pytest.fail(f"waited {seconds} s")


def test_a_call_that_works_is_made_once() -> None:
    waits: list[float] = []
    assert retry.call(failing(), seconds=0, sleep=waits.append) == "answer"
    assert waits == []


@pytest.mark.parametrize(
    "error", [TransientError("busy"), ConnectionError(), TimeoutError(), KeyError("surprise")]
)
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    waits: list[float] = []
    assert retry.call(failing(error, error), seconds=3600, sleep=waits.append) == "answer"
    assert len(waits) == 2


@pytest.mark.parametrize(
    "error",
    [
        PermanentError("no"),
        InvalidRequest("no"),
        SettingsError("no"),
        DeadlineExceeded("late"),
        Superseded("gone"),
        KeyboardInterrupt(),
        SystemExit(),
    ],
)
def test_what_is_settled_is_not_tried_again(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught:
        retry.call(failing(error), seconds=3600, sleep=never)
    assert caught.value is error


def test_only_what_says_that_it_will_pass_where_that_is_asked_for() -> None:
    busy, surprise = TransientError("busy"), KeyError("surprise")
    with pytest.raises(KeyError):
        retry.call(
            failing(busy, surprise),
            seconds=3600,
            retryable=retry.is_transient,
            sleep=lambda _: None,
        )


def test_the_last_error_is_raised_once_the_tries_are_used_up() -> None:
    errors = [TransientError(str(number)) for number in range(5)]
    waits: list[float] = []
    with pytest.raises(TransientError, match=r"^2$"):
        retry.call(failing(*errors), seconds=3600, tries=3, sleep=waits.append)
    assert len(waits) == 2


@pytest.mark.parametrize("seconds", [0.0, -1.0, 29.9])
def test_no_wait_begins_that_would_end_too_late(seconds: float) -> None:
    busy = TransientError("busy", retry_after=30)
    with pytest.raises(TransientError) as caught:
        retry.call(failing(busy), seconds=seconds, sleep=never)
    assert caught.value is busy


def test_a_service_that_says_how_long_is_waited_for_that_long() -> None:
    waits: list[float] = []
    busy = [TransientError("busy", retry_after=seconds) for seconds in (7.5, 30.0)]
    retry.call(failing(*busy), seconds=3600, sleep=waits.append)
    assert waits == [7.5, 30.0]


def test_a_service_that_asks_for_no_wait_is_not_hammered() -> None:
    waits: list[float] = []
    busy = [TransientError("busy", retry_after=0.0)] * 12
    retry.call(failing(*busy), seconds=3600, sleep=waits.append)
    assert max(waits[6:]) > 1.0 and all(waits)


def test_the_backoff_grows_is_jittered_and_stays_below_twenty_seconds() -> None:
    def waits(tries: int) -> list[float]:
        found: list[float] = []
        busy = [TransientError("busy")] * tries
        retry.call(failing(*busy), seconds=1e9, sleep=found.append)
        return found

    runs = [waits(12) for _ in range(200)]
    for number in range(12):
        bound = min(20.0, 0.5 * 2**number)
        column = [run[number] for run in runs]
        assert all(0 <= wait <= bound for wait in column)
        assert len(set(column)) > 150
        assert max(column) > bound / 2
