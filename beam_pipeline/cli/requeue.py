"""`vividly requeue`: what is due, or lost its worker, goes back on its topic."""

from __future__ import annotations

import json
import time
from typing import Annotated

import typer

from beam_pipeline.cli.context import Context, out, reported
from vividly.model.errors import TransientError


def requeue(
    every: Annotated[
        float,
        typer.Option(help="Go on for ever, with a pass every so many seconds; 0: one pass.", min=0),
    ] = 0.0,
    limit: Annotated[int, typer.Option(help="Requests in a pass at most.", min=1)] = 500,
    pending_after: Annotated[
        float, typer.Option(help="Seconds until a pending request is taken to be lost.", min=0)
    ] = 300.0,
    again_after: Annotated[
        float, typer.Option(help="Seconds until what is still due is sent again.", min=0)
    ] = 30.0,
    withdraw_after: Annotated[
        float,
        typer.Option(help="Seconds until the files of what was not completed are deleted.", min=0),
    ] = 60.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Put back on its topic what is due for another attempt, or lost its worker or message.

    `vividly up` does this by itself. In the cloud a scheduler runs it every minute.
    Running it more often, or twice at once, does no harm.

    [bold]Examples[/]
      vividly requeue
      vividly requeue --every 5
    """
    with reported():
        from beam_pipeline.requeue import Pauses
        from beam_pipeline.requeue import requeue as one_pass
        from vividly.platform.ledger import Ledger

        context = Context()
        ledger = Ledger(context.engine, owner="vividly requeue")
        pauses = Pauses(pending_after, again_after, withdraw_after)
        while True:
            try:
                done = one_pass(
                    ledger,
                    context.resources,
                    context.topics,
                    generated=context.services.generated,
                    pauses=pauses,
                    limit=limit,
                )
            except TransientError as error:
                if not every:
                    raise
                out.print(f"[yellow]{error}[/]", soft_wrap=True)
            else:
                if as_json:
                    print(json.dumps(done), flush=True)
                elif done or not every:
                    told = ", ".join(f"{n} {why}" for why, n in sorted(done.items()))
                    out.print(told or "Nothing is due.")
            if not every:
                return
            time.sleep(every)
