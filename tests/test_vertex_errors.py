"""Exceptions of Google's libraries as our errors: both families, without a network."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import google.auth.exceptions as auth
import httpx
import pydantic
import pytest
import requests
from google.api_core import exceptions as cloud
from google.genai import errors as genai
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import ParseError
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo

from vividly.model.errors import PermanentError, TransientError, VividlyError
from vividly.platform.google.errors import google_errors
from vividly.platform.google.retry_after import retry_after

QUESTION = "why does my brother Tomás Quirino glow in the dark"


def raised(error: Exception, **how: Any) -> VividlyError:
    with pytest.raises(VividlyError) as found, google_errors("Service (x)", **how):
        raise error
    assert str(found.value).startswith("Service (x): ")
    return found.value


def genai_error(code: int, message: str = "No.", *, headers: Any = None, **more: Any) -> Exception:
    body = {"error": {"code": code, "message": message, "status": "STATUS"} | more}
    response = httpx.Response(code, headers=headers, json=body)
    kind = genai.ClientError if code < 500 else genai.ServerError
    return kind(code, body, response)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 409, 413, 422])
def test_refusals_are_permanent(code: int) -> None:
    found = raised(genai_error(code, "No such thing."))
    assert isinstance(found, PermanentError)
    assert f"{code} STATUS: No such thing." in str(found)


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        (400, "check the settings"),
        (401, "gcloud auth application-default login"),
        (403, "enable the API"),
        (404, "check the names"),
    ],
)
def test_a_refusal_says_what_to_do(code: int, fix: str) -> None:
    assert fix in str(raised(genai_error(code)))
    own = raised(genai_error(code), fixes={code: "ask Ada"})
    assert "(ask Ada)" in str(own) and fix not in str(own)


@pytest.mark.parametrize("code", [408, 425, 429, 499, 500, 502, 503, 504])
def test_what_will_pass_is_transient(code: int) -> None:
    assert isinstance(raised(genai_error(code)), TransientError)


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        (cloud.InvalidArgument("SSML is not supported"), True),
        (cloud.Unauthenticated("no token"), True),
        (cloud.PermissionDenied("no role"), True),
        (cloud.NotFound("no voice"), True),
        (cloud.FailedPrecondition("billing is off"), True),
        (cloud.AlreadyExists("there"), True),
        (cloud.ResourceExhausted("quota"), False),
        (cloud.TooManyRequests("quota"), False),
        (cloud.Aborted("again"), False),
        (cloud.Cancelled("gone"), False),
        (cloud.DeadlineExceeded("late"), False),
        (cloud.GatewayTimeout("late"), False),
        (cloud.InternalServerError("oops"), False),
        (cloud.BadGateway("<html>nginx</html>"), False),
        (cloud.ServiceUnavailable("away"), False),
        (cloud.Unknown("?"), False),
        (cloud.RetryError("late", cause=cloud.PermissionDenied("no role")), True),
        (cloud.RetryError("late", cause=cloud.ServiceUnavailable("away")), False),
        (cloud.RetryError("late", cause=None), False),
        (auth.DefaultCredentialsError("none found"), True),
        (auth.RefreshError("invalid_grant"), True),
        (auth.RefreshError("busy", retryable=True), False),
        (auth.TransportError("no route"), False),
        (requests.exceptions.ReadTimeout("late"), False),
        (requests.exceptions.ConnectionError("refused"), False),
        (requests.exceptions.ChunkedEncodingError("cut"), False),
        (requests.exceptions.InvalidURL("nowhere"), True),
        (requests.exceptions.MissingSchema("nowhere"), True),
        (requests.exceptions.JSONDecodeError("x", "<html>", 0), False),
        (httpx.ReadTimeout("late"), False),
        (httpx.ConnectTimeout("late"), False),
        (httpx.PoolTimeout("late"), False),
        (httpx.ConnectError("refused"), False),
        (httpx.RemoteProtocolError("cut"), False),
        (httpx.UnsupportedProtocol("ftp"), True),
        (httpx.InvalidURL("nowhere"), True),
        (genai.UnknownApiResponseError("Raw response: <html>"), False),
        (ParseError("no JSON"), False),
        (json.JSONDecodeError("x", "<html>", 0), False),
        (TimeoutError(), False),
        (ConnectionResetError(), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_both_families_are_told_apart(error: Exception, permanent: bool) -> None:
    found = raised(error)
    assert isinstance(found, PermanentError if permanent else TransientError)
    assert "html" not in str(found).lower()


def test_an_answer_of_another_shape_is_transient() -> None:
    class Shape(pydantic.BaseModel):
        name: str

    with pytest.raises(pydantic.ValidationError) as wrong:
        Shape.model_validate({"name": 5})
    found = raised(wrong.value)
    assert isinstance(found, TransientError)
    assert "name" not in str(found)


@pytest.mark.parametrize(
    "error", [KeyError("bug"), PermanentError("ours"), TransientError("ours", retry_after=3)]
)
def test_what_is_not_googles_stays_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as found, google_errors("Service"):
        raise error
    assert found.value is error


def test_nothing_happens_where_nothing_fails() -> None:
    with google_errors("Service"):
        assert 1 + 1 == 2


# -- what may be said -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        f"Invalid value: {QUESTION}",
        f"Invalid value: '{QUESTION[:30]}'...",
        f"INVALID: {QUESTION.upper()}",
        f"Invalid:   {QUESTION.replace(' ', '   ')}",
    ],
)
def test_the_students_words_are_withheld(message: str) -> None:
    prompt = f"Topics:\n- gravity\nThe student asks: {QUESTION}"
    for error in (genai_error(400, message), cloud.InvalidArgument(message)):
        found = raised(error, private=prompt)
        assert "withheld" in str(found) and "check the settings" in str(found)
        assert "brother" not in str(found).lower()
        assert found.__suppress_context__, "the library's own error must not be shown either"


def test_a_short_private_text_is_withheld_too() -> None:
    assert "withheld" in str(raised(genai_error(400, "bad: hi tom."), private="Hi Tom"))


def test_other_messages_are_kept_but_cut_to_their_first_line() -> None:
    found = raised(genai_error(400, f"Model {'x' * 300}\nstack trace"), private=QUESTION)
    assert "Model xxx" in str(found) and "stack" not in str(found) and len(str(found)) < 400


def test_a_page_is_not_repeated() -> None:
    found = raised(genai_error(502, "<!DOCTYPE html><title>nginx</title>"))
    assert str(found).endswith("a web page instead of an answer")


# -- how long to wait -------------------------------------------------------------------------


def in_seconds(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(("header", "wait"), [("7", 7), ("0", 0), (" 12 ", 12)])
def test_the_header_says_how_long(header: str, wait: float) -> None:
    assert retry_after({"retry-after": header}, None) == wait


def test_the_header_says_until_when() -> None:
    assert retry_after({"retry-after": "soon"}, [{"retryDelay": "7s"}]) == 7
    wait = retry_after({"retry-after": in_seconds(60)}, None)
    assert wait is not None and 50 < wait <= 60
    assert retry_after({"retry-after": in_seconds(-9)}, None) == 0


@pytest.mark.parametrize("header", ["soon", "-5", "1.5", "", "Tue, 99 Foo 2026 00:00:00 GMT"])
def test_a_header_that_says_nothing_is_not_believed(header: str) -> None:
    assert retry_after({"retry-after": header}, None) is None


@pytest.mark.parametrize(
    ("details", "wait"),
    [
        ([{"@type": "x/google.rpc.ErrorInfo"}, {"retryDelay": "7s"}], 7.0),
        ([{"retryDelay": "0.250s"}], 0.25),
        ([{"retryDelay": "soon"}], None),
        ([{"retryDelay": "nans"}], None),
        ([ErrorInfo(reason="QUOTA"), RetryInfo(retry_delay=Duration(seconds=4))], 4.0),
        ([RetryInfo(retry_delay=Duration(seconds=1, nanos=500_000_000))], 1.5),
        ([], None),
        (None, None),
    ],
)
def test_the_body_says_how_long(details: Any, wait: float | None) -> None:
    assert retry_after(None, details) == wait


def test_the_header_comes_before_the_body() -> None:
    assert retry_after({"Retry-After": "3"}, [{"retryDelay": "7s"}]) == 3.0


def test_the_wait_reaches_the_error_in_both_families() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]
    first = raised(genai_error(429, headers={"Retry-After": "2"}))
    second = raised(genai_error(429, details=details))
    third = raised(
        cloud.ResourceExhausted("quota", details=[RetryInfo(retry_delay=Duration(seconds=9))])
    )
    fourth = raised(
        cloud.TooManyRequests("quota", response=SimpleNamespace(headers={"Retry-After": "5"}))
    )
    waits = [getattr(error, "retry_after", None) for error in (first, second, third, fourth)]
    assert waits == [2.0, 7.0, 9.0, 5.0]
