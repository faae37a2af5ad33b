"""Estimates how long a script takes to speak."""

from __future__ import annotations

from collections.abc import Iterable

from vividly.model.lesson import Line, Scene

_PACES = (145, 150, 165)
"""Words a minute below grade 5, at grade 5 and at grade 12, with the gaps between lines."""
SHORTEST_S = 120.0
LONGEST_S = 180.0
AIM_S = 174.0
"""Target maximum: `LONGEST_S` minus the possible error of an estimate."""


def words_per_second(grade: float) -> float:
    """The pace of the voices for listeners of a school grade."""
    slowest, slow, fast = _PACES
    if grade < 5:
        return slowest / 60
    return (slow + (fast - slow) * (min(grade, 12) - 5) / 7) / 60


def line_seconds(lines: Iterable[Line], grade: float) -> float:
    """Estimate the seconds of lines for a school grade, with the gaps between them."""
    return sum(len(line.say.split()) for line in lines) / words_per_second(grade)


def scene_seconds(scenes: Iterable[Scene], grade: float) -> float:
    """Estimate the seconds of scenes for a school grade, with their pauses."""
    return sum(line_seconds(scene.lines, grade) + scene.pause for scene in scenes)
