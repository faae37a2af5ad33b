"""A TCP proxy on loopback that breaks connections on demand, for any protocol."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

from tests.support.google_faults import PAGE

_PAGE = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE)
)


class BadLine:
    """A context manager: a port that forwards everything to another one.

    Attributes:
        pages: number of next connections that get the web page of a proxy instead of the server.
        drops: number of next answers that are cut in the middle, by closing the connection.
    """

    def __init__(self, url: str, *, drop_after: int = 2_000) -> None:
        """A proxy to `url`; an answer to drop is cut after `drop_after` bytes."""
        self.pages = self.drops = 0
        self._drop_after = drop_after
        parts = urlsplit(url)
        self._to = (str(parts.hostname), int(parts.port or 0))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        """The URL at which it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> BadLine:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        for end in self._open:
            _close(end)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.pages:
                self.pages -= 1
                threading.Thread(target=_answer_with_page, args=(client,), daemon=True).start()
                continue
            server = socket.create_connection(self._to)
            self._open += [client, server]
            for one, other, back in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._pass_on, args=(one, other, back), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, back: bool) -> None:
        came = 0
        with suppress(OSError):
            while data := one.recv(1_024):
                # Bytes that come while `drops` is 0 do not count for the answer to drop.
                came = came + len(data) if back and self.drops else 0
                if came > self._drop_after:
                    self.drops -= 1
                    break
                other.sendall(data)
        _close(one)
        _close(other)


def _answer_with_page(client: socket.socket) -> None:
    with suppress(OSError):
        client.recv(1_024)
        client.sendall(_PAGE)
    _close(client)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
