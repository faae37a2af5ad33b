"""Reviews a script that a model wrote, and lists what the model has to fix."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vividly.lesson import grounding, safety
from vividly.lesson.grounding import Finding
from vividly.lesson.scripting.pacing import scene_seconds
from vividly.lesson.scripting.reading_level import reading_grade, within
from vividly.lesson.speech.spoken import unsayable
from vividly.model.lesson import Script

SHORTEST_S, LONGEST_S = 110.0, 190.0
"""Accepted length: two to three minutes, with ten seconds for errors of the estimate."""


@dataclass(frozen=True)
class Review:
    """The result of a review.

    Attributes:
        findings: what the sources do not support.
        unsafe: (scene, line, category) of content unfit for a school; the line may be
            `grounding.HEADING` or `grounding.VISUAL`, as in a finding.
        unsayable: (scene, line, why) of lines with signs that no voice can say.
        seconds: estimated length.
        grade: measured school grade.
        requested: requested school grade.
        tolerance: accepted deviation from `requested`, in school grades.
        thread: where it loses its thread, as sentences for the model.
    """

    findings: tuple[Finding, ...]
    unsafe: tuple[tuple[int, int, str], ...]
    unsayable: tuple[tuple[int, int, str], ...]
    seconds: float
    grade: float
    requested: int
    tolerance: float
    thread: tuple[str, ...] = ()

    @property
    def in_level(self) -> bool:
        """Whether the reading grade is within the tolerance."""
        return within(self.grade, self.requested, self.tolerance)

    @property
    def in_time(self) -> bool:
        """Whether the estimated length is accepted."""
        return SHORTEST_S <= self.seconds <= LONGEST_S

    @property
    def sound(self) -> bool:
        """Whether nothing has to be removed."""
        return not self.faulty

    @property
    def said_soundly(self) -> bool:
        """Whether nothing but visuals has to be removed."""
        return all(line == grounding.VISUAL for _, line in self.faulty)

    @property
    def clean(self) -> bool:
        """Whether there is nothing to fix."""
        return self.sound and self.in_level and self.in_time and not self.thread

    @property
    def off_level(self) -> float:
        """Deviation from the requested grade, in school grades."""
        return abs(self.grade - self.requested)

    @property
    def faulty(self) -> frozenset[tuple[int, int]]:
        """The faulty (scene, line) positions."""
        found = {(f.scene, f.line) for f in self.findings}
        others = {(scene, line) for scene, line, _ in self.unsafe + self.unsayable}
        return frozenset(found | others)

    def counts(self) -> str:
        """Count the findings by kind, for operators: `2 number, 1 name`."""
        kinds: Counter[str] = Counter(f.kind for f in self.findings)
        kinds.update(f"unsafe ({category})" for _, _, category in self.unsafe)
        kinds.update("unsayable" for _ in self.unsayable)
        return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "nothing"

    def listed(self) -> str:
        """List what the model has to fix, one item per line."""
        return "\n".join(f"- {line}" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        for f in self.findings:
            where = f"Scene {f.scene + 1}, {_part(f.line)}"
            yield f"{where} ({f.kind}): {f.message.rstrip('.')}. At fault: {f.what!r}"
        for scene, line, category in self.unsafe:
            yield f"Scene {scene + 1}, {_part(line)}: not fit for a school ({category})"
        for scene, line, why in self.unsayable:
            yield f"Scene {scene + 1}, {_part(line)}: {why}"
        yield from self.thread
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


def _part(line: int) -> str:
    """Name the part of a scene that a finding is about, for the model."""
    named = {grounding.HEADING: "the heading", grounding.VISUAL: "the data of its visual"}
    return named.get(line, f"line {line + 1}")


def review(
    script: Script,
    findings: tuple[Finding, ...],
    *,
    thread: tuple[str, ...] = (),
    terms: Sequence[str],
    tolerance: float,
) -> Review:
    """Check a script's safety, length and reading level.

    Args:
        findings: what its sources do not support.
        thread: where it loses its thread; see `thread_faults`.
        terms: the terms that the lesson teaches; see `reading_grade`.
        tolerance: accepted deviation from the requested grade, in school grades.
    """
    text = "\n\n".join(" ".join(line.say for line in scene.lines) for scene in script.scenes)
    return Review(
        findings=findings,
        unsafe=tuple(_unsafe(script)),
        unsayable=tuple(_unsayable(script)),
        seconds=scene_seconds(script.scenes, script.grade_level, script.language),
        grade=reading_grade(text, script.language, taught=terms),
        requested=script.grade_level,
        tolerance=tolerance,
        thread=thread,
    )


def _unsayable(script: Script) -> Iterator[tuple[int, int, str]]:
    for scene, line, said in script.lines():
        if why := unsayable(said.say, script.language):
            yield scene, line, why


def _unsafe(script: Script) -> Iterator[tuple[int, int, str]]:
    told = [
        ((scene_at, line_at), f"{line.say} {line.show or ''}".strip())
        for scene_at, line_at, line in script.lines()
    ]
    told += [((at, grounding.HEADING), scene.heading) for at, scene in enumerate(script.scenes)]
    # Labels of a visual are checked together: they may be unsafe only in combination.
    told += [
        ((scene_at, grounding.VISUAL), " ; ".join(scene.visual.texts()))
        for scene_at, scene in enumerate(script.scenes)
        if scene.visual
    ]
    for found in safety.check_lines([text for _, text in told], language=script.language):
        if found.line is not None:
            yield *told[found.line][0], found.category
