"""The page of a teacher: the class's questions, and one question for the whole class."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from beam_pipeline.api.identity import Behind
from beam_pipeline.api.problems import Problem
from beam_pipeline.api.requests import list_requests, submit
from beam_pipeline.console.lessons import asking, faults_of, question_of
from beam_pipeline.console.rendering import page
from beam_pipeline.console.session import Form, Teacher, text_of
from vividly.model.errors import InvalidRequest
from vividly.model.request import StudentId

router = APIRouter(prefix="/class")
Count = Annotated[int, Query(ge=0, le=10_000)]


@router.get("")
def class_page(
    request: Request,
    backend: Behind,
    holder: Teacher,
    student: Annotated[StudentId | None, Query()] = None,
    cursor: Annotated[str | None, Query(max_length=200, pattern=r"^[A-Za-z0-9_-]+=*$")] = None,
    asked: Count = 0,
    refused: Count = 0,
) -> Response:
    """Who in the class asked what, and what came of it; newest first."""
    return _page(request, backend, holder, student, cursor, asked=asked, refused=refused)


@router.post("/ask")
def ask_for_class(request: Request, form: Form, backend: Behind, holder: Teacher) -> Response:
    """Ask one question for every student of the class. The lesson is made once for all."""
    key, asked = text_of(form, "key"), 0
    try:
        question = question_of(form)
        for student in holder.class_ids:
            try:
                submit(question, student, backend, holder, f"{key} {student}")
                asked += 1
            except Problem as error:
                if error.status != 429:
                    raise
    except (ValidationError, InvalidRequest) as error:
        faults = faults_of(error)
        return _page(request, backend, holder, None, None, 422, form=form, faults=faults)
    refused = len(holder.class_ids) - asked
    return RedirectResponse(f"/class?asked={asked}&refused={refused}", 303)


def _page(
    request: Request,
    backend: Behind,
    holder: Teacher,
    student: str | None,
    cursor: str | None,
    status: int = 200,
    *,
    form: FormData | None = None,
    faults: set[str] | None = None,
    asked: int = 0,
    refused: int = 0,
) -> Response:
    found = list_requests(backend, holder, None, student, None, None, None, 30, cursor)
    more = {"found": found, "student": student, "asked": asked, "refused": refused}
    return page(request, "class.html", status, **asking(request, form, faults), **more)
