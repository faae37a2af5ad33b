"""Where the local Pub/Sub keeps topics, subscriptions and messages: a schema of Postgres.

One row is one message of one subscription. It is free to be delivered from `due` on; a delivery
moves `due` to the end of its lease, and an acknowledgement deletes the row.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from sqlalchemy import text

from vividly.model.errors import SettingsError, TransientError
from vividly.platform.ledger.engine import address, database_errors, make_engine

MAX_PULL_BYTES = 10_000_000
LOCK_WAIT_S = 5
SCHEMA = """
CREATE SCHEMA IF NOT EXISTS pubsub;
CREATE TABLE IF NOT EXISTS pubsub.topic (
    name text PRIMARY KEY,
    definition bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS pubsub.subscription (
    name text PRIMARY KEY,
    topic text NOT NULL,
    retention_s bigint NOT NULL,
    definition bytea NOT NULL
);
CREATE TABLE IF NOT EXISTS pubsub.message (
    subscription text REFERENCES pubsub.subscription ON DELETE CASCADE,
    id bigint,
    body bytea NOT NULL,
    published timestamptz NOT NULL DEFAULT now(),
    due timestamptz NOT NULL DEFAULT now(),
    lease bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (subscription, id)
);
CREATE INDEX IF NOT EXISTS message_due ON pubsub.message (subscription, due, id);
CREATE SEQUENCE IF NOT EXISTS pubsub.message_id;
CREATE SEQUENCE IF NOT EXISTS pubsub.lease_id
"""
PUBLISH = """
WITH new AS MATERIALIZED (
    SELECT nextval('pubsub.message_id') AS id, body, place
    FROM unnest(CAST(:bodies AS bytea[])) WITH ORDINALITY AS given (body, place)
), kept AS (
    INSERT INTO pubsub.message (subscription, id, body)
    SELECT name, id, body FROM new, pubsub.subscription WHERE topic = :topic
)
SELECT id FROM new ORDER BY place
"""
TAKE = """
WITH free AS (
    SELECT id, due, octet_length(body) AS size FROM pubsub.message
    WHERE subscription = :subscription AND due <= now()
    ORDER BY due, id LIMIT :most FOR UPDATE SKIP LOCKED
), fitting AS (
    SELECT id, row_number() OVER line AS place, sum(size) OVER line AS bytes
    FROM free WINDOW line AS (ORDER BY due, id)
), taken AS (
    UPDATE pubsub.message AS message
    SET due = now() + :seconds * interval '1 second', lease = nextval('pubsub.lease_id')
    FROM fitting
    WHERE subscription = :subscription AND message.id = fitting.id
        AND (place = 1 OR bytes <= :bytes)
    RETURNING message.id, lease, body, place
)
SELECT id, lease, body FROM taken ORDER BY place
"""


class Lease(NamedTuple):
    """One delivery of a message. As text it is the delivery's ack id, such as "17-23"."""

    message: int
    number: int

    def __str__(self) -> str:
        return f"{self.message}-{self.number}"


class Store:
    """The tables of the local Pub/Sub.

    Every method raises TransientError while the database is unavailable.
    """

    def __init__(self, database_url: str) -> None:
        self._engine = make_engine(database_url)

    def open(self) -> tuple[list[bytes], list[bytes]]:
        """Create the tables, and keep out other processes that would serve them too.

        Returns:
            The definitions of the topics and of the subscriptions.

        Raises:
            SettingsError: another process serves them.
            PermanentError: the database's user may not create a schema.
        """
        with database_errors(self._engine):
            self._guard = self._engine.connect()
            self._guard.execute(
                text("SELECT set_config('lock_timeout', :wait, false)"), {"wait": f"{LOCK_WAIT_S}s"}
            )
            try:
                with database_errors(self._engine):
                    self._guard.execute(text("SELECT pg_advisory_lock(hashtext('vividly pubsub'))"))
            except TransientError as error:
                raise SettingsError(
                    f"another local stack serves Pub/Sub from {address(self._engine)}: stop it, "
                    "or name another database by DATABASE_URL"
                ) from error
            for statement in SCHEMA.split(";"):
                self._guard.exec_driver_sql(statement)
            self._guard.commit()  # the lock stays until the connection is closed
        topics = self._run("SELECT definition FROM pubsub.topic")
        subscriptions = self._run("SELECT definition FROM pubsub.subscription")
        return [row[0] for row in topics], [row[0] for row in subscriptions]

    def close(self) -> None:
        """Close the connections."""
        with suppress(Exception):  # the database may be gone already
            self._guard.detach()
            self._guard.close()
        self._engine.dispose()

    def keep_topic(self, name: str, definition: bytes) -> None:
        """Add a topic."""
        self._run(
            "INSERT INTO pubsub.topic VALUES (:name, :definition)", name=name, definition=definition
        )

    def keep_subscription(self, name: str, topic: str, retention_s: int, definition: bytes) -> None:
        """Add a subscription, or change its topic and definition."""
        self._run(
            "INSERT INTO pubsub.subscription VALUES (:name, :topic, :retention_s, :definition) "
            "ON CONFLICT (name) DO UPDATE SET topic = :topic, definition = :definition",
            name=name,
            topic=topic,
            retention_s=retention_s,
            definition=definition,
        )

    def drop(self, kind: str, name: str) -> None:
        """Delete a "topic", or a "subscription" with its messages."""
        self._run(f"DELETE FROM pubsub.{kind} WHERE name = :name", name=name)  # nosec B608

    def publish(self, topic: str, bodies: list[bytes]) -> list[int]:
        """Keep messages for every subscription of the topic. Returns their ids."""
        return [row[0] for row in self._run(PUBLISH, topic=topic, bodies=bodies)]

    def take(self, subscription: str, most: int, *, seconds: int) -> list[tuple[Lease, bytes]]:
        """Lease up to `most` free messages, those that waited longest first.

        Together they have at most `MAX_PULL_BYTES`; the first may be larger.
        """
        found = self._run(
            TAKE, subscription=subscription, most=most, seconds=seconds, bytes=MAX_PULL_BYTES
        )
        return [(Lease(row[0], row[1]), row[2]) for row in found]

    def next_due(self, subscription: str) -> float:
        """Seconds until a message is free; infinite if there is none."""
        ((seconds,),) = self._run(
            "SELECT extract(epoch FROM min(due) - now()) FROM pubsub.message "
            "WHERE subscription = :subscription",
            subscription=subscription,
        )
        return float("inf") if seconds is None else float(seconds)

    def acknowledge(self, subscription: str, leases: list[Lease]) -> None:
        """Delete messages, except those that were delivered again since."""
        self._run(
            "DELETE FROM pubsub.message "
            "WHERE subscription = :subscription AND id = ANY(:ids) AND lease = ANY(:leases)",
            **_held(subscription, leases),
        )

    def extend(self, subscription: str, leases: list[Lease], seconds: int) -> None:
        """Let leases end in so many seconds."""
        self._run(
            "UPDATE pubsub.message SET due = now() + :seconds * interval '1 second' "
            "WHERE subscription = :subscription AND id = ANY(:ids) AND lease = ANY(:leases)",
            seconds=seconds,
            **_held(subscription, leases),
        )

    def held(self, subscription: str, leases: list[Lease]) -> list[Lease]:
        """The deliveries that are neither acknowledged nor replaced by a later one."""
        rows = self._run(
            "SELECT id, lease FROM pubsub.message WHERE subscription = :subscription "
            "AND id = ANY(:ids) AND lease = ANY(:leases) AND due > now()",
            **_held(subscription, leases),
        )
        return [Lease(*row) for row in rows]

    def expire(self) -> None:
        """Delete messages that are older than their subscription's retention."""
        self._run(
            "DELETE FROM pubsub.message USING pubsub.subscription WHERE name = subscription "
            "AND published < now() - retention_s * interval '1 second'"
        )

    def _run(self, statement: str, **parameters: Any) -> list[Any]:
        with database_errors(self._engine), self._engine.begin() as connection:
            done = connection.execute(text(statement), parameters)
            return list(done) if done.returns_rows else []


def _held(subscription: str, leases: list[Lease]) -> dict[str, Any]:
    return {
        "subscription": subscription,
        "ids": [lease.message for lease in leases],
        "leases": [lease.number for lease in leases],
    }
