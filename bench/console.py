"""Measures the API's process: how fast pages answer, and what open streams of events cost.

    python -m bench.console                # 100,000 requests, 300 streams; 2 minutes
    python -m bench.console --requests 2000 --streams 20 --rounds 5

The pages are fetched one after the other over loopback, from a process that serves what `vividly
api` serves, whose database is filled by SQL (see `bench.growth`). Half of the
streams are the pages', half the API's.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
from sqlalchemy import Engine, text

from beam_pipeline.api.app import make_app
from beam_pipeline.api.backend import Backend
from beam_pipeline.api.server import listen, serve
from beam_pipeline.console.app import make_pages
from beam_pipeline.local.postgres import EmbeddedPostgres
from beam_pipeline.pubsub import Resources
from bench.growth import OPEN, fill_requests, request_id
from bench.report import AIMS, aim, say, table
from vividly.evaluation.metrics import percentile
from vividly.platform.ledger import migrate
from vividly.platform.ledger.engine import make_engine
from vividly.platform.ledger.tokens import Holder, create_token
from vividly.platform.storage import open_store

PAGE_AIM_MS, STREAMS_AIM_MB, CONNECTIONS_AIM = 50.0, 150.0, 1
STUDENT = Holder("student", "student-42")
"""One of the students of `fill_requests`; the request of that number is the student's."""
TEACHER = Holder("teacher", "t-1", tuple(f"student-{n}" for n in range(40, 70)))
OPERATOR = Holder("operator", "ops")
PAGES = {
    "/": STUDENT,
    f"/lessons/{request_id(42)}": STUDENT,
    "/lessons": STUDENT,
    "/class": TEACHER,
    "/operations": OPERATOR,
    f"/operations/requests/{request_id(42)}": OPERATOR,
}


def main() -> None:
    """Measure, and print the section."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--streams", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=200, help="calls of each page")
    parser.add_argument("--serve", metavar="URL", help="only serve the system of a database")
    given = parser.parse_args()
    if given.serve:
        _serve(given.serve)
        return
    with tempfile.TemporaryDirectory(prefix="vividly-bench-") as folder, ExitStack() as stop:
        Path(folder).chmod(0o755)  # the database's user must enter it
        server = EmbeddedPostgres(Path(folder) / "postgres", fsync="off")
        engine = make_engine(server.start())
        stop.callback(server.stop)
        stop.callback(engine.dispose)
        migrate(engine)
        say(f"filling {given.requests:,} requests")
        fill_requests(engine, given.requests)
        process, port = stop.enter_context(_api(engine, Path(folder)))
        tokens = {who: create_token(engine, who, lifetime=3600) for who in set(PAGES.values())}
        rows = [_page(port, path, tokens[who], given.rounds) for path, who in PAGES.items()]
        rows += asyncio.run(_streams(engine, process, port, tokens[OPERATOR], given.streams))
    print(table(AIMS, rows))


@contextmanager
def _api(engine: Engine, folder: Path) -> Iterator[tuple[psutil.Process, int]]:
    """`vividly api` on a database: its process and its port."""
    url = engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-m", "bench.console", "--serve", url]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield psutil.Process(process.pid), int(line)
    finally:
        process.terminate()
        process.wait(20)


def _serve(url: str) -> None:
    """Serve the API and the pages of a database; print the port."""
    backend = Backend(
        engine=make_engine(url),
        environment="dev",
        request_topic="projects/bench/topics/none",
        connect=Resources,
        generated=open_store(str(Path.cwd())),
    )
    opened = listen("127.0.0.1", 0)
    print(opened.getsockname()[1], flush=True)
    serve(make_app(backend, make_pages), opened)


def _page(port: int, path: str, token: str, rounds: int) -> tuple[str, float, str, str]:
    say(path)
    took = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for at in range(rounds + 5):
        began = time.perf_counter()
        connection.request("GET", path, headers={"Cookie": f"vividly_session={token}"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status}")
        if at >= 5:  # the first ones compile templates
            took.append(1000 * (time.perf_counter() - began))
    connection.close()
    name = re.sub(r"[0-9a-f-]{36}", "ID", path)
    what = f"`{name}`: p95 ms (p50 {percentile(took, 0.5):.1f})"
    return aim(what, percentile(took, 0.95), at_most=PAGE_AIM_MS)


async def _streams(
    engine: Engine, process: psutil.Process, port: int, token: str, number: int
) -> list[tuple[str, float, str, str]]:
    """Open streams of requests that are in work, and look at what they cost."""
    connections, memory = _connections(engine), process.memory_info().rss
    say(f"opening {number} streams")
    every = [
        await _stream(port, token, request_id(1 + at % OPEN), api=at % 2 == 0)
        for at in range(number)
    ]
    grown = (process.memory_info().rss - memory) / 1e6
    more = _connections(engine) - connections
    for writer in every:
        writer.close()
    return [
        aim("memory of the API without streams, MB", memory / 1e6),
        aim(f"memory of {number} open streams, MB", grown, at_most=STREAMS_AIM_MB),
        aim(f"database connections for {number} streams", more, at_most=CONNECTIONS_AIM),
    ]


async def _stream(port: int, token: str, id: str, *, api: bool) -> asyncio.StreamWriter:
    """Open a stream, and wait until it has told the request's state."""
    path = f"/api/v1/content/requests/{id}/events" if api else f"/lessons/{id}/events"
    who = f"Authorization: Bearer {token}" if api else f"Cookie: vividly_session={token}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{who}\r\n\r\n".encode())
    await asyncio.wait_for(reader.readuntil(b"event: progress"), 30)
    return writer


def _connections(engine: Engine) -> int:
    """How many connections others have to the database."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"
    with engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one()) - 1


if __name__ == "__main__":
    main()
