"""Estimates how long a script takes to speak."""

from __future__ import annotations

from collections.abc import Iterable

from vividly.model.lesson import Line, Scene

WORDS_PER_SECOND = 165 / 60
"""A pace that students can follow easily."""
LINE_GAP_S = 0.22
SHORTEST_S = 120.0
LONGEST_S = 180.0
AIM_S = 172.0
"""Target maximum: `LONGEST_S` minus the possible error of an estimate."""


def line_seconds(lines: Iterable[Line]) -> float:
    """Estimate the seconds of lines, with the gaps between them."""
    return sum(len(line.say.split()) / WORDS_PER_SECOND + LINE_GAP_S for line in lines)


def scene_seconds(scenes: Iterable[Scene]) -> float:
    """Estimate the seconds of scenes, with their pauses."""
    return sum(line_seconds(scene.lines) + scene.pause for scene in scenes)
