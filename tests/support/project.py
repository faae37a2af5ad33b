"""A project on the emulator, and the messages on its topics."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from google.cloud import pubsub
from sqlalchemy import Engine

from beam_pipeline.cli import dead_letters as dead_letters_module
from beam_pipeline.pubsub import Resources
from tests.support.command_line import name_system, vividly

TOPICS = {
    "content-generation-requests": "content-generation-worker-sub",
    "content-media": "content-media-worker-sub",
    "content-notifications": "content-notifications-sub",
    "content-requests-dev-dlq": "content-requests-dev-dlq-sub",
}


class Project:
    """Topics and their messages."""

    def __init__(self, name: str) -> None:
        self.name, self.resources = name, Resources()
        for topic, subscription in TOPICS.items():
            self.resources.check_topic(self._full("topics", topic), create=True)
            self.resources.check_subscription(
                self._full("subscriptions", subscription),
                topic=self._full("topics", topic),
                create=True,
            )

    def _full(self, kind: str, name: str) -> str:
        return f"projects/{self.name}/{kind}/{name}"

    def publish(self, topic: str, data: bytes, **attributes: str) -> None:
        self.resources.publish(self._full("topics", topic), data, attributes)

    def bury(self, data: bytes, *, minutes_ago: int = 0, **attributes: str) -> None:
        """Publish a dead letter."""
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        own = {
            "dlq_stage": "speak",
            "dlq_reason": "transient_exhausted",
            "dlq_replayable": "true",
            "dlq_failed_at": at.isoformat(timespec="milliseconds"),
        }
        self.publish("content-requests-dev-dlq", data, **(own | attributes))

    def take(self, topic: str) -> list[tuple[bytes, dict[str, str]]]:
        """Pull and acknowledge all messages that no subscriber holds."""
        name, found = self._full("subscriptions", TOPICS[topic]), []
        while batch := self.resources.pull(name, limit=100, wait=0.5):
            self.resources.acknowledge(name, [one.ack_id for one in batch])
            found += [(one.data, dict(one.attributes)) for one in batch]
        return found

    @property
    def buried(self) -> list[bytes]:
        """The dead letters, as listed by the command."""
        return sorted(one["data"].encode() for one in vividly("dlq", "list", "--json").json)

    def hold_letters_for(self, seconds: int) -> None:
        """Change the acknowledgement deadline of the dead letters' subscription."""
        client, topic = pubsub.SubscriberClient(), "content-requests-dev-dlq"
        name = self._full("subscriptions", TOPICS[topic])
        with client:
            client.delete_subscription(subscription=name)
            client.create_subscription(
                request={
                    "name": name,
                    "topic": self._full("topics", topic),
                    "ack_deadline_seconds": seconds,
                }
            )


def named_project(
    name: str, engine: Engine, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Project:
    """A project that the command line uses."""
    url = engine.url.render_as_string(hide_password=False)
    name_system(monkeypatch, folder, url, name)
    monkeypatch.setattr(dead_letters_module, "PULL_S", 0.5)
    return Project(name)
