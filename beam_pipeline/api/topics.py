"""What can be asked about."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from beam_pipeline.api.identity import Behind, Caller
from beam_pipeline.api.problems import described
from beam_pipeline.askable import topics_to_ask
from vividly.text.locales import primary_subtag

router = APIRouter(prefix="/api/v1", tags=["lessons"], responses=described(401, 422, 503))
Word = Annotated[str | None, Query(max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]


class Topic(BaseModel):
    """A topic, and the grades that it is meant for."""

    topic_id: str
    title: str
    subject: str
    grade_low: int
    grade_high: int
    language: str
    corpus: str


@router.get("/topics")
def topics(backend: Behind, _: Caller, subject: Word = None, language: Word = None) -> list[Topic]:
    """The topics that can be asked about, by subject. Students ask in their own words."""
    return [
        Topic(**one)
        for one in topics_to_ask(backend.engine)
        if (not subject or one["subject"] == subject)
        and (not language or one["language"] == primary_subtag(language))
    ]
