"""For operators: dead letters, and how the system is doing."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from beam_pipeline.api.identity import Behind, Operator
from beam_pipeline.api.letters import Act, DeadLetters, Which
from beam_pipeline.api.problems import Problem, described
from vividly.model.errors import SettingsError
from vividly.platform.breaker import open_circuits
from vividly.platform.ledger import queries

router = APIRouter(
    prefix="/api/v1/operations", tags=["operators"], responses=described(401, 403, 422, 503)
)


class Results(BaseModel):
    """What was done with each dead letter."""

    results: list[dict[str, Any]]


class Letters(BaseModel):
    """Dead letters, oldest failure first; their data as text and in base64."""

    letters: list[dict[str, Any]]


class State(BaseModel):
    """How the system is doing."""

    counts: dict[str, int]
    backlog: list[dict[str, Any]]
    open_circuits: list[str]


@router.get("/state")
def state(backend: Behind, _: Operator) -> State:
    """The requests by status, what waits in which stage, and what is known to be away."""
    backlog = [
        {**row, "oldest": None if row["oldest"] is None else float(row["oldest"])}
        for row in queries.backlog(backend.engine)
    ]
    return State(
        counts=queries.counts(backend.engine), backlog=backlog, open_circuits=open_circuits()
    )


@router.post("/dead-letters/list", responses=described(400, 404))
def look(which: Which, request: Request, _: Operator) -> Letters:
    """The matching dead letters. Removes nothing; may take some seconds."""
    try:
        return Letters(letters=_letters(request).look(which))
    except (SettingsError, LookupError) as error:
        raise _refused(error) from error


@router.post("/dead-letters/replay", responses=described(400, 404))
def replay(act: Act, request: Request, _: Operator) -> Results:
    """Publish the messages of dead letters again. Without `"dry_run": false` it only says so."""
    return _act("replay", act, request)


@router.post("/dead-letters/purge", responses=described(400, 404))
def purge(act: Act, request: Request, _: Operator) -> Results:
    """Delete dead letters for good. Without `"dry_run": false` it only says so."""
    return _act("purge", act, request)


def _act(what: Literal["replay", "purge"], act: Act, request: Request) -> Results:
    try:
        return Results(results=_letters(request).act(what, act))
    except (SettingsError, LookupError) as error:
        raise _refused(error) from error


def _letters(request: Request) -> DeadLetters:
    found: DeadLetters | None = request.app.state.backend.dead_letters
    if found is None:
        raise Problem(
            503, "This API has no dead letters to look at.", headers={"Retry-After": "60"}
        )
    return found


def _refused(error: Exception) -> Problem:
    return Problem(404 if isinstance(error, LookupError) else 422, str(error.args[0]))
