"""Single flight: of many that need the same result, one computes it."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import Engine, text

from tests.support.ledgers import at_once
from vividly.execution import single_flight as module
from vividly.execution.single_flight import single_flight
from vividly.model.errors import DeadlineExceeded, Superseded
from vividly.platform.ledger.leases import WorkLeases


@pytest.fixture
def leases(engine: Engine) -> WorkLeases:
    return WorkLeases(engine, owner="test")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LONGEST_POLL_S", 0.05)


def soon() -> float:
    return time.time() + 30


def held(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(text("SELECT count(*) FROM work_leases")).scalar_one()


def test_of_thirty_at_once_one_makes_it(leases: WorkLeases) -> None:
    made = threading.Event()
    computed = []

    def ask(number: int) -> bool:
        with single_flight("lesson", leases, exists=made.is_set, until=soon()) as mine:
            if mine:
                computed.append(number)
                time.sleep(0.3)
                made.set()
            return mine

    assert sorted(at_once(12, ask)) == [False] * 11 + [True]
    assert len(computed) == 1
    assert held(leases.engine) == 0


def test_where_one_fails_the_next_tries(leases: WorkLeases) -> None:
    made = threading.Event()
    tried = []

    def ask(number: int) -> str:
        try:
            with single_flight("lesson", leases, exists=made.is_set, until=soon()) as mine:
                if mine:
                    tried.append(number)
                    if len(tried) < 3:
                        raise KeyError("broken")
                    made.set()
                return "made" if mine else "shared"
        except KeyError:
            return "failed"

    ends = at_once(6, ask)
    assert (ends.count("failed"), ends.count("made"), ends.count("shared")) == (2, 1, 3)


def test_different_things_are_made_side_by_side(leases: WorkLeases) -> None:
    both = threading.Barrier(2, timeout=300)

    def ask(number: int) -> bool:
        with single_flight(f"lesson-{number}", leases, exists=lambda: False, until=soon()) as mine:
            both.wait()  # passes only while both hold their lease
            return mine

    assert at_once(2, ask) == [True, True]


def test_what_a_dead_process_held_is_taken_over(leases: WorkLeases) -> None:
    assert leases.acquire("lesson", "of a process that is gone", lease=0.4)
    began = time.monotonic()
    with single_flight("lesson", leases, exists=lambda: False, until=soon()) as mine:
        assert mine
    assert 0.2 < time.monotonic() - began < 5


def test_the_lease_is_renewed_while_the_work_goes_on(
    leases: WorkLeases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEASE_S", 0.6)
    monkeypatch.setattr(module, "RENEW_S", 0.15)
    with single_flight("lesson", leases, exists=lambda: False, until=soon()):
        for _ in range(6):
            time.sleep(0.25)
            assert not leases.acquire("lesson", "another", lease=1)
    assert leases.acquire("lesson", "another", lease=1)


def test_nobody_waits_longer_than_there_is_time(leases: WorkLeases) -> None:
    assert leases.acquire("lesson", "another", lease=60)
    with (
        pytest.raises(DeadlineExceeded),
        single_flight("lesson", leases, exists=lambda: False, until=time.time() + 0.3),
    ):
        pytest.fail("the lease was another's")


def test_one_who_waits_can_be_stopped(leases: WorkLeases) -> None:
    def gone() -> None:
        raise Superseded("cancelled meanwhile")

    assert leases.acquire("lesson", "another", lease=60)
    with (
        pytest.raises(Superseded),
        single_flight("lesson", leases, exists=lambda: False, until=soon(), waiting=gone),
    ):
        pytest.fail("the lease was another's")


def test_what_exists_needs_no_lease(leases: WorkLeases) -> None:
    assert leases.acquire("lesson", "another", lease=60)
    with single_flight("lesson", leases, exists=lambda: True, until=soon()) as mine:
        assert not mine


def test_a_lease_is_its_tokens_alone(leases: WorkLeases) -> None:
    assert leases.acquire("lesson", "one", lease=60)
    assert leases.acquire("lesson", "one", lease=60)
    assert not leases.acquire("lesson", "two", lease=60)
    assert not leases.renew("lesson", "two", lease=60)
    leases.release("lesson", "two")
    assert leases.renew("lesson", "one", lease=60)
    leases.release("lesson", "one")
    assert leases.acquire("lesson", "two", lease=60)
