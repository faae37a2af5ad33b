"""The circuit breaker: opens after failures in a row, lets one caller try, closes again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vividly.model.errors import PermanentError, TransientError
from vividly.platform.breaker import (
    Breaker,
    CircuitOpen,
    breaker_of,
)
from vividly.platform.retry import RetryPolicy


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("Speech", clock=clock)


def call(breaker: Breaker, error: Exception | None = None) -> None:
    with breaker.call():
        if error:
            raise error


def fails(breaker: Breaker, times: int = 1, **more: float) -> None:
    for _ in range(times):
        with pytest.raises(TransientError, match="away"):
            call(breaker, TransientError("away", **more))


def opened(breaker: Breaker, **more: float) -> None:
    fails(breaker, RetryPolicy.circuit_failures, **more)
    assert breaker.is_open


def test_a_service_that_fails_again_and_again_is_not_called(breaker: Breaker) -> None:
    opened(breaker)
    with pytest.raises(CircuitOpen, match=r"Speech failed 5 times.*another \d+ s") as refused:
        call(breaker)
    assert (
        RetryPolicy.circuit_open / 2 <= (refused.value.retry_after or 0) <= RetryPolicy.circuit_open
    )


def test_a_success_in_between_keeps_it_closed(breaker: Breaker) -> None:
    for _ in range(3):
        fails(breaker, RetryPolicy.circuit_failures - 1)
        call(breaker)
    assert not breaker.is_open


@pytest.mark.parametrize("error", [PermanentError("refused"), KeyError("a"), FileNotFoundError()])
def test_a_refusal_is_an_answer(breaker: Breaker, error: Exception) -> None:
    fails(breaker, RetryPolicy.circuit_failures - 1)
    with pytest.raises(type(error)):
        call(breaker, error)
    fails(breaker)
    assert not breaker.is_open


def test_one_caller_tries_and_the_others_wait(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    clock.now += RetryPolicy.circuit_open
    with breaker.call(), pytest.raises(CircuitOpen):
        call(breaker)
    call(breaker)
    assert not breaker.is_open


def test_it_stays_open_for_longer_each_time(breaker: Breaker, clock: Clock) -> None:
    opened(breaker)
    for expected in (20, 40, 60, 60):
        clock.now += RetryPolicy.circuit_longest_open
        fails(breaker)
        with pytest.raises(CircuitOpen) as refused:
            call(breaker)
        assert expected / 2 <= (refused.value.retry_after or 0) <= expected


def test_what_the_service_asked_for_is_waited_for(breaker: Breaker) -> None:
    opened(breaker, retry_after=300.0)
    with pytest.raises(CircuitOpen) as refused:
        call(breaker)
    assert refused.value.retry_after == pytest.approx(300)


def test_a_caller_that_is_interrupted_leaves_the_try_to_the_next(
    breaker: Breaker, clock: Clock
) -> None:
    opened(breaker)
    clock.now += RetryPolicy.circuit_open
    with pytest.raises(KeyboardInterrupt), breaker.call():
        raise KeyboardInterrupt
    call(breaker)
    assert not breaker.is_open


def test_each_service_has_one(request: pytest.FixtureRequest) -> None:
    make: Callable[[], Breaker] = lambda: breaker_of(request.node.name)  # noqa: E731
    assert make() is make()
    assert make() is not breaker_of("another")
