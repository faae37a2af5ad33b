"""`vividly preview`: what the scenes of a lesson look like, without speaking or encoding them."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from beam_pipeline.cli.context import out, reported
from beam_pipeline.cli.display import safe


def preview(
    lesson: Annotated[Path, typer.Argument(help="lesson.json of a finished lesson, or a script")],
    into: Annotated[Path, typer.Option("--out", help="folder of the pictures")] = Path("preview"),
    aspect: Annotated[str, typer.Option(help="16:9 or 9:16")] = "16:9",
    scene: Annotated[int, typer.Option(help="only this scene, from 1; 0 for all")] = 0,
    steps: Annotated[bool, typer.Option("--steps", help="each step of what appears")] = False,
    captions: Annotated[bool, typer.Option(help="leave room for captions")] = True,
) -> None:
    """Render single frames of each scene to PNG."""
    with reported():
        started = time.monotonic()
        script = _script_in(lesson)
        from vividly.video.layout import LAYOUTS
        from vividly.video.slides import slides_of

        if aspect not in LAYOUTS:
            raise typer.BadParameter(f"{aspect!r}: choose one of {', '.join(LAYOUTS)}")
        if not 0 <= scene <= len(script.scenes):
            raise typer.BadParameter(
                f"the lesson has {len(script.scenes)} scenes", param_hint="--scene"
            )
        into.mkdir(parents=True, exist_ok=True)
        slides = slides_of(script, captions=captions, layout=LAYOUTS[aspect])
        written = 0
        for number, slide in enumerate(slides, 1):
            if scene not in (0, number):
                continue
            last = len(slide.items)
            for revealed in range(last + 1) if steps else [last]:
                for turn in range(slide.turns(revealed)):
                    kind = script.scenes[number - 1].kind
                    step = f"-{revealed}" if steps else ""
                    page = f"-page{turn + 1}" if turn else ""
                    path = into / f"{number:02}-{kind}{step}{page}.png"
                    slide.paint(revealed, turn).save(path, compress_level=1)
                    written += 1
        seconds = time.monotonic() - started
        out.print(f"{written} pictures in {safe(str(into))} after {seconds:.1f} s")


def _script_in(path: Path) -> Any:
    """The script in a file: as the writer's stage keeps it, or as a finished lesson tells it."""
    from pydantic import ValidationError

    from vividly.errors import InvalidRequest
    from vividly.lesson import Script, from_json
    from vividly.publication import script_of_lesson

    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.strerror}") from error
    try:
        value = json.loads(data)
        if isinstance(value, dict) and value.get("@type") == "LearningResource":
            return script_of_lesson(value)
        return from_json(Script, data)
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise InvalidRequest(f"{path} is neither a lesson.json nor a script") from error
