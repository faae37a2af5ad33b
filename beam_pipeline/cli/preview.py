"""`vividly preview`: draw the scenes of a lesson without speech or video."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from beam_pipeline.cli.context import out, reported
from beam_pipeline.cli.display import safe

if TYPE_CHECKING:
    from vividly.lesson.video.layout import Layout
    from vividly.model.lesson import Script


def preview(
    lessons: Annotated[
        list[Path] | None,
        typer.Argument(metavar="LESSON...", help="lesson.json of finished lessons, or scripts."),
    ] = None,
    into: Annotated[Path, typer.Option("--out", help="Folder for the pictures.")] = Path("preview"),
    aspect: Annotated[str, typer.Option(help="16:9 or 9:16.")] = "16:9",
    scene: Annotated[int, typer.Option(help="Only this scene, from 1; 0 for all.")] = 0,
    steps: Annotated[
        bool, typer.Option("--steps", help="A picture per item that appears.")
    ] = False,
    captions: Annotated[bool, typer.Option(help="Leave room for captions.")] = True,
    visual: Annotated[
        Path | None, typer.Option(help="Draw one visual out of a JSON file, such as you author.")
    ] = None,
) -> None:
    """Render single frames of each scene to PNG; several lessons get a folder each.

    [bold]Examples[/]
      vividly preview .vividly/generated/videos/*.lesson.json
      vividly preview lesson.json --scene 3 --steps
      vividly preview --visual triangle.json --aspect 9:16
    """
    with reported():
        from vividly.lesson.video.layout import LAYOUTS

        if aspect not in LAYOUTS:
            raise typer.BadParameter(f"{aspect!r}: choose one of {', '.join(LAYOUTS)}")
        if bool(lessons) == bool(visual):
            raise typer.BadParameter("name lessons, or one file with --visual")
        folders = {visual: into} if visual else _folders(lessons or [], into)
        scripts = {path: _script_of(path) if visual else _script_in(path) for path in folders}
        for path, script in scripts.items():
            if not 0 <= scene <= len(script.scenes):
                raise typer.BadParameter(
                    f"{path} has {len(script.scenes)} scenes", param_hint="--scene"
                )
        for path, script in scripts.items():
            started, folder = time.monotonic(), folders[path]
            written = _draw(
                script, folder, LAYOUTS[aspect], only=scene, steps=steps, captions=captions
            )
            seconds = time.monotonic() - started
            out.print(f"{written} pictures in {safe(str(folder))} after {seconds:.1f} s")


def _folders(lessons: Sequence[Path], into: Path) -> dict[Path, Path]:
    """Lesson -> folder of its pictures; several lessons get a folder each, by file name."""
    if len(lessons) == 1:
        return {lessons[0]: into}
    folders = {path: into / path.name.split(".")[0] for path in lessons}
    if len(set(folders.values())) < len(folders):
        raise typer.BadParameter("two files have one name: preview them apart, each with --out")
    return folders


def _draw(
    script: Script, folder: Path, layout: Layout, *, only: int, steps: bool, captions: bool
) -> int:
    """Write the pictures of a script; returns their number."""
    from vividly.lesson.video.slides import slides_of

    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for number, slide in enumerate(slides_of(script, captions=captions, layout=layout), 1):
        if only not in (0, number):
            continue
        last = len(slide.items)
        for revealed in range(last + 1) if steps else [last]:
            for turn in range(slide.turns(revealed)):
                kind = script.scenes[number - 1].kind
                step = f"-{revealed}" if steps else ""
                page = f"-page{turn + 1}" if turn else ""
                path = folder / f"{number:02}-{kind}{step}{page}.png"
                slide.paint(revealed, turn).save(path, compress_level=1)
                written += 1
    return written


def _script_in(path: Path) -> Script:
    """The script in a file: a result of the stage `write_script`, or a lesson.json."""
    from pydantic import ValidationError

    from vividly.execution.lesson_files import script_of_lesson
    from vividly.model.errors import InvalidRequest
    from vividly.model.lesson import Script, from_json

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


def _script_of(path: Path) -> Script:
    """A script that shows the visual in a JSON file; the message says why one cannot be drawn."""
    from pydantic import TypeAdapter, ValidationError

    from vividly.lesson.scripting.visuals import script_showing
    from vividly.model.errors import InvalidRequest
    from vividly.model.visuals import Visual

    try:
        found: Visual = TypeAdapter(Visual).validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidRequest(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()[:5]
        )
        raise InvalidRequest(f"{path} is no visual: {faults}") from error
    if problem := found.problem():
        raise InvalidRequest(f"{path} cannot be drawn: {problem}")
    return script_showing(found, found.kind.replace("_", " ").capitalize())
