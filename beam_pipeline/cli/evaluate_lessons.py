"""`vividly evaluate lessons`: whether each lesson answers what was asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from beam_pipeline.cli.context import files_and_options, model_of, out, reported
from beam_pipeline.cli.display import safe, table
from beam_pipeline.cli.evaluate_retrieval import (
    QUESTIONS,
    database_for_evaluation,
    prepare_database,
    settings_for_evaluation,
)

if TYPE_CHECKING:
    from vividly.evaluation.lessons import Outcome

SHIPPED = Path("tests/data/eval/lessons.yaml")


def lessons(
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILES] [-- JOB OPTIONS]",
            help="Labelled questions; the file's first lines say its form. With --quiz also the "
            "job's options, by default those of the environment.",
        ),
    ] = None,
    book: Annotated[
        str, typer.Option(help="The book that questions are about; it is ingested first.")
    ] = "",
    database: Annotated[
        str,
        typer.Option(
            help="URL of a database to measure as it is (with --book, the book is ingested into "
            "it). Default: a new embedded database, deleted afterwards."
        ),
    ] = "",
    split: Annotated[str, typer.Option(help="Only this split: dev or test.")] = "",
    grade: Annotated[int, typer.Option(min=1, max=12, help="The grade of the lessons.")] = 9,
    quiz: Annotated[
        bool,
        typer.Option("--quiz", help="Let the script's model quiz each lesson; it costs."),
    ] = False,
    misses: Annotated[bool, typer.Option(help="List the questions without an answer.")] = False,
    transcripts: Annotated[
        Path | None, typer.Option(help="A folder for the transcripts, one file a lesson.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Ask labelled questions offline, from the question to the script of its lesson.

    right: the topic is one that answers. answer, early: the transcript contains the answer, or
    its first third does. back, refused: a question back, or no lesson. let: a lesson although
    none is due. covered: share of the words of takeaways and check that were taught. level:
    grades between the reading level and the request. quiz: with --quiz, the share of questions on
    the passages, written by a model, that it can answer from the transcript alone.

    Without files: questions on the shipped lessons, and with --book those on the physics book.

    [bold]Examples[/]
      vividly evaluate lessons --misses
      vividly evaluate lessons --book ~/osbooks-physics --split test
      vividly evaluate lessons --quiz -- --vertex_project=my-project
    """
    questions, options = files_and_options(arguments)
    with reported(), database_for_evaluation(database) as url:
        from vividly.evaluation.lessons import Asker, evaluate
        from vividly.evaluation.questions import read_questions
        from vividly.lesson.scripting import make_script_writer
        from vividly.lesson.understanding import make_understander
        from vividly.lesson.understanding.catalogue import Catalogue, DatabaseLibrary
        from vividly.library.retrieval import index_library, make_embedder
        from vividly.library.retrieval.hybrid import HybridRetriever
        from vividly.platform.ledger.engine import make_engine

        files = questions or ([SHIPPED, QUESTIONS] if book else [SHIPPED])
        sets = {path: read_questions(path) for path in files}
        examiner = None
        if quiz:
            from vividly.evaluation.quiz import Quiz

            examiner = Quiz(model_of(options))
        engine = make_engine(url)
        notes = prepare_database(engine, book, fresh=not database, sample=False)
        settings = settings_for_evaluation(url, "")
        model = make_embedder(settings)
        index_library(engine, model)
        understander = make_understander(settings, Catalogue(DatabaseLibrary(engine)))
        retriever = HybridRetriever(engine, model)
        writer = make_script_writer(settings)
        if not as_json:
            for note in notes:
                out.print(f"[dim]{safe(note)}[/]", soft_wrap=True)
        for path, asked in sets.items():
            asker = Asker(understander, retriever, writer, asked, grade_level=grade, quiz=examiner)
            outcomes = evaluate(asked, asker.ask, split=split)
            _print(path, outcomes, misses=misses, as_json=as_json)
            if transcripts:
                _write(transcripts / path.stem, outcomes)
        engine.dispose()


def _print(path: Path, outcomes: Sequence[Outcome], *, misses: bool, as_json: bool) -> None:
    from vividly.evaluation.lessons import scores
    from vividly.evaluation.questions import groups

    if as_json:
        figures = {name: asdict(scores(of)) for name, of in groups(outcomes).items()}
        print(json.dumps({"questions": str(path), "scores": figures}))
        return
    out.print(f"[bold]{safe(str(path))}[/]")
    out.print(_table(outcomes))
    if misses:
        for one in outcomes:
            asked = one.question
            if not one.right or (asked.has_lesson and not one.answered):
                due = ", ".join((*asked.topics, *asked.sections)) or "no lesson"
                what = "no answer in" if one.right else "wrong:"
                got = one.topic_id or one.status
                out.print(f"{what} {got}: {safe(asked.ask)} [dim]({due})[/]", soft_wrap=True)
            for missed in (answered for answered in one.quiz if not answered.right):
                said = f"{safe(missed.question)} [dim]({safe(missed.due)})[/]"
                out.print(f"not taught by {one.topic_id}: {said}", soft_wrap=True)


def _table(outcomes: Sequence[Outcome]) -> Table:
    from vividly.evaluation.lessons import scores
    from vividly.evaluation.questions import groups

    shown = table()
    shown.add_column("questions")
    headings = ("number", "right", "answer", "early", "back", "refused", "let", "covered", "level")
    quizzed = any(one.quiz for one in outcomes)
    for heading in (*headings, "seconds", "p95 s", *(["quiz"] if quizzed else [])):
        shown.add_column(heading, justify="right")
    for name, of in groups(outcomes).items():
        found = scores(of)
        shares = (
            found.right,
            found.answered,
            found.early,
            found.asked_back,
            found.refused,
            found.let_through,
            found.covered,
        )
        shown.add_row(
            name,
            str(found.questions),
            *(f"{value:.0%}" if value == value else "–" for value in shares),
            f"{found.level_off:.1f}",
            f"{found.seconds:.0f}",
            f"{found.p95_s:.2f}",
            *([f"{found.quiz:.0%}"] if quizzed else []),
        )
    return shown


def _write(folder: Path, outcomes: Sequence[Outcome]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for at, one in enumerate(outcomes):
        if one.is_lesson:
            text = f"Question: {one.question.ask}\n\n{one.text}"
            (folder / f"{at:03}.md").write_text(text, "utf-8")
