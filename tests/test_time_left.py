"""No call takes longer than its stage has left."""

from __future__ import annotations

import threading
import time

import pytest

from vividly.model.errors import DeadlineExceeded
from vividly.model.time_left import at_most, until


def test_without_a_stage_a_call_has_its_own_limit() -> None:
    assert at_most(45.0) == 45.0


def test_a_call_has_what_its_stage_has_left() -> None:
    with until(time.time() + 10):
        assert at_most(3.0) == 3.0
        assert 9 < at_most(45.0) <= 10
        with until(time.time() + 2):
            assert 1 < at_most(45.0) <= 2
        assert at_most(45.0) > 9
    assert at_most(45.0) == 45.0


def test_a_stage_that_is_over_makes_no_call() -> None:
    with until(time.time() - 0.001), pytest.raises(DeadlineExceeded, match="used up"):
        at_most(45.0)


def test_threads_do_not_share_a_stage() -> None:
    found: list[float] = []
    with until(time.time() + 1):
        thread = threading.Thread(target=lambda: found.append(at_most(45.0)))
        thread.start()
        thread.join()
    assert found == [45.0]
