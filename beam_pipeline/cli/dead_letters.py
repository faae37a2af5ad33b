"""Dead letters: read them from a subscription or a file, and choose some of them."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from beam_pipeline.cli.context import EXIT_NOT_FOUND, Context, say_error
from vividly.model import message_file
from vividly.model.errors import SettingsError, VividlyError

if TYPE_CHECKING:
    from beam_pipeline.pubsub import Resources

PULL_S = 2.0
PULL_FOR_S = 120.0
BATCH = 100
MAX_HELD = 100_000
"""The most messages that a command holds at once."""
LEASE_S = 60
REPLAYS = "vividly_replays"
"""The attribute that counts how often a message was replayed."""


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter: the original bytes, and what went wrong.

    Attributes:
        message_id: Pub/Sub's; empty for one from a file.
        published: when it was published; None for one from a file.
    """

    data: bytes
    attributes: Mapping[str, str]
    message_id: str = field(default="", compare=False)
    published: datetime | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """Its id, the same at every look.

        A dead letter from before `dlq_id` existed has Pub/Sub's id, or a hash of its content.
        """
        content = self.data + self.get("failed_at").encode()
        return self.get("id") or self.message_id or hashlib.sha256(content).hexdigest()[:12]

    def get(self, name: str) -> str:
        """The value of `dlq_{name}`, empty where there is none."""
        return self.attributes.get(f"dlq_{name}", "")

    def matches(self, id: str) -> bool:
        """Whether its id, or its request's, begins with `id`."""
        return self.id.startswith(id.lower()) or self.is_about(id)

    def is_about(self, request_id: str) -> bool:
        """Whether its request's id begins with `request_id`."""
        return self.get("request_id").lower().startswith(request_id.lower())

    @property
    def failed_at(self) -> datetime:
        """When it failed; the earliest time there is where that is unknown."""
        try:
            found = datetime.fromisoformat(self.get("failed_at"))
        except ValueError:
            return datetime.min.replace(tzinfo=UTC)
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    @property
    def replays(self) -> int:
        """How often its message was replayed."""
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


class Store(Protocol):
    """Where dead letters are kept."""

    def remove(self, letter: DeadLetter) -> None:
        """Delete it for good."""


class PulledDeadLetters:
    """Dead letters that were pulled. No other subscriber gets them until `give_back`."""

    def __init__(self, resources: Resources, subscription: str) -> None:
        self._resources = resources
        self._subscription = subscription
        self._ack_ids: dict[str, str] = {}
        self._over = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="vividly-letters", daemon=True)

    def pull(self, limit: int) -> list[DeadLetter]:
        """Up to `limit` dead letters, oldest failure first. Pulls until nothing comes."""
        found: dict[str, DeadLetter] = {}
        end = time.monotonic() + PULL_FOR_S
        self._keeper.start()
        while len(found) < limit and time.monotonic() < end:
            size = min(BATCH, limit - len(found))
            batch = self._resources.pull(self._subscription, limit=size, wait=PULL_S)
            if not batch:
                break
            # Of a message that is delivered twice, only the last delivery can be acknowledged.
            self._ack_ids |= {one.message_id: one.ack_id for one in batch}
            # At once, since the subscription's own deadline may be shorter than our pauses.
            self._extend([one.ack_id for one in batch], LEASE_S)
            for one in batch:
                found[one.message_id] = DeadLetter(
                    one.data, one.attributes, one.message_id, one.published
                )
        return sorted(found.values(), key=_order)

    def remove(self, letter: DeadLetter) -> None:
        """See `Store.remove`."""
        self._resources.acknowledge(self._subscription, [self._ack_ids[letter.message_id]])
        del self._ack_ids[letter.message_id]

    def give_back(self) -> None:
        """Give the others back. While Pub/Sub is away, their leases expire by themselves."""
        self._over.set()
        if self._keeper.is_alive():
            self._keeper.join()  # it might extend their leases once more
        self._extend(list(self._ack_ids.values()), 0)

    def _keep(self) -> None:
        """Extend the leases until the end; an extension that fails may succeed the next time."""
        while not self._over.wait(LEASE_S / 3):
            self._extend(list(self._ack_ids.values()), LEASE_S)

    def _extend(self, ack_ids: list[str], seconds: int) -> None:
        with suppress(VividlyError):
            self._resources.extend(self._subscription, ack_ids, seconds=seconds)


class DeadLetterFile:
    """Dead letters of a file. Other readers of the file find them too."""

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()
        self._kept: dict[str, list[message_file.Kept]] = {}

    def read(self, limit: int) -> list[DeadLetter]:
        """Up to `limit` dead letters, oldest failure first; none where there is no file yet.

        Raises:
            SettingsError: the file holds something else.
        """
        found: dict[str, DeadLetter] = {}
        for kept in message_file.read(self._path):
            letter = DeadLetter(kept.data, kept.attributes)
            # A dead letter that was written twice is one.
            found[letter.id] = letter
            self._kept.setdefault(letter.id, []).append(kept)
        return sorted(found.values(), key=_order)[:limit]

    def remove(self, letter: DeadLetter) -> None:
        """See `Store.remove`."""
        for kept in self._kept.pop(letter.id):
            message_file.take_out(self._path, kept)


@contextmanager
def held_dead_letters(
    context: Context | None, limit: int, source: Path | None = None
) -> Iterator[tuple[list[DeadLetter], Store]]:
    """Dead letters, oldest failure first, and the store to remove some of them from.

    Args:
        source: a file to read, instead of the context's dead letters.

    Raises:
        SettingsError: the topic has no subscription, or the file is none.
    """
    if source and not source.expanduser().is_file():
        raise SettingsError(f"there is no file {source}")
    if path := source or dead_letter_file(context):
        held = DeadLetterFile(path)
        yield held.read(limit), held
        return
    assert context  # for the type checker  # nosec B101
    from beam_pipeline.pubsub import subscription_of

    with held_messages(context, subscription_of(context.dead_letters), limit) as both:
        yield both


@contextmanager
def held_messages(
    context: Context, subscription: str, limit: int
) -> Iterator[tuple[list[DeadLetter], Store]]:
    """All messages of a subscription, and the store to remove some of them from."""
    held = PulledDeadLetters(context.resources, subscription)
    try:
        yield held.pull(limit), held
    finally:
        held.give_back()


@contextmanager
def dead_letters(
    context: Context | None, limit: int, source: Path | None = None
) -> Iterator[list[DeadLetter]]:
    """Dead letters to look at, oldest failure first. They are given back after the block."""
    with held_dead_letters(context, limit, source) as (letters, _):
        yield letters


def dead_letter_file(context: Context | None) -> Path | None:
    """The file of a local system's dead letters; None where they are on a topic."""
    from beam_pipeline.options import is_file

    if context is None or not is_file(context.dead_letters):
        return None
    return Path(context.dead_letters)


def _order(letter: DeadLetter) -> tuple[str, bytes]:
    return letter.get("failed_at"), letter.data


# -- which dead letters a command is about ------------------------------------------------------

REASONS = ("invalid", "transient_exhausted", "permanent", "deadline_exceeded")
SHORTEST_ID = 4
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

Ids = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[ID]...", help="Ids of letters or requests, or their first characters."
    ),
]
Stage = Annotated[str | None, typer.Option(help="Only of this stage.")]
Reason = Annotated[
    str | None,
    typer.Option(help=f"Only of this reason: {', '.join(REASONS[:-1])} or {REASONS[-1]}."),
]
RequestId = Annotated[
    str | None,
    typer.Option("--request", help="Only of this request: its id or first characters."),
]
OlderThan = Annotated[
    str | None, typer.Option(help="Only what failed longer ago than this: 30s, 15m, 2h, 3d.")
]
NewerThan = Annotated[
    str | None, typer.Option(help="Only what failed within this time: 30s, 15m, 2h, 3d.")
]
Source = Annotated[
    Path | None,
    typer.Option("--from", help="Read them from this file, which a local job wrote."),
]


def age(text: str, option: str) -> timedelta:
    """A duration such as `2h`.

    Raises:
        SettingsError: it is malformed.
    """
    found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip())
    if not found:
        raise SettingsError(f"{option}={text!r}: want a number and s, m, h or d, such as 2h")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@dataclass(frozen=True)
class Filter:
    """Which dead letters a command is about; None lets all through.

    Raises:
        SettingsError: an option is malformed, or empty, as an unset variable of a script is.
    """

    stage: str | None = None
    reason: str | None = None
    request: str | None = None
    older_than: str | None = None
    newer_than: str | None = None
    ids: Sequence[str] | None = None

    def __post_init__(self) -> None:
        for id in self.ids or ():
            if len(id) < SHORTEST_ID:
                raise SettingsError(
                    f"ID {id!r}: give a letter's id, or its request's, or at least "
                    f"{SHORTEST_ID} characters of it; `vividly dlq list` shows them"
                )
        for option in fields(self):
            if getattr(self, option.name) == "":
                raise SettingsError(f"--{option.name.replace('_', '-')} is empty")
        if self.reason is not None and self.reason not in REASONS:
            raise SettingsError(f"--reason {self.reason}: choose one of {', '.join(REASONS)}")
        for text, name in self._ages():
            age(text, name)

    def __bool__(self) -> bool:
        """Whether it leaves anything out."""
        return self != Filter()

    def matching(self, letters: Iterable[DeadLetter]) -> list[DeadLetter]:
        """The dead letters that match. Exits where an id matches none of them."""
        found = self._matching(letters)
        unknown = [id for id in self.ids or () if not any(letter.matches(id) for letter in found)]
        if unknown:
            say_error(f"there is no dead letter {', '.join(unknown)}; see `vividly dlq list`")
            raise typer.Exit(EXIT_NOT_FOUND)
        return found

    def _matching(self, letters: Iterable[DeadLetter]) -> list[DeadLetter]:
        now = datetime.now(UTC)
        before = now - age(self.older_than, "--older-than") if self.older_than else None
        after = now - age(self.newer_than, "--newer-than") if self.newer_than else None
        return [
            letter
            for letter in letters
            if (self.ids is None or any(letter.matches(id) for id in self.ids))
            and (self.stage is None or letter.get("stage") == self.stage)
            and (self.reason is None or letter.get("reason") == self.reason)
            and (self.request is None or letter.is_about(self.request))
            and (before is None or letter.failed_at < before)
            and (after is None or letter.failed_at >= after)
        ]

    def _ages(self) -> list[tuple[str, str]]:
        both = ((self.older_than, "--older-than"), (self.newer_than, "--newer-than"))
        return [(text, option) for text, option in both if text is not None]
