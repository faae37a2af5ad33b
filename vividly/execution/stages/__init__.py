"""The stages of a lesson, in order."""

from vividly.execution.stages.base import Deadline, StageContext, StageSpec
from vividly.execution.stages.media import DELIVER, RENDER, SPEAK
from vividly.execution.stages.text import FIND_LESSON, RETRIEVE, UNDERSTAND, WRITE_SCRIPT
from vividly.model.request import Request

STAGES = {
    stage.name: stage
    for stage in (UNDERSTAND, FIND_LESSON, RETRIEVE, WRITE_SCRIPT, SPEAK, RENDER, DELIVER)
}

__all__ = [
    "DELIVER",
    "FIND_LESSON",
    "RENDER",
    "RETRIEVE",
    "SPEAK",
    "STAGES",
    "UNDERSTAND",
    "WRITE_SCRIPT",
    "Deadline",
    "StageContext",
    "StageSpec",
    "plan",
]


def plan(request: Request) -> list[tuple[str, str]]:
    """(stage, `pending` or `skipped`) in order, by the modalities of the request."""
    return [
        (name, "pending" if stage.applies(request) else "skipped") for name, stage in STAGES.items()
    ]
