"""Adjusts a script to the requested reading level by splitting or joining sentences.

Compound sentences are split for younger students, and adjacent sentences are joined for older
ones. No factual word changes, every line keeps its citations, and the script changes as little
as possible.
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
"""Default for the accepted deviation from the requested grade, in school grades."""
_KEPT_SCENES = ("check", "answer", "takeaways")
_EASY_WORDS = 27
"""Number of words up to which a joined sentence is easy to follow by ear."""


@dataclass(frozen=True)
class Fitted:
    """Scenes, their measured reading grade, and the number of changes made."""

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
    """Split or join as few sentences as needed to bring scenes within the tolerance.

    If that is impossible, it returns the nearest result. It revises only English. Scripts in
    other languages are only measured; without a formula for the language the grade is 0.

    Args:
        requested: the requested school grade.
        tolerance: accepted deviation, in school grades.
        taught: see `reading_grade`.
        wording: the lesson's wording, to tell names from other words.
    """
    if not measurable(language):
        return Fitted(tuple(scenes), 0.0, 0)
    best = Fitted(tuple(scenes), grade_of(scenes, language, taught), 0)
    if primary_subtag(language) != DEFAULT:  # the rules of sentences.py are for English
        return best
    wording |= shipped_wording()
    current = best
    seconds = scene_seconds(scenes, requested, language)
    # A short lesson may get a little shorter.
    shortest = SHORTEST_S if seconds >= SHORTEST_S else 0.9 * seconds
    while not within(current.grade, requested, tolerance):
        lower = current.grade > requested
        options = _splits(current.scenes) if lower else _joins(current.scenes, wording)
        cheapest_first = (trial for _, trial in sorted(options, key=lambda option: option[0]))
        trial = next(
            (t for t in cheapest_first if scene_seconds(t, requested, language) >= shortest), None
        )
        if trial is None:
            break
        current = Fitted(trial, grade_of(trial, language, taught), current.changes + 1)
        if (current.grade > requested) != lower and not within(current.grade, requested, tolerance):
            break  # One change too far: as good as it gets.
        if abs(current.grade - requested) < abs(best.grade - requested):
            best = current
    return best


def level_note(grade: float, requested: int, tolerance: float) -> tuple[str, ...]:
    """Return the note on a script whose reading level is too far from the requested grade."""
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
    """Return the wording of all shipped lessons, which have most words of school English."""
    return Wording.of(p.text for topic in load_topics().values() for p in topic_passages(topic))


def grade_of(scenes: Iterable[Scene], language: str, taught: Collection[str]) -> float:
    """Return the reading grade of all spoken lines."""
    # A blank line after each whole line: after a change, only the changed lines are split anew.
    scripts = (
        "".join(line.say + ("\n\n" if _ends(line) else " ") for line in scene.lines)
        for scene in scenes
    )
    return reading_grade("\n\n".join(scripts), language, taught=taught)


def cited_sources(scenes: Iterable[Scene], passages: Iterable[Passage]) -> tuple[Source, ...]:
    """Return the sources that the scenes cite, in the order of use, each once."""
    by_key = {passage.key: passage for passage in passages}
    used = [key for scene in scenes for key in scene.cited]
    return tuple(dict.fromkeys(by_key[key].source for key in used))


_Option = tuple[tuple[float, ...], tuple[Scene, ...]]


def _splits(scenes: Sequence[Scene]) -> Iterator[_Option]:
    """Yield each way to split one sentence; long sentences cost least."""
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
    """Yield each way to join two adjacent sentences; natural joins cost least."""
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
    """Join a line with the next into one sentence; return both halves and the strain.

    They stay two lines, so that each still shows its own text while it is spoken.
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
    """Return how unnatural a joined sentence is; 0 is natural."""
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
