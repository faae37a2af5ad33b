"""What students and teachers say about a lesson."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from beam_pipeline.api.identity import Behind, Caller
from beam_pipeline.api.problems import described
from beam_pipeline.api.requests import CONTENT, Id, visible
from vividly.model.request import Storable
from vividly.platform.ledger.feedback import feedback_on, give_feedback
from vividly.platform.ledger.front import COMPLAINTS

Complaint = Literal[COMPLAINTS]  # type: ignore[valid-type]
router = APIRouter(prefix=CONTENT, tags=["lessons"], responses=described(401, 404, 422, 503))


class Said(BaseModel):
    """What somebody says about a lesson; what they said before is replaced."""

    model_config = ConfigDict(strict=True, hide_input_in_errors=True)

    helpful: bool
    complaints: Annotated[list[Complaint], Field(max_length=len(COMPLAINTS))] = []
    comment: Annotated[str, StringConstraints(max_length=1000), Storable] | None = None


class Feedback(Said):
    """What was said, by whom and when."""

    given_by: str
    given_at: datetime


@router.post("/requests/{request_id}/feedback", status_code=204, responses=described(400, 413))
def give(request_id: Id, said: Said, backend: Behind, holder: Caller) -> None:
    """Say whether a lesson was helpful, and what was wrong with it."""
    visible(backend, holder, request_id)
    give_feedback(
        backend.engine,
        request_id,
        by=holder.student_id,
        helpful=said.helpful,
        complaints=tuple(dict.fromkeys(said.complaints)),
        comment=said.comment,
    )


@router.get("/requests/{request_id}/feedback")
def get(request_id: Id, backend: Behind, holder: Caller) -> list[Feedback]:
    """What was said about a lesson: by the caller, or for operators by all."""
    visible(backend, holder, request_id)
    found = feedback_on(backend.engine, request_id)
    return [
        Feedback(**{name: one[name] for name in Feedback.model_fields})
        for one in found
        if holder.is_operator or one["given_by"] == holder.student_id
    ]
