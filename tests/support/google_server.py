"""Google's REST services on loopback, over real sockets: Vertex AI and added routes.

    with GoogleServer() as server:
        server.play(status(429, "Quota exceeded", retry_after="2"), slow(5))
        settings = replace(settings, vertex_endpoint=server.url, vertex_project="demo")

Requests are checked as Google checks them, and the answers depend on their content. A list of
faults can be played first (`tests.support.google_faults`). `calls` has every request.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Json = dict[str, Any]


class Refusal(Exception):
    """A handler raises it to answer with an error in Google's format."""

    def __init__(
        self, code: int, message: str, *, status: str = "", details: tuple[Json, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        error = {"code": code, "message": message, "status": status or STATUS.get(code, "UNKNOWN")}
        self.body: Json = {"error": error | ({"details": list(details)} if details else {})}


STATUS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""Google's status name for each HTTP code."""


@dataclass(frozen=True)
class Call:
    """A request as received.

    Attributes:
        path: without the query.
        names: the named groups of the route's pattern, such as `model`.
        body: the JSON object, empty for a GET.
        headers: with names in lower case.
        at: seconds on the monotonic clock.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json
    names: Mapping[str, str] = field(default_factory=dict)
    at: float = field(default_factory=time.monotonic)


Handler = Callable[[Call], Json]
"""Answers a request with a JSON object, or raises `Refusal`."""


@dataclass
class Exchange:
    """A request, with methods to answer it. A fault is a function of an exchange."""

    call: Call
    _answer: Handler
    _send: Callable[[int, bytes, Mapping[str, str], int | None, float], None]
    closing: threading.Event

    def normal(self) -> tuple[int, Json]:
        """The status and body of the right answer."""
        try:
            return 200, self._answer(self.call)
        except Refusal as refusal:
            return refusal.code, refusal.body

    def json(self, body: object, *, code: int = 200, **headers: str) -> None:
        """Answer with JSON. Underscores in header names stand for hyphens."""
        sent = {"Content-Type": "application/json; charset=UTF-8"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        self._send(code, json.dumps(body).encode(), sent, None, 0.0)

    def raw(
        self,
        body: bytes,
        *,
        code: int = 200,
        content: str,
        only: int | None = None,
        over: float = 0.0,
    ) -> None:
        """Answer with bytes; with `only`, send that many and drop the connection.

        Args:
            over: seconds over which the bytes are spread, in fifty pieces.
        """
        self._send(code, body, {"Content-Type": content}, only, over)


Fault = Callable[[Exchange], None]
"""A way of answering a request, see `tests.support.google_faults`."""
When = str | Callable[[Call], bool]
"""Selects requests by a part of the path, or by a function."""


class GoogleServer:
    """A context manager: a server on 127.0.0.1 with a port of its own.

    Attributes:
        calls: all requests so far, in the order in which they came.
        models: the existing models; others are answered with 404.
    """

    def __init__(self) -> None:
        from tests.support.google_vertex import VertexAI

        self.calls: list[Call] = []
        self._lock = threading.Lock()
        self._faults: list[tuple[When, deque[Fault]]] = []
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self._closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._request_handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self.vertex = VertexAI(self.route)
        self.models = self.vertex.models

    @property
    def url(self) -> str:
        """Its URL, for `--vertex_endpoint` and `--tts_endpoint`."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def route(self, method: str, pattern: str, handler: Handler) -> None:
        """Add a route for requests whose whole path matches; later routes win."""
        self._routes.insert(0, (method, re.compile(pattern), handler))

    def generates(self, when: Callable[[Call], bool], handler: Handler) -> None:
        """Add a handler for the selected calls of generateContent; later handlers win.

        The handler gets the call and returns the object that the model writes as JSON.
        `tests.support.google_vertex.asks_for` makes a selection.
        """
        self.vertex.writers.insert(0, (when, handler))

    def play(self, *faults: Fault, on: When = ":generateContent") -> None:
        """Answer the next requests of a kind with these faults, one each, then normally."""
        with self._lock:
            self._faults.append((on, deque(faults)))

    @property
    def unplayed(self) -> int:
        """The number of faults not played yet."""
        with self._lock:
            return sum(len(faults) for _, faults in self._faults)

    def called(self, on: When = ":generateContent") -> list[Call]:
        """The requests of a kind received so far."""
        with self._lock:
            return [call for call in self.calls if _is(call, on)]

    def forget(self) -> None:
        """Drop all calls and unplayed faults, before the next test with the same server."""
        with self._lock:
            self.calls.clear()
            self._faults.clear()

    def __enter__(self) -> GoogleServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    # -- answering -------------------------------------------------------------------------

    def _exchange(self, call: Call, send: Any) -> None:
        handler = _nothing_here
        for method, pattern, routed in self._routes:
            found = pattern.fullmatch(call.path)
            if found and method == call.method:
                handler, call = routed, replace(call, names=found.groupdict())
                break
        with self._lock:
            self.calls.append(call)
            fault = next((q.popleft() for on, q in self._faults if q and _is(call, on)), as_usual)
        fault(Exchange(call, handler, send, self._closing))

    def _request_handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class RequestHandler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def _serve(self) -> None:
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                url = urlsplit(self.path)
                try:
                    body = json.loads(data) if data else {}
                except ValueError:
                    body = None
                if not isinstance(body, dict):
                    refusal = Refusal(400, "Invalid JSON payload received. Unexpected token.")
                    self._send(400, json.dumps(refusal.body).encode(), {}, None, 0.0)
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                query = dict(parse_qsl(url.query))
                call = Call(self.command, url.path, query, headers, body)
                try:
                    outer._exchange(call, self._send)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the client stopped waiting

            def _send(
                self,
                code: int,
                body: bytes,
                headers: Mapping[str, str],
                only: int | None,
                over: float,
            ) -> None:
                lines = [f"HTTP/1.1 {code} {self.responses.get(code, ('',))[0]}"]
                lines += [f"{name}: {value}" for name, value in headers.items()]
                lines += [f"Content-Length: {len(body)}", "", ""]
                whole = "\r\n".join(lines).encode() + body
                if over:
                    self._trickle(whole, over)
                    return
                if only is None:
                    self.wfile.write(whole)
                    return
                self.close_connection = True
                if only >= 0:
                    self.wfile.write(whole[: len(whole) - len(body) + only])
                self.connection.shutdown(socket.SHUT_RDWR)

            def _trickle(self, whole: bytes, seconds: float) -> None:
                head = whole.index(b"\r\n\r\n") + 4
                self.wfile.write(whole[:head])
                step = -(-(len(whole) - head) // 50)
                for at in range(head, len(whole), step):
                    self.wfile.write(whole[at : at + step])
                    if outer._closing.wait(seconds / 50):
                        return

            def log_message(self, *_: object) -> None:
                pass

        return RequestHandler


def as_usual(exchange: Exchange) -> None:
    """No fault: lets a request through between faults."""
    code, body = exchange.normal()
    exchange.json(body, code=code)


def needs_token(call: Call) -> None:
    """Refuse a call without a bearer token, as Google does."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not token.strip():
        raise Refusal(
            401,
            "Request is missing required authentication credential. Expected OAuth 2 access "
            "token, login cookie or other valid authentication credential.",
        )


def _nothing_here(call: Call) -> Json:
    raise Refusal(404, f"The requested URL {call.path} was not found on this server.")


def _is(call: Call, on: When) -> bool:
    return on in call.path if isinstance(on, str) else on(call)
