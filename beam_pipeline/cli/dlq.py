"""`vividly dlq list|show|replay|purge`: requests that could not be processed, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.table import Table

from beam_pipeline.cli import display
from beam_pipeline.cli.context import EXIT_NOT_FOUND, Context, out, reported, say_error
from beam_pipeline.cli.dead_letters import (
    MAX_HELD,
    DeadLetter,
    Filter,
    Ids,
    NewerThan,
    OlderThan,
    Reason,
    RequestId,
    Source,
    Stage,
    dead_letters,
)
from beam_pipeline.cli.dlq_replay import purge, replay
from vividly.model.errors import SettingsError

app = typer.Typer(
    help="Requests that could not be processed, and why.\n\n`list` and `show` remove nothing.",
    no_args_is_help=True,
)
app.command("replay")(replay)
app.command("purge")(purge)
SHOWN_BYTES = 2000
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@app.command("list")
def list_letters(
    ids: Ids = None,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1)] = 100,
    stage: Stage = None,
    reason: Reason = None,
    request_id: RequestId = None,
    older_than: OlderThan = None,
    newer_than: NewerThan = None,
    source: Source = None,
    as_json: Json = False,
) -> None:
    """List dead letters, oldest failure first.

    Removes nothing; may take some seconds.

    Each letter has a permanent id. The other commands accept its first characters.

    [bold]Examples[/]
      vividly dlq list
      vividly dlq list --reason invalid --newer-than 2h --json
      vividly dlq list --from .vividly/dead-letters.jsonl
    """
    with reported():
        chosen = Filter(stage, reason, request_id, older_than, newer_than, ids)
        with dead_letters(None if source else Context(), MAX_HELD, source) as found:
            letters = chosen.matching(found)
    listed = letters[:limit]
    if as_json:
        print(json.dumps([letter.as_json() for letter in listed], indent=1))
    elif listed:
        named = [(display.safe(letter.id), letter) for letter in listed]
        out.print(dead_letters_table(named, out.width, "id"))
        if len(letters) > len(listed):
            out.print(f"{len(letters) - len(listed)} more: see --limit")
    else:
        out.print("No dead letters.")


@app.command("show")
def show(
    ids: Ids = None,
    stage: Stage = None,
    reason: Reason = None,
    request_id: RequestId = None,
    older_than: OlderThan = None,
    newer_than: NewerThan = None,
    source: Source = None,
    as_json: Json = False,
) -> None:
    """Show dead letters in full: all attributes, and the payload as it was received.

    A request that was replayed and failed again has several letters.

    [bold]Examples[/]
      vividly dlq show 3f9a1c02b7d4
      vividly dlq show d0805d49-5b84-4a88-8537-448a97871960 --json
      vividly dlq show --stage speak --newer-than 1h
    """
    with reported():
        chosen = Filter(stage, reason, request_id, older_than, newer_than, ids)
        if not chosen:
            raise SettingsError("say which: its id or its request's, or a filter")
        with dead_letters(None if source else Context(), MAX_HELD, source) as found:
            letters = chosen.matching(found)
    if not letters:
        say_error("there is no dead letter like that; see `vividly dlq list`")
        raise typer.Exit(EXIT_NOT_FOUND)
    if as_json:
        print(json.dumps([letter.as_json() for letter in letters], indent=1))
        return
    for letter in letters:
        facts = Table(show_header=False, box=None, pad_edge=False)
        facts.add_column(no_wrap=True)
        facts.add_column(overflow="fold")
        for name, value in sorted(letter.attributes.items()):
            facts.add_row(f"[dim]{display.safe(name)}[/]", display.safe(value))
        out.print(facts)
        size = len(letter.data)
        cut_off = f", of which {SHOWN_BYTES} are shown" if size > SHOWN_BYTES else ""
        out.print(f"[dim]payload, {size} bytes{cut_off}:[/]")
        text = letter.data[:SHOWN_BYTES].decode("utf-8", "replace")
        out.print(display.safe(text), soft_wrap=True)


def dead_letters_table(
    letters: Sequence[tuple[object, DeadLetter]], width: int, column: str
) -> Table:
    """A table of dead letters, one per row; the first column holds the given names."""
    wide = width >= display.WIDE
    listed = display.table()
    listed.add_column(column, no_wrap=True)
    display.add_fixed(listed, "request", display.SHORT_ID)
    for title in ("stage", "reason"):
        listed.add_column(title, no_wrap=True)
    display.add_fixed(listed, "failed (UTC)", 11)
    listed.add_column("error", overflow="fold")
    for name, letter in letters:
        request, error = letter.get("request_id"), letter.get("error_message")
        if request and not wide:
            error = error.replace(request, request[: display.SHORT_ID])
        listed.add_row(
            str(name),
            display.safe(request if wide else request[: display.SHORT_ID]) or "[dim]unknown[/]",
            display.safe(letter.get("stage")),
            display.safe(letter.get("reason")),
            letter.get("failed_at")[5:16].replace("T", " "),
            display.cut(error, 200),
        )
    return listed
