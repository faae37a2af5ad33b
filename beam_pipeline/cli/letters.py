"""Reads dead letters without taking them away: from the topic's subscription, or a file."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beam_pipeline.cli.context import Context

if TYPE_CHECKING:
    from beam_pipeline.pubsub import Received

PULL_S = 2.0
PULLS_S = 30.0
BATCH = 100


@dataclass(frozen=True)
class DeadLetter:
    """A dead letter as found: the original bytes, and what went wrong."""

    data: bytes
    attributes: Mapping[str, str]

    def get(self, name: str) -> str:
        """The value of `dlq_{name}`, empty where there is none."""
        return self.attributes.get(f"dlq_{name}", "")

    def as_json(self) -> dict[str, Any]:
        """For scripts: the data as text where it is text, and in base64 in any case."""
        return {
            "attributes": dict(self.attributes),
            "data": self.data.decode("utf-8", "replace")[:4096],
            "data_base64": base64.b64encode(self.data).decode("ascii"),
        }


@contextmanager
def dead_letters(context: Context, limit: int) -> Iterator[list[DeadLetter]]:
    """The dead letters there are, oldest failure first.

    They are held while in use, then given back.
    """
    from beam_pipeline.options import is_file
    from beam_pipeline.pubsub import subscription_of

    if is_file(context.dead_letters):
        yield _from_file(Path(context.dead_letters).expanduser())[:limit]
        return
    subscription = subscription_of(context.dead_letters)
    held: list[Received] = []
    try:
        _pull_all(context, subscription, limit, held)
        yield sorted((DeadLetter(m.data, m.attributes) for m in held), key=_order)
    finally:
        context.resources.give_back(subscription, [message.ack_id for message in held])


def _order(letter: DeadLetter) -> tuple[str, bytes]:
    """The same at every look, so that a number names the same letter."""
    return letter.get("failed_at"), letter.data


def _from_file(path: Path) -> list[DeadLetter]:
    if not path.exists():
        return []
    records = [json.loads(line) for line in path.read_text().splitlines()]
    letters = [DeadLetter(base64.b64decode(r["data"]), r["attributes"]) for r in records]
    return sorted(letters, key=_order)


def _pull_all(context: Context, subscription: str, limit: int, held: list[Received]) -> None:
    """Pull until nothing more comes: one pull may bring less than there is."""
    end = time.monotonic() + PULLS_S
    while len(held) < limit and time.monotonic() < end:
        size = min(BATCH, limit - len(held))
        batch = context.resources.pull(subscription, limit=size, wait=PULL_S)
        if not batch:
            break
        held += batch
