"""Puts the message of a dead letter back on its topic, or into a file for another run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from beam_pipeline.cli.context import Context
from beam_pipeline.cli.letters import REPLAYS, DeadLetter, Held
from vividly.model import message_file
from vividly.model.errors import SettingsError, VividlyError

IN_A_ROW = 5
"""So many failures one after the other are not the letters' fault."""


@dataclass(frozen=True)
class Done:
    """What became of a letter.

    Attributes:
        result: `replayed`, `purged`, the same with `would be`, `skipped`, `failed`.
        why: what came in between; empty where nothing did.
        to: where its message went.
    """

    letter: DeadLetter
    result: str
    why: str = ""
    to: str = ""

    @property
    def skipped(self) -> bool:
        """Whether nothing was tried."""
        return self.result == "skipped"


class Stopped(VividlyError):
    """Too many failures one after the other."""


def each(
    letters: Sequence[DeadLetter], act: Callable[[DeadLetter], Done], limit: int
) -> Iterator[Done]:
    """What became of each, until `limit` of them were tried. Passed over is not tried.

    Raises:
        Stopped: the last few failed, so that the others were not tried.
    """
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


def take_away(letter: DeadLetter, held: Held, done: Done) -> Done:
    """`done`, if the letter could be taken away afterwards."""
    try:
        held.done(letter)
    except VividlyError as error:
        so_far = "" if done.result == "purged" else f"{done.result}, but "
        return Done(letter, "failed", f"{so_far}it is a dead letter still: {error}", done.to)
    return done


@dataclass(frozen=True)
class Replay:
    """Replays letters one by one.

    Attributes:
        max_replays: what was replayed so often already is skipped.
        force: also what cannot succeed, or was replayed too often.
        to: a file that takes the place of the topics.
        dry_run: only says what would be done.
    """

    context: Context | None
    max_replays: int
    force: bool
    to: Path | None
    dry_run: bool

    def __call__(self, letter: DeadLetter, held: Held) -> Done:
        """Publish first, and only then take the letter away: between the two it is there twice."""
        if why := self._unfit(letter):
            return Done(letter, "skipped", why)
        try:
            to = str(self.to or self._topic(letter))
            if self.dry_run:
                return Done(letter, "would be replayed", to=to)
            self._send(letter, to)
        except VividlyError as error:
            return Done(letter, "failed", str(error))
        return take_away(letter, held, Done(letter, "replayed", to=to))

    def _topic(self, letter: DeadLetter) -> str:
        if self.context is None:
            raise SettingsError("there is no topic to publish to")
        if _is_handover(letter):
            # What was wrong with a hand-over is told by the job that reads hand-overs.
            return self.context.topics.media
        return self.context.request_topic

    def _send(self, letter: DeadLetter, to: str) -> None:
        if self.to is not None:
            message_file.append_line(self.to, letter.data)
        elif self.context is not None:
            # Pub/Sub accepts nobody else's attributes that begin with its own prefix.
            kept = {
                name: value
                for name, value in letter.attributes.items()
                if not name.startswith(("dlq_", "goog"))
            }
            attributes = kept | {REPLAYS: str(letter.replays + 1)}
            self.context.resources.publish(to, letter.data, attributes)

    def _unfit(self, letter: DeadLetter) -> str:
        """Why a letter is not replayed, empty where it is."""
        if url := letter.get("data_url"):
            return f"its message is too large to be published; it lies at {url}"
        if self.to is not None and _is_handover(letter):
            return "it is a hand-over to the media job, and no request for a file of requests"
        if self.to is not None and letter.data.splitlines() != [letter.data]:
            return "its message is not one line, as one of a file's has to be"
        if self.force:
            return ""
        if letter.get("replayable") == "false":
            return "the message itself is at fault: it would fail again (--force)"
        if letter.replays >= self.max_replays:
            return f"it was replayed {letter.replays} times (--max-replays, --force)"
        return ""


def _is_handover(letter: DeadLetter) -> bool:
    return letter.get("stage") == "take_over"
