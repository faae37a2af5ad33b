"""`vividly purge --test-data`: what was only a test leaves no trace."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from beam_pipeline.cli.context import Context, out, reported
from beam_pipeline.cli.dlq_act import ask
from beam_pipeline.cli.letter_filters import age
from beam_pipeline.cli.letters import MOST, DeadLetter, Held, held_letters, held_messages
from vividly.errors import SettingsError
from vividly.ledger import Ledger
from vividly.ledger.purge import MARK, STOPPING_S, TestRequest
from vividly.publication import CONTENT_TYPES, delivered_name
from vividly.storage import ObjectStore

REMOVED = ("requests", "dead letters", "notifications")
STOPPING = "stopping"


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
    put on them. Nothing else is touched. What has not ended is cancelled, and removed by a
    purge two minutes later, when nobody works on it any more.

    [bold]Examples[/]
      vividly submit --query "Explain gravity" --grade 9 --test
      vividly purge --test-data --dry-run
      vividly purge --test-data --older-than 1d --yes
    """
    with reported():
        if not test_data:
            raise SettingsError("say what to purge: --test-data")
        since = age(older_than, "--older-than")
        context = Context()
        if context.environment == "prod" and not force:
            raise SettingsError("this is production: say --force if you mean it")
        ledger = Ledger(context.engine, owner="vividly purge")
        found = ledger.test_requests(older_than=since.total_seconds())
        with ExitStack() as stack, _told(dry_run, as_json) as done:
            ids, before = {one.id for one in found}, datetime.now(UTC) - since
            marked = {}
            for what, place in _places(context, found):
                messages, held = stack.enter_context(place)
                marked[what] = [one for one in messages if _is_test(one, ids, before)], held
            number = len(found) + sum(len(messages) for messages, _ in marked.values())
            if number and not (dry_run or yes):
                ask(f"Remove {len(found)} test requests, and all about them, for good?")
            # The messages first: without its row, nothing tells that one is about a test.
            for what, (messages, held) in marked.items():
                for message in messages:
                    if not dry_run:
                        held.done(message)
                    done[what] += 1
            for one in found:
                if not dry_run:
                    _remove(one, ledger, context.services.generated)
                done["requests" if one.at_rest else STOPPING] += 1


def _remove(request: TestRequest, ledger: Ledger, store: ObjectStore) -> None:
    if request.open:
        ledger.cancel(request.id, by="vividly purge")
    if request.at_rest:
        for kind in CONTENT_TYPES:
            store.delete(delivered_name(request.id, kind))
        ledger.remove(request.id)


@contextmanager
def _told(dry_run: bool, as_json: bool) -> Iterator[Counter[str]]:
    """Tell at the end what was done, also where something came in between."""
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


_Place = AbstractContextManager[tuple[list[DeadLetter], Held]]


def _places(context: Context, found: Sequence[TestRequest]) -> Iterator[tuple[str, _Place]]:
    from beam_pipeline.pubsub import subscription_of

    yield "dead letters", held_letters(context, MOST)
    if found and not context.reads_file:  # a notification has no mark of its own
        notifications = subscription_of(context.topics.notifications)
        yield "notifications", held_messages(context, notifications, MOST)


def _is_test(message: DeadLetter, ids: Set[str], before: datetime) -> bool:
    about = message.attributes.get("request_id") or message.get("request_id")
    old = message.published is None or message.published <= before
    return about in ids or (MARK in message.attributes and old)
