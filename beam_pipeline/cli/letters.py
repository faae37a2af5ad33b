"""Reads dead letters from the topic's subscription, where they are held, or from a file."""

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
"""Messages that a command holds at once, at most."""
HELD_S = 60
REPLAYS = "vividly_replays"
"""The attribute that counts how often a message was replayed."""


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter: the original bytes, and the attributes that say what went wrong.

    Attributes:
        message_id: Pub/Sub's id; empty for a letter from a file.
        published: when it was published; None for a letter from a file.
    """

    data: bytes
    attributes: Mapping[str, str]
    message_id: str = field(default="", compare=False)
    published: datetime | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """Its permanent id.

        A letter from before there were ids gets Pub/Sub's id, or a digest of its content.
        """
        content = self.data + self.get("failed_at").encode()
        return self.get("id") or self.message_id or hashlib.sha256(content).hexdigest()[:12]

    def get(self, name: str) -> str:
        """The value of `dlq_{name}`, empty where there is none."""
        return self.attributes.get(f"dlq_{name}", "")

    def is_called(self, id: str) -> bool:
        """Whether its own id or its request's begins with `id`."""
        return self.id.startswith(id.lower()) or self.is_about(id)

    def is_about(self, request_id: str) -> bool:
        """Whether its request's id begins with `request_id`."""
        return self.get("request_id").lower().startswith(request_id.lower())

    @property
    def failed_at(self) -> datetime:
        """When it failed; the earliest possible time if the letter does not say."""
        try:
            found = datetime.fromisoformat(self.get("failed_at"))
        except ValueError:
            return datetime.min.replace(tzinfo=UTC)
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    @property
    def replays(self) -> int:
        """How often its message has been replayed."""
        counted = self.attributes.get(REPLAYS, "0")
        return int(counted) if counted.isdigit() else 0

    def as_json(self) -> dict[str, Any]:
        """For scripts: the data as text (undecodable bytes replaced) and in base64."""
        return {
            "id": self.id,
            "attributes": dict(self.attributes),
            "data": self.data.decode("utf-8", "replace")[:4096],
            "data_base64": base64.b64encode(self.data).decode("ascii"),
        }


class Held(Protocol):
    """The source of dead letters, which can remove them."""

    def done(self, letter: DeadLetter) -> None:
        """Remove the letter for good."""


class Pulled:
    """Pulled dead letters. No other subscriber gets them until they are released."""

    def __init__(self, resources: Resources, subscription: str) -> None:
        self._resources = resources
        self._subscription = subscription
        self._ack_ids: dict[str, str] = {}
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="vividly-letters", daemon=True)

    def pull(self, limit: int) -> list[DeadLetter]:
        """All letters, oldest failure first; pulls until the subscription is empty."""
        found: dict[str, DeadLetter] = {}
        end = time.monotonic() + PULLS_S
        self._keeper.start()
        while len(found) < limit and time.monotonic() < end:
            size = min(BATCH, limit - len(found))
            batch = self._resources.pull(self._subscription, limit=size, wait=PULL_S)
            if not batch:
                break
            # A message that is delivered twice counts once, with its last delivery.
            self._ack_ids |= {one.message_id: one.ack_id for one in batch}
            # At once: the subscription's own deadline may be shorter than our pauses.
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
        """Release all other letters. If Pub/Sub cannot be reached, their deadline does it."""
        self._over.set()
        if self._keeper.is_alive():
            self._keeper.join()  # or it might hold them once more
        self._extend(list(self._ack_ids.values()), 0)

    def _keep(self) -> None:
        """Extend the deadlines until the end; a failed extension is repeated in time."""
        while not self._over.wait(HELD_S / 3):
            self._extend(list(self._ack_ids.values()), HELD_S)

    def _extend(self, ack_ids: list[str], seconds: int) -> None:
        with suppress(VividlyError):
            self._resources.extend(self._subscription, ack_ids, seconds=seconds)


class InFile:
    """Dead letters of a file. Other processes that read it see them too."""

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()
        self._kept: dict[str, list[message_file.Kept]] = {}

    def read(self, limit: int) -> list[DeadLetter]:
        """All letters, oldest failure first; none if there is no file yet.

        Raises:
            SettingsError: the file holds something else.
        """
        found: dict[str, DeadLetter] = {}
        for kept in message_file.read(self._path):
            letter = DeadLetter(kept.data, kept.attributes)
            # A letter that was written twice counts once.
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
    """Dead letters, oldest failure first, and the object that can remove them.

    Args:
        source: a file with letters; None for those of the context.

    Raises:
        SettingsError: the topic has no subscription, or the file does not exist.
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
    """All messages of any subscription, and the object that can remove them."""
    held = Pulled(context.resources, subscription)
    try:
        yield held.pull(limit), held
    finally:
        held.give_back()


@contextmanager
def dead_letters(
    context: Context | None, limit: int, source: Path | None = None
) -> Iterator[list[DeadLetter]]:
    """All dead letters, oldest failure first, to read. They are held, then released."""
    with held_letters(context, limit, source) as (letters, _):
        yield letters


def letter_file(context: Context | None) -> Path | None:
    """The file of a local system's dead letters; None if they go to a topic."""
    from beam_pipeline.options import is_file

    if context is None or not is_file(context.dead_letters):
        return None
    return Path(context.dead_letters)


def _order(letter: DeadLetter) -> tuple[str, bytes]:
    return letter.get("failed_at"), letter.data
