"""What changes about requests, out of one database connection for all streams.

A trigger notifies the id of every request that changes. One thread listens, reads the requests
that somebody watches, and hands what it has read to their streams.
"""

from __future__ import annotations

import asyncio
import logging
import selectors
import socket
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, select

from vividly.model.errors import TransientError
from vividly.platform.ledger.engine import database_errors
from vividly.platform.ledger.front import LISTEN
from vividly.platform.ledger.schema import content_requests, request_events

LOG = logging.getLogger(__name__)
QUIET_S = 20.0
"""After so long without a notification the connection is tried."""
LOOK_S = 0.5
"""The same while streams are open: a notification that came together with the last reply is in
the driver's buffer, where waiting for the socket does not see it."""
AGAIN_S = (0.2, 5.0)
"""The first and the longest pause before a lost connection is replaced."""
_R = content_requests.c
_E = request_events.c
_STATE = (
    _R.id, _R.student_id, _R.status, _R.progress_percentage, _R.current_stage, _R.text_ready_at,
)  # fmt: skip
_EVENT = (_E.request_id, _E.id, _E.event_type, _E.event_message, _E.stage_name, _E.created_at)


@dataclass(frozen=True)
class Seen:
    """A request at one moment: its state, and its events, oldest first."""

    state: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]


class Watch:
    """What one stream has still to be told: the newest state of its request."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._seen: Seen | None = None
        self._over = False

    async def next(self, *, within: float) -> Seen | None:
        """The request when it has changed; None if the stream is over.

        Raises:
            TimeoutError: it has not changed within so many seconds.
        """
        await asyncio.wait_for(self._news.wait(), within)
        self._news.clear()
        return None if self._over else self._seen

    def tell(self, seen: Seen | None) -> None:
        """Hand over what was read, from any thread. None ends the stream."""
        try:
            self._loop.call_soon_threadsafe(self._tell, seen)
        except RuntimeError:
            LOG.debug("A stream's loop has ended")

    def _tell(self, seen: Seen | None) -> None:
        # A state includes all earlier events, so an older one that was not sent yet is not missed.
        self._seen, self._over = seen, self._over or seen is None
        self._news.set()


class Changes:
    """Tells streams what changes about their requests. `start` it before the first `watch`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._watches: dict[str, set[Watch]] = {}
        self._new: set[str] = set()
        self._closed = False
        self._ours, self._wake = socket.socketpair()
        self._wake.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="vividly-changes", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def watch(self, request_id: str) -> Watch:
        """Watch a request. Its state now is the first that the watch is told."""
        watch = Watch(request_id)
        with self._lock:
            if self._closed:
                watch.tell(None)
                return watch
            self._watches.setdefault(request_id, set()).add(watch)
            self._new.add(request_id)
        self._ring()
        return watch

    def forget(self, watch: Watch) -> None:
        """Stop watching."""
        with self._lock:
            others = self._watches.get(watch.request_id, set())
            others.discard(watch)
            if not others:
                self._watches.pop(watch.request_id, None)

    def close(self) -> None:
        """End all streams, so that their clients connect again elsewhere, and stop listening."""
        with self._lock:
            self._closed = True
            watches = [watch for group in self._watches.values() for watch in group]
        for watch in watches:
            watch.tell(None)
        self._ring()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def _ring(self) -> None:
        try:
            self._wake.send(b"!")
        except BlockingIOError:
            LOG.debug("The thread is being woken already")

    def _run(self) -> None:
        pause = AGAIN_S[0]
        while not self._closed:
            try:
                with database_errors(self._engine), self._engine.connect() as connection:
                    pause = AGAIN_S[0]
                    self._listen(connection.execution_options(isolation_level="AUTOCOMMIT"))
            except Exception as error:
                told = str(error) if isinstance(error, TransientError) else type(error).__name__
                LOG.warning("Changes are not heard of for %.1f s: %s", pause, told)
                _readable(self._ours, within=pause)
                pause = min(pause * 2, AGAIN_S[1])

    def _listen(self, connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection
        # The pool's ping has begun a transaction, and LISTEN would only count at its end.
        raw.rollback()
        # Its own deque would drop all but the last hundred.
        raw.notifications = deque()
        connection.exec_driver_sql(LISTEN)
        try:
            # What happened while nobody listened is read now.
            self._read(connection, self._watched())
            while not self._closed:
                wait = LOOK_S if self._watched() else QUIET_S
                ready = _readable(raw._usock, self._ours, within=wait)
                if self._ours in ready:
                    self._ours.recv(4096)
                if raw._usock in ready or not ready:
                    # The reply brings the notifications that have arrived.
                    connection.exec_driver_sql("SELECT 1")
                changed = {payload for _, _, payload in raw.notifications}
                raw.notifications.clear()
                with self._lock:
                    changed |= self._new
                    self._new = set()
                self._read(connection, changed & self._watched())
        finally:
            # It does not go back to the pool, since it listens.
            connection.invalidate()

    def _watched(self) -> set[str]:
        with self._lock:
            return set(self._watches)

    def _read(self, connection: Connection, request_ids: Iterable[str]) -> None:
        """Read these requests, and tell the streams that watch them."""
        chosen = sorted(request_ids)
        if not chosen:
            return
        states = connection.execute(select(*_STATE).where(_R.id.in_(chosen))).mappings().all()
        events: dict[str, list[Mapping[str, Any]]] = {}
        query = select(*_EVENT).where(_E.request_id.in_(chosen)).order_by(_E.id)
        for row in connection.execute(query).mappings():
            events.setdefault(row["request_id"], []).append(dict(row))
        seen = {row["id"]: Seen(dict(row), events.get(row["id"], [])) for row in states}
        with self._lock:
            told = [(w, seen.get(id)) for id in chosen for w in self._watches.get(id, ())]
        for watch, state in told:
            watch.tell(state)


def _readable(*sockets: socket.socket, within: float) -> set[Any]:
    """Wait until one of the sockets can be read, at most so many seconds. Returns those that can.

    `select.select` would refuse the numbers above 1,023 that a busy server reaches.
    """
    with selectors.DefaultSelector() as selector:
        for one in sockets:
            selector.register(one, selectors.EVENT_READ)
        return {key.fileobj for key, _ in selector.select(within)}
