"""The local stack's own Pub/Sub: it does what Google's emulator does, and keeps its messages."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from queue import Queue

import pytest
from google.api_core import exceptions as api
from google.cloud import pubsub as google
from google.cloud.pubsub_v1.types import FlowControl
from google.pubsub_v1 import PublisherClient
from google.pubsub_v1.types import PubsubMessage, PullRequest, ReceivedMessage
from sqlalchemy import Engine, event

from beam_pipeline.local.postgres import EmbeddedPostgres
from beam_pipeline.local.pubsub_server import LocalPubSub
from beam_pipeline.pubsub import subscriber_client
from tests.support.pubsub import ON_BOTH
from tests.support.streaming import until
from vividly.model.errors import SettingsError
from vividly.platform.ledger.engine import make_engine

PATIENCE_S = 20.0
AT_ONCE = {"retry": None, "timeout": PATIENCE_S}


class Client:
    """Google's clients on one project, with a topic `things` and its subscription."""

    def __init__(self, project: str) -> None:
        self.project = f"projects/{project}"
        self.publisher, self.subscriber = google.PublisherClient(), subscriber_client()
        self.topic, self.things = self.name("topics", "things"), self.subscription("things-sub")

    def name(self, kind: str, name: str) -> str:
        return f"{self.project}/{kind}/{name}"

    def subscription(self, name: str) -> str:
        return self.name("subscriptions", name)

    def create(self) -> Client:
        self.publisher.create_topic(name=self.topic, **AT_ONCE)
        self.subscribe(self.things)
        return self

    def subscribe(self, name: str, **fields: object) -> None:
        request = {"name": name, "topic": self.topic, **fields}
        self.subscriber.create_subscription(request=request, **AT_ONCE)

    def publish(self, *messages: bytes | PubsubMessage, topic: str = "") -> list[str]:
        made = [PubsubMessage(data=m) if isinstance(m, bytes) else m for m in messages]
        sent = PublisherClient.publish(
            self.publisher, topic=topic or self.topic, messages=made, **AT_ONCE
        )
        return list(sent.message_ids)

    def pull(self, name: str = "", *, most: int = 10, wait: float = 5) -> list[ReceivedMessage]:
        """Messages, as soon as there are any; none after `wait` seconds."""
        end = time.monotonic() + wait
        while (left := end - time.monotonic()) > 0:
            try:
                found = self.subscriber.pull(
                    subscription=name or self.things, max_messages=most, retry=None, timeout=left
                ).received_messages
            except api.DeadlineExceeded:
                break
            if found:
                return list(found)
        return []

    def extend(self, messages: list[ReceivedMessage], seconds: int) -> None:
        self.subscriber.modify_ack_deadline(
            subscription=self.things,
            ack_ids=[one.ack_id for one in messages],
            ack_deadline_seconds=seconds,
            **AT_ONCE,
        )

    def acknowledge(self, messages: list[ReceivedMessage], name: str = "") -> None:
        ack_ids = [one.ack_id for one in messages]
        self.subscriber.acknowledge(subscription=name or self.things, ack_ids=ack_ids, **AT_ONCE)

    def close(self) -> None:
        self.publisher.stop()
        self.subscriber.close()


def data(messages: list[ReceivedMessage]) -> list[bytes]:
    return [one.message.data for one in messages]


@pytest.fixture
def client(pubsub: str) -> Iterator[Client]:
    client = Client(pubsub).create()
    yield client
    client.close()


# -- on our own server and on Google's emulator -----------------------------------------------


@ON_BOTH
def test_a_message_arrives_as_it_was_published(client: Client) -> None:
    sent = PubsubMessage(data=b"\x00\xff", attributes={"timeout": "ñ"}, ordering_key="k")
    before = time.time()
    first, second = client.publish(sent, b"other")
    got = {one.message.message_id: one.message for one in client.pull(most=2)}
    while len(got) < 2:
        got |= {one.message.message_id: one.message for one in client.pull(most=2)}
    assert got[second].data == b"other" and first != second
    assert (got[first].data, dict(got[first].attributes)) == (b"\x00\xff", {"timeout": "ñ"})
    assert got[first].ordering_key == "k"
    assert before - 5 < got[first].publish_time.timestamp() < time.time() + 5


@ON_BOTH
def test_every_subscription_gets_every_message_from_its_creation_on(client: Client) -> None:
    client.publish(b"early")
    late = client.subscription("late-sub")
    client.subscribe(late)
    client.publish(b"both")
    assert data(client.pull(late)) == [b"both"]
    found = data(client.pull())
    while len(found) < 2:
        found += data(client.pull())
    assert found == [b"early", b"both"]


@ON_BOTH
def test_a_message_is_delivered_until_it_is_acknowledged(client: Client) -> None:
    client.publish(b"a")
    held = client.pull()
    assert data(held) == [b"a"]
    client.extend(held, 0)
    again = client.pull()
    assert again[0].message.message_id == held[0].message.message_id
    client.extend(again, 1)
    assert data(client.pull()) == [b"a"], "its lease has ended"
    client.extend(client_held := client.pull(wait=15), 600)  # the subscription's own 10 s
    assert data(client_held) == [b"a"]
    assert client.pull(wait=2) == []
    client.acknowledge(client_held)
    client.extend(client_held, 0)
    assert client.pull(wait=1) == []


@ON_BOTH
def test_a_waiting_pull_gets_a_message_as_it_is_published(client: Client) -> None:
    with ThreadPoolExecutor(1) as other:
        pulled = other.submit(client.pull, wait=PATIENCE_S)
        time.sleep(0.3)
        sent = time.monotonic()
        client.publish(b"now")
        assert data(pulled.result()) == [b"now"]
        assert time.monotonic() - sent < PATIENCE_S / 4


@ON_BOTH
def test_large_messages(client: Client) -> None:
    large = [bytes([number]) * 500_000 for number in range(10)]
    for one in large:
        client.publish(one)
    client.publish(b"x" * 9_900_000)
    found: list[bytes] = []
    while len(found) < 11 and (some := client.pull(most=100)):
        client.acknowledge(some)
        found += data(some)
    assert [one for one in found if len(one) == 500_000] == large
    assert sum(map(len, found)) == 14_900_000


@ON_BOTH
def test_googles_subscriber_streams_with_its_flow_control(client: Client) -> None:
    arrived: Queue[google.subscriber.message.Message] = Queue()
    future = client.subscriber.subscribe(
        client.things, arrived.put, flow_control=FlowControl(max_messages=2)
    )
    try:
        client.publish(*(b"%d" % number for number in range(6)))
        found = []
        for _ in range(6):
            message = arrived.get(timeout=PATIENCE_S)
            assert arrived.qsize() < 2
            found.append(message.data)
            message.ack()
        assert sorted(found) == [b"%d" % number for number in range(6)]
        client.publish(b"refused")
        arrived.get(timeout=PATIENCE_S).nack()
        arrived.get(timeout=PATIENCE_S).ack()
    finally:
        future.cancel()
        future.result(timeout=PATIENCE_S)
    assert client.pull(wait=1) == []


@ON_BOTH
def test_names_are_listed_page_by_page(client: Client) -> None:
    for name in ("aaa", "zzz"):
        client.publisher.create_topic(name=client.name("topics", name), **AT_ONCE)
    request = {"project": client.project, "page_size": 1}
    pages = client.publisher.list_topics(request=request, **AT_ONCE).pages
    names = [topic.name for page in pages for topic in page.topics]
    assert names == [client.name("topics", name) for name in ("aaa", "things", "zzz")]
    subscriptions = client.subscriber.list_subscriptions(project=client.project, **AT_ONCE)
    assert [one.name for one in subscriptions] == [client.things]
    of_topic = client.publisher.list_topic_subscriptions(topic=client.topic, **AT_ONCE)
    assert list(of_topic) == [client.things]


@ON_BOTH
def test_a_subscription_outlives_its_topic(client: Client) -> None:
    client.publish(b"last")
    client.publisher.delete_topic(topic=client.topic, **AT_ONCE)
    found = client.subscriber.get_subscription(subscription=client.things, **AT_ONCE)
    assert (found.topic, found.ack_deadline_seconds) == ("_deleted-topic_", 10)
    assert found.message_retention_duration == timedelta(days=7)
    assert data(client.pull()) == [b"last"]
    client.publisher.create_topic(name=client.topic, **AT_ONCE)
    client.publish(b"of another topic")
    assert client.pull(wait=1) == []
    client.subscriber.delete_subscription(subscription=client.things, **AT_ONCE)
    with pytest.raises(api.NotFound):
        client.pull()


MISSING = "projects/nobody/{}/missing".format
REFUSED: list[tuple[type[Exception], Callable[[Client], object]]] = [
    (api.AlreadyExists, lambda c: c.publisher.create_topic(name=c.topic, **AT_ONCE)),
    (api.AlreadyExists, lambda c: c.subscribe(c.things)),
    (api.NotFound, lambda c: c.publisher.get_topic(topic=MISSING("topics"), **AT_ONCE)),
    (api.NotFound, lambda c: c.publisher.delete_topic(topic=MISSING("topics"), **AT_ONCE)),
    (api.NotFound, lambda c: c.publish(b"x", topic=MISSING("topics"))),
    (api.NotFound, lambda c: c.subscribe(c.subscription("new"), topic=MISSING("topics"))),
    (api.NotFound, lambda c: c.pull(MISSING("subscriptions"))),
    (
        api.NotFound,
        lambda c: c.subscriber.acknowledge(
            subscription=MISSING("subscriptions"), ack_ids=["1-1"], **AT_ONCE
        ),
    ),
    (
        api.NotFound,
        lambda c: c.subscriber.get_subscription(subscription=MISSING("subscriptions"), **AT_ONCE),
    ),
    (api.InvalidArgument, lambda c: c.publisher.create_topic(name="nonsense", **AT_ONCE)),
    (
        api.InvalidArgument,
        lambda c: c.publisher.create_topic(name=c.name("topics", "google"), **AT_ONCE),
    ),
    (api.InvalidArgument, lambda c: c.subscribe(c.subscription("a"))),
    (
        api.InvalidArgument,
        lambda c: c.subscribe(c.subscription("new"), ack_deadline_seconds=601),
    ),
    (api.InvalidArgument, lambda c: c.pull(most=0)),
    (api.InvalidArgument, lambda c: c.publish()),
    (api.InvalidArgument, lambda c: c.publish(b"")),
    (api.InvalidArgument, lambda c: c.publish(*[b"x"] * 1001)),
    (api.InvalidArgument, lambda c: c.acknowledge([])),
    (api.InvalidArgument, lambda c: c.acknowledge([ReceivedMessage(ack_id="nonsense")])),
    (api.InvalidArgument, lambda c: c.extend([ReceivedMessage(ack_id="1-1")], -1)),
]


def refusal(call: Callable[[Client], object], client: Client) -> type[Exception] | None:
    try:
        call(client)
    except api.GoogleAPICallError as error:
        return type(error)
    return None


@ON_BOTH
def test_what_is_refused_has_pubsubs_code(client: Client) -> None:
    assert [refusal(call, client) for _, call in REFUSED] == [code for code, _ in REFUSED]


# -- on our own server alone --------------------------------------------------------------------


def attributes(**given: str) -> PubsubMessage:
    return PubsubMessage(data=b"x", attributes=given)


STRICTER: list[Callable[[Client], object]] = [
    lambda c: c.publish(PubsubMessage(data=b"x", attributes={"": "v"})),
    lambda c: c.publish(attributes(**{"k" * 257: "v"})),
    lambda c: c.publish(attributes(goog="v")),
    lambda c: c.publish(attributes(k="v" * 1025)),
    lambda c: c.publish(attributes(**{f"k{number}": "v" for number in range(101)})),
    lambda c: c.publish(b"x" * 10_000_001),
    lambda c: c.subscribe(c.subscription("new"), ack_deadline_seconds=9),
    lambda c: c.subscribe(c.subscription("new"), message_retention_duration=timedelta(seconds=599)),
    lambda c: c.extend([ReceivedMessage(ack_id="1-1")], 601),
]


def test_limits_of_pubsub_that_the_emulator_does_not_know(client: Client) -> None:
    assert {refusal(call, client) for call in STRICTER} == {api.InvalidArgument}
    client.publish(attributes(**{"k" * 256: "v" * 1024}))
    with pytest.raises(api.MethodNotImplemented, match="has no filter"):
        client.subscribe(client.subscription("new"), filter='attributes.a = "b"')


def test_a_pull_whose_client_has_gone_takes_nothing(client: Client) -> None:
    request = PullRequest(subscription=client.things, max_messages=10)
    gone = client.subscriber.transport.pull.future(request, timeout=PATIENCE_S)
    time.sleep(0.3)
    gone.cancel()
    client.publish(b"kept")
    assert data(client.pull()) == [b"kept"]


@pytest.fixture
def server(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalPubSub]:
    server = LocalPubSub(empty_database_url)
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", server.start())
    yield server
    server.stop()


@pytest.fixture
def own(server: LocalPubSub) -> Iterator[Client]:
    client = Client("test").create()
    yield client
    client.close()


def test_messages_and_leases_outlive_a_restart(server: LocalPubSub, own: Client) -> None:
    done, held, free = own.publish(b"done", b"held", b"free")
    own.acknowledge(own.pull(most=1))
    leased = own.pull(most=1)
    own.extend(leased, 600)
    server.stop()
    with pytest.raises(api.ServiceUnavailable):
        own.publish(b"lost")
    server.start()
    until(lambda: answers(own), "the client to connect again")
    assert [one.message.message_id for one in own.pull()] == [free]
    own.extend(leased, 0)
    assert [one.message.message_id for one in own.pull()] == [held]
    assert int(own.publish(b"new")[0]) > int(free) > int(done), "no id is given twice"


def answers(client: Client) -> bool:
    try:
        client.publisher.get_topic(topic=client.topic, retry=None, timeout=1)
    except api.GoogleAPICallError:
        return False
    return True


def test_an_acknowledgement_of_an_earlier_delivery_does_not_count(own: Client) -> None:
    own.publish(b"a")
    first = own.pull()
    own.extend(first, 0)
    second = own.pull()
    own.acknowledge(first)
    own.extend(second, 0)
    assert data(own.pull()) == [b"a"]


def test_old_messages_are_deleted(
    server: LocalPubSub, own: Client, empty_database_url: str
) -> None:
    own.publish(b"old", b"young")
    server.stop()
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        for days, row in ((8, 1), (6, 2)):
            connection.exec_driver_sql(
                f"UPDATE pubsub.message SET published = now() - interval '{days} days' "
                f"WHERE id = {row}"
            )
    engine.dispose()
    server.start()
    until(lambda: answers(own), "the client to connect again")
    assert data(own.pull()) == [b"young"]


def test_an_idle_pull_costs_no_statement(own: Client) -> None:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    assert own.pull(wait=0.2) == []
    event.listen(Engine, "before_cursor_execute", note)
    try:
        for _ in range(3):
            assert own.pull(wait=0.2) == []
        assert statements == []
        own.publish(b"a")
        assert data(own.pull()) == [b"a"]
        assert len([one for one in statements if "FOR UPDATE" in one]) == 1
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def test_one_server_serves_a_database(own: Client, empty_database_url: str) -> None:
    with pytest.raises(SettingsError, match="another local stack serves Pub/Sub from"):
        LocalPubSub(empty_database_url).start()
    assert answers(own)


def test_a_taken_port_is_an_error(empty_database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = int(other.getsockname()[1])
        with pytest.raises(SettingsError, match=f"port {port} cannot be used"):
            LocalPubSub(empty_database_url).start(port)


@pytest.mark.slow
def test_the_database_may_go_away_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="vividly-pubsub-") as home, ExitStack() as stop:
        Path(home).chmod(0o755)  # Postgres runs as another user if we are root
        postgres = EmbeddedPostgres(Path(home) / "postgres")
        server = LocalPubSub(postgres.start())
        stop.callback(postgres.stop)
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", server.start())
        stop.callback(server.stop)
        client = Client("test").create()
        stop.callback(client.close)
        client.publish(b"kept")
        postgres.stop()
        for call in (lambda: client.publish(b"lost"), client.pull):
            with pytest.raises(api.ServiceUnavailable):
                call()
        postgres.start()
        assert data(client.pull()) == [b"kept"]
        client.publish(b"new")
        assert data(client.pull()) == [b"new"]
