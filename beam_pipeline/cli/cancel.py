"""`vividly cancel`: stop a request."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from beam_pipeline.cli.context import (
    EXIT_FAILED,
    EXIT_NOT_FOUND,
    Context,
    out,
    reported,
    say_error,
)
from beam_pipeline.cli.requests import ID_HELP, find, print_json, told
from vividly.platform.ledger import Ledger


def cancel(
    request_id: Annotated[str, typer.Argument(metavar="ID", help=ID_HELP)],
    reason: Annotated[str, typer.Option(help="Why, for the request's log.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Stop a request before its next stage. None of its files are delivered.

    Cancelling it twice is not an error.
    Exit code 1 if it has already ended otherwise, 3 if there is no such request.

    [bold]Examples[/]
      vividly cancel d0805d49
      vividly cancel d0805d49 --reason "asked twice"
    """
    with reported():
        context = Context()
        found = find(context, request_id)
        ledger = Ledger(context.engine, owner="vividly cancel")
        status = ledger.cancel(found["id"], by=f"vividly cancel ({_user()})", reason=reason)
        if as_json and status is not None:
            print_json(told(context, found["id"]))
    if status is None:
        say_error(f"request {found['id']} is not there any more")
        raise typer.Exit(EXIT_NOT_FOUND)
    if status != "cancelled":
        say_error(f"request {found['id']} is {status} already: there is nothing to cancel")
        raise typer.Exit(EXIT_FAILED)
    if not as_json:
        out.print(f"Cancelled [bold]{found['id']}[/]")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
