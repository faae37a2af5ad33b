"""The evaluation of the check of facts, on labelled sentences about passages."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.support.command_line import vividly
from vividly.evaluation.grounding import Labelled, judge, read_sentences

DATA = Path(__file__).parent / "data" / "eval"
FILES = (DATA / "grounding_dev.yaml", DATA / "grounding_held.yaml")
SUBJECTS = {"physics", "chemistry", "biology", "mathematics"}


def test_there_are_enough_sentences_of_both_sorts_in_every_subject() -> None:
    every = [one for path in FILES for one in read_sentences(path)]
    assert {one.subject for one in every} == SUBJECTS
    assert sum(len(one.true) for one in every) >= 150 <= sum(len(one.false) for one in every)
    said = Counter(say for one in every for say in (*one.true, *(say for _, say in one.false)))
    assert [say for say, times in said.items() if times > 1] == []


def test_a_sentence_is_judged_as_a_line_that_cites_its_passage() -> None:
    passage = ("Water boils at 100 degrees Celsius at sea level.",)
    false = (("number", "Water boils at 90 degrees Celsius at sea level."),)
    one = Labelled(subject="physics", heading="Boiling", passage=passage, true=passage, false=false)
    good, bad = judge([one])
    assert good.right and not good.refused
    assert bad.right and bad.refused and bad.why[0].startswith("number: 90")


def test_the_command_shows_shares_and_misses(tmp_path: Path) -> None:
    ended = vividly("evaluate", "grounding", str(FILES[0]), "--misses")
    assert ended.code == 0, ended.err
    assert "false, all" in ended.out and "grounding_dev.yaml" in ended.out
    every = json.loads(vividly("evaluate", "grounding", str(FILES[0]), "--json").out)
    assert {one["kind"] for one in every["grounding_dev.yaml"]} >= {"true", "negation", "opposite"}
    (tmp_path / "none.yaml").write_text("- subject: physics\n")
    wrong = vividly("evaluate", "grounding", str(tmp_path / "none.yaml"))
    assert wrong.code == 2 and "holds no labelled sentences" in wrong.err


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_numbers_dates_and_formulas_that_are_wrong_are_refused(path: Path) -> None:
    exact = [one for one in judge(read_sentences(path)) if one.kind in ("date", "name", "formula")]
    assert exact and [one.say for one in exact if not one.refused] == []
