"""`vividly dlq replay|purge`: publish dead letters again, or delete them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from beam_pipeline.cli.context import EXIT_FAILED, Context, out, reported
from beam_pipeline.cli.display import safe
from beam_pipeline.cli.letter_filters import (
    Filter,
    Ids,
    NewerThan,
    OlderThan,
    Reason,
    RequestId,
    Source,
    Stage,
)
from beam_pipeline.cli.letters import MOST, held_letters, letter_file
from beam_pipeline.cli.replaying import Done, Replay, each, take_away
from vividly.model.errors import SettingsError

Limit = Annotated[int, typer.Option(help="How many at most, oldest failure first.", min=1)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print what would be done; do nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


def replay(
    ids: Ids = None,
    stage: Stage = None,
    reason: Reason = None,
    request_id: RequestId = None,
    older_than: OlderThan = None,
    newer_than: NewerThan = None,
    limit: Limit = 1000,
    max_replays: Annotated[
        int, typer.Option(help="Skip letters that were replayed this often.", min=1)
    ] = 3,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replay invalid and too often replayed messages too."),
    ] = False,
    source: Source = None,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            help="Write the messages to this file instead, for `vividly run FILE --keep-ids`.",
        ),
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Publish the original messages again, and remove their dead letters.

    A failed request starts again; one that was completed meanwhile is left alone.
    A letter is removed only after its message was published, or written to --to.

    [bold]Examples[/]
      vividly dlq replay --reason transient_exhausted --newer-than 2h --dry-run
      vividly dlq replay --stage speak --limit 10
      vividly dlq replay 3f9a1c02b7d4
      vividly dlq replay --request d0805d49
      vividly dlq replay --from .vividly/dead-letters.jsonl --to again.jsonl
    """
    with reported(), _told(as_json) as done:
        chosen = Filter(stage, reason, request_id, older_than, newer_than, ids)
        context = None if source else Context()
        act = Replay(context, max_replays, force, to, dry_run)
        if to is None and (context is None or context.reads_file):
            raise SettingsError(
                "there is no topic to publish to: give --to FILE, and then "
                "`vividly run FILE --keep-ids`"
            )
        path = source or letter_file(context)
        if to and path and to.resolve() == path.expanduser().resolve():
            raise SettingsError(f"--to {to} is the file that the dead letters are in")
        with held_letters(context, MOST, source) as (letters, held):
            found = chosen.matching(letters)
            done.extend(each(found, lambda letter: act(letter, held), limit))


def purge(
    ids: Ids = None,
    stage: Stage = None,
    reason: Reason = None,
    request_id: RequestId = None,
    older_than: OlderThan = None,
    newer_than: NewerThan = None,
    limit: Limit = 1000,
    source: Source = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Delete dead letters for good. Their requests stay `failed`.

    [bold]Examples[/]
      vividly dlq purge --reason invalid --older-than 7d --dry-run
      vividly dlq purge 3f9a1c02b7d4 --yes
    """
    with reported(), _told(as_json) as done:
        chosen = Filter(stage, reason, request_id, older_than, newer_than, ids)
        with held_letters(None if source else Context(), MOST, source) as (letters, held):
            found = chosen.matching(letters)[:limit]
            if dry_run:
                done.extend(Done(letter, "would be purged") for letter in found)
                return
            if found and not yes:
                ask(f"Delete {len(found)} dead letters for good?")
            done.extend(each(found, lambda one: take_away(one, held, Done(one, "purged")), limit))


def ask(question: str) -> None:
    """Ask at the terminal to confirm an action that cannot be undone.

    Raises:
        SettingsError: there is no terminal.
    """
    if not sys.stdin.isatty():
        raise SettingsError("this cannot be undone: confirm it with --yes")
    typer.confirm(question, abort=True)


@contextmanager
def _told(as_json: bool) -> Iterator[list[Done]]:
    """Print at the end what was done, after an error or interrupt too."""
    done: list[Done] = []
    try:
        yield done
    except BaseException:
        if done:
            _tell(done, as_json)
        raise
    _tell(done, as_json)
    if any(one.result == "failed" for one in done):
        raise typer.Exit(EXIT_FAILED)


def _tell(done: Sequence[Done], as_json: bool) -> None:
    if as_json:
        print(json.dumps([_as_json(one) for one in done], indent=1))
        return
    for one in done:
        request = safe(one.letter.get("request_id") or "unknown")
        of = f"[dim](request {request}, stage {safe(one.letter.get('stage'))})[/]"
        told = (
            one.result + (f" to {one.to}" if one.to else "") + (f": {one.why}" if one.why else "")
        )
        out.print(f"{one.letter.id} {of}: {safe(told)}", soft_wrap=True)
    results = [one.result for one in done]
    counted = [f"{results.count(result)} {result}" for result in dict.fromkeys(results)]
    out.print(", ".join(counted) or "No dead letters like that.")


def _as_json(done: Done) -> dict[str, str]:
    return {
        "id": done.letter.id,
        "request_id": done.letter.get("request_id"),
        "stage": done.letter.get("stage"),
        "reason": done.letter.get("reason"),
        "result": done.result,
        "why": done.why,
        "to": done.to,
    }
