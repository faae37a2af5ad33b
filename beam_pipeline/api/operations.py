"""For operators: dead letters, and how the system is doing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from beam_pipeline.api.identity import Behind, Operator
from beam_pipeline.api.letters import Act, DeadLetters, Which
from beam_pipeline.api.problems import Problem, described
from vividly.model.errors import SettingsError
from vividly.platform.breaker import open_circuits
from vividly.platform.ledger import queries
from vividly.platform.ledger.rates import by_hour, durations

MOST_HOURS = 168
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


class Hour(BaseModel):
    """The requests that were asked within an hour, and what has become of them."""

    hour: datetime
    asked: int
    completed: int
    answered: Annotated[int, Field(description="With something else than a lesson.")]
    failed: int
    open: int


class Rates(BaseModel):
    """How many requests there were and how long they took."""

    hours: int
    by_hour: Annotated[list[Hour], Field(description="Oldest first; hours without any are absent.")]
    seconds: Annotated[
        dict[str, float | None],
        Field(description="`text_p50`, `text_p95` until the text; `end_p50`, `end_p95` in all."),
    ]


@router.get("/state")
def state(backend: Behind, _: Operator) -> State:
    """The requests by status, what waits in which stage, and what is known to be away."""
    backlog = [
        {**row, "oldest": None if row["oldest"] is None else float(row["oldest"])}
        for row in queries.backlog(backend.engine)
    ]
    return State(
        counts=queries.counts(backend.engine),
        backlog=backlog,
        open_circuits=sorted({*open_circuits(), *queries.circuits(backend.engine)}),
    )


@router.get("/rates")
def rates(
    backend: Behind, _: Operator, hours: Annotated[int, Query(ge=1, le=MOST_HOURS)] = 24
) -> Rates:
    """The requests of the last hours by hour, and percentiles of how long they took."""
    return Rates(
        hours=hours,
        by_hour=[Hour(**one) for one in by_hour(backend.engine, hours)],
        seconds=dict(durations(backend.engine, hours)),
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
    return act_on("replay", act, request)


@router.post("/dead-letters/purge", responses=described(400, 404))
def purge(act: Act, request: Request, _: Operator) -> Results:
    """Delete dead letters for good. Without `"dry_run": false` it only says so."""
    return act_on("purge", act, request)


def act_on(what: Literal["replay", "purge"], act: Act, request: Request) -> Results:
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
