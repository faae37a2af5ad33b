"""The evaluation of retrieval: its measures, questions and command."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from beam_pipeline.cli.app import app
from tests.support.library import BOOK, EXAMPLES, ingest_examples
from vividly.evaluation.metrics import mean, percentile, reciprocal_rank, share
from vividly.evaluation.questions import Question, groups, read_questions
from vividly.evaluation.retrieval import answerable, compare, evaluate, scores
from vividly.library.retrieval import index_library
from vividly.library.retrieval.sentence_embedder import SentenceEmbedder
from vividly.model.errors import SettingsError
from vividly.model.lesson import Passage, PassageSentence, Source

QUESTIONS = Path(__file__).parent / "data" / "eval" / "physics.yaml"


def passage(section: str, text: str) -> Passage:
    source = Source("Physics", section, "A", "L")
    return Passage(text, "t", "section", "H", 1, (PassageSentence(text),), source)


def question(**changes: object) -> Question:
    fields = {
        "ask": "why do I slide",
        "style": "textbook",
        "split": "dev",
        "sections": ("4.2",),
        "answer": ("inertia",),
    }
    return Question(**(fields | changes))  # type: ignore[arg-type]


# -- figures ----------------------------------------------------------------------------------


def test_figures_of_numbers() -> None:
    assert share([True, False, True, True]) == 0.75
    assert mean([1.0, 2.0]) == 1.5
    assert [percentile([4, 1, 3, 2], part) for part in (0.0, 0.5, 0.75, 0.95)] == [1, 2, 3, 4]
    assert reciprocal_rank([False, False, True, True]) == pytest.approx(1 / 3)
    assert reciprocal_rank([False]) == 0
    assert all(map(math.isnan, (share([]), mean([]), percentile([], 0.5))))


def test_a_section_and_a_passage_are_hit_among_the_first_five() -> None:
    other = passage("9.1 Work", "inertia")
    right = passage("4.2 Inertia", "It is called INERTIA.")
    near = passage("4.2 Inertia", "Something else.")
    found = {
        "answered": [other, right],
        "section": [near, other],
        "late": [other] * 5 + [right],
        "never": [other],
    }
    outcomes = evaluate([question(ask=ask) for ask in found], found.__getitem__)
    assert [o.section_hit for o in outcomes] == [True, True, False, False]
    assert [o.passage_hit for o in outcomes] == [True, False, False, False]
    assert [o.reciprocal for o in outcomes] == pytest.approx([1 / 2, 1, 1 / 6, 0])
    total = scores(outcomes)
    assert (total.questions, total.section_at_5, total.passage_at_5) == (4, 0.5, 0.25)
    assert outcomes[0].found == ("9.1", "4.2")


def test_an_answer_may_run_over_lines() -> None:
    asked = question(answer=("inertia.{0,20}mass",))
    assert asked.answered_by(passage("4.2 x", "Inertia\nis mass"))
    assert not asked.answered_by(passage("14.2 x", "inertia is mass"))


def test_groups_are_by_split_and_style() -> None:
    asked = [question(), question(split="test", style="slang"), question(style="slang")]
    grouped = groups(evaluate(asked, lambda _: []))
    assert {name: len(of) for name, of in grouped.items()} == {
        "all": 3,
        "dev": 2,
        "test": 1,
        "textbook": 1,
        "slang": 2,
    }


# -- the questions ----------------------------------------------------------------------------


def test_the_questions_are_many_and_of_all_kinds() -> None:
    asked = read_questions(QUESTIONS).questions
    assert len(asked) >= 100
    assert len({q.ask.lower() for q in asked}) == len(asked)
    by = {style: [q for q in asked if q.style == style] for style in {q.style for q in asked}}
    assert len(by["paraphrased"]) >= len(asked) * 0.4
    assert len(by["misspelt"]) >= 10
    assert len(by["slang"]) >= 5
    for split in ("dev", "test"):
        assert sum(q.split == split for q in asked) > len(asked) * 0.4
    assert {int(s.split(".")[0]) for q in asked for s in q.sections} == set(range(1, 24))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("corpus: x\nquestions: [{ask: why, style: odd}]", "style"),
        ("corpus: x\nquestions: [{ask: why, sections: 1.1}]", "sections"),
        ("corpus: [", "questions"),
        (
            "corpus: x\nquestions: [{ask: why, style: slang, split: dev, sections: ['1.1'], "
            "answer: ['(']}]",
            "answer",
        ),
    ],
)
def test_a_faulty_file_is_named_with_its_fault(tmp_path: Path, content: str, fault: str) -> None:
    path = tmp_path / "q.yaml"
    path.write_text(content)
    with pytest.raises(SettingsError, match=fault) as caught:
        read_questions(path)
    assert "q.yaml" in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml"):
        read_questions(tmp_path / "none.yaml")


# -- all of it --------------------------------------------------------------------------------


@pytest.fixture
def of_chapter(tmp_path: Path) -> Path:
    """The questions about a whole book, for the chapter, whose sections have the same numbers."""
    text = QUESTIONS.read_text()
    assert "openstax-physics" in text
    (path := tmp_path / "questions.yaml").write_text(text.replace("openstax-physics", BOOK))
    return path


def test_the_sections_that_are_there_are_found(engine: Engine, of_chapter: Path) -> None:
    """Over one chapter, hybrid search meets slightly lower targets than `docs/retrieval.md`."""
    ingest_examples(engine)
    embedder = SentenceEmbedder()
    index_library(engine, embedder)
    asked = read_questions(of_chapter)
    usable = answerable(engine, asked)
    assert {s for q in usable for s in q.sections} >= {"4.1", "4.2", "4.3"}
    assert len(usable) >= 6
    outcomes = compare(engine, embedder, asked.corpus, usable)
    assert list(outcomes) == ["words", "vectors", "hybrid"]
    assert scores(outcomes["hybrid"]).section_at_5 >= 0.8
    assert scores(outcomes["hybrid"]).mrr >= 0.6


@pytest.mark.slow
def test_the_command_ingests_asks_and_prints(of_chapter: Path) -> None:
    told = ["evaluate", "retrieval", str(of_chapter), "--book", str(EXAMPLES)]
    result = CliRunner().invoke(app, [*told, "--json"])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["scores"]["hybrid"]["all"]["section_at_5"] >= 0.8
    assert any("questions are about what is there" in note for note in answer["notes"])


def test_the_command_says_what_is_missing(database_url: str) -> None:
    told = ["evaluate", "retrieval", str(QUESTIONS), "--database", database_url]
    missing = CliRunner().invoke(app, [*told, "--book", "no/such/book"])
    assert missing.exit_code == 1
    assert "no/such/book is not there" in missing.output
    assert "0 of" in missing.output
    wrong = CliRunner().invoke(app, [*told, "--embedder", "oracle"])
    assert wrong.exit_code == 2
    assert "oracle" in wrong.output
