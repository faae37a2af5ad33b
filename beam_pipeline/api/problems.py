"""Errors as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from vividly.model.errors import InvalidRequest, TransientError

LOG = logging.getLogger(__name__)
RETRY_S = 5
"""Seconds after which to try again when the database or another service is unavailable."""


class Fault(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["grade_level"])
    message: str = Field(examples=["13 is not between 1 and 12"])


class ProblemDetails(BaseModel):
    """A problem, as RFC 9457 describes it."""

    type: str = "about:blank"
    title: str = Field(examples=["Not Found"])
    status: int = Field(examples=[404])
    detail: str = Field(examples=["There is no such request."])
    errors: list[Fault] = Field(default=[], description="The faults of the request, if any.")


class Problem(Exception):
    """An answer that is an error.

    Args:
        detail: what is wrong, for people; never a student's words or a secret.
    """

    def __init__(
        self, status: int, detail: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


class ProblemResponse(JSONResponse):
    """A problem as JSON."""

    media_type = "application/problem+json"


def problem(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: list[Fault] | None = None,
) -> ProblemResponse:
    """The answer for a problem."""
    title = HTTPStatus(status).phrase
    details = ProblemDetails(title=title, status=status, detail=detail, errors=errors or [])
    leave_out = {"errors"} if not details.errors else None
    return ProblemResponse(
        details.model_dump(exclude=leave_out), status, headers=dict(headers or {})
    )


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation that may answer with these problems."""
    content = {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    }
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem, and describe problems in its document."""
    document_of = app.openapi

    def with_problems() -> dict[str, Any]:
        document = document_of()
        details = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        parts = details.pop("$defs")
        document["components"]["schemas"] |= parts | {ProblemDetails.__name__: details}
        return document

    app.openapi = with_problems  # type: ignore[method-assign]

    @app.exception_handler(Problem)
    async def _ours(_: Request, error: Problem) -> ProblemResponse:
        return problem(error.status, error.detail, headers=error.headers)

    @app.exception_handler(HTTPException)
    async def _of_the_framework(_: Request, error: HTTPException) -> ProblemResponse:
        detail = str(error.detail).rstrip(".") + "."
        return problem(error.status_code, detail, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid_fields(_: Request, error: RequestValidationError) -> ProblemResponse:
        found = [Fault(field=_place(fault), message=_said(fault)) for fault in error.errors()]
        return problem(422, "The request is not valid.", errors=found)

    @app.exception_handler(InvalidRequest)
    async def _invalid(_: Request, error: InvalidRequest) -> ProblemResponse:
        found = [Fault(field=name, message=what) for name, what in error.faults]
        why = "" if found else f": {error}"
        return problem(422, f"The request is not valid{why}.", errors=found)

    @app.exception_handler(TransientError)
    async def _away(_: Request, error: TransientError) -> ProblemResponse:
        LOG.warning("Answered 503: %s", error)
        after = math.ceil(max(error.retry_after or 0, RETRY_S))
        detail = "A service that is needed does not answer. Nothing was changed; try again later."
        return problem(503, detail, headers={"Retry-After": str(after)})

    @app.exception_handler(Exception)
    async def _unexpected(_: Request, error: Exception) -> ProblemResponse:
        return problem(500, "Something went wrong here. It is in the log.")


def _place(fault: Mapping[str, Any]) -> str:
    """The name of a field: of `("body", "grade_level")` it is `grade_level`."""
    loc = fault["loc"]
    if fault["type"] == "json_invalid" or len(loc) == 1:
        return str(loc[0])
    return ".".join(str(part) for part in loc[1:])


def _said(fault: Mapping[str, Any]) -> str:
    if fault["type"] == "model_attributes_type":
        return "want a JSON object, with Content-Type: application/json"
    return str(fault["msg"]).removeprefix("Value error, ")
