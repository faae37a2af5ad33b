"""The app of the pages: its routes, its errors, and what belongs to every page."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from beam_pipeline.api.backend import Backend
from beam_pipeline.api.changes import Changes
from beam_pipeline.api.identity import Behind, holder_with
from beam_pipeline.api.problems import RETRY_S, Problem
from beam_pipeline.console import classes, lessons, operations
from beam_pipeline.console.rendering import STATIC_TYPES, page, static_files
from beam_pipeline.console.session import (
    LANGUAGE,
    SESSION,
    Form,
    SignInFirst,
    from_own_page,
    here,
    own_path,
    set_cookie,
    text_of,
)
from vividly.model.errors import TransientError
from vividly.text.locales import known_locales

LOG = logging.getLogger(__name__)
_KEPT = {"Cache-Control": "public, max-age=31536000, immutable"}


def make_pages(backend: Backend, changes: Changes) -> ASGIApp:
    """The pages of a system, beside its API."""
    app = FastAPI(openapi_url=None, dependencies=[Depends(from_own_page)], redirect_slashes=False)
    app.state.backend, app.state.changes = backend, changes
    for part in (lessons, classes, operations):
        app.include_router(part.router)
    app.add_api_route("/static/{digest}/{name}", _static, methods=["GET"])
    app.add_api_route("/sign-in", _sign_in_page, methods=["GET"], response_model=None)
    app.add_api_route("/sign-in", _sign_in, methods=["POST"], response_model=None)
    app.add_api_route("/sign-out", _sign_out, methods=["POST"], response_model=None)
    app.add_api_route("/language", _language, methods=["POST"], response_model=None)

    @app.exception_handler(SignInFirst)
    async def _first(request: Request, _: SignInFirst) -> Response:
        return RedirectResponse(f"/sign-in?{urlencode({'next': here(request)})}", 303)

    @app.exception_handler(Problem)
    async def _ours(request: Request, error: Problem) -> Response:
        return _failed(request, error.status, error.detail, error.headers)

    @app.exception_handler(HTTPException)
    async def _of_the_framework(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405 and request.method == "GET":
            # A form is sent to an address below its page.
            return RedirectResponse(request.url.path.rpartition("/")[0] or "/", 303)
        return _failed(request, error.status_code, "", error.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, _: RequestValidationError) -> Response:
        return _failed(request, 404, "")

    @app.exception_handler(TransientError)
    async def _away(request: Request, error: TransientError) -> Response:
        LOG.warning("Answered 503: %s", error)
        return _failed(request, 503, "", {"Retry-After": str(RETRY_S)})

    @app.exception_handler(Exception)
    async def _unexpected(request: Request, _: Exception) -> Response:
        return _failed(request, 500, "")

    return app


def _failed(
    request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    known = status if status in (403, 404, 429, 503) else 500 if status >= 500 else 400
    answer = page(request, "error.html", status, known=known, detail=detail)
    answer.headers.update(headers or {})
    return answer


def _static(digest: str, name: str) -> Response:
    """A file that pages load."""
    if name not in static_files():
        raise Problem(404, "There is no such file.")
    kind = STATIC_TYPES[name.rpartition(".")[2]]
    return Response(static_files()[name], media_type=kind, headers=_KEPT)


def _sign_in_page(request: Request, next: str = "/") -> Response:
    return page(request, "sign_in.html", wrong=False, next=own_path(next))


def _sign_in(request: Request, form: Form, backend: Behind) -> Response:
    """Keep a valid token in the session cookie."""
    token, after = text_of(form, "token"), own_path(text_of(form, "next"))
    if not token.isascii() or not token.isprintable() or holder_with(backend, token) is None:
        return page(request, "sign_in.html", 401, wrong=True, next=after)
    answer = RedirectResponse(after, 303)
    set_cookie(request, answer, SESSION, token)
    return answer


def _sign_out() -> Response:
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(SESSION, httponly=True, samesite="lax")
    return answer


def _language(request: Request, form: Form) -> Response:
    answer = RedirectResponse(own_path(text_of(form, "next")), 303)
    if (language := text_of(form, "language")) in known_locales():
        set_cookie(request, answer, LANGUAGE, language)
    return answer
