"""The table of failures: the class of every exception of every client.

It names the reason in a dead letter, and translates the errors of clients into ours. Whether
something is tried again is decided by our own classes (`vividly.platform.retry`).

| class       | what happens                                                            |
|-------------|-------------------------------------------------------------------------|
| `permanent` | a retry would fail in the same way: the request fails at once           |
| `transient` | retried in the stage, then as further attempts of the request           |
| `deadline`  | the time is used up: the request fails in the stage that it was in      |

Exceptions are recognised by the names of their base classes, so that no client is imported.
An exception that is not in the table counts as unforeseen. It is permanent during the validation
of a message and transient otherwise. docs/failures.md shows the table; a test checks it against
the clients.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class RetryClass(StrEnum):
    """What happens to a request when an exception is raised."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    DEADLINE = "deadline"


TRANSIENT_STATUSES = frozenset({408, 425, 429, 499})
"""Transient HTTP statuses below 500: timeout, too early, too many requests, cancelled."""
TRANSIENT_GRPC_CODES = frozenset(
    {
        "ABORTED",
        "CANCELLED",
        "DATA_LOSS",
        "DEADLINE_EXCEEDED",
        "INTERNAL",
        "RESOURCE_EXHAUSTED",
        "UNAVAILABLE",
        "UNKNOWN",
    }
)
"""Transient gRPC codes."""
TRANSIENT_SQLSTATES = ("08", "40", "53", "57", "58", "55P03")
"""Prefixes of transient SQLSTATEs: connection lost, serialization failure or deadlock, out of
resources, shutdown, I/O, lock timeout."""
PERMANENT_ERRNOS = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EISDIR,
        errno.ENOTDIR,
        errno.ENAMETOOLONG,
        errno.EINVAL,
        errno.ELOOP,
        errno.EROFS,
        errno.ENOEXEC,
    }
)
"""Permanent errors of a disk. Others are transient: disk full, quota, I/O, too many open files."""


def of_status(code: int | None, name: str = "") -> RetryClass:
    """The retry class of an HTTP status and of the status name that Google sends with it."""
    if code is None or not 400 <= code < 500 or code in TRANSIENT_STATUSES or name == "ABORTED":
        return RetryClass.TRANSIENT
    return RetryClass.PERMANENT


def of_sqlstate(state: str | None) -> RetryClass:
    """The class of a SQLSTATE; None means that the connection was lost."""
    transient = state is None or state.startswith(TRANSIENT_SQLSTATES)
    return RetryClass.TRANSIENT if transient else RetryClass.PERMANENT


def of_errno(number: int | None) -> RetryClass:
    """The class of an operating system's error number."""
    return RetryClass.PERMANENT if number in PERMANENT_ERRNOS else RetryClass.TRANSIENT


def _code(error: Any) -> RetryClass:
    """The retry class by `code`, `status_code` or the response's status."""
    response = getattr(error, "response", None)
    code = next(
        (
            found
            for found in (
                getattr(error, "code", None),
                getattr(response, "status_code", None),
            )
            if isinstance(found, int)
        ),
        None,
    )
    named = getattr(error, "grpc_status_code", None) or getattr(error, "status", None)
    name = named if isinstance(named, str) else getattr(named, "name", "")
    return of_status(code, name)


def _grpc(error: Any) -> RetryClass:
    code = error.code() if callable(getattr(error, "code", None)) else None
    transient = getattr(code, "name", "UNKNOWN") in TRANSIENT_GRPC_CODES
    return RetryClass.TRANSIENT if transient else RetryClass.PERMANENT


def _sqlstate(error: Any) -> RetryClass:
    args = (getattr(error, "orig", None) or error).args
    first = args[0] if args else None
    return of_sqlstate(first.get("C") if isinstance(first, dict) else None)


def _errno(error: Any) -> RetryClass:
    return of_errno(getattr(error, "errno", None))


def _cause(error: Any) -> RetryClass:
    """The retry class by the last error of the client's own retries."""
    cause = getattr(error, "cause", None)
    return classify(cause) if isinstance(cause, Exception) else RetryClass.TRANSIENT


def _retryable(error: Any) -> RetryClass:
    return RetryClass.TRANSIENT if getattr(error, "retryable", False) else RetryClass.PERMANENT


CLASSIFIERS: dict[str, Callable[[Any], RetryClass]] = {
    "by HTTP status": _code,
    "by gRPC code": _grpc,
    "by SQLSTATE": _sqlstate,
    "by errno": _errno,
    "by its cause": _cause,
    "by its `retryable`": _retryable,
}


@dataclass(frozen=True)
class Row:
    """A class of exceptions and its subclasses, except those with a row of their own.

    Attributes:
        retry_class: a `RetryClass`, or a key of `CLASSIFIERS` if it depends on the error.
    """

    client: str
    name: str
    retry_class: str


def _rows(client: str, module: str, retry_class: str, names: str) -> tuple[Row, ...]:
    dot = f"{module}." if module else ""
    return tuple(Row(client, f"{dot}{name}", retry_class) for name in names.split())


_PERMANENT, _TRANSIENT, _DEADLINE = RetryClass
TABLE: tuple[Row, ...] = (
    *_rows("Vividly", "vividly.model.errors", _PERMANENT, "PermanentError"),
    *_rows("Vividly", "vividly.model.errors", _TRANSIENT, "TransientError UnusableAnswer"),
    *_rows("Vividly", "vividly.model.errors", _DEADLINE, "DeadlineExceeded"),
    *_rows("Vertex AI", "google.genai.errors", "by HTTP status", "APIError"),
    *_rows(
        "Vertex AI",
        "google.genai.errors",
        _TRANSIENT,
        "UnknownApiResponseError ContinuationInterruptedError",
    ),
    *_rows(
        "Vertex AI",
        "google.genai.errors",
        _PERMANENT,
        "FunctionInvocationError UnknownFunctionCallArgumentError UnsupportedFunctionError",
    ),
    *_rows("Google Cloud", "google.api_core.exceptions", "by HTTP status", "GoogleAPICallError"),
    *_rows("Google Cloud", "google.api_core.exceptions", "by its cause", "RetryError"),
    *_rows(
        "Google Cloud",
        "google.api_core.exceptions",
        _PERMANENT,
        "DuplicateCredentialArgs AsyncRestUnsupportedParameterError",
    ),
    *_rows("Google Cloud", "google.api_core.exceptions", _TRANSIENT, "GoogleAPIError"),
    *_rows("Google login", "google.auth.exceptions", "by its `retryable`", "GoogleAuthError"),
    *_rows(
        "Google login",
        "google.auth.exceptions",
        _TRANSIENT,
        "TransportError TimeoutError ResponseError",
    ),
    *_rows("Cloud Storage", "google.cloud.storage.exceptions", _TRANSIENT, "DataCorruption"),
    *_rows("Cloud Storage", "google.cloud.storage.exceptions", "by HTTP status", "InvalidResponse"),
    *_rows("Cloud Storage", "google.cloud.storage.exceptions", _PERMANENT, "InvalidPathError"),
    *_rows("Cloud Storage", "google.resumable_media.common", _TRANSIENT, "DataCorruption"),
    *_rows("Cloud Storage", "google.resumable_media.common", "by HTTP status", "InvalidResponse"),
    *_rows("gRPC", "grpc", "by gRPC code", "RpcError"),
    *_rows("gRPC", "grpc", _TRANSIENT, "FutureTimeoutError FutureCancelledError"),
    *_rows("HTTP (httpx)", "httpx", _TRANSIENT, "TransportError DecodingError StreamError"),
    *_rows("HTTP (httpx)", "httpx", "by HTTP status", "HTTPStatusError"),
    *_rows(
        "HTTP (httpx)",
        "httpx",
        _PERMANENT,
        "UnsupportedProtocol InvalidURL TooManyRedirects CookieConflict LocalProtocolError",
    ),
    *_rows("HTTP (requests)", "requests.exceptions", _TRANSIENT, "RequestException"),
    *_rows("HTTP (requests)", "urllib3.exceptions", _TRANSIENT, "HTTPError"),
    *_rows("HTTP (requests)", "requests.exceptions", "by HTTP status", "HTTPError"),
    *_rows(
        "HTTP (requests)",
        "requests.exceptions",
        _PERMANENT,
        "URLRequired TooManyRedirects MissingSchema InvalidSchema InvalidURL InvalidHeader "
        "InvalidProxyURL",
    ),
    *_rows("Postgres", "sqlalchemy.exc", "by SQLSTATE", "DBAPIError"),
    *_rows("Postgres", "sqlalchemy.exc", _TRANSIENT, "TimeoutError DisconnectionError"),
    *_rows("Postgres", "sqlalchemy.exc", _PERMANENT, "SQLAlchemyError EmulatedDBAPIException"),
    *_rows("Postgres", "pg8000.exceptions", "by SQLSTATE", "Error"),
    *_rows("ffmpeg", "av.error", _PERMANENT, "FFmpegError"),
    *_rows(
        "ffmpeg",
        "av.error",
        _TRANSIENT,
        "BlockingIOError BrokenPipeError ConnectionAbortedError ConnectionRefusedError "
        "ConnectionResetError ExitError ExternalError InterruptedError MemoryError OSError "
        "TimeoutError UndefinedError UnknownError HTTPServerError HTTPTooManyRequestsError "
        "EOFError",
    ),
    *_rows("processes", "subprocess", _DEADLINE, "TimeoutExpired"),
    *_rows("processes", "subprocess", _TRANSIENT, "SubprocessError"),
    *_rows("processes", "concurrent.futures", _TRANSIENT, "BrokenExecutor"),
    *_rows("answers", "pydantic_core", _TRANSIENT, "ValidationError"),
    *_rows("answers", "json", _TRANSIENT, "JSONDecodeError"),
    *_rows("answers", "google.protobuf.json_format", _TRANSIENT, "Error"),
    *_rows("Python", "", _TRANSIENT, "ConnectionError TimeoutError EOFError MemoryError"),
    *_rows("disk", "", "by errno", "OSError"),
)
_MOVED = {
    "pydantic_core._pydantic_core.": "pydantic_core.",
    "json.decoder.": "json.",
    "httpx._exceptions.": "httpx.",
    "httpx._urls.": "httpx.",
    "concurrent.futures._base.": "concurrent.futures.",
    "concurrent.futures.process.": "concurrent.futures.",
    "concurrent.futures.thread.": "concurrent.futures.",
    "grpc._channel.": "grpc.",
}
"""Module that defines an exception -> the public module that exports it."""
_KNOWN = {row.name: row for row in TABLE}


def row_of(kind: type[BaseException]) -> Row | None:
    """The row of the nearest base class; None for an unforeseen exception."""
    for base in kind.__mro__:
        name = base.__qualname__
        if base.__module__ != "builtins":
            name = f"{base.__module__}.{name}"
        for defined, imported in _MOVED.items():
            if name.startswith(defined):
                name = imported + name.removeprefix(defined)
        if name in _KNOWN:
            return _KNOWN[name]
    return None


def is_foreseen(error: BaseException) -> bool:
    """Whether the table has a row for the error."""
    return row_of(type(error)) is not None


def classify(error: BaseException, *, unforeseen: RetryClass = RetryClass.TRANSIENT) -> RetryClass:
    """The retry class of an error.

    Args:
        unforeseen: the retry class of an error that is not in the table.
    """
    row = row_of(type(error))
    if row is None:
        return unforeseen
    kind = row.retry_class
    return CLASSIFIERS[kind](error) if kind in CLASSIFIERS else RetryClass(kind)


def as_markdown() -> str:
    """The table, for docs/failures.md."""
    lines = ["| client | exception | class |", "|---|---|---|"]
    lines += [f"| {row.client} | `{row.name}` | {row.retry_class} |" for row in TABLE]
    return "\n".join(lines)
