"""Removes the faulty parts of a script that a model wrote, and what depends on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from vividly.lesson import grounding
from vividly.lesson.grounding.connective import taught_stems
from vividly.lesson.grounding.text import Lexicon, content, lexicon
from vividly.lesson.scripting.gemini_review import Review
from vividly.lesson.scripting.pacing import scene_seconds
from vividly.lesson.scripting.visuals import as_explanation
from vividly.model.errors import NoLesson
from vividly.model.lesson import Line, Scene, SceneKind, Script
from vividly.text.sentences import split_sentences
from vividly.text.words import PROSE, stem, words

LEAST_S = 60.0
"""Minimum length of the pruned script, in seconds."""
FEWEST_EXPLANATIONS = 2
WHOLE: tuple[SceneKind, ...] = ("worked_example", "misconception")
"""Kinds of scenes that are told whole or not at all."""
ABOUT: Mapping[SceneKind, int] = {"takeaways": 2, "check": 1, "answer": 1}
"""Kinds of scenes about what the lesson has taught, and the lines that each must keep."""


def pruned(script: Script, again: Callable[[Script], Review], found: Review) -> Script:
    """Return the script without its faults.

    It removes faulty visuals; then the text on screen of a faulty line, or else its faulty
    sentences, with those that lean on them ("So it doubles."). An example or a mix-up that lost
    a step goes whole, and so does a takeaway or check about what is gone. A scene that loses its
    visual becomes an explanation, with a note.

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
    # Lines may depend on removed ones by their numbers ("the 12 from before"): review once more.
    left = _without(left, again(left))
    left = _about_what_is_left(left, parts)
    # A visual may depend on passages that no remaining line cites.
    left = _undrawn(left, again(left))
    return _complete(left, found)


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
        replace(line, say=part) if at == 0 else replace(line, say=part, show=None, part=None)
        for at, part in enumerate(parts)
    )


def _without(script: Script, found: Review) -> Script:
    """Return the script without its faulty lines, and without those that lean on them."""
    lists = lexicon(script.language)
    scenes = []
    for scene_at, scene in enumerate(script.scenes):
        kept: list[Line] = []
        gone: frozenset[str] = frozenset()
        for at, line in enumerate(scene.lines):
            if (scene_at, at) in found.faulty or (gone and _leans(line.say, gone, lists)):
                gone |= frozenset(content(line.say, lists))
            else:
                gone = frozenset()
                kept.append(line)
        if scene.kind in WHOLE and _told(kept) != _told(scene.lines):
            kept = []
        scenes.append(_recounted(replace(scene, lines=tuple(kept)), scene, script.language))
    return replace(script, scenes=tuple(scenes))


def _leans(say: str, gone: Collection[str], lists: Lexicon) -> bool:
    """Whether a sentence needs the one before it: "It turns.", "The arrow of this force ...".

    Args:
        gone: the stems of what was said before it, and is removed.
    """
    said = words(say, PROSE)
    points_back = any(
        one in lists.lists.pointing and stem(noun, lists.language) in gone
        for one, noun in pairwise(said)
    )
    return points_back or any(word in lists.lists.leaning for word in said[:1])


def _told(lines: Sequence[Line]) -> list[str]:
    """What the lines say that rest on passages."""
    return [line.say for line in lines if line.passages]


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


def _about_what_is_left(script: Script, before: Script) -> Script:
    """Drop the takeaways and the check that speak mainly of what only removed lines told."""
    lists = lexicon(script.language)

    def taught(of: Script) -> frozenset[str]:
        scenes = [scene for scene in of.scenes if scene.kind not in ABOUT]
        return taught_stems([line.say for scene in scenes for line in scene.lines], lists)

    gone = taught(before) - taught(script)

    def stands(line: Line) -> bool:
        said = taught_stems([line.say], lists)
        return 2 * len(said & gone) <= len(said)

    scenes = [
        _recounted(
            replace(
                scene,
                lines=tuple(filter(stands, scene.lines)),
            ),
            scene,
            script.language,
        )
        if scene.kind in ABOUT
        else scene
        for scene in script.scenes
    ]
    return replace(script, scenes=tuple(scenes))


def _plain_headings(script: Script, found: Review) -> Script:
    at_fault = {scene for scene, line in found.faulty if line == grounding.HEADING}
    scenes = tuple(
        replace(scene, heading=script.title) if at in at_fault else scene
        for at, scene in enumerate(script.scenes)
    )
    return replace(script, scenes=scenes)


def _complete(script: Script, found: Review) -> Script:
    """Drop the scenes that lost their purpose.

    Raises:
        NoLesson: what is left is no lesson.
    """
    kept = [_opened(scene, script.title) for scene in script.scenes if _has_point(scene)]
    kinds = {scene.kind for scene in kept}
    if not {"check", "answer"} <= kinds:
        kept = [scene for scene in kept if scene.kind not in ("check", "answer")]
    explanations = sum(scene.explains for scene in kept)
    seconds = scene_seconds(kept, script.grade_level, script.language)
    if explanations < FEWEST_EXPLANATIONS or seconds < LEAST_S:
        raise NoLesson(
            f"the script says what its sources do not hold, and was not mended when asked: "
            f"{found.counts()}; without that it has {explanations} explanations and "
            f"{seconds:.0f} seconds. Retrieve better passages for the topic, or choose another "
            "script_model"
        )
    return replace(script, scenes=tuple(kept))


def _opened(scene: Scene, title: str) -> Scene:
    """A scene of the title that lost its lines says the title."""
    if scene.kind == "title" and not scene.lines:
        return replace(scene, lines=(Line(f"{title.rstrip('.!?')}."),))
    return scene


def _has_point(scene: Scene) -> bool:
    """Whether a scene still serves its purpose."""
    if scene.kind in ("title", "sources"):
        return True
    if scene.kind == "check":
        return any("?" in line.say for line in scene.lines)
    return len(_told(scene.lines)) >= ABOUT.get(scene.kind, 1)
