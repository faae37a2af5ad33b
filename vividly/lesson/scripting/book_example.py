"""Turns a book's worked example into a scene if listeners can follow it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from vividly.lesson.scripting.book_show import MOST, shown_words
from vividly.lesson.scripting.book_text import (
    ELSEWHERE,
    MOST_LETTERS,
    can_begin,
    is_readable,
    is_symbol,
    plain,
    within_breath,
)
from vividly.lesson.scripting.connectives import connective
from vividly.lesson.scripting.sentences import MOST_CHARACTERS
from vividly.model.lesson import Line, Passage, PassageSentence, Scene
from vividly.text.locales import DEFAULT, locale_for
from vividly.text.sentences import split_sentences
from vividly.text.words import capitalized

_MOST_WORDS = 150
_MOST_LINES = 8
_SEEN_LETTERS = 0.4
"""Maximum share of single letters in a sentence whose formula is on screen."""
_FEWEST_LINES = 2
_LONGEST_FORMULA = 50
"""Maximum number of words of a sentence with a formula, which has pauses of its own."""
_FORMULA = re.compile(r" equals |=")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_TO_DO = re.compile(
    r"(?:(?:first|next|then|now|last|finally|so|again),? )*(?:we (?:can|must|need to|will) )?"
    r"(?:choose|list|identify|substitute|insert|enter|rearrange|solve|sketch|draw|look up|find|use"
    r"|convert|write|plug|calculate|determine|recall|check|look"
    r"|you (?:are given|then have|will have|must|need))\b",
    re.I,
)
"""What a solution tells to do, without a formula."""
_PICTURED = re.compile(
    r"(?<! is)(?<! are),? (?:(?:like|as|similar to) (?:(?:that|those|the ones?) )?(?:(?:is|are) )?"
    r"(?:shown |illustrated |depicted |pictured )?|(?:shown|illustrated|depicted|pictured) )"
    r"in (?:the|this) figure(?:\([a-z]\))?,?(?= |[.?])"
)
"""A mention of the picture, which says the same as the problem."""
_NAMED = re.compile(r"\b(?:the|these|this) (?:\w+ )?(?:units?|equations?)\b(?! (?:above|below))")
"""What a solution speaks of itself, and not of another part of the book."""
_SECOND = re.compile(r"\(?b\) ")
_LEANS = re.compile(r"(?:this|these|those|that|it|they|both)\b", re.I)
_PROSE = re.compile(r"\b(?:and|gives?|yields?|with|where|is|are|so|that|we|when|if|for)\b")
_SYMBOL = re.compile(r"[a-z](?: \w+){0,3} equals |(?:delta|lambda|theta|tau|omega) ")
"""A sentence that begins with a symbol, which keeps its case."""
_SIGNS = re.compile(r"(?:times|plus|minus|over|all|and|to|where|for|or|the quantity)\b")
"""What goes on with a formula after a comma."""
_TASK = re.compile(r"(?:calculate|find|determine|compute|compare|estimate|show|what|how)\b", re.I)
_PLACED = re.compile(
    r"\b(?:above|below)[.,]|\b(?:ruler|protractor|drawing)\b"
    r"| (?:circuit|system|object)s? (?:above|below)\b",
    re.I,
)


def worked_example(passages: Iterable[Passage], topic_id: str) -> Scene | None:
    """Make a scene of the example that fits the question best; None if there is none to narrate.

    Of those that fit equally well, the shortest.
    """
    found = [(passage, lines) for passage in passages if (lines := _lines(passage)) is not None]
    if not found:
        return None
    _, lines = min(
        found, key=lambda one: (-one[0].score, sum(len(line.say.split()) for line in one[1]))
    )
    return Scene(
        "worked_example",
        locale_for(DEFAULT).lesson.headings.worked_example,
        (connective("worked_example", topic_id), *lines),
    )


def _lines(passage: Passage) -> list[Line] | None:
    """Return the problem, the steps that calculate or explain, and the answer.

    Nobody can follow a solution without one of its numbers or formulas. Instructions without any,
    and what the problem gave, are left out, and so are remarks that cannot be said or are too long.
    """
    given = " ".join(s.say for s in passage.sentences if s.role == "problem")
    problem: list[Line] = []
    steps: list[tuple[bool, Line]] = []
    whole = True
    sentences = _first_part(passage)
    for sentence in sentences:
        say = _said(sentence)
        if sentence.role == "step" and not _tells(sentence.say, given, say):
            whole = False
            continue
        if say is None or (_LEANS.match(say) and not whole):
            return None
        line = Line(say, shown_words(say, sentence.show, ()), (passage.key,))
        if sentence.role == "problem":
            problem.append(line)
        else:
            whole = True
            needed = bool(_FORMULA.search(sentence.say)) or sentence is sentences[-1]
            steps.append((needed, line))
    asked = _problem(problem, passage.key)
    if not steps or asked is None or not can_begin(asked.say):
        return None
    for chosen in (steps, [step for step in steps if step[0]]):
        lines = [asked, *(line for _, line in chosen)]
        words = sum(len(line.say.split()) for line in lines)
        if words <= _MOST_WORDS and _FEWEST_LINES <= len(lines) <= _MOST_LINES:
            return lines
    return None


def _first_part(passage: Passage) -> list[PassageSentence]:
    """Return the problem and its solution; of a problem in parts, (a) without the others.

    Empty if the solution has no parts, though the problem has.
    """
    parts: dict[bool, list[PassageSentence]] = {True: [], False: []}
    cut = {True: False, False: False}
    for sentence in passage.sentences:
        if sentence.role in ("problem", "step", "answer"):
            problem = sentence.role == "problem"
            cut[problem] = cut[problem] or bool(_SECOND.match(sentence.say))
            if not cut[problem]:
                parts[problem].append(sentence)
    return [*parts[True], *parts[False]] if cut[True] == cut[False] else []


def _tells(step: str, given: str, say: str | None) -> bool:
    """Whether a step tells more than the problem, more than what to do, or more than a remark."""
    numbers = set(_NUMBER.findall(step))
    if " equals " not in step and numbers and numbers <= set(_NUMBER.findall(given)):
        return False
    symbols = any(map(is_symbol, pairwise(["", *step.split()])))
    if _FORMULA.search(step) or numbers or symbols:
        return True
    return say is not None and not _TO_DO.match(say)


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
    say = _PICTURED.sub("", plain(sentence.say)).replace(" = ", " equals ")
    if not say.endswith((".", "?")) or ELSEWHERE.search(_NAMED.sub("", say)):
        return None
    seen = bool(sentence.show and len(sentence.show) <= MOST) or " equals " in say
    if not is_readable(say, most_letters=_SEEN_LETTERS if seen else MOST_LETTERS, fewest=3):
        return None
    if _SYMBOL.match(sentence.say):
        say = sentence.say[0] + say[1:]
    short = seen and len(say.split()) <= _LONGEST_FORMULA and len(say) <= MOST_CHARACTERS
    return within_breath(say) or within_breath(_in_links(say)) or (say if short else None)


def _in_links(say: str) -> str:
    """Say a long chain of equations one by one: "A equals B. That equals C."."""
    first, *links = say.rstrip(".").split(" equals ")
    if len(links) < _FEWEST_LINES or any(_PROSE.search(link) for link in links):
        return say
    said = [first]
    for at, link in enumerate(links, 1):
        right, comma, left = link.rstrip(",").rpartition(", ")
        if comma and at < len(links) and not _SIGNS.match(left):
            said[-1] += f" equals {right.rstrip(',')}"
            said.append(capitalized(left))
        elif " equals " in said[-1]:
            said.append(f"That equals {link.rstrip(',')}")
        else:
            said[-1] += f" equals {link.rstrip(',')}"
    return ". ".join(said) + "."
