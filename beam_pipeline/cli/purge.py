"""`vividly purge --test-data`: remove all data of test requests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence, Set
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from beam_pipeline.cli.context import Context, out, reported
from beam_pipeline.cli.dead_letters import (
    MAX_HELD,
    DeadLetter,
    Store,
    age,
    held_dead_letters,
    held_messages,
)
from beam_pipeline.cli.display import SHORT_ID
from beam_pipeline.cli.dlq_replay import ask
from beam_pipeline.cli.leftovers import BY, remove
from vividly.model.errors import SettingsError
from vividly.model.request import MARK
from vividly.platform.ledger import Ledger
from vividly.platform.ledger.purge import STOPPING_S, TestRequest

REMOVED = ("requests", "dead letters", "notifications")
STOPPING = "stopping"


def purge(
    test_data: Annotated[
        bool, typer.Option("--test-data", help="Remove requests that are marked as tests.")
    ] = False,
    older_than: Annotated[
        str, typer.Option(help="Only requests older than this: 30s, 15m, 2h, 3d.")
    ] = "0s",
    request_ids: Annotated[
        list[str] | None,
        typer.Option(
            "--request",
            metavar="ID",
            help="Only this request, by its UUID or first characters; may be repeated.",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what there is.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Allow it in production without --request.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")] = False,
) -> None:
    """Remove test requests: rows, files, dead letters and notifications.

    Test requests have a mark from `vividly submit --test`, `vividly canary` or `vividly smoke`.
    Nothing else is removed. A request that has not ended is cancelled first, and removed by a
    purge two minutes later, when no worker has it any more. With --request, notifications are
    left to their consumers: they carry the mark.

    [bold]Examples[/]
      vividly submit --query "Explain gravity" --grade 9 --test
      vividly purge --test-data --dry-run
      vividly purge --test-data --older-than 1d --yes
      vividly purge --test-data --request d0805d49 --yes
    """
    with reported():
        if not test_data:
            raise SettingsError("give what to purge: --test-data")
        since = age(older_than, "--older-than")
        only = [id.lower() for id in request_ids] if request_ids else None
        if short := [id for id in only or () if len(id) < SHORT_ID]:
            raise SettingsError(f"--request {short[0]}: give at least {SHORT_ID} characters of it")
        context = Context()
        if context.environment == "prod" and not (force or only):
            raise SettingsError(
                "this is production: name the requests (--request), or give --force to purge all"
            )
        ledger = Ledger(context.engine, owner=BY)
        found = ledger.test_requests(older_than=since.total_seconds(), ids=only)
        with ExitStack() as stack, _told(dry_run, as_json) as done:
            ids, before = {one.id for one in found}, datetime.now(UTC) - since
            marked = {}
            for what, place in _places(context, found, only):
                messages, store = stack.enter_context(place)
                marked[what] = [one for one in messages if _is_test(one, ids, before, only)], store
            number = len(found) + sum(len(messages) for messages, _ in marked.values())
            if number and not (dry_run or yes):
                ask(f"Remove {len(found)} test requests and all their data for good?")
            # The messages first: without the row nothing says that a message is about a test.
            for what, (messages, store) in marked.items():
                for message in messages:
                    if not dry_run:
                        store.remove(message)
                    done[what] += 1
            for one in found:
                if not dry_run:
                    remove(one, context)
                done["requests" if one.at_rest else STOPPING] += 1


@contextmanager
def _told(dry_run: bool, as_json: bool) -> Iterator[Counter[str]]:
    """Print at the end what was done, after an error or interrupt too."""
    done: Counter[str] = Counter()
    try:
        yield done
    except BaseException:
        if done:
            _tell(done, dry_run, as_json)
        raise
    _tell(done, dry_run, as_json)


def _tell(done: Counter[str], dry_run: bool, as_json: bool) -> None:
    if as_json:
        print(json.dumps({what: done[what] for what in (*REMOVED, STOPPING)}))
        return
    for what in REMOVED:
        out.print(f"{done[what]} {what} {'would be removed' if dry_run else 'removed'}")
    if done[STOPPING]:
        does = "would be cancelled first" if dry_run else "cancelled: they can be removed"
        later = f"in {STOPPING_S / 60:.0f} minutes"
        out.print(f"{done[STOPPING]} requests {does}" + ("" if dry_run else f" {later}"))


_Place = AbstractContextManager[tuple[list[DeadLetter], Store]]


def _places(
    context: Context, found: Sequence[TestRequest], only: Collection[str] | None
) -> Iterator[tuple[str, _Place]]:
    from beam_pipeline.pubsub import subscription_of

    yield "dead letters", held_dead_letters(context, MAX_HELD)
    if found and only is None:
        notifications = subscription_of(context.topics.notifications)
        yield "notifications", held_messages(context, notifications, MAX_HELD)


def _is_test(
    message: DeadLetter, ids: Set[str], before: datetime, only: Collection[str] | None
) -> bool:
    about = message.attributes.get("request_id") or message.get("request_id")
    if only is not None and not about.startswith(tuple(only)):
        return False
    old = message.published is None or message.published <= before
    return about in ids or (MARK in message.attributes and old)
