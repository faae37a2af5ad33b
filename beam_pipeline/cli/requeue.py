"""`vividly requeue`: publish requests again that are due, or lost their worker."""

from __future__ import annotations

import json
import time
from typing import Annotated, Literal

import typer

from beam_pipeline.cli.context import Context, out, reported
from vividly.model.errors import TransientError
from vividly.platform.retry import RetryPolicy


def requeue(
    every: Annotated[
        float,
        typer.Option(help="Repeat the pass every so many seconds, for ever; 0: one pass.", min=0),
    ] = 0.0,
    limit: Annotated[int, typer.Option(help="Requests in a pass at most.", min=1)] = 500,
    pending_after: Annotated[
        float, typer.Option(help="Seconds until a pending request is taken to be lost.", min=0)
    ] = RetryPolicy.pending_after,
    again_after: Annotated[
        float, typer.Option(help="Seconds until what is still due is sent again.", min=0)
    ] = RetryPolicy.republish_after,
    withdraw_after: Annotated[
        float,
        typer.Option(help="Seconds until the files of what was not completed are deleted.", min=0),
    ] = RetryPolicy.withdraw_after,
    late: Annotated[
        Literal["fail", "text_only"],
        typer.Option(
            help="What becomes of a request whose sound and pictures cannot be ready in its "
            "budget: fail, or text_only (it is completed with its text).",
            envvar="VIVIDLY_LATE",
        ),
    ] = "fail",
    at_once: Annotated[
        int,
        typer.Option(
            help="Lessons that the media jobs make at once when they have scaled up, for the "
            "forecast of what will be late; 0: as many as now.",
            envvar="VIVIDLY_LESSONS_AT_ONCE",
            min=0,
        ),
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Publish requests again that are due for a retry, or lost their worker or message.

    It also ends requests that are out of time, or will be before their lesson can be ready.

    `vividly up` runs this by itself. In the cloud a scheduler runs it every minute.
    It is safe to run it more often, and several times at once.

    [bold]Examples[/]
      vividly requeue
      vividly requeue --every 5
    """
    with reported():
        from beam_pipeline.requeue import requeue as one_pass
        from vividly.platform.ledger import Ledger

        context = Context()
        ledger = Ledger(context.engine, owner="vividly requeue")
        policy = RetryPolicy(
            pending_after=pending_after,
            republish_after=again_after,
            withdraw_after=withdraw_after,
        )
        while True:
            try:
                done = one_pass(
                    ledger,
                    context.resources,
                    context.topics,
                    generated=context.services.generated,
                    policy=policy,
                    limit=limit,
                    late=late,
                    at_once=at_once,
                )
            except TransientError as error:
                if not every:
                    raise
                out.print(f"[yellow]{error}[/]", soft_wrap=True)
            else:
                if as_json:
                    print(json.dumps(done), flush=True)
                elif done or not every:
                    counts = ", ".join(f"{n} {why}" for why, n in sorted(done.items()))
                    out.print(counts or "Nothing is due.")
            if not every:
                return
            time.sleep(every)
