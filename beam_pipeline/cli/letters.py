"""Reads dead letters: from the topic's subscription, held while they are used, or a file."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beam_pipeline.cli.context import Context
from vividly.errors import SettingsError, VividlyError

if TYPE_CHECKING:
    from beam_pipeline.pubsub import Resources

PULL_S = 2.0
PULLS_S = 120.0
BATCH = 100
MOST = 100_000
"""Messages that a command holds at once."""
HELD_S = 60
REPLAYS = "vividly_replays"
"""The attribute that counts how often a message was replayed."""


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter as found: the original bytes, and what went wrong.

    Attributes:
        message_id: by which it is held; empty for one from a file.
        published: when it was put on its topic; None for one from a file.
    """

    data: bytes
    attributes: Mapping[str, str]
    message_id: str = field(default="", compare=False)
    published: datetime | None = field(default=None, compare=False)

    def get(self, name: str) -> str:
        """The value of `dlq_{name}`, empty where there is none."""
        return self.attributes.get(f"dlq_{name}", "")

    def is_about(self, request_id: str) -> bool:
        """Whether it is of the request whose id begins so."""
        return self.get("request_id").lower().startswith(request_id.lower())

    @property
    def failed_at(self) -> datetime:
        """When it failed; long ago where it does not say."""
        try:
            found = datetime.fromisoformat(self.get("failed_at"))
        except ValueError:
            return datetime.min.replace(tzinfo=UTC)
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    @property
    def replays(self) -> int:
        """How often its message was replayed before."""
        counted = self.attributes.get(REPLAYS, "0")
        return int(counted) if counted.isdigit() else 0

    def as_json(self) -> dict[str, Any]:
        """For scripts: the data as text where it is text, and in base64 in any case."""
        return {
            "attributes": dict(self.attributes),
            "data": self.data.decode("utf-8", "replace")[:4096],
            "data_base64": base64.b64encode(self.data).decode("ascii"),
        }


class Held:
    """Dead letters that were pulled. Nobody else gets them until they are given back."""

    def __init__(self, resources: Resources, subscription: str) -> None:
        self._resources = resources
        self._subscription = subscription
        self._ack_ids: dict[str, str] = {}
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="vividly-letters", daemon=True)

    def pull(self, limit: int) -> list[DeadLetter]:
        """All there are, oldest failure first. One pull may bring less than there is."""
        found: dict[str, DeadLetter] = {}
        end = time.monotonic() + PULLS_S
        self._keeper.start()
        while len(found) < limit and time.monotonic() < end:
            size = min(BATCH, limit - len(found))
            batch = self._resources.pull(self._subscription, limit=size, wait=PULL_S)
            if not batch:
                break
            # One that is delivered twice is one, and only its last delivery counts.
            self._ack_ids |= {one.message_id: one.ack_id for one in batch}
            # At once, for the subscription's own deadline may be shorter than our pauses.
            self._extend([one.ack_id for one in batch], HELD_S)
            for one in batch:
                found[one.message_id] = DeadLetter(
                    one.data, one.attributes, one.message_id, one.published
                )
        return sorted(found.values(), key=_order)

    def done(self, letter: DeadLetter) -> None:
        """Take it away for good."""
        self._resources.acknowledge(self._subscription, [self._ack_ids[letter.message_id]])
        del self._ack_ids[letter.message_id]

    def give_back(self) -> None:
        """Put all others back. Where Pub/Sub is away, they come back by themselves."""
        self._over.set()
        if self._keeper.is_alive():
            self._keeper.join()  # or it might hold them once more
        self._extend(list(self._ack_ids.values()), 0)

    def _keep(self) -> None:
        """Hold them for longer than once; one that fails may be in time the next time."""
        while not self._over.wait(HELD_S / 3):
            self._extend(list(self._ack_ids.values()), HELD_S)

    def _extend(self, ack_ids: list[str], seconds: int) -> None:
        with suppress(VividlyError):
            self._resources.extend(self._subscription, ack_ids, seconds=seconds)


@contextmanager
def held_letters(context: Context, limit: int) -> Iterator[tuple[list[DeadLetter], Held]]:
    """Dead letters of the topic, and the means to take some of them away.

    Raises:
        SettingsError: the topic has no subscription, or is a file.
    """
    from beam_pipeline.pubsub import subscription_of

    with held_messages(context, subscription_of(context.dead_letters), limit) as both:
        yield both


@contextmanager
def held_messages(
    context: Context, subscription: str, limit: int
) -> Iterator[tuple[list[DeadLetter], Held]]:
    """All messages of any subscription, and the means to take some of them away."""
    held = Held(context.resources, subscription)
    try:
        yield held.pull(limit), held
    finally:
        held.give_back()


@contextmanager
def dead_letters(context: Context, limit: int) -> Iterator[list[DeadLetter]]:
    """The dead letters there are, oldest failure first, to look at.

    They are held while in use, then given back.
    """
    if are_in_file(context):
        yield letters_of_file(Path(context.dead_letters))[:limit]
        return
    with held_letters(context, limit) as (letters, _):
        yield letters


def are_in_file(context: Context) -> bool:
    """Whether dead letters go to a file, where there is no Pub/Sub."""
    from beam_pipeline.options import is_file

    return is_file(context.dead_letters)


def letters_of_file(path: Path) -> list[DeadLetter]:
    """The dead letters of a file, oldest failure first; none where there is no file yet.

    Raises:
        SettingsError: it is something else.
    """
    try:
        lines = path.expanduser().read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    letters = []
    # What comes after the last end of a line is being written.
    for number, line in enumerate(lines[:-1], start=1):
        try:
            record = json.loads(line)
            letters.append(DeadLetter(base64.b64decode(record["data"]), record["attributes"]))
        except (ValueError, KeyError, TypeError) as error:
            raise SettingsError(f"{path}, line {number} is no dead letter") from error
    return sorted(letters, key=_order)


def _order(letter: DeadLetter) -> tuple[str, bytes]:
    """The same at every look, so that a number names the same letter."""
    return letter.get("failed_at"), letter.data
