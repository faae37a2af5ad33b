"""Bringing a script nearer to the reading level that was asked for.

Only where sentences begin and end is changed: for younger students compound sentences become
two, for older ones neighbours become one. No word that bears a fact comes or goes, every line
goes on citing the passage that it came from, and a script is changed no further than it must
be, so that most sentences stay as their author wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

from vividly.lesson.scripting.pacing import SHORTEST_S, scene_seconds
from vividly.lesson.scripting.reading_level import measurable, reading_grade, within
from vividly.lesson.scripting.sentences import (
    Wording,
    join_sentences,
    split_sentence,
)
from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.lesson import Line, Passage, Scene, Source
from vividly.text.locales import DEFAULT, primary_subtag
from vividly.text.sentences import split_sentences
from vividly.text.words import singular

TOLERANCE = 1.5
"""School grades by which a script may be off, where the settings say nothing else."""
_KEPT_SCENES = ("check", "answer", "takeaways")
_EASY_WORDS = 27
"""A joined sentence up to this long is still easy to follow by ear."""


@dataclass(frozen=True)
class Fitted:
    """Scenes and the grade they read at."""

    scenes: tuple[Scene, ...]
    grade: float
    changes: int


def fit_level(
    scenes: Sequence[Scene],
    requested: float,
    tolerance: float,
    *,
    language: str,
    taught: Collection[str],
    wording: Wording,
) -> Fitted:
    """The scenes with as few sentences split or joined as bring them within the tolerance.

    Where that cannot be reached, the nearest that can. Only English is revised; a script in
    another language is left as it is, and measured where there are formulas (else: grade 0).

    Args:
        requested: the school grade asked for.
        taught: see `reading_grade`.
        wording: which words of the lesson are names.
    """
    if not measurable(language):
        return Fitted(tuple(scenes), 0.0, 0)
    best = Fitted(tuple(scenes), grade_of(scenes, language, taught), 0)
    if primary_subtag(language) != DEFAULT:  # the rules of sentences.py are for English
        return best
    wording |= shipped_wording()
    current = best
    while not within(current.grade, requested, tolerance):
        lower = current.grade > requested
        options = _splits(current.scenes) if lower else _joins(current.scenes, wording)
        fitting = [(cost, trial) for cost, trial in options if scene_seconds(trial) >= SHORTEST_S]
        if not fitting:
            break
        trial = min(fitting, key=lambda option: option[0])[1]
        current = Fitted(trial, grade_of(trial, language, taught), current.changes + 1)
        if (current.grade > requested) != lower and not within(current.grade, requested, tolerance):
            break  # One change too far: as good as it gets.
        if abs(current.grade - requested) < abs(best.grade - requested):
            best = current
    return best


def level_note(grade: float, requested: int, tolerance: float) -> tuple[str, ...]:
    """What is noted on a script whose reading level is too far from the grade asked for."""
    if within(grade, requested, tolerance):
        return ()
    if not grade:
        return ("reading level not measured: there are no formulas for the language",)
    return (
        f"reading level {grade:.1f} for grade {requested}: "
        "splitting and joining sentences brings it no nearer",
    )


@cache
def shipped_wording() -> Wording:
    """The wording of all lessons that come with the package: most words of school English."""
    return Wording.of(p.text for topic in load_topics().values() for p in topic_passages(topic))


def grade_of(scenes: Iterable[Scene], language: str, taught: Collection[str]) -> float:
    """The school grade of all that the scenes say."""
    text = "\n\n".join(" ".join(line.say for line in scene.lines) for scene in scenes)
    return reading_grade(text, language, taught=taught)


def cited_sources(scenes: Iterable[Scene], passages: Iterable[Passage]) -> tuple[Source, ...]:
    """The sources of all that is said, in the order of use, each once."""
    by_key = {passage.key: passage for passage in passages}
    used = [key for scene in scenes for line in scene.lines for key in line.passages]
    return tuple(dict.fromkeys(by_key[key].source for key in used))


_Option = tuple[tuple[float, ...], tuple[Scene, ...]]


def _splits(scenes: Sequence[Scene]) -> Iterator[_Option]:
    """Each way to make two sentences of one; the longest sentence first."""
    for scene_at, scene in enumerate(scenes):
        for line_at, line in enumerate(scene.lines):
            parts = split_sentences(line.say)
            for at, sentence in enumerate(parts):
                if (two := split_sentence(sentence)) is None:
                    continue
                say = " ".join([*parts[:at], *two, *parts[at + 1 :]])
                new = replace(line, say=say)
                cost = (-len(sentence.split()), scene_at, line_at, at)
                yield cost, _with(scenes, scene_at, line_at, 1, new)


def _joins(scenes: Sequence[Scene], wording: Wording) -> Iterator[_Option]:
    """Each way to make one sentence of two neighbours; the most natural first."""
    for scene_at, scene in enumerate(scenes):
        if scene.kind in _KEPT_SCENES:
            continue
        joined = sum(";" in line.say for line in scene.lines)
        for line_at, line in enumerate(scene.lines):
            parts = split_sentences(line.say)
            going_on = line_at > 0 and not _ends(scene.lines[line_at - 1])
            for at, (first, second) in enumerate(pairwise(parts)):
                one = join_sentences(first, second, wording)
                if one is not None and not (going_on and at == 0):
                    new = replace(line, say=" ".join([*parts[:at], one, *parts[at + 2 :]]))
                    cost = (_strain(first, second, one) + joined, scene_at, line_at)
                    yield cost, _with(scenes, scene_at, line_at, 1, new)
            if line_at + 1 < len(scene.lines):
                bridged = _bridged(scene.lines, line_at, wording)
                if bridged is not None:
                    *halves, strain = bridged
                    cost = (strain + joined, scene_at, line_at)
                    yield cost, _with(scenes, scene_at, line_at, 2, *halves)


def _bridged(lines: Sequence[Line], at: int, wording: Wording) -> tuple[Line, Line, float] | None:
    """A line and the next as the two halves of one sentence, and how strained it is.

    They stay two lines, so that each goes on showing its own words while it is said.
    """
    line, after = lines[at], lines[at + 1]
    if not line.passages or line.passages != after.passages:
        return None
    before, rest = split_sentences(line.say), split_sentences(after.say)
    within_longer = at and len(before) == 1 and not _ends(lines[at - 1])
    if within_longer or (len(rest) == 1 and not _ends(after)):
        return None
    one = join_sentences(before[-1], rest[0], wording)
    if one is None:
        return None
    first, second = one[: len(before[-1])], one[len(before[-1]) :].strip()
    return (
        replace(line, say=" ".join([*before[:-1], first])),
        replace(after, say=" ".join([second, *rest[1:]])),
        _strain(before[-1], rest[0], one),
    )


def _ends(line: Line) -> bool:
    """Whether a line ends its sentence."""
    return line.say.endswith((".", "?", "!"))


def _strain(first: str, second: str, one: str) -> float:
    """How far a joined sentence is from what a writer would have joined."""
    if "; " not in one:
        strain = 0.0
    else:
        strain = 1.0 if _words(first) & _words(second) or _points_back(second) else 2.0
    return strain + max(0, len(one.split()) - _EASY_WORDS) / 4


def _points_back(sentence: str) -> bool:
    return (
        re.match(r"(?:This|That|These|Those|They|It|Its|Their|There|Then)\b", sentence) is not None
    )


def _words(sentence: str) -> set[str]:
    return {singular(word) for word in re.findall(r"[^\W\d_]{5,}", sentence.lower())}


def _with(
    scenes: Sequence[Scene], scene_at: int, line_at: int, replaced: int, *lines: Line
) -> tuple[Scene, ...]:
    scene = scenes[scene_at]
    changed = (*scene.lines[:line_at], *lines, *scene.lines[line_at + replaced :])
    return (*scenes[:scene_at], replace(scene, lines=changed), *scenes[scene_at + 1 :])
