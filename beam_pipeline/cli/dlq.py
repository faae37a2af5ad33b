"""`vividly dlq list|show`: what could not be processed, and why."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from beam_pipeline.cli.context import EXIT_NOT_FOUND, Context, err, out, reported
from beam_pipeline.options import is_file
from beam_pipeline.pubsub import Received, subscription_of
from vividly.failures import cut

app = typer.Typer(
    help="What could not be processed, and why. Looking takes nothing away.",
    no_args_is_help=True,
)
PULL_S = 2.0
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter as found: the original bytes, and what went wrong."""

    data: bytes
    attributes: Mapping[str, str]

    def get(self, name: str) -> str:
        """The value of `dlq_{name}`, empty where there is none."""
        return self.attributes.get(f"dlq_{name}", "")

    def as_json(self) -> dict[str, Any]:
        """For scripts: the data as text where it is text, and in base64 in any case."""
        return {
            "attributes": dict(self.attributes),
            "data": self.data.decode("utf-8", "replace")[:4096],
            "data_base64": base64.b64encode(self.data).decode("ascii"),
        }


@app.command("list")
def list_letters(
    limit: Annotated[int, typer.Option(help="How many at most.")] = 100,
    stage: Annotated[str | None, typer.Option(help="Only of this stage.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only of this reason.")] = None,
    as_json: Json = False,
) -> None:
    """List dead letters, oldest failure first.

    [bold]Examples[/]

      vividly dlq list

      vividly dlq list --reason invalid --json
    """
    with reported(), dead_letters(Context(), limit) as found:
        letters = [
            letter
            for letter in found
            if (stage is None or letter.get("stage") == stage)
            and (reason is None or letter.get("reason") == reason)
        ]
    if as_json:
        print(json.dumps([letter.as_json() for letter in letters], indent=1))
    elif letters:
        out.print(letters_table(letters))
    else:
        out.print("No dead letters.")


@app.command("show")
def show(
    request_id: Annotated[
        str, typer.Argument(metavar="ID", help="Request id, or the number in `dlq list`.")
    ],
    as_json: Json = False,
) -> None:
    """Show a dead letter in full: all attributes, and the payload as it was received.

    [bold]Examples[/]

      vividly dlq show 1

      vividly dlq show d0805d49-5b84-4a88-8537-448a97871960
    """
    with reported(), dead_letters(Context(), 1000) as found:
        letters = [
            letter
            for number, letter in enumerate(found, start=1)
            if request_id in (letter.get("request_id"), str(number))
        ]
    if not letters:
        err.print(f"[bold red]error:[/] there is no dead letter {request_id}")
        raise typer.Exit(EXIT_NOT_FOUND)
    for letter in letters:
        if as_json:
            print(json.dumps(letter.as_json(), indent=1))
            continue
        facts = Table(show_header=False, box=None)
        for name, value in sorted(letter.attributes.items()):
            facts.add_row(f"[dim]{escape(name)}[/]", escape(value))
        out.print(facts)
        out.print(f"[dim]payload, {len(letter.data)} bytes:[/]")
        out.print(escape(letter.data.decode("utf-8", "replace")[:2000]), soft_wrap=True)


def letters_table(letters: list[DeadLetter]) -> Table:
    """Dead letters, one a row."""
    table = Table("#", "request", "stage", "reason", "error", "failed at", "bytes")
    for number, letter in enumerate(letters, start=1):
        table.add_row(
            str(number),
            letter.get("request_id") or "[dim]unknown[/]",
            letter.get("stage"),
            letter.get("reason"),
            escape(cut(letter.get("error_message"), 72)),
            letter.get("failed_at")[:19].replace("T", " "),
            str(len(letter.data)),
        )
    return table


@contextmanager
def dead_letters(context: Context, limit: int) -> Iterator[list[DeadLetter]]:
    """The dead letters there are. They are held while in use, then given back."""
    if is_file(context.dead_letters):
        yield _from_file(Path(context.dead_letters).expanduser())[:limit]
        return
    subscription = subscription_of(context.dead_letters)
    held = _pull_all(context, subscription, limit)
    try:
        letters = [DeadLetter(message.data, message.attributes) for message in held]
        yield sorted(letters, key=lambda letter: letter.get("failed_at"))
    finally:
        context.resources.give_back(subscription, [message.ack_id for message in held])


def _from_file(path: Path) -> list[DeadLetter]:
    if not path.exists():
        return []
    records = [json.loads(line) for line in path.read_text().splitlines()]
    return [DeadLetter(base64.b64decode(r["data"]), r["attributes"]) for r in records]


def _pull_all(context: Context, subscription: str, limit: int) -> list[Received]:
    """Pull until nothing more comes: one pull may bring less than there is."""
    held: list[Received] = []
    end = time.monotonic() + 30
    while len(held) < limit and time.monotonic() < end:
        batch = context.resources.pull(
            subscription, limit=min(100, limit - len(held)), wait=PULL_S
        )
        if not batch:
            break
        held += batch
    return held
