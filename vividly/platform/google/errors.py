"""Translates the exceptions of Google's libraries into our errors.

There are two families: google-genai, over httpx; and google-api-core, which Cloud clients
such as Text-to-Speech use, over gRPC or requests. Both log in by google-auth.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import httpx
import pydantic
import requests.exceptions
from google.api_core import exceptions as cloud
from google.auth import exceptions as auth
from google.genai import errors as genai
from google.protobuf.json_format import ParseError

from vividly.model.errors import PermanentError, TransientError, VividlyError
from vividly.platform.breaker import breaker_of
from vividly.platform.google.retry_after import retry_after
from vividly.platform.taxonomy import RetryClass, classify, of_status

FIXES: Mapping[int, str] = MappingProxyType(
    {
        400: "check the settings of this provider: the service does not take such a request",
        401: (
            "the credentials were not accepted: give the workers a service account, or run "
            "`gcloud auth application-default login`"
        ),
        403: (
            "enable the API in the project, and grant the workers' service account the role "
            "that it needs"
        ),
        404: "check the names in the settings: project, location, model or voice, endpoint",
    }
)
"""The fix for a refusal, by HTTP status."""
_LONGEST = 200
_WINDOW = 16
"""Length of a run of characters that a message must not share with a private text."""
_CLOSED, _LOST = "the connection was dropped or refused", "it did not answer in time"


@contextmanager
def google_errors(
    what: str, *, private: str = "", fixes: Mapping[int, str] = MappingProxyType({})
) -> Iterator[None]:
    """Turn exceptions of Google's libraries into transient and permanent errors.

    Args:
        what: the service for people, such as `Gemini (gemini-3.5-flash-lite)`.
        private: text that was sent: an error message that repeats part of it is withheld.
        fixes: fixes by HTTP status that replace those of `FIXES`.

    Raises:
        TransientError: the service was busy, slow or unreachable; with the wait that it asked
            for by `Retry-After` or `RetryInfo`. Raised without a call while the circuit of the
            service is open (`vividly.platform.breaker`).
        PermanentError: it refused; the message gives the cause and the fix.
    """
    with breaker_of(what).call():
        try:
            yield
        except Exception as error:
            found = _classify(error, what, private, {**FIXES, **fixes})
            if found is None:
                raise
            # Not chained: the libraries' messages may hold the student's words.
            raise found from None


def _classify(
    error: Exception, what: str, private: str, fixes: Mapping[int, str]
) -> VividlyError | None:
    """Our error for theirs; None for an exception that is not Google's."""
    match error:
        case genai.APIError():
            return _status(
                what,
                error.code,
                error.status or "",
                _said(error.message, private),
                fixes,
                retry_after(getattr(error.response, "headers", None), _details(error.details)),
            )
        case cloud.RetryError():
            if isinstance(error.cause, Exception):
                return _classify(error.cause, what, private, fixes)
            return TransientError(f"{what}: {_LOST}")
        case cloud.GoogleAPICallError():
            return _status(
                what,
                error.code,
                getattr(error.grpc_status_code, "name", ""),
                _said(error.message, private),
                fixes,
                retry_after(getattr(error.response, "headers", None), error.details),
            )
        case auth.GoogleAuthError():
            return _not_logged_in(error, what, private, fixes)
    return _not_answered(error, what)


def _status(
    what: str,
    code: int | None,
    status: str,
    said: str,
    fixes: Mapping[int, str],
    wait: float | None,
) -> VividlyError:
    """Our error by HTTP status, or by the HTTP status that a gRPC status maps to."""
    name = " ".join(filter(None, (str(code or ""), status)))
    message = ": ".join(filter(None, (what, name, said)))
    if of_status(code, status) is RetryClass.TRANSIENT:
        quota = code == 429 or status == "RESOURCE_EXHAUSTED"
        return TransientError(message, retry_after=wait, quota=quota)
    fix = fixes.get(code or 0, "")
    return PermanentError(f"{message} ({fix})" if fix else message)


def _not_logged_in(
    error: auth.GoogleAuthError, what: str, private: str, fixes: Mapping[int, str]
) -> VividlyError:
    if classify(error) is RetryClass.TRANSIENT:
        return TransientError(f"{what}: the credentials could not be renewed just now")
    said = _said(error.args[0] if error.args else "", private)
    return PermanentError(f"{what}: no usable credentials: {said} ({fixes[401]})")


def _not_answered(error: Exception, what: str) -> VividlyError | None:
    """Our error for a call without an answer, or with one that is not Google's."""
    match error:
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return _no_address(what)
        case (
            requests.exceptions.MissingSchema()
            | requests.exceptions.InvalidSchema()
            | requests.exceptions.InvalidURL()
        ):
            return _no_address(what)
        case (
            genai.UnknownApiResponseError()
            | json.JSONDecodeError()
            | requests.exceptions.JSONDecodeError()
            | ParseError()
            | pydantic.ValidationError()
            | httpx.DecodingError()
        ):
            return TransientError(f"{what}: the answer is not one of Google's: not its JSON")
        case httpx.TimeoutException() | requests.exceptions.Timeout() | TimeoutError():
            return TransientError(f"{what}: {_LOST}")
        case httpx.TransportError() | requests.exceptions.RequestException() | ConnectionError():
            return TransientError(f"{what}: {_CLOSED} ({type(error).__name__})")
    return None


def _no_address(what: str) -> PermanentError:
    return PermanentError(f"{what}: the endpoint is no http:// or https:// address")


def _details(body: Any) -> Iterable[Any]:
    """`error.details` of Google's JSON error answer."""
    error = body.get("error", body) if isinstance(body, dict) else None
    details = error.get("details") if isinstance(error, dict) else None
    return details if isinstance(details, list) else ()


def _said(message: object, private: str) -> str:
    """The first line of a service's message, unless it is HTML or repeats private text."""
    lines = str(message or "").strip().splitlines()
    text = " ".join(lines[0].split()) if lines else ""
    if text.startswith("<") or "<html" in text.lower():
        return "a web page instead of an answer"
    if _repeats(text, private):
        return "its message is withheld, as it repeats what was sent"
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _repeats(text: str, private: str) -> bool:
    said, sent = (" ".join(words.casefold().split()) for words in (text, private))
    if len(sent) <= _WINDOW:
        return bool(sent) and sent in said
    return any(said[i : i + _WINDOW] in sent for i in range(len(said) - _WINDOW + 1))
