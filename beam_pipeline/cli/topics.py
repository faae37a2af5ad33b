"""`vividly topics`: list the topics that can be asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from beam_pipeline.cli import display
from beam_pipeline.cli.context import EXIT_NOT_FOUND, Context, err, out, reported, say_error
from beam_pipeline.cli.requests import print_json
from vividly.model.errors import SettingsError
from vividly.text.locales import primary_subtag

BESIDE = 40
"""Total width of all columns except the title's."""


def topics(
    subject: Annotated[
        str, typer.Option(help="Only this subject, such as physics or earth-science.")
    ] = "",
    language: Annotated[str, typer.Option(help="Only this language, such as en.")] = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, one topic per line.")
    ] = False,
) -> None:
    """List the topics that can be asked about: shipped and ingested ones.

    Sorted by subject, with the grades that they are meant for. Students may ask in their own
    words. Ingested topics come from the running system, or the one that DATABASE_URL names.

    [bold]Examples[/]
      vividly topics
      vividly topics --subject physics
      vividly topics --json | grep -i energy
    """
    with reported():
        from beam_pipeline.askable import topics_to_ask

        found = topics_to_ask(_engine())
        subjects = list(dict.fromkeys(one["subject"] for one in found))
        if subject and subject not in subjects:
            raise SettingsError(f"--subject {subject}: choose one of {', '.join(subjects)}")
    chosen = [
        one
        for one in found
        if (not subject or one["subject"] == subject)
        and (not language or one["language"] == primary_subtag(language))
    ]
    if not chosen:
        say_error(f"there are no topics in {language!r}: see `vividly topics`")
        raise typer.Exit(EXIT_NOT_FOUND)
    if as_json:
        print_json(*chosen)
    else:
        _show(chosen)


def _engine() -> Engine | None:
    """The database of the system that is up or named, which has the ingested topics."""
    try:
        return Context().engine
    except SettingsError:
        err.print("[dim]No system is up: ingested topics are not among these.[/]")
        return None


def _show(found: Sequence[Mapping[str, Any]]) -> None:
    """Print a table per subject; in a pipe one table with the subject in each line."""
    if not out.is_terminal:
        rows = display.table()
        for name in ("subject", "grades", "language", "from", "topic"):
            rows.add_column(name, no_wrap=True)
        for one in found:
            rows.add_row(one["subject"], _grades(one), one["language"], one["corpus"], _title(one))
        display.show_table(out, rows)
        return
    width = min(max(len(one["title"]) for one in found), out.width - BESIDE)
    for subject, group in groupby(found, key=lambda one: one["subject"]):
        rows = display.table()
        rows.add_column(subject, overflow="fold", min_width=width)
        for name in ("grades", "language", "from"):
            rows.add_column(name, no_wrap=True)
        for one in group:
            rows.add_row(_title(one), _grades(one), one["language"], display.safe(one["corpus"]))
        out.print(rows)
        out.print()
    out.print(f"{len(found)} topics. Ask with `vividly submit --query ... --grade ...`.")


def _grades(one: Mapping[str, Any]) -> str:
    return f"{one['grade_low']}-{one['grade_high']}"


def _title(one: Mapping[str, Any]) -> str:
    return display.safe(one["title"])
