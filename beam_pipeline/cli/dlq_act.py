"""`vividly dlq replay|purge`: dead letters are tried again, or thrown away."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from beam_pipeline.cli.context import EXIT_FAILED, Context, out, reported
from beam_pipeline.cli.display import safe
from beam_pipeline.cli.letter_filters import (
    Filter,
    NewerThan,
    OlderThan,
    Reason,
    RequestId,
    Stage,
)
from beam_pipeline.cli.letters import (
    MOST,
    REPLAYS,
    DeadLetter,
    Held,
    are_in_file,
    held_letters,
    letters_of_file,
)
from vividly.errors import SettingsError, VividlyError

Limit = Annotated[int, typer.Option(help="How many at most, oldest failure first.", min=1)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@dataclass(frozen=True)
class _Done:
    """What became of a letter: `replayed`, `purged`, `passed over` or `failed`, and why."""

    letter: DeadLetter
    result: str
    why: str = ""

    @property
    def acted(self) -> bool:
        """Whether what was asked for was done."""
        return self.result in ("replayed", "purged")


def replay(
    stage: Stage = None,
    reason: Reason = None,
    request_id: RequestId = None,
    older_than: OlderThan = None,
    newer_than: NewerThan = None,
    limit: Limit = 1000,
    max_replays: Annotated[
        int, typer.Option(help="Pass over what was replayed so often already.", min=1)
    ] = 3,
    force: Annotated[
        bool,
        typer.Option("--force", help="Also what cannot succeed, or was replayed too often."),
    ] = False,
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
    """Publish the original messages again; what is published leaves the dead letters.

    A request that failed begins anew; one that was completed meanwhile is left alone.
    A letter is taken away only after its message was published.

    [bold]Examples[/]
      vividly dlq replay --reason transient_exhausted --newer-than 2h --dry-run
      vividly dlq replay --stage speak --limit 10
      vividly dlq replay --request d0805d49
    """
    chosen = Filter(stage, reason, request_id, older_than, newer_than)
    with reported():
        context = Context()
        act = _Replay(context, max_replays, force, to, dry_run)
        if are_in_file(context):
            if to is None:
                raise SettingsError(
                    "dead letters are in a file, and there is no topic to publish them to: give "
                    "--to FILE, and then `vividly run FILE --keep-ids`"
                )
            found = chosen.matching(letters_of_file(context))[:limit]
            done = [act(letter, None) for _, letter in found]
        else:
            with held_letters(context, MOST) as (letters, held):
                done = [act(letter, held) for _, letter in chosen.matching(letters)[:limit]]
    _report(done, "would be replayed" if dry_run else "replayed", as_json)


def purge(
    stage: Stage = None,
    reason: Reason = None,
    request_id: RequestId = None,
    older_than: OlderThan = None,
    newer_than: NewerThan = None,
    limit: Limit = 1000,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Throw dead letters away for good. Their requests stay `failed`.

    [bold]Examples[/]
      vividly dlq purge --reason invalid --older-than 7d --dry-run
      vividly dlq purge --request d0805d49 --yes
    """
    chosen = Filter(stage, reason, request_id, older_than, newer_than)
    with reported():
        context = Context()
        if are_in_file(context):
            raise SettingsError(
                f"dead letters are in the file {context.dead_letters}: edit or remove it"
            )
        with held_letters(context, MOST) as (letters, held):
            found = [letter for _, letter in chosen.matching(letters)[:limit]]
            if found and not dry_run and not yes:
                ask(f"Throw {len(found)} dead letters away for good?")
            done = []
            for letter in found:
                if not dry_run:
                    held.done(letter)
                done.append(_Done(letter, "purged"))
    _report(done, "would be purged" if dry_run else "purged", as_json)


@dataclass(frozen=True)
class _Replay:
    """Publishes letters one by one."""

    context: Context
    max_replays: int
    force: bool
    to: Path | None
    dry_run: bool

    def __call__(self, letter: DeadLetter, held: Held | None) -> _Done:
        if why := _unfit(letter, self.max_replays, self.force):
            return _Done(letter, "passed over", why)
        if self.dry_run:
            return _Done(letter, "replayed")
        try:
            self._send(letter)
        except VividlyError as error:
            return _Done(letter, "failed", str(error))
        if held is not None:
            held.done(letter)
        return _Done(letter, "replayed")

    def _send(self, letter: DeadLetter) -> None:
        if self.to is not None:
            _append(self.to, letter)
            return
        topics = self.context.topics
        # What was wrong with a hand-over is told by the job that reads hand-overs.
        topic = topics.media if letter.get("stage") == "take_over" else topics.requests
        kept = {k: v for k, v in letter.attributes.items() if not k.startswith("dlq_")}
        self.context.resources.publish(
            topic, letter.data, kept | {REPLAYS: str(letter.replays + 1)}
        )


def _append(path: Path, letter: DeadLetter) -> None:
    if b"\n" in letter.data:
        raise SettingsError("its message has several lines: it cannot be one of a file's")
    with path.open("ab") as file:
        file.write(letter.data + b"\n")


def _unfit(letter: DeadLetter, max_replays: int, force: bool) -> str:
    """Why a letter is not replayed, empty where it is."""
    if url := letter.get("data_url"):
        return f"its message is too large to be published; it lies at {url}"
    if force:
        return ""
    if letter.get("replayable") == "false":
        return "the message itself is at fault: it would fail again (--force)"
    if letter.replays >= max_replays:
        return f"it was replayed {letter.replays} times (--max-replays, --force)"
    return ""


def ask(question: str) -> None:
    """Have a person at a terminal confirm what cannot be undone."""
    if not sys.stdin.isatty():
        raise SettingsError("this cannot be undone: confirm it with --yes")
    typer.confirm(question, abort=True)


def _report(done: Sequence[_Done], verb: str, as_json: bool) -> None:
    if as_json:
        print(
            json.dumps(
                [
                    {
                        "request_id": one.letter.get("request_id"),
                        "stage": one.letter.get("stage"),
                        "reason": one.letter.get("reason"),
                        "result": one.result,
                        "why": one.why,
                    }
                    for one in done
                ],
                indent=1,
            )
        )
    else:
        for one in done:
            name = safe(one.letter.get("request_id") or "unknown")
            told = verb if one.result in ("replayed", "purged") else f"{one.result}: {one.why}"
            out.print(
                f"{name} [dim]{safe(one.letter.get('stage'))}[/] {safe(told)}", soft_wrap=True
            )
        number = sum(one.result in ("replayed", "purged") for one in done)
        out.print(
            f"{number} {verb}" + (f", {len(done) - number} not" if number < len(done) else "")
        )
    if any(one.result == "failed" for one in done):
        raise typer.Exit(EXIT_FAILED)
