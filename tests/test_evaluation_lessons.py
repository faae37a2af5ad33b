"""The evaluation of lessons: what it reads from a script, and its command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from beam_pipeline.cli.app import app
from tests.support.command_line import vividly
from tests.support.google_server import Call, GoogleServer, Json
from tests.support.google_vertex import asks_for, prompt_of
from vividly.evaluation.lessons import Outcome, covered, evaluate, scores
from vividly.evaluation.questions import Question, groups, read_questions
from vividly.lesson.scripting.shipped import shipped_script
from vividly.library.corpus import load_topics
from vividly.model.errors import SettingsError
from vividly.model.lesson import Line, Scene, Script

DATA = Path(__file__).parent / "data" / "eval"


def question(**changes: object) -> Question:
    fields = {"ask": "why", "style": "textbook", "split": "dev", "topics": ("gravity",)}
    return Question(**(fields | changes))  # type: ignore[arg-type]


def script(*scenes: tuple[str, str]) -> Script:
    made = tuple(Scene(kind, "H", (Line(say, None, ("p",)),)) for kind, say in scenes)
    return Script("T", "t", "physics", 9, "en", "everyday", made, (), "w")


def test_the_questions_on_the_shipped_lessons_are_in_order() -> None:
    found = read_questions(DATA / "lessons.yaml").questions
    assert {id for q in found for id in q.topics} <= load_topics().keys()
    assert all(bool(q.answer) == q.has_lesson for q in found)
    halves = [sum(q.split == split for q in found) for split in ("dev", "test")]
    assert halves[0] == halves[1]
    assert len({q.ask for q in found}) == len(found)


def test_the_questions_on_the_book_name_lessons_that_ship() -> None:
    found = read_questions(DATA / "physics.yaml")
    assert {id for ids in found.lessons.values() for id in ids} <= load_topics().keys()
    assert all(q.sections for q in found.questions)


def test_a_fault_in_the_questions_is_named(tmp_path: Path) -> None:
    path = tmp_path / "q.yaml"
    path.write_text("questions:\n- {ask: why, style: textbook, split: dev, answer: ['(']}\n")
    with pytest.raises(SettingsError, match=r"q\.yaml.*answer"):
        read_questions(path)


def test_what_was_not_taught_is_not_covered() -> None:
    taught = ("explanation", "Friction turns motion into heat.")
    assert covered(script(taught, ("takeaways", "Friction turns motion into heat."))) == 1
    assert covered(script(taught, ("takeaways", "Surface texture matters."))) == 0
    # The end does not teach itself.
    assert covered(script(("takeaways", "Surface."), ("check", "Surface?"))) == 0
    assert covered(shipped_script("photosynthesis")) > 0.4


def test_the_shares_count_only_the_questions_that_they_are_about() -> None:
    lesson = Outcome(question(), "lesson", "gravity", True, True, True, 0.5, 1.0, 160.0, 0.1)
    back = Outcome(question(split="test"), "clarification_needed")
    off = question(topics=(), style="slang")
    outcomes = [lesson, back, Outcome(off, "out_of_scope", right=True)]
    found = scores(outcomes)
    assert (found.questions, found.right, found.answered, found.early) == (3, 0.5, 0.5, 0.5)
    assert (found.asked_back, found.refused, found.let_through) == (0.5, 0, 0)
    assert (found.covered, found.level_off, found.seconds) == (0.5, 1.0, 160.0)
    let = scores([*outcomes, Outcome(off, "lesson", "gravity")])
    assert let.let_through == 0.5 and let.right == 0.5
    assert {name: len(of) for name, of in groups(outcomes).items()} == {
        "all": 3,
        "dev": 2,
        "test": 1,
        "textbook": 2,
        "slang": 1,
    }


def test_only_the_wanted_split_is_asked() -> None:
    asked = read_questions(DATA / "lessons.yaml")
    outcomes = evaluate(asked, lambda q: Outcome(q, "out_of_scope"), split="test")
    assert {o.question.split for o in outcomes} == {"test"} and len(outcomes) == 40


def test_the_command_makes_the_lessons_and_says_what_is_missing(
    database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "q.yaml"
    path.write_text(
        "questions:\n"
        "- {ask: What is photosynthesis, style: textbook, split: dev, topics: [photosynthesis],"
        " answer: [sugar]}\n"
        "- {ask: What is friction, style: textbook, split: dev, topics: [friction],"
        " answer: [unicorn]}\n"
        "- {ask: who won the world cup, style: slang, split: test}\n"
    )
    arguments = ["evaluate", "lessons", str(path), "--database", database_url]
    found = CliRunner().invoke(app, [*arguments, "--misses", "--transcripts", str(tmp_path)])
    assert found.exit_code == 0, found.output
    assert "no answer in friction: What is friction" in found.output
    assert "photosynthesis:" not in found.output
    assert "# Photosynthesis" in (tmp_path / "q" / "000.md").read_text()
    figures = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)["scores"]["all"]
    assert figures["right"] == 1 and figures["answered"] == 0.5 and figures["let_through"] == 0
    assert figures["seconds"] > 100


class Examiner:
    """A model that writes two questions, and finds the answer to the first in any transcript."""

    def __init__(self) -> None:
        self.prompts: list[str] = []

    def write(self, call: Call) -> Json:
        self.prompts.append(prompt_of(call))
        asked = [("What slows a sliding box?", "friction"), ("Who found it?", "nobody knows")]
        return {"questions": [{"question": q, "answer": a} for q, a in asked]}

    def answer(self, call: Call) -> Json:
        self.prompts.append(prompt_of(call))
        return {"answers": [{"number": 1, "answer": "friction"}, {"number": 2, "answer": ""}]}

    def mark(self, call: Call) -> Json:
        self.prompts.append(prompt_of(call))
        return {"marks": [{"number": n, "right": True} for n in (1, 2)]}


def test_a_quiz_is_answered_from_the_transcript_alone(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "q.yaml"
    path.write_text(
        "questions:\n- {ask: What is friction, style: textbook, split: dev, topics: [friction]}\n"
    )
    model = Examiner()
    with GoogleServer() as server:
        server.generates(asks_for("questions"), model.write)
        server.generates(asks_for("answers"), model.answer)
        server.generates(asks_for("marks"), model.mark)
        project = ("--vertex_project=demo", f"--vertex_endpoint={server.url}")
        command = ["evaluate", "lessons", str(path), "--quiz", "--database", database_url]
        found = vividly(*command, "--misses", "--", *project)
    assert found.code == 0, found.err
    assert "50%" in found.out and "not taught by friction: Who found it?" in found.out
    written, answered, marked = model.prompts
    lesson = load_topics()["friction"]
    assert lesson.sections[0].sentences[0].say in written
    assert "nobody knows" not in answered and "Who found it?" in answered
    assert "Learner: (empty)" in marked and "Right answer: nobody knows" in marked


def test_a_quiz_needs_a_project(database_url: str) -> None:
    ended = vividly("evaluate", "lessons", "--quiz", "--database", database_url)
    assert ended.code == 2 and "vertex_project" in ended.err
