"""The parts of the benchmarks that could report a wrong result."""

from __future__ import annotations

import math

import pytest

from bench.__main__ import replaced
from bench.report import aim, shown, table
from bench.system import lessons
from vividly.model.wanted import grade_band


def test_a_section_is_replaced_and_everything_else_stays() -> None:
    page = "# Performance\n\nWhat is left, and why.\n"
    page = replaced(page, "burst", "A class", "old")
    page = replaced(page, "growth", "Growth", r"backslash \1")
    page += "\nMore text.\n"
    again = replaced(page, "burst", "A class", "new")
    assert again == page.replace("old", "new")
    assert again.count("## A class") == 1
    assert again.index("new") < again.index(r"backslash \1") < again.index("More text.")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (0.00123, "0.0012"),
        (0.1234, "0.123"),
        (9.876, "9.88"),
        (1234.56, "1,235"),
        (12_345, "12,345"),
        (math.nan, "-"),
        (None, "-"),
    ],
)
def test_numbers_have_three_digits(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_result_that_is_missing_does_not_meet_its_aim() -> None:
    assert aim("text", 1.5, at_most=1.5)[-1] == "yes"
    assert aim("text", 1.51, at_most=1.5)[-1] == "**no**"
    assert aim("rate", 8, at_least=8)[-1] == "yes"
    assert aim("text", math.nan, at_most=1.5)[-1] == "**no**"
    assert aim("rate", math.nan, at_least=8)[-1] == "**no**"
    assert table(("a", "b"), [aim("x", 1.0)[:2]]).splitlines()[-1] == "| x | 1.00 |"


def test_no_two_lessons_are_the_same() -> None:
    drawn = lessons(600, seed=1)
    keys = {(one.topic, one.interest, grade_band(one.grade)) for one in drawn}
    assert len(keys) == 600
    assert len({one.topic for one in drawn[:40]}) == 40
    assert drawn == lessons(600, seed=1) != lessons(600, seed=2)
