"""The slides of a lesson, one per scene."""

from __future__ import annotations

from vividly.lesson import SceneKind, Script
from vividly.video.slides.base import Slide, SlideContext
from vividly.video.slides.explaining import ExplanationSlide, WorkedExampleSlide
from vividly.video.slides.opening import SourcesSlide, TitleSlide
from vividly.video.slides.practising import (
    AnswerSlide,
    MisconceptionSlide,
    QuestionSlide,
    TakeawaysSlide,
)

__all__ = ["Slide", "slides_of"]

_KINDS: dict[SceneKind, type[Slide]] = {
    "title": TitleSlide,
    "explanation": ExplanationSlide,
    "worked_example": WorkedExampleSlide,
    "misconception": MisconceptionSlide,
    "takeaways": TakeawaysSlide,
    "check": QuestionSlide,
    "answer": AnswerSlide,
    "sources": SourcesSlide,
}


def slides_of(script: Script, *, captions: bool = True) -> tuple[Slide, ...]:
    """One slide per scene.

    Args:
        captions: whether to leave room for captions at the bottom.
    """
    return tuple(
        _KINDS[scene.kind](SlideContext(script, position, captions))
        for position, scene in enumerate(script.scenes)
    )
