"""Removes the faulty parts of a script that a model wrote."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace

from vividly.lesson import grounding
from vividly.lesson.grounding.text import lexicon
from vividly.lesson.scripting.gemini_review import Review
from vividly.lesson.scripting.pacing import scene_seconds
from vividly.lesson.scripting.visuals import as_explanation
from vividly.model.errors import NoLesson
from vividly.model.lesson import Line, Scene, SceneKind, Script
from vividly.text.sentences import split_sentences
from vividly.text.words import PROSE, words

LEAST_S = 90.0
"""Minimum length of the pruned script, in seconds."""
FEWEST_EXPLANATIONS = 2
_WHOLE: Mapping[SceneKind, int] = {"title": 1, "takeaways": 2, "check": 1, "answer": 1}
"""Kinds of scene that a script must keep, and the lines that each must keep (`_has_point`)."""


def pruned(script: Script, again: Callable[[Script], Review], found: Review) -> Script:
    """Return the script without its faults.

    It removes faulty visuals; then the text on screen of a faulty line, or else its faulty
    sentences. A scene that loses its visual becomes an explanation, with a note.

    Args:
        again: reviews a script.
        found: the review of `script`.

    Raises:
        NoLesson: too little is left for a lesson; the message counts the findings.
    """
    before = script
    script = _undrawn(script, found)
    if script is not before:
        found = again(script)
    shown = _map_lines(script, found, lambda line: (replace(line, show=None),))
    after = again(shown)
    kept = _merged(script, found, after, shown)
    parts = _map_lines(kept, again(kept), _sentences)
    left = _without(parts, again(parts))
    # The lesson's title replaces a heading that the sources do not support.
    left = _plain_headings(left, again(left))
    # The rest may depend on removed sentences ("so it doubles"), so review it again.
    left = _without(left, again(left))
    # A visual may depend on passages that no remaining line cites.
    left = _undrawn(left, again(left))
    return _complete(left, script, found)


def _undrawn(script: Script, found: Review) -> Script:
    """Return the script without its faulty visuals."""
    at_fault = sorted(scene for scene, line in found.faulty if line == grounding.VISUAL)
    if not at_fault:
        return script
    scenes, notes = list(script.scenes), list(script.notes)
    for at in at_fault:
        name = scenes[at].kind.replace("_", " ")
        notes.append(f"scene {at + 1}: {name} at fault, shown as an explanation")
        scenes[at] = as_explanation(scenes[at], labelled=False)
    return replace(script, scenes=tuple(scenes), notes=tuple(notes))


def _merged(script: Script, found: Review, after: Review, shown: Script) -> Script:
    """Restore the text on screen of each line, unless only removing it fixed the line."""
    scenes = []
    for scene_at, scene in enumerate(script.scenes):
        lines = [
            bare if (scene_at, at) in found.faulty and (scene_at, at) not in after.faulty else line
            for at, (line, bare) in enumerate(
                zip(scene.lines, shown.scenes[scene_at].lines, strict=True)
            )
        ]
        scenes.append(replace(scene, lines=tuple(lines)))
    return replace(script, scenes=tuple(scenes))


def _map_lines(script: Script, found: Review, into: Callable[[Line], tuple[Line, ...]]) -> Script:
    """Replace each faulty line with the lines that `into` returns."""
    scenes = tuple(
        replace(
            scene,
            lines=tuple(
                new
                for at, line in enumerate(scene.lines)
                for new in (into(line) if (scene_at, at) in found.faulty else (line,))
            ),
        )
        for scene_at, scene in enumerate(script.scenes)
    )
    return replace(script, scenes=scenes)


def _sentences(line: Line) -> tuple[Line, ...]:
    """Split a line into sentences. The first keeps the text on screen and the visual's part."""
    parts = split_sentences(line.say)
    return tuple(
        replace(line, say=part) if at == 0 else Line(part, None, line.passages)
        for at, part in enumerate(parts)
    )


def _without(script: Script, found: Review) -> Script:
    return _map_lines(script, found, lambda line: ())


def _plain_headings(script: Script, found: Review) -> Script:
    at_fault = {scene for scene, line in found.faulty if line == grounding.HEADING}
    scenes = tuple(
        replace(scene, heading=script.title) if at in at_fault else scene
        for at, scene in enumerate(script.scenes)
    )
    return replace(script, scenes=scenes)


def _complete(script: Script, before: Script, found: Review) -> Script:
    """Drop the scenes that lost their purpose.

    Raises:
        NoLesson: too little is left.
    """
    kept = [
        _recounted(scene, was, script.language)
        for scene, was in zip(script.scenes, before.scenes, strict=True)
        if _has_point(scene, was)
    ]
    kinds = Counter("explanation" if scene.explains else scene.kind for scene in kept)
    needed = Counter(dict.fromkeys((*_WHOLE, "worked_example"), 1))
    needed["explanation"] = FEWEST_EXPLANATIONS
    missing = sorted(kind for kind, count in needed.items() if kinds[kind] < count)  # type: ignore[index]
    seconds = scene_seconds(kept, script.grade_level)
    if missing or seconds < LEAST_S:
        lost = f"no usable {', '.join(missing)}" if missing else f"only {seconds:.0f} seconds"
        raise NoLesson(
            f"the script says what its sources do not hold, and was not mended when asked: "
            f"{found.counts()}; without that it has {lost}. Retrieve better passages for the "
            f"topic, or choose another script_model"
        )
    return replace(script, scenes=tuple(kept))


def _recounted(scene: Scene, was: Scene, language: str) -> Scene:
    """Drop uncited lines with numbers ("these three points") if the scene lost lines."""
    if len(scene.lines) == len(was.lines):
        return scene
    numbers = lexicon(language).lists.numbers
    lines = [
        line
        for line in scene.lines
        if line.passages or not any(word in numbers for word in words(line.say, PROSE))
    ]
    return replace(scene, lines=tuple(lines))


def _has_point(scene: Scene, was: Scene) -> bool:
    """Whether a scene still serves its purpose."""
    cited = [line for line in scene.lines if line.passages]
    if scene.kind == "sources":
        return True
    if scene.kind == "title":
        return bool(scene.lines)
    if scene.kind == "worked_example":
        # It needs the problem at its beginning and the result at its end.
        told = [line.say for line in was.lines if line.passages]
        return (
            len(cited) >= 2
            and told[0].startswith(cited[0].say)
            and told[-1].endswith(cited[-1].say)
        )
    if scene.kind == "misconception":
        return len(cited) >= 2
    if scene.kind == "check":
        return any("?" in line.say for line in scene.lines)
    return len(cited) >= _WHOLE.get(scene.kind, 1)
