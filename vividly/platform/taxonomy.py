"""Every exception of every client, and what follows from it: the one table of failures.

| fate        | what follows                                                            |
|-------------|-------------------------------------------------------------------------|
| `permanent` | trying again would fail in the same way: the request fails at once      |
| `transient` | tried again in the stage, then as further attempts of the request       |
| `deadline`  | the time is used up: the request fails with the stage that it was in    |

Classes are told by their names along the inheritance, so that no client is loaded for it.
What the table does not know is transient, or permanent where a message is validated, and is
counted as unforeseen. docs/failures.md shows the table; a test holds it to the clients.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Fate(StrEnum):
    """What becomes of a request that meets an exception."""

    PERMANENT = "permanent"
    TRANSIENT = "transient"
    DEADLINE = "deadline"


PASSING_STATUSES = frozenset({408, 425, 429, 499})
"""HTTP statuses below 500 of what will pass: timeout, too early, too many, cancelled."""
PASSING_CODES = frozenset(
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
"""gRPC codes of what will pass."""
PASSING_SQLSTATES = ("08", "40", "53", "57", "58", "55P03")
"""Connection lost, serialization or deadlock, out of resources, shut down, I/O, lock timeout."""
FAILING_ERRNOS = frozenset(
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
"""Errors of the disk that stay; a full disk, a quota, I/O, too many open files pass."""


def of_status(code: int | None, name: str = "") -> Fate:
    """By an HTTP status, and the name that Google puts beside it."""
    if code is None or not 400 <= code < 500 or code in PASSING_STATUSES or name == "ABORTED":
        return Fate.TRANSIENT
    return Fate.PERMANENT


def of_sqlstate(state: str | None) -> Fate:
    """By a SQLSTATE; none came where the connection was lost."""
    passing = state is None or state.startswith(PASSING_SQLSTATES)
    return Fate.TRANSIENT if passing else Fate.PERMANENT


def of_errno(number: int | None) -> Fate:
    """By an error number of the operating system."""
    return Fate.PERMANENT if number in FAILING_ERRNOS else Fate.TRANSIENT


def _code(error: Any) -> Fate:
    """`code`, `status_code` or that of a response."""
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


def _grpc(error: Any) -> Fate:
    code = error.code() if callable(getattr(error, "code", None)) else None
    passing = getattr(code, "name", "UNKNOWN") in PASSING_CODES
    return Fate.TRANSIENT if passing else Fate.PERMANENT


def _sqlstate(error: Any) -> Fate:
    told = (getattr(error, "orig", None) or error).args
    first = told[0] if told else None
    return of_sqlstate(first.get("C") if isinstance(first, dict) else None)


def _errno(error: Any) -> Fate:
    return of_errno(getattr(error, "errno", None))


def _cause(error: Any) -> Fate:
    """By what it was raised for, as after the client's own retries."""
    cause = getattr(error, "cause", None)
    return classify(cause) if isinstance(cause, Exception) else Fate.TRANSIENT


def _retryable(error: Any) -> Fate:
    return Fate.TRANSIENT if getattr(error, "retryable", False) else Fate.PERMANENT


BY: dict[str, Callable[[Any], Fate]] = {
    "by HTTP status": _code,
    "by gRPC code": _grpc,
    "by SQLSTATE": _sqlstate,
    "by errno": _errno,
    "by its cause": _cause,
    "by its `retryable`": _retryable,
}


@dataclass(frozen=True)
class Row:
    """A class of exceptions and all that inherit from it, unless they have a row of their own.

    Attributes:
        fate: a `Fate`, or one of `BY` where it depends on the error.
    """

    client: str
    name: str
    fate: str


def _rows(client: str, module: str, fate: str, names: str) -> tuple[Row, ...]:
    dot = f"{module}." if module else ""
    return tuple(Row(client, f"{dot}{name}", fate) for name in names.split())


P, T, D = Fate.PERMANENT, Fate.TRANSIENT, Fate.DEADLINE
TABLE: tuple[Row, ...] = (
    *_rows("Vividly", "vividly.model.errors", P, "PermanentError"),
    *_rows("Vividly", "vividly.model.errors", T, "TransientError UnusableAnswer"),
    *_rows("Vividly", "vividly.model.errors", D, "DeadlineExceeded"),
    *_rows("Vertex AI", "google.genai.errors", "by HTTP status", "APIError"),
    *_rows(
        "Vertex AI",
        "google.genai.errors",
        T,
        "UnknownApiResponseError ContinuationInterruptedError",
    ),
    *_rows(
        "Vertex AI",
        "google.genai.errors",
        P,
        "FunctionInvocationError UnknownFunctionCallArgumentError UnsupportedFunctionError",
    ),
    *_rows("Google Cloud", "google.api_core.exceptions", "by HTTP status", "GoogleAPICallError"),
    *_rows("Google Cloud", "google.api_core.exceptions", "by its cause", "RetryError"),
    *_rows(
        "Google Cloud",
        "google.api_core.exceptions",
        P,
        "DuplicateCredentialArgs AsyncRestUnsupportedParameterError",
    ),
    *_rows("Google Cloud", "google.api_core.exceptions", T, "GoogleAPIError"),
    *_rows("Google login", "google.auth.exceptions", "by its `retryable`", "GoogleAuthError"),
    *_rows(
        "Google login",
        "google.auth.exceptions",
        T,
        "TransportError TimeoutError ResponseError",
    ),
    *_rows("Cloud Storage", "google.cloud.storage.exceptions", T, "DataCorruption"),
    *_rows("Cloud Storage", "google.cloud.storage.exceptions", "by HTTP status", "InvalidResponse"),
    *_rows("Cloud Storage", "google.cloud.storage.exceptions", P, "InvalidPathError"),
    *_rows("Cloud Storage", "google.resumable_media.common", T, "DataCorruption"),
    *_rows("Cloud Storage", "google.resumable_media.common", "by HTTP status", "InvalidResponse"),
    *_rows("gRPC", "grpc", "by gRPC code", "RpcError"),
    *_rows("gRPC", "grpc", T, "FutureTimeoutError FutureCancelledError"),
    *_rows("HTTP (httpx)", "httpx", T, "TransportError DecodingError StreamError"),
    *_rows("HTTP (httpx)", "httpx", "by HTTP status", "HTTPStatusError"),
    *_rows(
        "HTTP (httpx)",
        "httpx",
        P,
        "UnsupportedProtocol InvalidURL TooManyRedirects CookieConflict LocalProtocolError",
    ),
    *_rows("HTTP (requests)", "requests.exceptions", T, "RequestException"),
    *_rows("HTTP (requests)", "urllib3.exceptions", T, "HTTPError"),
    *_rows("HTTP (requests)", "requests.exceptions", "by HTTP status", "HTTPError"),
    *_rows(
        "HTTP (requests)",
        "requests.exceptions",
        P,
        "URLRequired TooManyRedirects MissingSchema InvalidSchema InvalidURL InvalidHeader "
        "InvalidProxyURL",
    ),
    *_rows("Postgres", "sqlalchemy.exc", "by SQLSTATE", "DBAPIError"),
    *_rows("Postgres", "sqlalchemy.exc", T, "TimeoutError DisconnectionError"),
    *_rows("Postgres", "sqlalchemy.exc", P, "SQLAlchemyError EmulatedDBAPIException"),
    *_rows("Postgres", "pg8000.exceptions", "by SQLSTATE", "Error"),
    *_rows("ffmpeg", "av.error", P, "FFmpegError"),
    *_rows(
        "ffmpeg",
        "av.error",
        T,
        "BlockingIOError BrokenPipeError ConnectionAbortedError ConnectionRefusedError "
        "ConnectionResetError ExitError ExternalError InterruptedError MemoryError OSError "
        "TimeoutError UndefinedError UnknownError HTTPServerError HTTPTooManyRequestsError "
        "EOFError",
    ),
    *_rows("processes", "subprocess", D, "TimeoutExpired"),
    *_rows("processes", "subprocess", T, "SubprocessError"),
    *_rows("processes", "concurrent.futures", T, "BrokenExecutor"),
    *_rows("answers", "pydantic_core", T, "ValidationError"),
    *_rows("answers", "json", T, "JSONDecodeError"),
    *_rows("answers", "google.protobuf.json_format", T, "Error"),
    *_rows("Python", "", T, "ConnectionError TimeoutError EOFError MemoryError"),
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
"""Where classes are defined, and where one imports them from."""
_KNOWN = {row.name: row for row in TABLE}


def row_of(kind: type[BaseException]) -> Row | None:
    """The row of a class of exceptions, its nearest one; None where nobody foresaw it."""
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
    """Whether the table knows the error."""
    return row_of(type(error)) is not None


def classify(error: BaseException, *, unforeseen: Fate = Fate.TRANSIENT) -> Fate:
    """What follows from an error.

    Args:
        unforeseen: of what the table does not know.
    """
    row = row_of(type(error))
    if row is None:
        return unforeseen
    return BY[row.fate](error) if row.fate in BY else Fate(row.fate)


def as_markdown() -> str:
    """The table, for docs/failures.md."""
    lines = ["| client | exception | fate |", "|---|---|---|"]
    lines += [f"| {row.client} | `{row.name}` | {row.fate} |" for row in TABLE]
    return "\n".join(lines)
