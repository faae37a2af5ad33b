"""What the dear stages are going to use, before they do (`StageSpec.estimate`).

On the high side: a request that is let through should not end up over its limit.
"""

from __future__ import annotations

from collections.abc import Iterator

from vividly.execution.stages.base import StageContext
from vividly.model.gemini_models import THOUGHT_TOKENS
from vividly.model.lesson import Narration, Retrieved, Script
from vividly.model.settings import Settings
from vividly.platform.cost import Usage

PROMPT_TOKENS = 3_500
"""The writer's instructions, in tokens."""
CHARACTERS_PER_TOKEN = 3.5
SCRIPT_TOKENS = 3_000
"""A script as JSON; the thoughts before it come on top."""
CALLS = 2
"""A script is repaired once at most."""
SPEAK_WORKER_S = 4.0
RENDER_PER_SECOND = 0.1
"""Worker seconds for a second of video."""


def script(context: StageContext) -> Iterator[Usage]:
    """What writing the script takes."""
    settings = context.services.settings
    if settings.script_provider == "gemini":
        yield from script_calls(context.result("retrieve", Retrieved), settings, CALLS)


def script_calls(retrieved: Retrieved, settings: Settings, calls: int) -> Iterator[Usage]:
    """What so many calls of the script's model take."""
    read = sum(len(passage.text) for passage in retrieved.passages) / CHARACTERS_PER_TOKEN
    yield Usage(settings.script_model, "input_tokens", (PROMPT_TOKENS + read) * calls)
    written = SCRIPT_TOKENS + THOUGHT_TOKENS[settings.script_thinking]
    yield Usage(settings.script_model, "output_tokens", written * calls)


def speech(context: StageContext) -> Iterator[Usage]:
    """What speaking the script takes."""
    voice = context.services.synthesizer(context.request.language)
    if voice.sku:
        lines = context.result("write_script", Script).lines()
        yield Usage(voice.sku, "characters", sum(len(line.say) for _, _, line in lines) * 1.2)
    yield Usage("worker", "seconds", SPEAK_WORKER_S)


def rendering(context: StageContext) -> Iterator[Usage]:
    """What rendering the video takes."""
    seconds = context.result("speak", Narration).duration * RENDER_PER_SECOND
    yield Usage("worker", "seconds", seconds)
