"""The slides of a lesson, one per scene."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

from PIL import Image

from vividly.lesson.video.layout import LANDSCAPE, Layout
from vividly.lesson.video.slides.base import Slide, SlideContext
from vividly.lesson.video.slides.diagram import DiagramSlide
from vividly.lesson.video.slides.explaining import ExplanationSlide, WorkedExampleSlide
from vividly.lesson.video.slides.opening import SourcesSlide, TitleSlide
from vividly.lesson.video.slides.practising import (
    AnswerSlide,
    MisconceptionSlide,
    QuestionSlide,
    TakeawaysSlide,
)
from vividly.lesson.video.slides.visual import CardsSlide, VisualSlide
from vividly.model.lesson import SceneKind, Script
from vividly.model.visuals import KINDS

__all__ = ["Slide", "slide_of", "slides_of"]

_PICTURE = (960, 860)
"""The shape in which the picture of a lesson is drawn."""
_NARROW = 0.25
"""The short side of a narrow picture as a part of its long side."""
_IN_WORDS: dict[SceneKind, type[Slide]] = {
    "title": TitleSlide,
    "explanation": ExplanationSlide,
    "worked_example": WorkedExampleSlide,
    "misconception": MisconceptionSlide,
    "takeaways": TakeawaysSlide,
    "check": QuestionSlide,
    "answer": AnswerSlide,
    "sources": SourcesSlide,
}
for _kind in KINDS:
    import_module(f"{__name__}.{_kind}")  # registers its slide in VisualSlide.of_kind


def slide_of(context: SlideContext) -> Slide:
    """Make the slide of a scene. A visual that does not fit is shown as cards."""
    kind = context.scene.kind
    if kind in _IN_WORDS:
        return _IN_WORDS[kind](context)
    if context.scene.visual is None:
        return ExplanationSlide(context)
    slide = VisualSlide.of_kind[context.scene.visual.kind](context)
    return slide if slide.fits else CardsSlide(context)


def slides_of(
    script: Script,
    *,
    captions: bool = True,
    layout: Layout = LANDSCAPE,
    figures: Mapping[str, Path] | None = None,
) -> tuple[Slide, ...]:
    """One slide per scene.

    Args:
        captions: whether to leave room for captions at the bottom.
        figures: object name -> file, of the script's figures.
    """
    drawn: dict[int, VisualSlide] = {}

    @cache
    def picture() -> Image.Image | None:
        """The first diagram, or else the first pictures of steps; a narrow one only if need be."""
        first = sorted(drawn.values(), key=lambda slide: not isinstance(slide, DiagramSlide))
        narrow = None
        for slide in first:
            if sketch := slide.sketch(*_PICTURE):
                if min(sketch.size) > _NARROW * max(sketch.size):
                    return sketch
                narrow = narrow or sketch
        return narrow

    hues: dict[str, str] = {}
    contexts = [
        SlideContext(script, position, captions, layout, figures or {}, picture, hues)
        for position in range(len(script.scenes))
    ]
    # Slides in words may show the picture of another, so those come first.
    for position, context in enumerate(contexts):
        if context.scene.visual is not None:
            slide = slide_of(context)
            if isinstance(slide, VisualSlide):
                drawn[position] = slide
    return tuple(drawn.get(n) or slide_of(context) for n, context in enumerate(contexts))
