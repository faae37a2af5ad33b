"""The API: events as they happen, files, feedback, topics."""

from __future__ import annotations

import fcntl
import http.client
import json
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from beam_pipeline.api.app import make_app
from beam_pipeline.api.changes import _readable
from beam_pipeline.api.server import Served, listen
from tests.support.api import (
    CONTENT,
    OPERATOR,
    OTHER,
    STUDENT,
    Api,
    backend_on,
    is_problem,
    served,
)
from tests.support.requests import claimed, ticket
from vividly.library.corpus import load_topics
from vividly.platform.ledger import Ledger


@pytest.fixture
def api(engine: Engine, tmp_path: Path) -> Iterator[Api]:
    with served(backend_on(engine, tmp_path, "unused")) as api:
        yield api


class Stream:
    """An open stream of events, as a browser reads it."""

    def __init__(self, port: int, token: str, request_id: str, last: str = "") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"Bearer {token}"} | ({"Last-Event-ID": last} if last else {})
        self._connection.request("GET", f"{CONTENT}/requests/{request_id}/events", headers=headers)
        self.answer = self._connection.getresponse()
        self.last = last

    def next(self) -> tuple[str, dict[str, object]] | None:
        """The next (event, data); None at the end of the stream."""
        event = data = ""
        while line := self.answer.readline():
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                event = value
            elif name == "data":
                data = value
            elif name == "id":
                self.last = value
            elif not line.strip() and event:
                return event, json.loads(data)
        return None

    def until(self, wanted: str) -> list[str]:
        """The events up to one of that name, which must come."""
        names = []
        while one := self.next():
            names.append(one[0])
            if one[0] == wanted:
                return names
        raise AssertionError(f"the stream ended before {wanted}: {names}")

    def rest(self) -> list[str]:
        names = []
        while one := self.next():
            names.append(one[0])
        return names

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


@contextmanager
def running(api: Api, port: int = 0) -> Iterator[int]:
    """A real server of the API in a thread; its port."""
    opened = listen("127.0.0.1", port)
    server = Served(make_app(api.backend))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
    thread.start()
    try:
        yield opened.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def test_a_stream_tells_what_happens_and_goes_on_after_a_restart(api: Api) -> None:
    ledger = Ledger(api.backend.engine, owner="test")
    one = ticket(student_id="s-1")
    request_id = one.request.request_id
    ledger.submit(one.request, one.message, {})
    token = api.token(STUDENT)
    with running(api) as port:
        stream = Stream(port, token, request_id)
        assert stream.answer.headers["Content-Type"].startswith("text/event-stream")
        event, state = stream.next() or ("", {})
        assert (event, state["status"], state["progress_percentage"]) == ("progress", "pending", 0)
        at_work = claimed(ledger, request_id=request_id, student_id="s-1")
        assert "claimed" in stream.until("claimed")
        ledger.stage_started(at_work, "understand", doing="Thinking", progress=10, lease=60)
        while (found := stream.next()) and found[1].get("current_stage") != "Thinking":
            pass
        assert found and found[1]["progress_percentage"] == 10
        seen = stream.last
    assert stream.next() is None, "the server ends the stream when it stops"
    stream.close()
    ledger.text_ready(at_work, "# A lesson\n")  # while there is no API
    with running(api) as port:
        again = Stream(port, token, request_id, last=seen)
        names = again.until("text_ready")
        assert "claimed" not in names, "what was told is not told again"
        ledger.finish(at_work, "completed", message="", details={})
        rest = again.rest()
        assert rest[-2:] == ["completed", "progress"]
        again.close()
        done = Stream(port, token, request_id, last=again.last)
        assert done.answer.status == 204
        done.close()
        late = Stream(port, token, request_id)
        assert [name for name in late.rest() if name != "progress"] == [
            "claimed",
            "text_ready",
            "completed",
        ]
        late.close()


def test_streams_go_on_after_the_database_was_away(api: Api) -> None:
    engine = api.backend.engine
    ledger = Ledger(engine, owner="test")
    at_work = claimed(ledger, student_id="s-1")
    with running(api) as port:
        stream = Stream(port, api.token(STUDENT), at_work.request.request_id)
        stream.until("progress")
        with engine.begin() as connection:
            ended = connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            ).all()
        assert ended
        ledger.finish(at_work, "completed", message="", details={})
        assert stream.until("completed")
        stream.close()


def test_streams_are_the_holders_own(api: Api) -> None:
    one = ticket(student_id="s-1")
    Ledger(api.backend.engine, owner="test").submit(one.request, one.message, {})
    path = f"{CONTENT}/requests/{one.request.request_id}/events"
    assert is_problem(api.get(path, by=OTHER), 404)
    assert is_problem(api.client.get(path), 401)
    assert is_problem(api.get(path, headers={"Last-Event-ID": "x"}), 422)


def test_many_streams_have_one_connection(api: Api) -> None:
    """How much memory they need: bench/streams.py."""
    engine = api.backend.engine
    ledger = Ledger(engine, owner="test")
    tickets = [claimed(ledger, student_id="s-1") for _ in range(5)]
    count = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND query LIKE '%request_events%' AND state <> 'active' AND query NOT LIKE 'INSERT%'"
    )
    with running(api) as port:
        token = api.token(STUDENT)
        streams = [Stream(port, token, t.request.request_id) for t in tickets for _ in range(8)]
        for stream in streams:
            stream.until("progress")
        engine.dispose()  # the pool's own; the listener keeps its connection
        with engine.connect() as connection:
            assert connection.execute(count).scalar_one() <= 1
        for one in tickets:
            ledger.finish(one, "completed", message="", details={})
        for stream in streams:
            assert "completed" in stream.rest()
            stream.close()


# -- files -------------------------------------------------------------------------------------


def finished(api: Api, url: str, kind: str = "video") -> str:
    ledger = Ledger(api.backend.engine, owner="test")
    done = claimed(ledger, student_id="s-1")
    ledger.finish(done, "completed", message="", details={f"{kind}_url": url})
    return f"{CONTENT}/requests/{done.request.request_id}/media"


def test_streams_are_woken_with_more_than_a_thousand_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    try:
        near, far = socket.socketpair()
        with near, far, socket.socket(fileno=fcntl.fcntl(near, fcntl.F_DUPFD, 1100)) as high:
            assert _readable(high, within=0) == set()
            far.send(b"!")
            assert _readable(high, within=30) == {high}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_file_is_served_in_ranges(api: Api) -> None:
    data = bytes(range(256)) * 40
    api.backend.generated.write("videos/a.mp4", data, "video/mp4")
    media = finished(api, api.backend.generated.uri("videos/a.mp4"))
    whole = api.get(f"{media}/video")
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["Content-Type"] == "video/mp4"
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = api.get(f"{media}/video", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, data[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(data)}"
    assert api.get(f"{media}/video", headers={"Range": "bytes=999999-"}).status_code == 416
    assert is_problem(api.get(f"{media}/audio"), 404)
    assert is_problem(api.get(f"{media}/video", by=OTHER), 404)
    assert is_problem(api.get(f"{media}/passwords"), 422)


def test_only_files_of_the_bucket_are_served(api: Api, tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"secret")
    root = api.backend.generated.uri("x").removesuffix("x")
    for url in (secret.as_uri(), f"{root}../secret.mp4", f"{root}videos/../../secret.mp4"):
        answer = api.get(f"{finished(api, url)}/video")
        assert answer.status_code >= 400 and b"secret" not in answer.content
    gone = api.backend.generated.uri("videos/gone.mp4")
    assert is_problem(api.get(f"{finished(api, gone)}/video"), 404)


# -- feedback and topics -----------------------------------------------------------------------


def test_the_last_word_about_a_lesson_counts(api: Api) -> None:
    path = finished(api, api.backend.generated.uri("videos/a.mp4")).removesuffix("media")
    path += "feedback"
    assert api.post(path, json={"helpful": True}).status_code == 204
    said = {"helpful": False, "complaints": ["too_hard", "too_hard"], "comment": "<b>no</b>"}
    assert api.post(path, json=said).status_code == 204
    assert api.post(path, by=OPERATOR, json={"helpful": True}).status_code == 204
    (mine,) = api.get(path).json()
    assert (mine["helpful"], mine["complaints"], mine["comment"]) == (
        False,
        ["too_hard"],
        "<b>no</b>",
    )
    assert [one["given_by"] for one in api.get(path, by=OPERATOR).json()] == ["s-1", "ops"]
    assert is_problem(api.post(path, by=OTHER, json=said), 404)
    for wrong in ({}, {"helpful": "yes"}, {"helpful": True, "complaints": ["x"]}):
        assert is_problem(api.post(path, json=wrong), 422)
    assert is_problem(api.post(path, json={"helpful": True, "comment": "a\0"}), 422)


def test_the_topics_can_be_listed(api: Api) -> None:
    told = api.get("/api/v1/topics").json()
    assert {"photosynthesis"} <= {one["topic_id"] for one in told}
    assert len([one for one in told if one["language"] == "en"]) == len(load_topics())
    physics = api.get("/api/v1/topics?subject=physics&language=en").json()
    assert physics and {one["subject"] for one in physics} == {"physics"}
    assert is_problem(api.client.get("/api/v1/topics"), 401)
