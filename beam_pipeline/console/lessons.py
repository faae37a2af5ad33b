"""The pages of who learns: ask, watch a lesson, look at earlier ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from beam_pipeline.api import events, feedback, media
from beam_pipeline.api.identity import Behind
from beam_pipeline.api.lessons import body_of, check_of, sources_of
from beam_pipeline.api.models import Question
from beam_pipeline.api.problems import Problem
from beam_pipeline.api.requests import Id, cancel, list_requests, no_such_request, submit
from beam_pipeline.console.rendering import new_key, page
from beam_pipeline.console.session import Form, SignedIn, language_of, text_of
from vividly.execution.lesson_files import LICENCE_URLS
from vividly.execution.report import reports
from vividly.model.errors import InvalidRequest
from vividly.model.request import GRADES, QUERY_LENGTH, parse_request
from vividly.platform.ledger import queries
from vividly.platform.ledger.feedback import feedback_on
from vividly.platform.ledger.front import COMPLAINTS
from vividly.platform.ledger.schema import ENDED
from vividly.text.locales import known_locales, locale_for

router = APIRouter()
SHOWN_STAGES = ("understand", "find_lesson", "retrieve", "write_script", "speak", "render")
"""The stages whose progress is shown; the last one, `deliver`, takes a moment."""
_GRADES = tuple(map(str, range(GRADES[0], GRADES[1] + 1)))
WANTED: Mapping[str, list[str]] = {"video": ["video"], "audio": ["audio"], "text": ["text"]}
_ASKED_AGAIN = ("failed", "cancelled")
"""Ends after which the same question can be asked again."""
DOWNLOADS = ("video", "audio", "captions", "transcript")


# -- asking ------------------------------------------------------------------------------------


@router.get("/")
def ask_page(request: Request, _: SignedIn) -> Response:
    """The page to ask a question."""
    return page(request, "ask.html", **asking(request))


@router.post("/ask")
def ask(request: Request, form: Form, backend: Behind, holder: SignedIn) -> Response:
    """Ask a question, and go to its lesson."""
    try:
        row = submit(
            question_of(form), holder.student_id, backend, holder, text_of(form, "key") or None
        )
    except (ValidationError, InvalidRequest) as error:
        return page(request, "ask.html", 422, **asking(request, form, faults_of(error)))
    except Problem as error:
        if error.status != 429:
            raise
        wait = error.headers["Retry-After"]
        answer = page(request, "ask.html", 429, **asking(request, form, wait=wait))
        answer.headers["Retry-After"] = wait
        return answer
    return RedirectResponse(f"/lessons/{row['id']}", 303)


def question_of(form: FormData) -> Question:
    """The question that a form asks.

    Raises:
        ValidationError: a field is not valid.
    """
    grade = text_of(form, "grade_level")
    fields: dict[str, Any] = {
        "student_query": text_of(form, "student_query"),
        "grade_level": int(grade) if grade in _GRADES else None,
        "interest": text_of(form, "interest") or None,
        "requested_modalities": WANTED.get(text_of(form, "wanted"), ["video"]),
        "language": text_of(form, "language") or "en-US",
        "follow_up_to": text_of(form, "follow_up_to") or None,
    }
    return Question.model_validate(fields)


def faults_of(error: ValidationError | InvalidRequest) -> set[str]:
    """The names of the fields that are not valid."""
    if isinstance(error, InvalidRequest):
        return {name for name, _ in error.faults}
    return {str(fault["loc"][0]) for fault in error.errors()}


def asking(
    request: Request,
    form: FormData | None = None,
    faults: set[str] | None = None,
    wait: str | None = None,
) -> dict[str, Any]:
    """What the form to ask shows: what was filled in, and what is wrong with it."""
    language = language_of(request)
    locale = locale_for(language)
    given = form or FormData({"language": locale.pages.lessons_in})
    return {
        "form": {
            name: text_of(given, name)
            for name in (
                "student_query",
                "grade_level",
                "interest",
                "wanted",
                "language",
                "follow_up_to",
            )
        },
        "faults": faults or set(),
        "wait": wait,
        "key": new_key(),
        "grades": range(GRADES[0], GRADES[1] + 1),
        "query_length": QUERY_LENGTH,
        "interests": sorted(one.name for one in locale.names.interests.values()),
        "examples": locale.pages.examples,
        "lesson_languages": [
            (locale_for(tag).pages.lessons_in, locale_for(tag).pages.own_name)
            for tag in known_locales()
        ],
    }


# -- one lesson --------------------------------------------------------------------------------


@router.get("/lessons/{request_id}")
def lesson_page(request_id: Id, request: Request, backend: Behind, holder: SignedIn) -> Response:
    """A lesson: how far it is, its text as soon as it exists, and its files."""
    return page(request, "lesson.html", **lesson(request_id, backend, holder))


@router.post("/lessons/{request_id}/check")
def check(
    request_id: Id, request: Request, form: Form, backend: Behind, holder: SignedIn
) -> Response:
    """Compare an answer to the check question with the lesson's own."""
    own = text_of(form, "answer")[:1000]
    return page(request, "lesson.html", **lesson(request_id, backend, holder, own))


@router.post("/lessons/{request_id}/feedback")
def say(
    request_id: Id, request: Request, form: Form, backend: Behind, holder: SignedIn
) -> Response:
    """Say whether a lesson was helpful, and what was wrong with it."""
    try:
        said = feedback.Said(
            helpful=text_of(form, "helpful") == "yes",
            complaints=[str(one) for one in form.getlist("complaints")],
            comment=text_of(form, "comment")[:1000] or None,
        )
    except ValidationError:
        raise Problem(422, "The form cannot be read.") from None
    feedback.give(request_id, said, backend, holder)
    return RedirectResponse(f"/lessons/{request_id}", 303)


@router.post("/lessons/{request_id}/cancel")
def stop(request_id: Id, backend: Behind, holder: SignedIn) -> Response:
    """Stop a lesson that is being made; one that has ended stays as it is."""
    try:
        cancel(request_id, backend, holder)
    except Problem as error:
        if error.status != 409:
            raise
    return RedirectResponse(f"/lessons/{request_id}", 303)


@router.get("/lessons/{request_id}/events")
def follow(
    request_id: Id,
    request: Request,
    backend: Behind,
    holder: SignedIn,
    last_event_id: Annotated[str | None, Header(pattern=r"^\d{1,18}$")] = None,
) -> Response:
    """The events of a lesson, as of the API."""
    return events.events(request_id, request, backend, holder, last_event_id)


@router.get("/lessons/{request_id}/media/{kind}")
def file(
    request_id: Id,
    kind: media.Kind,
    backend: Behind,
    holder: SignedIn,
    download: Annotated[bool, Query()] = False,
) -> Response:
    """A file of a lesson, as of the API. A browser may keep it: it does not change."""
    answer = media.media(request_id, kind, backend, holder, download)
    if answer.status_code == 200:
        answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def lesson(request_id: str, backend: Behind, holder: SignedIn, own: str = "") -> dict[str, Any]:
    """What the page of a lesson shows.

    Args:
        own: the reader's answer to the check question, if it was given.
    """
    report = next(iter(reports(backend.engine, [request_id])), None)
    if report is None or not holder.may_see(report["student_id"]):
        raise no_such_request()
    text = report["text"] or ""
    steps = {stage["stage_name"]: stage["status"] for stage in report["stages"]}
    wants_media = report["requested_modalities"] != ["text"]
    given = feedback_on(backend.engine, request_id)
    said = [one for one in given if one["given_by"] == holder.student_id]
    return {
        "lesson": report,
        "ended": report["status"] in ENDED,
        "body": body_of(text) if text else "",
        "sources": [(one, LICENCE_URLS.get(one.licence)) for one in sources_of(text)],
        "check": check_of(text),
        "own": own,
        "steps": [
            (name, steps.get(name, "pending"))
            for name in SHOWN_STAGES
            if steps.get(name) != "skipped" and (wants_media or name not in ("speak", "render"))
        ],
        "files": [kind for kind in DOWNLOADS if kind in report["urls"]],
        "said": said[0] if said else None,
        "complaints": COMPLAINTS,
        "key": new_key(),
        "answer": report["answer"] or {},
        "follows": _follows(request_id, backend) if report["status"] in _ASKED_AGAIN else "",
    }


def _follows(request_id: str, backend: Behind) -> str:
    """The request that a request follows up; "" if none."""
    row = queries.message_of(backend.engine, request_id)
    if not row or not row["message_data"]:
        return ""
    return parse_request(row["message_data"]).follow_up_to or ""


# -- earlier ones ------------------------------------------------------------------------------


@router.get("/lessons")
def lessons_page(
    request: Request,
    backend: Behind,
    holder: SignedIn,
    cursor: Annotated[str | None, Query(max_length=200, pattern=r"^[A-Za-z0-9_-]+=*$")] = None,
) -> Response:
    """The reader's own lessons, newest first."""
    found = list_requests(backend, holder, None, holder.student_id, None, None, None, 20, cursor)
    return page(request, "lessons.html", found=found)
