"""Turns a book's worked example into a scene if listeners can follow it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vividly.lesson.scripting.book_show import MOST, shown_words
from vividly.lesson.scripting.book_text import (
    ELSEWHERE,
    MOST_LETTERS,
    can_begin,
    is_readable,
    plain,
    within_breath,
)
from vividly.lesson.scripting.connectives import connective
from vividly.model.lesson import Line, Passage, PassageSentence, Scene
from vividly.text.locales import DEFAULT, locale_for
from vividly.text.sentences import split_sentences

_MOST_WORDS = 150
_MOST_STEPS = 6
_SEEN_LETTERS = 0.4
"""Maximum share of single letters in a sentence whose formula is on screen."""
_FEWEST_LINES = 3
_TASK = re.compile(r"(?:calculate|find|determine|compute|compare|estimate|show|what|how)\b", re.I)
_PLACED = re.compile(r"\b(?:above|below)[.,]| (?:circuit|system|object)s? (?:above|below)\b", re.I)


def worked_example(passages: Iterable[Passage], topic_id: str) -> Scene | None:
    """Make a scene of the shortest example that can be narrated in full; None if there is none.

    Nobody can follow a solution with a missing step, so only remarks are left out.
    """
    found = [lines for passage in passages if (lines := _lines(passage)) is not None]
    if not found:
        return None
    lines = min(found, key=lambda lines: sum(len(line.say.split()) for line in lines))
    return Scene(
        "worked_example",
        locale_for(DEFAULT).lesson.headings.worked_example,
        (connective("worked_example", topic_id), *lines),
    )


def _lines(passage: Passage) -> list[Line] | None:
    parts: dict[str, list[Line]] = {"problem": [], "step": [], "answer": []}
    for sentence in passage.sentences:
        if sentence.role not in parts:
            continue
        say = _said(sentence)
        if say is None:
            return None
        show = shown_words(say, sentence.show, ())
        parts[sentence.role].append(Line(say, show, (passage.key,)))
    if not parts["problem"] or not parts["answer"] or len(parts["step"]) > _MOST_STEPS:
        return None
    problem = _problem(parts["problem"], passage.key)
    steps, answer = parts["step"], parts["answer"][-1]
    if answer.show is None or problem is None or not can_begin(problem.say):
        return None
    lines = [problem, *steps, answer]
    words = sum(len(line.say.split()) for line in lines)
    return lines if words <= _MOST_WORDS and len(lines) >= _FEWEST_LINES else None


def _problem(lines: list[Line], key: str) -> Line | None:
    """Join the problem into one line that shows its question or a given formula.

    None for a problem with several questions, because the last answer answers only one.
    """
    say = " ".join(line.say for line in lines)
    asked = [s for s in split_sentences(say) if s.endswith("?") or _TASK.match(s)]
    if len(asked) != 1 or _PLACED.search(say):
        return None
    given = next((line.show for line in lines if line.show), None)
    show = asked[0] if len(asked[0]) <= MOST else given
    return Line(say, show or "The problem", (key,))


def _said(sentence: PassageSentence) -> str | None:
    """Convert a sentence for narration. It may spell out a formula that is on screen."""
    say = plain(sentence.say)
    if not say.endswith((".", "?")) or ELSEWHERE.search(say):
        return None
    seen = bool(sentence.show and len(sentence.show) <= MOST)
    if not is_readable(say, most_letters=_SEEN_LETTERS if seen else MOST_LETTERS, fewest=3):
        return None
    return within_breath(say)
