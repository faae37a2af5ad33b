"""The pages of an operator: the system now, one request in full, dead letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from pydantic import ValidationError

from beam_pipeline.api import operations
from beam_pipeline.api.identity import Behind
from beam_pipeline.api.letters import Act, Which
from beam_pipeline.api.problems import Problem
from beam_pipeline.api.requests import Id, list_requests, no_such_request
from beam_pipeline.console.rendering import page
from beam_pipeline.console.session import Form, Operator, text_of
from vividly.execution.report import reports
from vividly.platform.ledger.schema import REQUEST_STATUSES

router = APIRouter()
FILTERS = ("stage", "reason", "request", "older_than", "newer_than")
REASONS = ("invalid", "transient_exhausted", "permanent", "deadline_exceeded")
Text = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]


@router.get("/operations")
def operations_page(
    request: Request,
    backend: Behind,
    holder: Operator,
    status: Text = "",
    student: Text = "",
    topic: Text = "",
    cursor: Annotated[str | None, Query(max_length=200, pattern=r"^[A-Za-z0-9_-]+=*$")] = None,
    hours: Annotated[int, Query(ge=1, le=operations.MOST_HOURS)] = 24,
) -> Response:
    """The state of the system, its rates, and the newest requests by filter."""
    chosen = [status] if status in REQUEST_STATUSES else None
    found = list_requests(
        backend, holder, chosen, student or None, topic or None, None, None, 25, cursor
    )
    rates = operations.rates(backend, holder, hours)
    given = {"status": status, "student": student, "topic": topic, "hours": hours}
    return page(
        request,
        "operations.html",
        state=operations.state(backend, holder),
        rates=rates,
        hours=_every_hour(rates.by_hour),
        most=max((one.asked for one in rates.by_hour), default=0) or 1,
        found=found,
        given=given,
        older=urlencode({**given, "cursor": found.next_cursor}) if found.next_cursor else "",
        statuses=REQUEST_STATUSES,
    )


@router.get("/operations/requests/{request_id}")
def request_page(request_id: Id, request: Request, backend: Behind, _: Operator) -> Response:
    """One request as a waterfall of its stages, with attempts, events, errors and cost."""
    found = reports(backend.engine, [request_id])
    if not found:
        raise no_such_request()
    return page(request, "request.html", told=found[0], bars=_bars(found[0]))


def _every_hour(found: Sequence[operations.Hour]) -> list[operations.Hour]:
    """The hours from the first to the last one, also those in which nothing was asked."""
    by_hour = {one.hour: one for one in found}
    every: list[operations.Hour] = []
    while found and (not every or every[-1].hour < found[-1].hour):
        at = every[-1].hour + timedelta(hours=1) if every else found[0].hour
        none = operations.Hour(hour=at, asked=0, completed=0, answered=0, failed=0, open=0)
        every.append(by_hour.get(at, none))
    return every


def _bars(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stages that have begun: where each begins and how long it is, of 1000."""
    first = _time(report["created_at"])
    ended = report["completed_at"] or report["failed_at"]
    ends = [_time(one["completed_at"]) for one in report["stages"] if one["completed_at"]]
    last = max([_time(ended) if ended else datetime.now(UTC), *ends])
    whole = max((last - first).total_seconds(), 0.001)
    bars = []
    for stage in report["stages"]:
        if not stage["started_at"]:
            continue
        begins = (_time(stage["started_at"]) - first).total_seconds()
        until = _time(stage["completed_at"]) if stage["completed_at"] else last
        seconds = max((until - _time(stage["started_at"])).total_seconds(), 0.0)
        bars.append(
            stage
            | {
                "at": round(1000 * begins / whole, 1),
                "wide": round(max(1000 * seconds / whole, 4), 1),
                "begins": begins,
                "seconds": seconds,
            }
        )
    return bars


def _time(value: str) -> datetime:
    return datetime.fromisoformat(value)


# -- dead letters ------------------------------------------------------------------------------


@router.get("/dead-letters")
def letters_page(request: Request, _: Operator) -> Response:
    """The dead letters by filter."""
    return _letters(request, dict(request.query_params))


@router.post("/dead-letters")
def act(request: Request, form: Form, _: Operator) -> Response:
    """Replay or delete the chosen dead letters, or only say what would be done."""
    given = {name: text_of(form, name) for name in FILTERS}
    what: Literal["replay", "purge"] = "purge" if text_of(form, "what") == "purge" else "replay"
    dry_run, force = text_of(form, "how") != "now", bool(text_of(form, "force"))
    ids = [str(one) for one in form.getlist("ids")]
    results: list[dict[str, Any]] = []
    if ids:
        try:
            chosen = Act(ids=ids, dry_run=dry_run, force=force, limit=1000)
        except ValidationError:
            raise Problem(422, "The form cannot be read.") from None
        done = operations.act_on(what, chosen, request)
        results = done.results
    acted = {"results": results, "dry_run": dry_run, "force": force, "chosen": set(ids)}
    return _letters(request, given, **acted)


def _letters(request: Request, given: Mapping[str, str], **acted: Any) -> Response:
    filters = {name: value.strip() for name in FILTERS if (value := given.get(name, ""))}
    wrong, found = "", []
    try:
        found = operations.look(Which.model_validate(filters), request, None).letters  # type: ignore[arg-type]
    except ValidationError:
        wrong = "filter"
    except Problem as error:
        wrong = "filter" if error.status == 422 else error.detail
    more = {"results": [], "dry_run": True, "force": False, "chosen": set()} | acted
    return page(
        request,
        "dead_letters.html",
        422 if wrong else 200,
        letters=found,
        given={name: given.get(name, "") for name in FILTERS},
        wrong=wrong,
        reasons=REASONS,
        most=Which.model_fields["limit"].default,
        **more,
    )
