"""The app: its routes, its headers, its limits."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from beam_pipeline.api import (
    events,
    feedback,
    health,
    media,
    operations,
    problems,
    requests,
    topics,
)
from beam_pipeline.api.backend import Backend
from beam_pipeline.api.changes import Changes
from vividly import __version__
from vividly.platform.ledger.engine import POOL_SIZE

LOG = logging.getLogger(__name__)
MAX_BODY_BYTES = 64 * 1024
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cache-Control": "no-store",
}
"""Headers of every answer that does not set them itself."""


def make_app(
    backend: Backend, pages: Callable[[Backend, Changes], ASGIApp] | None = None
) -> FastAPI:
    """The API of a system, as an ASGI app.

    Args:
        pages: makes the app that answers what is neither under `/api` nor under `/health`; None
            if there is none.
    """

    changes = Changes(backend.engine)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        # A call that waits for a connection would hold a thread: there are as many of each.
        anyio.to_thread.current_default_thread_limiter().total_tokens = POOL_SIZE
        changes.start()
        yield
        changes.close()

    app = FastAPI(
        title="Vividly",
        version=__version__,
        summary="Turns students' questions into narrated, captioned, cited video lessons.",
        openapi_url="/api/v1/openapi.json",
        # Their pages load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
    )
    app.state.backend, app.state.changes = backend, changes
    problems.install(app)
    for part in (requests, events, media, feedback, topics, operations, health):
        app.include_router(part.router)
    if origins := backend.settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "Last-Event-ID",
                "Range",
            ],
            expose_headers=["Location", "Retry-After"],
        )
    if pages:
        app.add_middleware(_Beside, pages=pages(backend, changes))
    app.add_middleware(_Around)
    return app


class _Beside:
    """Hands to the pages what is not for the API."""

    def __init__(self, app: ASGIApp, pages: ASGIApp) -> None:
        self._app, self._pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] != "http" or scope["path"].startswith(("/api/", "/health"))
        await (self._app if ours else self._pages)(scope, receive, send)


class _Around:
    """Limits bodies, adds the headers, and logs each call without its query and its headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                took = (time.monotonic() - began) * 1000
                route = getattr(scope.get("route"), "path", "(unknown)")
                LOG.info("%s %s: %d, %.0f ms", scope["method"], route, message["status"], took)
            await send(message)

        size = 0

        async def limited() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MAX_BODY_BYTES:
                raise HTTPException(413, f"A body may have {MAX_BODY_BYTES} bytes")
            return message

        await self._app(scope, limited, with_headers)
