"""Estimates how long a script takes to speak."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache

from vividly.lesson.speech.expected_sounds import Expected, expected_seconds
from vividly.lesson.speech.narrate import LINE_GAP
from vividly.lesson.speech.spoken import spoken_tokens
from vividly.lesson.speech.synthesizer import USUAL_GRADE, by_grade
from vividly.model.errors import PermanentError
from vividly.model.lesson import Line, Scene
from vividly.text.locales import DEFAULT, speech_for

_PACES = (145, 150, 165)
"""English words a minute below grade 5, at grade 5 and at grade 12, with the gaps between lines."""
SHORTEST_S = 120.0
LONGEST_S = 180.0
AIM_S = 174.0
"""Target maximum: `LONGEST_S` minus the possible error of an estimate."""
_PLAIN = re.compile(r"[^\W\d_]+(?:[\s,;:.!?'’\"-]+[^\W\d_]+)*[.!?]?")


@lru_cache(maxsize=100)
def words_per_second(grade: float, language: str = DEFAULT) -> float:
    """The pace of the voices for listeners of a school grade, in a BCP 47 language."""
    english = by_grade(grade, *_PACES)
    return english / 60 * speech_for(DEFAULT).stretch / speech_for(language).stretch


def line_seconds(lines: Iterable[Line], grade: float, language: str = DEFAULT) -> float:
    """Estimate the seconds of lines, with the gaps between them.

    Args:
        grade: school grade of the listeners.
        language: BCP 47.
    """
    slower = words_per_second(USUAL_GRADE) / words_per_second(grade)
    return sum(slower * _usual_seconds(line.say, language) + LINE_GAP for line in lines)


def scene_seconds(scenes: Iterable[Scene], grade: float, language: str = DEFAULT) -> float:
    """Estimate the seconds of scenes, with their pauses. See `line_seconds`."""
    return sum(line_seconds(scene.lines, grade, language) + scene.pause for scene in scenes)


@lru_cache(maxsize=20_000)
def _usual_seconds(say: str, language: str) -> float:
    """The seconds of a line for the usual grade. Signs without a word do not count."""
    # Most lines are said as they are written, and to find that out takes twenty times longer.
    words = [
        Expected((word.strip(",;:.!?'’\""),), "" if word[-1:].isalpha() else word[-1:])
        for word in say.split()
    ]
    if not _PLAIN.fullmatch(say):
        with suppress(PermanentError):
            said = spoken_tokens(say, language)
            words = [Expected((token.text,), token.punctuation) for token in said]
    return speech_for(language).stretch * expected_seconds(words)
