"""`vividly evaluate understanding`: how often questions are understood."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from beam_pipeline.cli.context import EXIT_USAGE, Context, out, reported, say_error
from beam_pipeline.cli.display import table
from vividly.model.settings import Settings

if TYPE_CHECKING:
    from vividly.evaluation.understanding import Report
    from vividly.lesson.understanding.catalogue import Catalogue

CASES = Path("tests/data/eval/understanding.yaml")
WITHOUT, WITH = "without the book", "with the book"


def understanding(
    cases: Annotated[
        Path, typer.Argument(help="Labelled questions; the file's first lines say its form.")
    ] = CASES,
    corpus: Annotated[
        str, typer.Option(help="The ingested corpus that 'b/...' labels stand for.")
    ] = "openstax-physics",
    split: Annotated[str, typer.Option(help="Only this split: dev or test.")] = "",
    book: Annotated[
        bool,
        typer.Option("--book/--no-book", help="Also with the ingested book; wants a database."),
    ] = True,
    misses: Annotated[bool, typer.Option(help="List what went wrong.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Measure the understanding of labelled questions without a model.

    Prints precision and recall of each outcome, by group and by split, with the shipped topics
    alone and with the ingested ones too.

    [bold]Examples[/]
      vividly evaluate understanding --no-book
      vividly evaluate understanding --split test --misses
    """
    from vividly.evaluation.understanding import judge, read_cases, report_on
    from vividly.lesson.understanding import make_understander

    with reported():
        try:
            found = read_cases(cases, corpus)
        except (OSError, ValueError) as error:
            say_error(error)
            raise typer.Exit(EXIT_USAGE) from error
        settings = Settings("", "", "")
        understanders = {WITHOUT: make_understander(settings)}
        if book:
            understanders[WITH] = make_understander(settings, _catalogue(corpus))
        for split_ in [split] if split else dict.fromkeys(case.split for case in found):
            of_split = [case for case in found if case.split == split_]
            if not of_split:
                say_error(f"--split {split}: {cases} has no such cases")
                raise typer.Exit(EXIT_USAGE)
            for name, understander in understanders.items():
                # The first question loads what there is to load.
                understander.understand("photosynthesis", grade_level=9, language="en")
                judged = judge(understander, of_split, with_book=name == WITH)
                _print(f"{split_}, {name}", report_on(judged), misses=misses, as_json=as_json)


def _catalogue(corpus: str) -> Catalogue:
    from vividly.lesson.understanding.catalogue import Catalogue, DatabaseLibrary

    catalogue = Catalogue(DatabaseLibrary(Context().engine))
    if corpus not in catalogue.corpora:
        say_error(
            f"the database has no topics of {corpus}: ingest the book with `vividly ingest`, "
            "or measure without it: --no-book"
        )
        raise typer.Exit(EXIT_USAGE)
    return catalogue


def _print(title: str, report: Report, *, misses: bool, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"run": title, **_plain(report)}))
        return
    out.print(
        f"[bold]{title}[/]: {report.accuracy:.1%} right, right topic where one is due and given "
        f"{report.topic_accuracy:.1%}, p95 {report.p95_ms:.1f} ms"
    )
    out.print(_outcomes(report))
    groups = table()
    for heading in ("group", "questions", "right"):
        groups.add_column(heading, justify="left" if heading == "group" else "right")
    for group, count, right in report.groups:
        groups.add_row(group, str(count), f"{right:.1%}")
    out.print(groups)
    if misses:
        for one in report.missed:
            out.print(
                f"  {one.case.query!r}: {one.got}, not {' or '.join(one.wanted)}", markup=False
            )


def _outcomes(report: Report) -> Table:
    """Precision, recall and confusions: a row per expected outcome, a column per given one."""
    from vividly.evaluation.understanding import OUTCOMES

    scores = table()
    scores.add_column("due, and what became of it", no_wrap=True)
    for heading in ("precision", "recall", *OUTCOMES):
        scores.add_column(heading, justify="right")
    for score in report.outcomes:
        counts = (report.confusions.get((score.outcome, given), 0) for given in OUTCOMES)
        scores.add_row(
            score.outcome, _share(score.precision), _share(score.recall), *map(str, counts)
        )
    return scores


def _share(value: float) -> str:
    return f"{value:.3f}" if value == value else "–"


def _plain(report: Report) -> dict[str, object]:
    found = asdict(report)
    found["confusions"] = {f"{a} -> {b}": n for (a, b), n in report.confusions.items()}
    found["missed"] = [
        {"query": one.case.query, "got": one.got, "wanted": one.wanted} for one in report.missed
    ]
    return {**found, "accuracy": report.accuracy}
