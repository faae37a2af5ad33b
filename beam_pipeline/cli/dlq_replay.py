"""`vividly dlq replay|purge`: publish the messages of dead letters again, or delete them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from beam_pipeline.cli.context import EXIT_FAILED, Context, out, reported
from beam_pipeline.cli.dead_letters import (
    MAX_HELD,
    REPLAYS,
    DeadLetter,
    Filter,
    Ids,
    NewerThan,
    OlderThan,
    Reason,
    RequestId,
    Source,
    Stage,
    Store,
    dead_letter_file,
    held_dead_letters,
)
from beam_pipeline.cli.display import safe
from vividly.model import message_file
from vividly.model.errors import SettingsError, VividlyError

IN_A_ROW = 5
"""So many failures in a row are not the fault of the dead letters: the command stops."""


@dataclass(frozen=True)
class Result:
    """What was done with a dead letter.

    Attributes:
        result: `replayed`, `purged`, the same with `would be`, `skipped`, `failed`.
        why: why it was skipped or failed, else empty.
        to: where its message was published or written.
    """

    letter: DeadLetter
    result: str
    why: str = ""
    to: str = ""

    @property
    def skipped(self) -> bool:
        """Whether it was left alone."""
        return self.result == "skipped"


class Stopped(VividlyError):
    """Too many failures in a row."""


@dataclass(frozen=True)
class Replay:
    """Replays one dead letter.

    Attributes:
        max_replays: a message that was replayed so often is skipped.
        force: replay also what cannot succeed, or was replayed too often.
        to: a file to write to, instead of the topics.
        dry_run: only say what would be done.
    """

    context: Context | None
    max_replays: int
    force: bool
    to: Path | None
    dry_run: bool

    def __call__(self, letter: DeadLetter, store: Store) -> Result:
        """Publish first, then remove: if this process is lost in between, both exist."""
        if why := self._unfit(letter):
            return Result(letter, "skipped", why)
        try:
            to = str(self.to or self._topic(letter))
            if self.dry_run:
                return Result(letter, "would be replayed", to=to)
            self._send(letter, to)
        except VividlyError as error:
            return Result(letter, "failed", str(error))
        return _removed(letter, store, Result(letter, "replayed", to=to))

    def _topic(self, letter: DeadLetter) -> str:
        if self.context is None:
            raise SettingsError("there is no topic to publish to")
        if _is_handover(letter):
            # Hand-overs are read from the media topic.
            return self.context.topics.media
        return self.context.request_topic

    def _send(self, letter: DeadLetter, to: str) -> None:
        if self.to is not None:
            message_file.append_line(self.to, letter.data)
        elif self.context is not None:
            # Pub/Sub refuses attributes that begin with its own prefix.
            kept = {
                name: value
                for name, value in letter.attributes.items()
                if not name.startswith(("dlq_", "goog"))
            }
            attributes = kept | {REPLAYS: str(letter.replays + 1)}
            self.context.resources.publish(to, letter.data, attributes)

    def _unfit(self, letter: DeadLetter) -> str:
        """Why a dead letter is skipped; empty where it is replayed."""
        if url := letter.get("data_url"):
            return f"its message is too large to be published; it is stored at {url}"
        if self.to is not None and _is_handover(letter):
            return "it is a hand-over to the media job, which a file of requests cannot hold"
        if self.to is not None and letter.data.splitlines() != [letter.data]:
            return "its message has several lines, which a file of requests cannot hold"
        if self.force:
            return ""
        if letter.get("replayable") == "false":
            return "the message itself is at fault: it would fail again (--force)"
        if letter.replays >= self.max_replays:
            return f"it was replayed {letter.replays} times (--max-replays, --force)"
        return ""


def _is_handover(letter: DeadLetter) -> bool:
    return letter.get("stage") == "take_over"


def replay_all(
    letters: Sequence[DeadLetter], replay: Replay, store: Store, limit: int
) -> Iterator[Result]:
    """Replay dead letters until `limit` of them were tried. Skipped ones do not count.

    Raises:
        Stopped: the last few failed; the others were not tried.
    """
    return _until_failing(letters, lambda letter: replay(letter, store), limit)


def purge_all(letters: Sequence[DeadLetter], store: Store) -> Iterator[Result]:
    """Delete dead letters.

    Raises:
        Stopped: the last few failed; the others were not tried.
    """

    def purge(letter: DeadLetter) -> Result:
        return _removed(letter, store, Result(letter, "purged"))

    return _until_failing(letters, purge, len(letters))


def _until_failing(
    letters: Sequence[DeadLetter], act: Callable[[DeadLetter], Result], limit: int
) -> Iterator[Result]:
    tried = in_a_row = 0
    for at, letter in enumerate(letters, start=1):
        if tried == limit:
            return
        done = act(letter)
        yield done
        tried += not done.skipped
        in_a_row = in_a_row + 1 if done.result == "failed" else in_a_row * done.skipped
        if in_a_row == IN_A_ROW and at < len(letters):
            raise Stopped(f"{in_a_row} in a row failed; {len(letters) - at} were not tried")


def _removed(letter: DeadLetter, store: Store, result: Result) -> Result:
    """Remove a dead letter: the result, or `failed` where it could not be removed."""
    try:
        store.remove(letter)
    except VividlyError as error:
        so_far = "" if result.result == "purged" else f"{result.result}, but "
        return Result(letter, "failed", f"{so_far}it is a dead letter still: {error}", result.to)
    return result


# -- the commands -------------------------------------------------------------------------------

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
    with reported(), _reported(as_json) as done:
        chosen = Filter(stage, reason, request_id, older_than, newer_than, ids)
        context = None if source else Context()
        act = Replay(context, max_replays, force, to, dry_run)
        if to is None and context is None:
            raise SettingsError(
                "there is no topic to publish to: give --to FILE, and then "
                "`vividly run FILE --keep-ids`"
            )
        path = source or dead_letter_file(context)
        if to and path and to.resolve() == path.expanduser().resolve():
            raise SettingsError(f"--to {to} is the file that the dead letters are in")
        with held_dead_letters(context, MAX_HELD, source) as (letters, store):
            found = chosen.matching(letters)
            done.extend(replay_all(found, act, store, limit))


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
    with reported(), _reported(as_json) as done:
        chosen = Filter(stage, reason, request_id, older_than, newer_than, ids)
        with held_dead_letters(None if source else Context(), MAX_HELD, source) as (letters, store):
            found = chosen.matching(letters)[:limit]
            if dry_run:
                done.extend(Result(letter, "would be purged") for letter in found)
                return
            if found and not yes:
                ask(f"Delete {len(found)} dead letters for good?")
            done.extend(purge_all(found, store))


def ask(question: str) -> None:
    """Ask a person at a terminal to confirm what cannot be undone."""
    if not sys.stdin.isatty():
        raise SettingsError("this cannot be undone: confirm it with --yes")
    typer.confirm(question, abort=True)


@contextmanager
def _reported(as_json: bool) -> Iterator[list[Result]]:
    """Print at the end what was done, also where an error came in between."""
    done: list[Result] = []
    try:
        yield done
    except BaseException:
        if done:
            _print(done, as_json)
        raise
    _print(done, as_json)
    if any(one.result == "failed" for one in done):
        raise typer.Exit(EXIT_FAILED)


def _print(done: Sequence[Result], as_json: bool) -> None:
    if as_json:
        print(json.dumps([result_as_json(one) for one in done], indent=1))
        return
    for one in done:
        request = safe(one.letter.get("request_id") or "unknown")
        of = f"[dim](request {request}, stage {safe(one.letter.get('stage'))})[/]"
        what = (
            one.result + (f" to {one.to}" if one.to else "") + (f": {one.why}" if one.why else "")
        )
        out.print(f"{one.letter.id} {of}: {safe(what)}", soft_wrap=True)
    results = [one.result for one in done]
    counted = [f"{results.count(result)} {result}" for result in dict.fromkeys(results)]
    out.print(", ".join(counted) or "No dead letters like that.")


def result_as_json(done: Result) -> dict[str, str]:
    """For scripts: what was done with a dead letter."""
    return {
        "id": done.letter.id,
        "request_id": done.letter.get("request_id"),
        "stage": done.letter.get("stage"),
        "reason": done.letter.get("reason"),
        "result": done.result,
        "why": done.why,
        "to": done.to,
    }
