"""The table of failures: each row with a real exception, and no client's class without a row."""

from __future__ import annotations

import errno
import inspect
import json
import subprocess
from concurrent.futures import BrokenExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import ModuleType

import av.error
import google.api_core.exceptions as cloud
import google.auth.exceptions as auth
import google.cloud.storage.exceptions as storage
import google.genai.errors as genai
import grpc
import httpx
import pg8000.exceptions as pg
import pydantic
import pytest
import requests.exceptions as http
import sqlalchemy.exc as sa
from google.protobuf import json_format

from vividly.execution.failures import failure_of, reason_of
from vividly.model import errors
from vividly.model.request import Message
from vividly.platform import taxonomy
from vividly.platform.taxonomy import TABLE, RetryClass, classify, is_foreseen, row_of

P, T, D = RetryClass.PERMANENT, RetryClass.TRANSIENT, RetryClass.DEADLINE
DOCS = Path(__file__).parent.parent / "docs" / "failures.md"


def answered(status: int) -> http.HTTPError:
    import requests

    response = requests.Response()
    response.status_code = status
    return http.HTTPError("no", response=response)


def httpx_answered(status: int) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://a")
    return httpx.HTTPStatusError("no", request=request, response=httpx.Response(status))


def refused(kind: type[sa.DBAPIError], state: str | None) -> sa.DBAPIError:
    told = pg.DatabaseError({"C": state} if state else "network error")
    return kind("SELECT 1", {}, told)


class Rpc(grpc.RpcError):
    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code


def invalid() -> pydantic.ValidationError:
    try:
        pydantic.TypeAdapter(int).validate_python("a")
    except pydantic.ValidationError as error:
        return error
    raise AssertionError


CASES: list[tuple[BaseException, RetryClass]] = [
    (errors.InvalidRequest("a"), P),
    (errors.SettingsError("a"), P),
    (errors.PermanentError("a"), P),
    (errors.TransientError("a"), T),
    (errors.UnusableAnswer("a"), T),
    (errors.DeadlineExceeded("a"), D),
    *[(genai.APIError(code, {}), T) for code in (408, 429, 499, 500, 503, 504)],
    *[(genai.ClientError(code, {}), P) for code in (400, 401, 403, 404, 413)],
    (genai.APIError(409, {"error": {"status": "ABORTED"}}), T),
    (genai.APIError(409, {"error": {"status": "ALREADY_EXISTS"}}), P),
    (genai.UnknownApiResponseError("a"), T),
    (genai.UnsupportedFunctionError("a"), P),
    *[(kind("a"), T) for kind in (cloud.ServiceUnavailable, cloud.TooManyRequests, cloud.Aborted)],
    *[(kind("a"), T) for kind in (cloud.InternalServerError, cloud.GatewayTimeout, cloud.Unknown)],
    *[(kind("a"), P) for kind in (cloud.NotFound, cloud.Forbidden, cloud.InvalidArgument)],
    *[(kind("a"), P) for kind in (cloud.PreconditionFailed, cloud.Unauthorized, cloud.Conflict)],
    (cloud.RetryError("a", cloud.ServiceUnavailable("b")), T),
    (cloud.RetryError("a", cloud.NotFound("b")), P),
    (cloud.RetryError("a", None), T),
    (auth.TransportError("a"), T),
    (auth.RefreshError("a"), P),
    (auth.RefreshError("a", retryable=True), T),
    (auth.DefaultCredentialsError("a"), P),
    (storage.DataCorruption("a"), T),
    (Rpc(grpc.StatusCode.UNAVAILABLE), T),
    (Rpc(grpc.StatusCode.RESOURCE_EXHAUSTED), T),
    (Rpc(grpc.StatusCode.PERMISSION_DENIED), P),
    (httpx.ReadTimeout("a"), T),
    (httpx.ConnectError("a"), T),
    (httpx.RemoteProtocolError("a"), T),
    (httpx.UnsupportedProtocol("a"), P),
    (httpx.InvalidURL("a"), P),
    (httpx_answered(503), T),
    (httpx_answered(404), P),
    (http.ReadTimeout("a"), T),
    (http.ConnectionError("a"), T),
    (http.ChunkedEncodingError("a"), T),
    (http.MissingSchema("a"), P),
    (answered(429), T),
    (answered(400), P),
    *[(refused(sa.OperationalError, state), T) for state in ("57P01", "08006", "53300", "40P01")],
    (refused(sa.InterfaceError, None), T),
    (refused(sa.ProgrammingError, "42P01"), P),
    (refused(sa.IntegrityError, "23505"), P),
    (refused(sa.DataError, "22021"), P),
    (sa.TimeoutError("a"), T),
    (sa.ArgumentError("a"), P),
    (pg.InterfaceError("network error"), T),
    (pg.DatabaseError({"C": "42601"}), P),
    (av.error.InvalidDataError(1, "a"), P),
    (av.error.EncoderNotFoundError(1, "a"), P),
    (av.error.MemoryError(errno.ENOMEM, "a"), T),
    (av.error.OSError(errno.EIO, "a"), T),
    (subprocess.TimeoutExpired("a", 1), D),
    (subprocess.CalledProcessError(1, "a"), T),
    (BrokenExecutor("a"), T),
    (BrokenProcessPool("a"), T),
    (invalid(), T),
    (json.JSONDecodeError("a", "b", 0), T),
    (json_format.ParseError("a"), T),
    *[(OSError(n, "a"), T) for n in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EMFILE)],
    *[(OSError(n, "a"), P) for n in (errno.EACCES, errno.ENAMETOOLONG, errno.EROFS)],
    (FileNotFoundError(errno.ENOENT, "a"), T),
    (ConnectionResetError("a"), T),
    (TimeoutError("a"), T),
    (MemoryError("a"), T),
]


@pytest.mark.parametrize(("error", "expected"), CASES, ids=lambda case: repr(case)[:60])
def test_each_error_has_its_class(error: BaseException, expected: RetryClass) -> None:
    assert is_foreseen(error)
    assert classify(error) == expected


def test_every_row_is_tried() -> None:
    tried = {row_of(type(error)) for error, _ in CASES}
    inherited = {
        "google.api_core.exceptions.GoogleAPIError",
        "google.api_core.exceptions.DuplicateCredentialArgs",
        "google.api_core.exceptions.AsyncRestUnsupportedParameterError",
        "google.cloud.storage.exceptions.InvalidResponse",
    }
    several = {row.retry_class for row in TABLE}
    assert {row.retry_class for row in tried if row} == several
    clients = {row.client for row in TABLE if row.name not in inherited}
    assert {row.client for row in tried if row} == clients


CLIENTS = (cloud, auth, genai, storage, http, pg, sa, av.error)


@pytest.mark.parametrize("module", CLIENTS, ids=lambda module: module.__name__)
def test_no_class_of_a_client_is_unknown(module: ModuleType) -> None:
    """An upgrade that brings a new one fails here."""
    found = [
        kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception)
        and not issubclass(kind, Warning)
        and kind.__module__ != "builtins"
    ]
    assert len(found) >= 2
    assert [kind.__qualname__ for kind in found if row_of(kind) is None] == []


def test_no_class_of_httpx_is_unknown() -> None:
    kinds = [kind for _, kind in inspect.getmembers(httpx, inspect.isclass)]
    kinds = [kind for kind in kinds if issubclass(kind, Exception)]
    abstract = {"HTTPError", "RequestError"}
    assert [k.__name__ for k in kinds if row_of(k) is None and k.__name__ not in abstract] == []
    assert len(kinds) > 20


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_row_names_a_class_that_exists(row: taxonomy.Row) -> None:
    import builtins
    import importlib

    module, _, name = row.name.rpartition(".")
    kind = getattr(importlib.import_module(module) if module else builtins, name, None)
    assert isinstance(kind, type), row.name
    assert row_of(kind) == row


class Surprise(Exception):
    """Nobody foresaw it."""


def test_what_nobody_foresaw_passes_except_in_validation() -> None:
    assert not is_foreseen(Surprise())
    assert reason_of(Surprise()) == "transient_exhausted"
    assert reason_of(Surprise(), unforeseen=RetryClass.PERMANENT) == "permanent"
    failure = failure_of(
        Surprise("a"), stage="validate", message=Message(b""), unforeseen=RetryClass.PERMANENT
    )
    assert failure.reason == "permanent"


def test_the_documentation_has_this_table() -> None:
    assert taxonomy.as_markdown() in DOCS.read_text(encoding="utf-8")
