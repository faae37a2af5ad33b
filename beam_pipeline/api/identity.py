"""Who makes a call: the holder of its bearer token."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from beam_pipeline.api.backend import Backend
from beam_pipeline.api.problems import Problem
from vividly.platform.ledger.tokens import PREFIX, Holder, holder_of

_scheme = HTTPBearer(
    auto_error=False, description="A token of `vividly token create`, or of the OIDC issuer."
)


def backend_of(request: Request) -> Backend:
    """The system behind the app."""
    backend: Backend = request.app.state.backend
    return backend


Behind = Annotated[Backend, Depends(backend_of)]


def caller(
    backend: Behind,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)],
) -> Holder:
    """The holder of the call's token.

    Raises:
        Problem: 401, there is no token, or it is unknown, revoked or expired.
    """
    if credentials is None:
        raise _unauthorized("A bearer token is needed: Authorization: Bearer TOKEN.")
    holder = holder_with(backend, credentials.credentials)
    if holder is None:
        raise _unauthorized(
            "The token is unknown, revoked or expired.", 'Bearer error="invalid_token"'
        )
    return holder


Caller = Annotated[Holder, Depends(caller)]


def holder_with(backend: Backend, token: str) -> Holder | None:
    """The holder of a token of ours or of the OIDC issuer; None if it is not valid."""
    if backend.oidc and not token.startswith(PREFIX):
        return backend.oidc.holder_of(token)
    return holder_of(backend.engine, token)


def operator(holder: Caller) -> Holder:
    """The caller, who must be an operator.

    Raises:
        Problem: 403.
    """
    if not holder.is_operator:
        raise Problem(403, "This is for operators.")
    return holder


Operator = Annotated[Holder, Depends(operator)]


def _unauthorized(detail: str, challenge: str = "Bearer") -> Problem:
    return Problem(401, detail, headers={"WWW-Authenticate": challenge})
