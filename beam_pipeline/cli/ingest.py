"""`vividly ingest`."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from beam_pipeline.cli import display
from beam_pipeline.cli.context import EXIT_FAILED, Context, err, out, reported, say_error
from vividly.model.errors import SettingsError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from vividly.evaluation.books import BookCheck
    from vividly.library.oer import Plan, Report

SHOWN_PROBLEMS = 20
EVERY = {"documents": 25, "vectors": 500}
"""How many are done between two lines of progress, where no terminal shows a bar."""


def ingest(
    path: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH",
            help="A book, a folder or a file, here or at gs://BUCKET/FOLDER. "
            "Default: the bucket GCS_OER_CONTENT_BUCKET.",
        ),
    ] = None,
    corpus: Annotated[
        str, typer.Option(help="The name to file it under; else made from the book or folder.")
    ] = "",
    subject: Annotated[str, typer.Option(help="Such as physics; else by the title.")] = "",
    grades: Annotated[str, typer.Option(help="Such as 9-12; else as the book says.")] = "",
    language: Annotated[str, typer.Option(help="BCP 47 tag; else as the book says.")] = "",
    licence: Annotated[str, typer.Option(help="Such as 'CC BY 4.0'; else as the book says.")] = "",
    attribution: Annotated[
        str, typer.Option(help="Whom the licence asks to be named; else as the book says.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything, and store nothing.")
    ] = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Read everything, store nothing, and report how it reads."),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Refuse documents of which something would be left out."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Ingest open textbooks into the library that lessons rest on.

    Reads OpenStax books (CNXML), Markdown and plain text. Stores only documents that have
    changed, and removes those that are gone from a book. Exit code 1 if a document could not
    be read; the others are stored all the same.

    [bold]Examples[/]
      vividly ingest examples/oer --dry-run
      vividly ingest ~/osbooks-physics
      vividly ingest gs://my-oer/notes --corpus notes --subject biology
    """
    with reported():
        from vividly.library.oer import Choices, plan_library
        from vividly.library.oer import ingest as run

        choices = Choices(
            corpus=corpus,
            subject=subject,
            grades=_grades(grades),
            language=language,
            licence=licence,
            attribution=attribution,
        )
        dry_run = dry_run or check
        context = None if dry_run and path else Context()
        where = path or _bucket(context)
        plan = plan_library(where, choices)
        engine = None if dry_run or context is None else _ready(context)
        services = context.services if engine and context else None
        figures = services.oer if services else None
        checked = _new_check() if check else None
        with _Bar(quiet=as_json) as bar:
            report = run(
                engine,
                plan,
                figures=figures,
                after=partial(services.index_library, progress=bar.embedded) if services else None,
                progress=partial(bar.read, len(plan.entries)),
                strict=strict,
                look=checked.add if checked else None,
            )
    if as_json:
        told = _as_json(plan, report) | ({"check": vars(checked)} if checked else {})
        print(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        _show(plan, report, stored=engine is not None)
        if checked:
            _show_check(checked)
    if report.problems:
        raise typer.Exit(EXIT_FAILED)


def _grades(value: str) -> tuple[int, int] | None:
    if not value:
        return None
    found = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", value.strip())
    if not found:
        raise SettingsError(f"--grades {value}: want two grades such as 9-12, or one")
    return int(found[1]), int(found[2] or found[1])


def _ready(context: Context) -> Engine:
    """The database, which has to have the tables already."""
    from vividly.platform.ledger import pending_migrations
    from vividly.platform.ledger.engine import database_errors

    engine = context.engine
    with database_errors(engine):
        if missing := pending_migrations(engine):
            raise SettingsError(
                f"the database's schema lacks {', '.join(missing)}; run `vividly verify --create`"
            )
    return engine


def _bucket(context: Context | None) -> str:
    from beam_pipeline.options import VividlyOptions

    options = context.options.view_as(VividlyOptions) if context else None
    bucket = str(options.oer_content_bucket) if options else ""
    if not bucket:
        raise SettingsError("there is nothing to read: give a PATH, or set GCS_OER_CONTENT_BUCKET")
    return bucket


class _Bar:
    """A progress bar for each of the two things that take time: documents, then their vectors.

    In a pipe, a line every now and then.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._plain = not err.is_terminal and not quiet
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[path]}"),
            console=err,
            transient=True,
            disable=quiet or not err.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}
        self._told: dict[str, int] = {}
        self._documents = 0

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def read(self, total: int, path: str) -> None:
        """One more document of the plan is done."""
        self._documents += 1
        self._show("documents", self._documents, total, path)

    def embedded(self, done: int, total: int) -> None:
        """This many passages have got their vector."""
        self._show("vectors", done, total, "")

    def _show(self, what: str, done: int, total: int, path: str) -> None:
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what.capitalize(), path="")
        self._progress.update(
            self._tasks[what], completed=done, total=total, path=display.safe(path)
        )
        due = done - self._told.get(what, 0) >= EVERY[what] or done == total
        if self._plain and due:
            self._told[what] = done
            err.print(f"{done} of {total} {what}", soft_wrap=True)


def _show(plan: Plan, report: Report, *, stored: bool) -> None:
    from vividly.library.oer.ingestion import CHANGES

    for note in plan.notes[:SHOWN_PROBLEMS]:
        out.print(f"[dim]{display.safe(note)}[/]", soft_wrap=True)
    table = display.table()
    table.add_column("What")
    table.add_column("How many", justify="right")
    if stored:
        for change in (*CHANGES, "removed"):
            table.add_row(f"documents {change}", str(report.documents[change]))
    else:
        table.add_row("documents read", str(len(plan.entries) - _unread(plan, report)))
    table.add_row("documents not readable", str(len(report.problems)))
    table.add_row("passages", str(report.passages.total()))
    for kind, count in sorted(report.passages.items()):
        table.add_row(f"  {kind.replace('_', ' ')}", str(count))
    table.add_row("topics", str(report.topics))
    table.add_row("equations", str(report.equations))
    table.add_row("figures", str(report.figures))
    if stored:
        table.add_row("  with a picture to show", str(report.pictures))
    table.add_row("words", str(report.words))
    table.add_row("  in passages", str(report.kept))
    table.add_row("seconds", f"{report.seconds:.1f}")
    out.print(table)
    _show_omissions(report)
    out.print(
        f"{'Filed under' if stored else 'Nothing stored; it would be filed under'} "
        f"[bold]{', '.join(sorted(plan.corpora))}[/]",
        soft_wrap=True,
    )
    for problem in list(report.problems.values())[:SHOWN_PROBLEMS]:
        say_error(problem)
    if len(report.problems) > SHOWN_PROBLEMS:
        say_error(f"and {len(report.problems) - SHOWN_PROBLEMS} more: see --json")


def _show_omissions(report: Report) -> None:
    if not report.omissions:
        return
    table = display.table()
    for name, justify in (("Left out", "left"), ("Times", "right"), ("Words", "right")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    table.add_column("For example")
    table.add_column("At")
    for kind, omitted in sorted(report.omissions.items()):
        first = omitted.first
        told = (kind, str(omitted.count), str(omitted.words), first.example, first.place)
        table.add_row(*map(display.safe, told))
    out.print(table)


def _new_check() -> BookCheck:
    from vividly.evaluation.books import BookCheck

    return BookCheck()


def _show_check(checked: BookCheck) -> None:
    table = display.table()
    table.add_column("Check")
    table.add_column("How many", justify="right")
    rest = checked.words - checked.kept - checked.left_out
    for name, count in (
        ("words", checked.words),
        ("  in passages", checked.kept),
        ("  left out and counted", checked.left_out),
        ("  difference", rest),
        ("formulas said", checked.formulas["said"]),
        ("formulas that nobody can say", checked.formulas["not said"]),
        ("passages", checked.passages),
        ("  with a fault", checked.damaged),
        ("sentences", checked.sentences),
    ):
        table.add_row(name, str(count))
    for kind, count in checked.faults.most_common():
        table.add_row(f"  {kind}", str(count))
    out.print(table)
    for kind, (key, said) in checked.examples.items():
        out.print(f"{kind}: {display.safe(said)} [dim]{display.safe(key)}[/]", soft_wrap=True)


def _unread(plan: Plan, report: Report) -> int:
    return len(report.problems.keys() - plan.problems.keys())


def _as_json(plan: Plan, report: Report) -> dict[str, Any]:
    return {
        "corpora": sorted(plan.corpora),
        "notes": list(plan.notes),
        "documents": dict(report.documents),
        "passages": dict(report.passages),
        "topics": report.topics,
        "equations": report.equations,
        "figures": report.figures,
        "pictures": report.pictures,
        "words": report.words,
        "kept": report.kept,
        "left_out": {kind: omitted.count for kind, omitted in report.omissions.items()},
        "omissions": {
            kind: {
                "count": omitted.count,
                "words": omitted.words,
                "example": omitted.first.example,
                "place": omitted.first.place,
            }
            for kind, omitted in sorted(report.omissions.items())
        },
        "problems": report.problems,
        "seconds": round(report.seconds, 3),
    }
