"""Reads dead letters: from the topic's subscription, held while they are used, or a file."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from beam_pipeline.cli.context import Context
from vividly.model import message_file
from vividly.model.errors import SettingsError, VividlyError

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

    @property
    def id(self) -> str:
        """What it is called, wherever and whenever it is looked at.

        One that was written before letters had ids goes by Pub/Sub's, or by its content.
        """
        content = self.data + self.get("failed_at").encode()
        return self.get("id") or self.message_id or hashlib.sha256(content).hexdigest()[:12]

    def get(self, name: str) -> str:
        """The value of `dlq_{name}`, empty where there is none."""
        return self.attributes.get(f"dlq_{name}", "")

    def is_called(self, id: str) -> bool:
        """Whether its own id begins so, or its request's."""
        return self.id.startswith(id.lower()) or self.is_about(id)

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
            "id": self.id,
            "attributes": dict(self.attributes),
            "data": self.data.decode("utf-8", "replace")[:4096],
            "data_base64": base64.b64encode(self.data).decode("ascii"),
        }


class Held(Protocol):
    """Where dead letters are, to take them away."""

    def done(self, letter: DeadLetter) -> None:
        """Take it away for good."""


class Pulled:
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
        """See `Held.done`."""
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


class InFile:
    """Dead letters of a file. Whoever else looks at it finds them too."""

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()
        self._kept: dict[str, list[message_file.Kept]] = {}

    def read(self, limit: int) -> list[DeadLetter]:
        """All there are, oldest failure first; none where there is no file yet.

        Raises:
            SettingsError: it is something else.
        """
        found: dict[str, DeadLetter] = {}
        for kept in message_file.read(self._path):
            letter = DeadLetter(kept.data, kept.attributes)
            # One that was written twice is one.
            found[letter.id] = letter
            self._kept.setdefault(letter.id, []).append(kept)
        return sorted(found.values(), key=_order)[:limit]

    def done(self, letter: DeadLetter) -> None:
        """See `Held.done`."""
        for kept in self._kept.pop(letter.id):
            message_file.take_out(self._path, kept)


@contextmanager
def held_letters(
    context: Context | None, limit: int, source: Path | None = None
) -> Iterator[tuple[list[DeadLetter], Held]]:
    """Dead letters, oldest failure first, and the means to take some of them away.

    Args:
        source: the file that they are in; else they are the context's.

    Raises:
        SettingsError: the topic has no subscription, or the file is none.
    """
    if source and not source.expanduser().is_file():
        raise SettingsError(f"there is no file {source}")
    if path := source or letter_file(context):
        held = InFile(path)
        yield held.read(limit), held
        return
    assert context  # for the type checker  # nosec B101
    from beam_pipeline.pubsub import subscription_of

    with held_messages(context, subscription_of(context.dead_letters), limit) as both:
        yield both


@contextmanager
def held_messages(
    context: Context, subscription: str, limit: int
) -> Iterator[tuple[list[DeadLetter], Held]]:
    """All messages of any subscription, and the means to take some of them away."""
    held = Pulled(context.resources, subscription)
    try:
        yield held.pull(limit), held
    finally:
        held.give_back()


@contextmanager
def dead_letters(
    context: Context | None, limit: int, source: Path | None = None
) -> Iterator[list[DeadLetter]]:
    """The dead letters there are, oldest failure first, to look at.

    They are held while in use, then given back.
    """
    with held_letters(context, limit, source) as (letters, _):
        yield letters


def letter_file(context: Context | None) -> Path | None:
    """The file that a local system's dead letters go to; None where it is a topic."""
    from beam_pipeline.options import is_file

    if context is None or not is_file(context.dead_letters):
        return None
    return Path(context.dead_letters)


def _order(letter: DeadLetter) -> tuple[str, bytes]:
    return letter.get("failed_at"), letter.data
