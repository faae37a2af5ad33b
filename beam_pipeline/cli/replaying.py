"""Publishes the message of a dead letter again, or writes it to a file of requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from beam_pipeline.cli.context import Context
from beam_pipeline.cli.letters import REPLAYS, DeadLetter, Held
from vividly.model import message_file
from vividly.model.errors import SettingsError, VividlyError

IN_A_ROW = 5
"""After so many failures in a row the others are not tried: the cause is not the letter."""


@dataclass(frozen=True)
class Done:
    """The result for one letter.

    Attributes:
        result: `replayed`, `purged`, `would be replayed`, `would be purged`, `skipped`, `failed`.
        why: the cause of `skipped` or `failed`, otherwise empty.
        to: the topic or file of its message.
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
    """Too many failures in a row."""


def each(
    letters: Sequence[DeadLetter], act: Callable[[DeadLetter], Done], limit: int
) -> Iterator[Done]:
    """The result for each letter, until `limit` of them were tried. Skipped ones do not count.

    Raises:
        Stopped: too many failed in a row; the others were not tried.
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
    """Remove the letter after it was handled.

    Returns:
        `done`, or a failure if the letter could not be removed.
    """
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
        max_replays: letters that were replayed this often are skipped.
        force: replay invalid and too often replayed messages too.
        to: a file that replaces the topics.
        dry_run: only report what would be done.
    """

    context: Context | None
    max_replays: int
    force: bool
    to: Path | None
    dry_run: bool

    def __call__(self, letter: DeadLetter, held: Held) -> Done:
        """Publish first, then remove the letter: in between the message exists twice."""
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
            # A hand-over is validated by the job that reads hand-overs.
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
        """Why a letter is not replayed, empty if it is."""
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
