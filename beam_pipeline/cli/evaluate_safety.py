"""`vividly evaluate safety`: unsafe questions that are found, harmless ones that are refused."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beam_pipeline.cli.context import EXIT_USAGE, out, say_error
from beam_pipeline.cli.display import table

if TYPE_CHECKING:
    from vividly.evaluation.safety import Report

CASES = Path("tests/data/safety.yaml")


def safety(
    cases: Annotated[
        Path,
        typer.Argument(help="Labelled questions (.yaml), or one harmless text per line (.txt)."),
    ] = CASES,
    split: Annotated[str, typer.Option(help="Only this split, such as dev or unseen.")] = "",
    language: Annotated[
        str, typer.Option(help="Language tag; its region says how phone numbers are written.")
    ] = "en",
    wrong: Annotated[bool, typer.Option(help="List the wrong decisions.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Measure which labelled questions are refused, by rules and by meaning.

    Prints precision and recall by category, and how many harmless school questions are refused.
    "found" is the share refused, "recall" the share refused for the right category, "helped" the
    share whose answer carries help lines, refused or not.

    [bold]Examples[/]
      vividly evaluate safety
      vividly evaluate safety --split unseen --wrong
      vividly evaluate safety what-our-students-asked.txt
    """
    from vividly.evaluation.safety import evaluate, read_cases
    from vividly.lesson import safety as rules

    try:
        found = read_cases(cases)
    except (OSError, ValueError) as error:
        say_error(error)
        raise typer.Exit(EXIT_USAGE) from error
    # The first check reads the rules.
    rules.check_query("photosynthesis")
    for split_ in [split] if split else dict.fromkeys(case.split for case in found):
        of_split = [case for case in found if case.split == split_]
        if not of_split:
            say_error(f"--split {split}: {cases} has no such cases")
            raise typer.Exit(EXIT_USAGE)
        _print(split_, evaluate(of_split, language=language), wrong=wrong, as_json=as_json)


def _print(split: str, report: Report, *, wrong: bool, as_json: bool) -> None:
    from vividly.lesson.safety import query_identity

    if as_json:
        typer.echo(json.dumps({"split": split, "rules": query_identity(), **asdict(report)}))
        return
    out.print(
        f"[bold]{split}[/]: {report.false_blocks:.1%} of {report.safe} school questions refused, "
        f"{report.found:.1%} of {report.unsafe} unsafe ones found, p95 {report.p95_ms:.2f} ms"
    )
    scores = table()
    scores.add_column("category", no_wrap=True)
    for heading in ("questions", "found", "helped", "recall", "precision"):
        scores.add_column(heading, justify="right")
    for score in report.scores:
        scores.add_row(
            score.category,
            str(score.count),
            *map(_share, (score.found, score.helped, score.recall, score.precision)),
        )
    out.print(scores)
    if wrong:
        for one in report.wrong:
            got = f"{one.got} by {one.rule}" if one.rule else one.got
            out.print(f"  {one.case.query!r}: {got}, not {one.case.wanted}", markup=False)


def _share(value: float) -> str:
    return f"{value:.3f}" if value == value else "–"
