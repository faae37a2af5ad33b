"""Reads dead letters: from the topic's subscription, held while they are used, or a file."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beam_pipeline.cli.context import Context
from vividly.errors import VividlyError

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
        ack_id: by which it can be acknowledged; empty for one from a file.
    """

    data: bytes
    attributes: Mapping[str, str]
    ack_id: str = field(default="", compare=False)

    def get(self, name: str) -> str:
        """The value of `dlq_{name}`, empty where there is none."""
        return self.attributes.get(f"dlq_{name}", "")

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
        self._held: dict[str, DeadLetter] = {}
        self._over = threading.Event()

    def pull(self, limit: int) -> list[DeadLetter]:
        """All there are, oldest failure first. One pull may bring less than there is."""
        threading.Thread(target=self._keep, name="vividly-letters", daemon=True).start()
        end = time.monotonic() + PULLS_S
        while len(self._held) < limit and time.monotonic() < end:
            size = min(BATCH, limit - len(self._held))
            batch = self._resources.pull(self._subscription, limit=size, wait=PULL_S)
            if not batch:
                break
            for one in batch:
                self._held[one.ack_id] = DeadLetter(one.data, one.attributes, one.ack_id)
        return sorted(self._held.values(), key=_order)

    def done(self, letter: DeadLetter) -> None:
        """Take it away for good."""
        self._resources.acknowledge(self._subscription, [letter.ack_id])
        self._held.pop(letter.ack_id, None)

    def give_back(self) -> None:
        """Put all others back."""
        self._over.set()
        self._resources.extend(self._subscription, list(self._held), seconds=0)

    def _keep(self) -> None:
        """Hold them for longer than a subscription's own deadline."""
        while not self._over.wait(HELD_S / 3):
            try:
                self._resources.extend(self._subscription, list(self._held), seconds=HELD_S)
            except VividlyError:
                continue  # the next time may be in time


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
        yield letters_of_file(context)[:limit]
        return
    with held_letters(context, limit) as (letters, _):
        yield letters


def are_in_file(context: Context) -> bool:
    """Whether dead letters go to a file, where there is no Pub/Sub."""
    from beam_pipeline.options import is_file

    return is_file(context.dead_letters)


def letters_of_file(context: Context) -> list[DeadLetter]:
    """The dead letters of the file, oldest failure first."""
    path = Path(context.dead_letters).expanduser()
    if not path.exists():
        return []
    records = [json.loads(line) for line in path.read_text().splitlines()]
    letters = [DeadLetter(base64.b64decode(r["data"]), r["attributes"]) for r in records]
    return sorted(letters, key=_order)


def _order(letter: DeadLetter) -> tuple[str, bytes]:
    """The same at every look, so that a number names the same letter."""
    return letter.get("failed_at"), letter.data
