"""How long a script takes to say, before anybody has said it."""

from __future__ import annotations

from collections.abc import Iterable

from vividly.model.lesson import Line, Scene

WORDS_PER_SECOND = 165 / 60
"""A narrator whom students follow easily."""
LINE_GAP_S = 0.22
SHORTEST_S = 120.0
LONGEST_S = 180.0
AIM_S = 172.0
"""Below the longest by what an estimate may be off."""


def line_seconds(lines: Iterable[Line]) -> float:
    """Estimated time of lines, with the gaps between them."""
    return sum(len(line.say.split()) / WORDS_PER_SECOND + LINE_GAP_S for line in lines)


def scene_seconds(scenes: Iterable[Scene]) -> float:
    """Estimated time of scenes, with their pauses."""
    return sum(line_seconds(scene.lines) + scene.pause for scene in scenes)
