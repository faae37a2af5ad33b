"""The labelled questions, and how their results are counted."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from beam_pipeline.cli.app import app
from vividly.evaluation.understanding import (
    OUTCOMES,
    Case,
    Judged,
    judge,
    outcome_of,
    read_cases,
    report_on,
)
from vividly.lesson.understanding import make_understander
from vividly.library.corpus import load_topics
from vividly.model.lesson import Answer, Understanding
from vividly.model.settings import Settings

FILE = Path(__file__).parent / "data/eval/understanding.yaml"
CASES = read_cases(FILE, "openstax-physics")


def judged(got: str, *wanted: str, group: str = "g", seconds: float = 0.001) -> Judged:
    return Judged(Case("q", group, "dev", wanted, wanted), wanted, got, seconds)


def test_the_file_has_enough_of_everything() -> None:
    assert len(CASES) >= 300
    assert len({case.query for case in CASES}) == len(CASES)
    groups = Counter((case.group, case.split) for case in CASES)
    assert min(groups.values()) >= 6
    assert {split for _, split in groups} == {"dev", "test"}
    assert sum(case.group == "book" for case in CASES) >= 80
    labels = {label for case in CASES for label in (*case.wanted, *case.without)}
    shipped = {label for label in labels if "/" not in label} - set(OUTCOMES)
    assert shipped <= load_topics().keys()
    assert not any("/" in label for case in CASES for label in case.without)


def test_the_tests_ask_about_every_lesson_that_ships() -> None:
    asked = {label for case in CASES if case.split == "test" for label in case.wanted}
    assert load_topics().keys() <= asked


def test_labels_stand_for_what_they_say(tmp_path: Path) -> None:
    file = tmp_path / "cases.yaml"
    file.write_text(
        "g:\n  dev:\n  - [a b, momentum | blocked]\n  - [c, b/lenses | light-waves]\n"
        "  - [d, b/lenses, momentum]\n"
    )
    first, second, third = read_cases(file, "some-book")
    assert first.wanted == first.without == ("momentum", "blocked")
    assert second.wanted == ("some-book/lenses", "light-waves")
    assert second.without == ("out_of_scope", "light-waves")
    assert third.without == ("momentum",)


def test_a_malformed_entry_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cases.yaml"
    file.write_text("g:\n  dev:\n  - [a, momentum]\n  - [only one]\n")
    with pytest.raises(ValueError, match=r"cases.yaml: g, dev, entry 2"):
        read_cases(file, "x")


def test_counts_by_hand() -> None:
    report = report_on(
        [
            judged("momentum", "momentum"),
            judged("friction", "momentum"),
            judged("out_of_scope", "momentum", group="h"),
            judged("out_of_scope", "out_of_scope"),
            judged("friction", "out_of_scope", group="h"),
            judged("clarification_needed", "friction", "clarification_needed"),
        ]
    )
    scores = {score.outcome: score for score in report.outcomes}
    assert scores["topic"].precision == pytest.approx(1 / 3)
    assert scores["topic"].recall == pytest.approx(1 / 3)
    assert (scores["out_of_scope"].precision, scores["out_of_scope"].recall) == (0.5, 0.5)
    assert scores["clarification_needed"].recall == 1
    assert math.isnan(scores["blocked"].precision)
    assert scores["blocked"].wanted == 0
    assert report.topic_accuracy == 0.5
    assert report.accuracy == 0.5
    assert report.groups == (("g", 4, 0.75), ("h", 2, 0.0))
    assert report.confusions[("topic", "out_of_scope")] == 1
    assert sum(report.confusions.values()) == 6
    assert len(report.missed) == 3


def test_a_topic_is_an_outcome_of_its_own() -> None:
    assert [outcome_of(label) for label in ("friction", "a/b", "blocked")] == [
        "topic",
        "topic",
        "blocked",
    ]


def test_which_labels_count_depends_on_the_book() -> None:
    class Lenses:
        identity = "lenses"

        def understand(
            self, query: str, *, grade_level: int, language: str
        ) -> Understanding | Answer:
            return Understanding("some-book/lenses", "Lenses", "physics", 1.0)

    case = Case("lenses", "g", "dev", ("some-book/lenses",), ("out_of_scope",))
    assert judge(Lenses(), [case], with_book=True)[0].right
    assert not judge(Lenses(), [case], with_book=False)[0].right


@pytest.mark.parametrize(
    ("group", "split", "floor"),
    [
        ("paraphrase", "dev", 0.78),
        ("paraphrase", "test", 0.65),
        ("slang_and_typos", "dev", 0.85),
        ("slang_and_typos", "test", 0.85),
        ("book", "dev", 0.75),
        ("book", "test", 0.7),
        ("unclear", "dev", 0.9),
        ("unclear", "test", 0.8),
        ("off_topic", "dev", 0.85),
        ("off_topic", "test", 0.85),
        ("injection", "dev", 0.85),
        ("injection", "test", 0.85),
        ("language", "dev", 0.9),
        ("language", "test", 0.9),
    ],
)
def test_understanding_is_as_good_as_it_was(group: str, split: str, floor: float) -> None:
    cases = [case for case in CASES if (case.group, case.split) == (group, split)]
    report = report_on(judge(make_understander(Settings("", "", "")), cases, with_book=False))
    assert report.accuracy >= floor, [(one.case.query, one.got) for one in report.missed]


def test_the_command_prints_every_outcome() -> None:
    result = CliRunner().invoke(
        app, ["evaluate", "understanding", str(FILE), "--no-book", "--split", "dev", "--misses"]
    )
    assert result.exit_code == 0, result.output
    for word in (*OUTCOMES, "precision", "recall", "injection", "dev, without the book"):
        assert word in result.output


def test_the_command_prints_json_for_scripts() -> None:
    result = CliRunner().invoke(
        app, ["evaluate", "understanding", str(FILE), "--no-book", "--json"]
    )
    assert result.exit_code == 0, result.output
    runs = [json.loads(line) for line in result.output.splitlines()]
    assert [run["run"] for run in runs] == ["dev, without the book", "test, without the book"]
    assert all(0.5 < run["accuracy"] <= 1 for run in runs)


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    missing = CliRunner().invoke(app, ["evaluate", "understanding", str(tmp_path / "none")])
    assert missing.exit_code == 2
    other = CliRunner().invoke(
        app, ["evaluate", "understanding", str(FILE), "--no-book", "--split", "x"]
    )
    assert other.exit_code == 2
