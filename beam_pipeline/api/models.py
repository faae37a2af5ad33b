"""The bodies of calls and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vividly.model.request import (
    CorrelationId,
    GradeLevel,
    Interest,
    Language,
    Modalities,
    Modality,
    RequestId,
    StudentId,
    StudentQuery,
)
from vividly.platform.ledger.schema import REQUEST_STATUSES

Status = Literal[REQUEST_STATUSES]  # type: ignore[valid-type]


class Question(BaseModel):
    """What a student asks. Unknown fields are kept in the message and ignored."""

    model_config = ConfigDict(
        strict=True,
        extra="allow",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "student_query": "Explain photosynthesis for basketball fans",
                    "grade_level": 10,
                    "interest": "basketball",
                }
            ]
        },
    )

    student_query: Annotated[StudentQuery, Field(description="3 to 500 characters.")]
    grade_level: GradeLevel
    interest: Annotated[Interest | None, Field(description="What the student cares about.")] = None
    requested_modalities: Modalities = ["video"]
    preferred_modality: Modality = "video"
    language: Annotated[Language, Field(description="A BCP 47 tag, such as es-MX.")] = "en-US"
    correlation_id: CorrelationId = ""
    follow_up_to: Annotated[
        RequestId | None,
        Field(description='An earlier request of the student, which "why?" is about.'),
    ] = None
    student_id: Annotated[
        StudentId | None,
        Field(description="Only operators may ask for somebody else; by default the caller."),
    ] = None


class Links(BaseModel):
    """Where to go on from a request."""

    self: str
    events: str
    cancel: str
    feedback: str


class Accepted(BaseModel):
    """A request that was accepted."""

    request_id: str
    status: Status
    links: Links


class Source(BaseModel):
    """Where a lesson's facts come from."""

    title: str
    section: str
    attribution: str
    licence: str
    url: str | None = None


class Check(BaseModel):
    """The question at the end of a lesson, and its answer."""

    question: str
    answer: str


class Answered(BaseModel):
    """What a student is told instead of a lesson, or besides it."""

    model_config = ConfigDict(extra="allow")

    message: str = ""
    questions: list[str] = []
    suggestions: list[str] = []
    help: list[str] = []


class Waiting(BaseModel):
    """Why a request is waiting, in one word, and until when if that is known."""

    why: str
    until: datetime | None = None


class Unmet(BaseModel):
    """Something that was asked for and that the lesson lacks."""

    wish: str
    message: str


class Summary(BaseModel):
    """A request in a list."""

    request_id: str
    student_id: str
    student_query: str
    grade_level: int
    interest: str | None
    language: str
    requested_modalities: list[str]
    status: Status
    progress_percentage: int
    current_stage: str | None
    topic: str | None
    created_at: datetime
    text_ready_at: datetime | None
    completed_at: datetime | None
    links: Links
    cost_usd: float | None = Field(None, description="For operators.")


class Details(Summary):
    """A request in full."""

    title: str | None
    text: Annotated[str | None, Field(description="The lesson in Markdown, as soon as it exists.")]
    urls: Annotated[
        dict[str, str],
        Field(description="Where the files are: video, audio, captions, transcript, ..."),
    ]
    sources: list[Source]
    check: Check | None
    answer: Answered | None
    unmet: list[Unmet]
    waiting: Waiting | None
    seconds_to_text: float | None
    seconds_to_end: float | None
    report: Annotated[
        dict[str, Any] | None,
        Field(description="For operators: stages, attempts, events and errors."),
    ] = None


class Page(BaseModel):
    """Some requests, newest first, and where the next ones are."""

    requests: list[Summary]
    next_cursor: Annotated[str | None, Field(description="None on the last page.")]
    next: Annotated[str | None, Field(description="The address of the next page.")]


class Cancelled(BaseModel):
    """What became of a request that was to be cancelled."""

    request_id: str
    status: Status
