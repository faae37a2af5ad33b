"""The evaluation of the check of facts, on labelled sentences about passages."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.support.command_line import vividly
from tests.support.google_server import GoogleServer
from tests.support.google_vertex import asks_for
from tests.support.judge_server import JudgeModel, supported
from vividly.evaluation.grounding import Labelled, judge, precision_and_recall, read_sentences

DATA = Path(__file__).parent / "data" / "eval"
FILES = tuple(DATA / f"grounding_{half}.yaml" for half in ("dev", "held", "independent"))
SUBJECTS = {"physics", "chemistry", "biology", "mathematics"}


def test_there_are_enough_sentences_of_both_sorts_in_every_subject() -> None:
    every = [one for path in FILES for one in read_sentences(path)]
    assert {one.subject for one in every} == SUBJECTS
    assert sum(len(one.true) for one in every) >= 150 <= sum(len(one.false) for one in every)
    for path in FILES:
        of = read_sentences(path)
        said = Counter(say for one in of for say in (*one.true, *(say for _, say in one.false)))
        assert [say for say, times in said.items() if times > 1] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_rules_refute_few_true_sentences_and_take_no_false_one_for_certain(path: Path) -> None:
    judged = judge(read_sentences(path))
    true = [one.verdict for one in judged if one.kind == "true"]
    false = [one.verdict for one in judged if one.kind != "true"]
    assert true.count("refuted") <= len(true) * 2 / 24
    assert false.count("certain") == 0
    assert false.count("refuted") >= len(false) / 5


BOILING = Labelled(
    subject="physics",
    heading="Boiling",
    passage=("Water boils at 100 degrees Celsius at sea level.",),
    true=("Water boils at 100 degrees Celsius at sea level.", "At the sea it boils at 100 °C."),
    false=(("number", "Water boils at 90 degrees Celsius at sea level."), ("beyond", "Tea boils.")),
)


def test_a_sentence_is_judged_as_a_line_that_cites_its_passage() -> None:
    own, other, wrong, beyond = judge([BOILING])
    assert [one.verdict for one in (own, other, wrong, beyond)] == [
        "certain", "doubt", "refuted", "doubt",
    ]  # fmt: skip
    assert wrong.refused and wrong.why[0].startswith("number: 90")
    assert precision_and_recall([own, other, wrong, beyond]) == (1.0, 0.5)


def test_a_configured_judge_decides_the_doubts(tmp_path: Path) -> None:
    path = tmp_path / "boiling.yaml"
    path.write_text(json.dumps([BOILING.model_dump()]))
    with GoogleServer() as server:
        model = JudgeModel({"the sea": supported("boils at 100 degrees Celsius")})
        server.generates(asks_for("statements"), model)
        project = ("--vertex_project=demo", f"--vertex_endpoint={server.url}")
        ended = vividly("evaluate", "grounding", str(path), "--judge", "--json", "--", *project)
    assert ended.code == 0, ended.err
    judged = ended.json["boiling.yaml"]
    assert [one["supported"] for one in judged] == [None, True, None, False]
    assert model.asked == [["At the sea it boils at 100 °C.", "Tea boils."]]


def test_a_judge_without_a_project_is_refused() -> None:
    ended = vividly("evaluate", "grounding", "--judge")
    assert ended.code == 2 and "vertex_project" in ended.err


def test_the_command_shows_verdicts_and_misses(tmp_path: Path) -> None:
    ended = vividly("evaluate", "grounding", str(FILES[0]), "--misses")
    assert ended.code == 0, ended.err
    assert "false, all" in ended.out and "Refutation: precision" in ended.out
    every = json.loads(vividly("evaluate", "grounding", str(FILES[0]), "--json").out)
    assert {one["kind"] for one in every["grounding_dev.yaml"]} >= {"true", "negation", "opposite"}
    (tmp_path / "none.yaml").write_text("- subject: physics\n")
    wrong = vividly("evaluate", "grounding", str(tmp_path / "none.yaml"))
    assert wrong.code == 2 and "holds no labelled sentences" in wrong.err


@pytest.mark.parametrize("path", FILES[:2], ids=lambda path: path.stem)
def test_rules_are_precise(path: Path) -> None:
    judged = judge(read_sentences(path))
    assert sum(one.wrong for one in judged) <= 2, [one.say for one in judged if one.wrong]
    exact = [one for one in judged if one.kind in ("date", "formula")]
    assert exact and [one.say for one in exact if one.verdict != "refuted"] == []
