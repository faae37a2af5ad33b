"""What a scene draws, held to what can be drawn: the last look at every writer's script.

A scene that names a kind without usable data for it is shown as an explanation, and that is
noted. Notes name scenes and kinds, and hold nothing of what a writer wrote.
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
"""Characters that a line shows at most."""
_FEWEST_WORDS = 2
_CLAUSE = re.compile(r"[.!?]\s|[;:,](?=\s)")
_VISUAL: TypeAdapter[Visual] = TypeAdapter(Visual)


def with_usable_visuals(scenes: Iterable[Scene]) -> tuple[tuple[Scene, ...], tuple[str, ...]]:
    """The scenes with those visuals that can be drawn, and notes on those that cannot.

    - An explanation that carries a visual is of the visual's kind.
    - A scene of a visual kind whose visual is missing, of another kind, cannot be drawn, or has
      no line that would bring any part of it on screen becomes an explanation.
    - An explanation that would be an empty slide shows its first words.
    - Scenes that explain nothing draw nothing.
    - A part that the visual does not have is none.
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
    """The script with `with_usable_visuals` applied, and its notes added."""
    scenes, notes = with_usable_visuals(script.scenes)
    return replace(script, scenes=scenes, notes=(*script.notes, *notes))


def as_explanation(scene: Scene, *, labelled: bool = True) -> Scene:
    """The scene in words alone. If no line shows anything, those that spoke of a part show its
    label; else the first line that rests on a source shows its first words.

    Args:
        labelled: whether the labels may be shown: not if they are at fault themselves.
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
    """How a line begins: its first clause, or as many of its first words as there is room for."""
    clause = _CLAUSE.split(say, maxsplit=1)[0].rstrip(" .!?;:,")
    if len(clause) <= most and len(clause.split()) >= _FEWEST_WORDS:
        return clause
    whole = say.strip().rstrip(" .!;:,")
    if len(whole) <= most:
        return whole
    return whole[: most - 1].rsplit(" ", 1)[0].rstrip(" .!?;:,") + "…"


def _of_its_kind(scene: Scene) -> Scene:
    """The scene as the kind that its visual is of, with the parts that there are."""
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
    """Why a scene that explains cannot draw what it is of the kind to draw, or nothing."""
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
