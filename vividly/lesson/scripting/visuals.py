"""The last check of every script: whether its visuals can be drawn.

A scene of a visual kind without usable data becomes an explanation, with a note. Notes name
scenes and kinds, and never quote the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any, cast

from pydantic import TypeAdapter, ValidationError

from vividly.model.lesson import VISUAL_KINDS, Line, Scene, Script
from vividly.model.visuals import Visual

LONGEST_SHOW = 64
"""Maximum number of characters that a line shows."""
_FEWEST_WORDS = 2
_CLAUSE = re.compile(r"[.!?]\s|[;:,](?=\s)")
_VISUAL: TypeAdapter[Visual] = TypeAdapter(Visual)


def with_usable_visuals(scenes: Iterable[Scene]) -> tuple[tuple[Scene, ...], tuple[str, ...]]:
    """Return the scenes with the visuals that can be drawn, and notes on the others.

    - An explanation with a visual takes the kind of the visual.
    - A scene of a visual kind becomes an explanation if its visual is missing, of another kind,
      or cannot be drawn, or if no line reveals any part of it.
    - An explanation that would be an empty slide shows its first words.
    - Scenes that are not explanations lose their visuals.
    - Lines lose part numbers that the visual does not have.
    """
    done: list[Scene] = []
    notes: list[str] = []
    for number, given in enumerate(scenes, 1):
        scene = _of_its_kind(given)
        name = scene.kind.replace("_", " ")
        if not scene.explains:
            if scene.visual:
                notes.append(f"scene {number}: {name} with a visual, which is left out")
            scene = replace(scene, visual=None, lines=_without_parts(scene.lines))
        elif why := _unusable(scene):
            notes.append(f"scene {number}: {name} {why}, shown as an explanation")
            scene = as_explanation(scene)
        elif scene.kind == "explanation" and not any(map(_shows, scene.lines)):
            scene = as_explanation(scene)
        done.append(scene)
    return tuple(done), tuple(notes)


def drawable(script: Script) -> Script:
    """Apply `with_usable_visuals` to a script and add the notes."""
    scenes, notes = with_usable_visuals(script.scenes)
    return replace(script, scenes=scenes, notes=(*script.notes, *notes))


def script_showing(visual: Visual, heading: str, subject: str = "physics") -> Script:
    """A script of one scene that speaks of each part of a visual in turn, to look at it."""
    lines = tuple(Line("Say this.", part=part) for part in range(1, visual.part_count + 1))
    return Script(
        topic_id="example",
        title="Example",
        subject=subject,
        grade_level=9,
        language="en-US",
        bridge="everyday",
        scenes=(Scene(visual.kind, heading, lines, visual=visual),),
        sources=(),
        writer="example",
    )


def as_explanation(scene: Scene, *, labelled: bool = True) -> Scene:
    """Convert a scene to an explanation without a visual.

    If no line shows anything, lines about a part of the visual show its label. If there are no
    labels, the first line with a citation shows its first words.

    Args:
        labelled: whether labels may be shown; False if the labels themselves are faulty.
    """
    lines = scene.lines
    labels = scene.visual.labels() if labelled and scene.visual else ()
    if not any(_shows(line) for line in lines):
        lines = tuple(replace(line, show=_label_of(line.part, labels)) for line in lines)
    if lines and not any(_shows(line) for line in lines):
        at = next((at for at, line in enumerate(lines) if line.passages), 0)
        shown = replace(lines[at], show=first_words(lines[at].say))
        lines = (*lines[:at], shown, *lines[at + 1 :])
    return replace(scene, kind="explanation", visual=None, lines=_without_parts(lines))


def first_words(say: str, most: int = LONGEST_SHOW) -> str:
    """Return a line's first clause, or as many of its first words as fit."""
    clause = _CLAUSE.split(say, maxsplit=1)[0].rstrip(" .!?;:,")
    if len(clause) <= most and len(clause.split()) >= _FEWEST_WORDS:
        return clause
    whole = say.strip().rstrip(" .!;:,")
    if len(whole) <= most:
        return whole
    return whole[: most - 1].rsplit(" ", 1)[0].rstrip(" .!?;:,") + "…"


def _of_its_kind(scene: Scene) -> Scene:
    """Give a scene the kind of its visual, and drop part numbers that do not exist."""
    if scene.visual and scene.kind == "explanation":
        scene = replace(scene, kind=scene.visual.kind)
    count = scene.visual.part_count if scene.visual else 0
    if all(line.part is None or 1 <= line.part <= count for line in scene.lines):
        return scene
    lines = tuple(
        replace(line, part=line.part if line.part and 1 <= line.part <= count else None)
        for line in scene.lines
    )
    return replace(scene, lines=lines)


def _unusable(scene: Scene) -> str:
    """Say why a scene of a visual kind cannot be drawn; "" if it can."""
    visual = scene.visual
    if scene.kind not in VISUAL_KINDS:
        return ""
    if visual is None:
        return "without data"
    if visual.kind != scene.kind:
        return f"with the data of a {visual.kind.replace('_', ' ')}"
    try:
        _VISUAL.validate_python(asdict(cast(Any, visual)))
    except ValidationError:
        return "with data out of bounds"
    if found := visual.problem():
        if visual.problem_quotes:
            return "that cannot be typeset"
        return f"that cannot be drawn ({found})"
    return "" if scene.reveals() else "that no line brings on screen"


def _label_of(part: int | None, labels: tuple[str, ...]) -> str | None:
    label = labels[part - 1] if part and part <= len(labels) else ""
    return first_words(label) or None


def _shows(line: Line) -> bool:
    return bool((line.show or "").strip())


def _without_parts(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    return tuple(replace(line, part=None) if line.part is not None else line for line in lines)
