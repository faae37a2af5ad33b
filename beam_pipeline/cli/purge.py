"""`vividly purge --test-data`: what was only a test leaves no trace."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Annotated

import typer

from beam_pipeline.cli.context import Context, out, reported
from beam_pipeline.cli.dlq_act import ask
from beam_pipeline.cli.letter_filters import age
from beam_pipeline.cli.letters import MOST, are_in_file, held_messages
from vividly.errors import SettingsError
from vividly.ledger import Ledger
from vividly.ledger.purge import MARK
from vividly.publication import withdraw


def purge(
    test_data: Annotated[
        bool, typer.Option("--test-data", help="Remove what the tools marked as a test.")
    ] = False,
    older_than: Annotated[
        str, typer.Option(help="Only what was asked longer ago than this: 30s, 15m, 2h, 3d.")
    ] = "0s",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what there is.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also in production.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Remove test requests: rows, files, dead letters and notifications.

    They are known by a mark that `vividly submit --test`, `vividly canary` and `make smoke`
    put on them. Nothing else is touched.

    [bold]Examples[/]
      vividly submit --query "Explain gravity" --grade 9 --test
      vividly purge --test-data --dry-run
      vividly purge --test-data --older-than 1d --yes
    """
    with reported():
        if not test_data:
            raise SettingsError("say what to purge: --test-data")
        context = Context()
        if context.environment == "prod" and not force:
            raise SettingsError("this is production: say --force if you mean it")
        ledger = Ledger(context.engine, owner="vividly purge")
        seconds = age(older_than, "--older-than").total_seconds()
        found = ledger.test_requests(older_than=seconds)
        if found and not (dry_run or yes):
            ask(f"Remove {len(found)} test requests for good?")
        done = Counter(requests=len(found))
        ids = {request_id for request_id, _ in found}
        for subscription in _subscriptions(context):
            done += _messages(context, subscription, ids, dry_run)
        if not dry_run:
            for request_id in ids:
                # Whatever attempt delivered it: the row is about to go.
                withdraw(request_id, _ANY_ATTEMPT, context.services.generated)
                ledger.remove(request_id)
    if as_json:
        print(json.dumps({what: done[what] for what in KINDS}))
        return
    verb = "would be removed" if dry_run else "removed"
    for what in KINDS:
        out.print(f"{done[what]} {what} {verb}")


KINDS = ("requests", "dead letters", "notifications")
_ANY_ATTEMPT = 2**31 - 1


def _subscriptions(context: Context) -> Iterable[tuple[str, str]]:
    from beam_pipeline.pubsub import subscription_of

    if not are_in_file(context):
        yield "dead letters", subscription_of(context.dead_letters)
        yield "notifications", subscription_of(context.topics.notifications)


def _messages(context: Context, of: tuple[str, str], ids: set[str], dry_run: bool) -> Counter[str]:
    """Acknowledge what is marked, or tells of what is; the rest is given back."""
    what, subscription = of
    done: Counter[str] = Counter()
    with held_messages(context, subscription, MOST) as (messages, held):
        for one in messages:
            about = one.attributes.get("request_id") or one.get("request_id")
            if MARK in one.attributes or about in ids:
                done[what] += 1
                if not dry_run:
                    held.done(one)
    return done
