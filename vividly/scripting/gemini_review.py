"""What is wrong with a script that a model wrote, in words for the model, and what is left of it
once that is taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from vividly import grounding, safety
from vividly.errors import PermanentError
from vividly.grounding import Finding
from vividly.grounding.text import lexicon, sentences, words
from vividly.lesson import Line, Passage, Scene, SceneKind, Script
from vividly.scripting.pacing import scene_seconds
from vividly.scripting.reading_level import reading_grade, within

SHORTEST_S, LONGEST_S = 110.0, 190.0
"""An estimate may be ten seconds off the two to three minutes that a lesson takes."""
LEAST_S = 90.0
"""What must be left at the least."""
FEWEST_EXPLANATIONS = 2
_WHOLE: Mapping[SceneKind, int] = {"title": 1, "takeaways": 2, "check": 1, "answer": 1}
"""The lines that a scene must keep."""


@dataclass(frozen=True)
class Review:
    """What was found in a script.

    Attributes:
        findings: what its sources do not hold.
        unsafe: (scene, line, category) of what is not for a school.
        seconds: how long it would take, estimated.
        grade: the school grade that it reads at.
        requested: the grade it was to read at.
    """

    findings: tuple[Finding, ...]
    unsafe: tuple[tuple[int, int, str], ...]
    seconds: float
    grade: float
    requested: int
    tolerance: float

    @property
    def in_level(self) -> bool:
        """Whether it reads as it should."""
        return within(self.grade, self.requested, self.tolerance)

    @property
    def in_time(self) -> bool:
        """Whether it lasts as long as it should."""
        return SHORTEST_S <= self.seconds <= LONGEST_S

    @property
    def sound(self) -> bool:
        """Whether nothing has to be taken out."""
        return not self.findings and not self.unsafe

    @property
    def clean(self) -> bool:
        """Whether there is nothing to mend."""
        return self.sound and self.in_level and self.in_time

    @property
    def off_level(self) -> float:
        """By how many grades it is off."""
        return abs(self.grade - self.requested)

    @property
    def faulty(self) -> frozenset[tuple[int, int]]:
        """The (scene, line) positions at fault."""
        found = {(f.scene, f.line) for f in self.findings}
        return frozenset(found | {(scene, line) for scene, line, _ in self.unsafe})

    def counts(self) -> str:
        """What was found, by kind, for operators: `2 number, 1 name`."""
        kinds: Counter[str] = Counter(f.kind for f in self.findings)
        kinds.update(f"unsafe ({category})" for _, _, category in self.unsafe)
        return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "nothing"

    def listed(self) -> str:
        """What to mend, one to a line, for the model."""
        return "\n".join(f"- {line}" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        for f in self.findings:
            part = "the heading" if f.line == grounding.HEADING else f"line {f.line + 1}"
            yield f"Scene {f.scene + 1}, {part} ({f.kind}): {f.message}. At fault: {f.what!r}"
        for scene, line, category in self.unsafe:
            yield f"Scene {scene + 1}, line {line + 1}: not fit for a school ({category})"
        if not self.in_time:
            want = "longer" if self.seconds < SHORTEST_S else "shorter"
            yield f"The whole takes {self.seconds:.0f} seconds; make it {want}: 130 to 170"
        if not self.in_level:
            hard = self.grade > self.requested
            how = (
                "split long sentences and take shorter, plainer words"
                if hard
                else "join short sentences and use the terms of the subject"
            )
            level = f"grade {self.grade:.1f} and is for grade {self.requested}"
            yield f"The whole reads at {level}: {how}"


def review(
    script: Script,
    passages: Sequence[Passage],
    *,
    interest: str | None,
    terms: Sequence[str],
    tolerance: float,
) -> Review:
    """Everything that is wrong with a script.

    Args:
        terms: what the lesson teaches; see `reading_grade`.
        tolerance: school grades by which it may be off.
    """
    text = "\n\n".join(" ".join(line.say for line in scene.lines) for scene in script.scenes)
    return Review(
        findings=grounding.check(script, passages, bridge_interest=interest),
        unsafe=tuple(_unsafe(script)),
        seconds=scene_seconds(script.scenes),
        grade=reading_grade(text, script.language, taught=terms),
        requested=script.grade_level,
        tolerance=tolerance,
    )


def _unsafe(script: Script) -> Iterator[tuple[int, int, str]]:
    lines = list(script.lines())
    texts = [f"{line.say} {line.show or ''}".strip() for _, _, line in lines]
    for found in safety.check_lines(texts, language=script.language):
        if found.line is not None:
            scene_at, line_at, _ = lines[found.line]
            yield scene_at, line_at, found.category


def pruned(script: Script, again: Callable[[Script], Review], found: Review) -> Script:
    """The script without what is at fault: what is shown, else a sentence, else the line.

    Args:
        again: reviews a script.

    Raises:
        PermanentError: too little is left for a lesson; the message says what was found.
    """
    shown = _map_lines(script, found, lambda line: (replace(line, show=None),))
    after = again(shown)
    kept = _merged(script, found, after, shown)
    parts = _map_lines(kept, again(kept), _sentences)
    left = _without(parts, again(parts))
    # A heading that names what no source does is replaced by the plainest one.
    left = _plain_headings(left, again(left))
    # What is left may lean on what is gone ("so it doubles"): look once more.
    left = _without(left, again(left))
    return _complete(left, script, found)


def _merged(script: Script, found: Review, after: Review, shown: Script) -> Script:
    """Each line with what it shows, unless it is only right without."""
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
    """The script with each line at fault replaced."""
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
    """A line sentence by sentence; what it shows goes with the first."""
    parts = sentences(line.say)
    return tuple(
        Line(part, line.show if at == 0 else None, line.passages) for at, part in enumerate(parts)
    )


def _without(script: Script, found: Review) -> Script:
    return _map_lines(script, found, lambda line: ())


def _plain_headings(script: Script, found: Review) -> Script:
    at_fault = {f.scene for f in found.findings if f.line == grounding.HEADING}
    scenes = tuple(
        replace(scene, heading=script.title) if at in at_fault else scene
        for at, scene in enumerate(script.scenes)
    )
    return replace(script, scenes=scenes)


def _complete(script: Script, before: Script, found: Review) -> Script:
    """The script without scenes that have lost their point, if enough is left."""
    kept = [
        _recounted(scene, was, script.language)
        for scene, was in zip(script.scenes, before.scenes, strict=True)
        if _has_point(scene, was)
    ]
    kinds = Counter(scene.kind for scene in kept)
    needed = Counter(dict.fromkeys((*_WHOLE, "worked_example"), 1))
    needed["explanation"] = FEWEST_EXPLANATIONS
    missing = sorted(kind for kind, count in needed.items() if kinds[kind] < count)  # type: ignore[index]
    seconds = scene_seconds(kept)
    if missing or seconds < LEAST_S:
        lost = f"no usable {', '.join(missing)}" if missing else f"only {seconds:.0f} seconds"
        raise PermanentError(
            f"the script says what its sources do not hold, and was not mended when asked: "
            f"{found.counts()}; without that it has {lost}. Retrieve better passages for the "
            f"topic, or choose another script_model"
        )
    return replace(script, scenes=tuple(kept))


def _recounted(scene: Scene, was: Scene, language: str) -> Scene:
    """The scene without "these three points" where there are no longer three."""
    if len(scene.lines) == len(was.lines):
        return scene
    numbers = lexicon(language).numbers
    lines = [
        line
        for line in scene.lines
        if line.passages or not any(word in numbers for word in words(line.say))
    ]
    return replace(scene, lines=tuple(lines))


def _has_point(scene: Scene, was: Scene) -> bool:
    """Whether a scene still does what it is for."""
    cited = [line for line in scene.lines if line.passages]
    if scene.kind == "sources":
        return True
    if scene.kind == "title":
        return bool(scene.lines)
    if scene.kind == "worked_example":
        # The problem at its beginning and the result at its end are what it is about.
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
