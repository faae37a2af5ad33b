"""Ask for a lesson, look at requests, cancel one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import logging
import math
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Path, Query, Response

from beam_pipeline.api.backend import Backend
from beam_pipeline.api.identity import Behind, Caller
from beam_pipeline.api.lessons import check_of, sources_of
from beam_pipeline.api.models import (
    Accepted,
    Cancelled,
    Details,
    Links,
    Page,
    Question,
    Status,
    Summary,
)
from beam_pipeline.api.problems import Problem, described
from vividly.execution.report import reports
from vividly.model.errors import VividlyError
from vividly.model.request import UUID4, Message, Request, StudentId, parse_request
from vividly.platform.breaker import breaker_of
from vividly.platform.ledger import queries
from vividly.platform.ledger.tokens import Holder

LOG = logging.getLogger(__name__)
CONTENT = "/api/v1/content"
SUBMITTED_BY = {"submitted_by": "vividly api"}
MOST_LISTED = 100
Id = Annotated[
    str,
    Path(
        pattern=f"^(?:{UUID4.pattern})$",
        description="The request's id.",
        examples=["d0805d49-5b84-4a88-8537-448a97871960"],
    ),
]
router = APIRouter(prefix=CONTENT, tags=["lessons"], responses=described(401, 422, 503))


@router.post("/generate", status_code=202, responses=described(400, 403, 404, 413, 429))
def generate(
    question: Question,
    backend: Behind,
    holder: Caller,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            pattern=r"^[\x20-\x7e]+$",
            description="Any text. A call that is repeated with it asks only once.",
        ),
    ] = None,
) -> Accepted:
    """Ask for a lesson. Its row is `pending` when this answers, and the job makes the lesson."""
    student = question.student_id or holder.student_id
    if student != holder.student_id and not holder.is_operator:
        raise Problem(403, "Only an operator may ask for another student.")
    return _accepted(submit(question, student, backend, holder, idempotency_key), response)


def submit(
    question: Question, student: str, backend: Backend, holder: Holder, key: str | None
) -> Mapping[str, Any]:
    """Record and publish a question of a student, once for each key of the caller.

    Returns:
        `id` and `status` of the request.

    Raises:
        Problem: 429, the student asks too often; 422, the key was used for another question, or
            the question follows up another student's; 404, it follows up what does not exist.
        InvalidRequest: a field is not valid.
    """
    if question.follow_up_to:
        earlier = visible(backend, holder, question.follow_up_to)
        if earlier["student_id"] != student:
            raise Problem(422, "`follow_up_to` is a request of another student.")
    request_id = _id_for(holder, key)
    request, message = _message(question, request_id, student, backend.environment)
    if key and (row := queries.message_of(backend.engine, request_id)):
        return _same(row, request)
    _limit(backend, holder, student)
    if not backend.ledger.submit(request, message, SUBMITTED_BY):
        # The same call is being made at the same time.
        row = queries.message_of(backend.engine, request_id) or {}
        return _same(row, request)
    _publish(backend, request, message)
    return {"id": request_id, "status": "pending"}


@router.get("/requests")
def list_requests(
    backend: Behind,
    holder: Caller,
    status: Annotated[list[Status] | None, Query(description="Only with these statuses.")] = None,
    student_id: Annotated[StudentId | None, Query(description="Only of this student.")] = None,
    topic: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]+$")] = None,
    since: Annotated[
        datetime | None, Query(description="Only asked at this time or later.")
    ] = None,
    until: Annotated[datetime | None, Query(description="Only asked before this time.")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20,
    cursor: Annotated[
        str | None,
        Query(
            max_length=200, pattern=r"^[A-Za-z0-9_-]+=*$", description="`next_cursor` of a page."
        ),
    ] = None,
) -> Page:
    """The caller's requests, newest first; a teacher's with the class's, an operator's all."""
    students = holder.sees
    if student_id is not None:
        students = (student_id,) if holder.may_see(student_id) else ()
    rows = queries.page(
        backend.engine,
        limit=limit + 1,
        students=students,
        statuses=status,
        topic=topic,
        since=_utc(since),
        until=_utc(until),
        after=_position(cursor) if cursor else None,
    )
    more = _cursor(rows[limit - 1]) if len(rows) > limit else None
    asked = {
        "status": status or [],
        "student_id": student_id,
        "topic": topic,
        "since": since,
        "until": until,
        "limit": limit,
        "cursor": more,
    }
    given = {name: value for name, value in asked.items() if value not in (None, [])}
    return Page(
        requests=[Summary(**_summary(row, holder)) for row in rows[:limit]],
        next_cursor=more,
        next=f"{CONTENT}/requests?{urlencode(given, doseq=True)}" if more else None,
    )


@router.get("/requests/{request_id}", responses=described(404))
def get_request(request_id: Id, backend: Behind, holder: Caller) -> Details:
    """One request: how far it is, the lesson's text as soon as it exists, and its files."""
    for report in reports(backend.engine, [request_id]):
        if holder.may_see(report["student_id"]):
            return _details(report, holder)
    raise no_such_request()


@router.post("/requests/{request_id}/cancel", responses=described(404, 409))
def cancel(request_id: Id, backend: Behind, holder: Caller) -> Cancelled:
    """Stop a request that has not ended. To cancel it twice is no error."""
    visible(backend, holder, request_id)
    status = backend.ledger.cancel(request_id, by=f"{holder.role} {holder.student_id}")
    if status is None:
        raise no_such_request()
    if status != "cancelled":
        raise Problem(409, f"The request is {status} already: there is nothing to cancel.")
    return Cancelled(request_id=request_id, status=status)


def visible(backend: Backend, holder: Holder, request_id: str) -> Mapping[str, Any]:
    """The row of a request that the caller may see.

    Raises:
        Problem: 404, whether there is none or it is somebody else's.
    """
    row = queries.by_id(backend.engine, [request_id]).get(request_id)
    if row is None or not holder.may_see(row["student_id"]):
        raise no_such_request()
    return row


def no_such_request() -> Problem:
    """The answer for a request that does not exist, and for somebody else's."""
    return Problem(404, "There is no such request.")


def links(request_id: str) -> Links:
    """The addresses of what can be done with a request."""
    own = f"{CONTENT}/requests/{request_id}"
    return Links(
        self=own, events=f"{own}/events", cancel=f"{own}/cancel", feedback=f"{own}/feedback"
    )


# -- asking ------------------------------------------------------------------------------------


def _id_for(holder: Holder, key: str | None) -> str:
    """A new request id, or for an `Idempotency-Key` the same one each time.

    It is made from the key and the caller. So the row itself, whose id is unique, makes a
    repeated call harmless, and no table of keys is needed.
    """
    if key is None:
        return str(uuid.uuid4())
    asked = json.dumps(["Idempotency-Key", holder.role, holder.student_id, key])
    return str(uuid.UUID(bytes=hashlib.sha256(asked.encode()).digest()[:16], version=4))


def _message(
    question: Question, request_id: str, student_id: str, environment: str
) -> tuple[Request, Message]:
    """The request, and the message that is published for it."""
    asked = question.model_dump(exclude_unset=True)
    fields = asked | {
        "request_id": request_id,
        "student_id": student_id,
        "environment": environment,
    }
    data = json.dumps(fields).encode()
    request = parse_request(data, environment=environment)
    attributes = {
        "request_id": request_id,
        "student_id": student_id,
        "environment": environment,
    }
    return request, Message(data, attributes)


def _same(row: Mapping[str, Any], request: Request) -> Mapping[str, Any]:
    """The row of an earlier call with the same `Idempotency-Key`, if it asked the same."""
    if not row or parse_request(row["message_data"]) != request:
        raise Problem(422, "This Idempotency-Key was used for another question.")
    return row


def _limit(backend: Backend, holder: Holder, student_id: str) -> None:
    """Refuse a student who asks too often.

    Raises:
        Problem: 429, with the seconds to wait.
    """
    settings = backend.settings
    if not settings.rate_limit or holder.is_operator:
        return
    wait = queries.seconds_until_free(
        backend.engine, student_id, at_most=settings.rate_limit, within=settings.rate_window
    )
    if wait > 0:
        raise Problem(
            429,
            f"At most {settings.rate_limit} lessons can be asked for within "
            f"{settings.rate_window:.0f} seconds.",
            headers={"Retry-After": str(math.ceil(wait))},
        )


def _publish(backend: Backend, request: Request, message: Message) -> None:
    """Publish a request whose row is written. If that fails, the requeue does it later."""
    try:
        with breaker_of("Pub/Sub").call():
            backend.resources.publish(backend.request_topic, message.data, message.attributes)
    except VividlyError as error:
        LOG.warning("Request %s is pending, to be published later: %s", request.request_id, error)


def _accepted(row: Mapping[str, Any], response: Response) -> Accepted:
    found = links(row["id"])
    response.headers["Location"] = found.self
    return Accepted(request_id=row["id"], status=row["status"], links=found)


# -- showing -----------------------------------------------------------------------------------


def _summary(row: Mapping[str, Any], holder: Holder) -> dict[str, Any]:
    """The fields of a `Summary` from a row or a report."""
    request_id = row.get("request_id") or row["id"]
    return {
        **row,
        "request_id": request_id,
        "links": links(request_id),
        "cost_usd": row["cost_usd"] if holder.is_operator else None,
    }


def _details(report: dict[str, Any], holder: Holder) -> Details:
    request_id = report["request_id"]
    urls = {kind: f"{CONTENT}/requests/{request_id}/media/{kind}" for kind in report["urls"]}
    return Details(
        **_summary(report, holder)
        | {
            "urls": urls,
            "sources": sources_of(report["text"] or ""),
            "check": check_of(report["text"] or ""),
            "report": report if holder.is_operator else None,
        }
    )


def _cursor(row: Mapping[str, Any]) -> str:
    """Where a page ends: the time and the id of its last row."""
    position = f"{row['created_at'].astimezone(UTC).isoformat()} {row['id']}"
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _position(cursor: str) -> tuple[datetime, str]:
    """The (time, id) of a cursor.

    Raises:
        Problem: 422, it is not one of ours.
    """
    try:
        padded = cursor.rstrip("=") + "=" * (-len(cursor.rstrip("=")) % 4)
        at, _, request_id = base64.urlsafe_b64decode(padded).decode("ascii").partition(" ")
        time = datetime.fromisoformat(at)
    except (ValueError, binascii.Error):
        raise Problem(422, "The cursor is not one of this list.") from None
    if time.tzinfo != UTC or not UUID4.fullmatch(request_id):
        raise Problem(422, "The cursor is not one of this list.")
    return time, request_id


def _utc(time: datetime | None) -> datetime | None:
    """The time in UTC; without a zone it is that already.

    Raises:
        Problem: 422, it is before the year 1 or after the year 9999.
    """
    if time is None:
        return None
    try:
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except OverflowError:
        raise Problem(422, "A time is before the year 1 or after the year 9999.") from None
