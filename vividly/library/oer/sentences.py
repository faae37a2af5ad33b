"""Running text as sentences, with its formulas put back in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from yasbd import BoundaryDetector, get_supported_langs

from vividly.library.oer.maths_words import RELATIONS
from vividly.library.oer.model import MARK, Maths, Text
from vividly.model.lesson import PassageSentence
from vividly.text.locales import primary_subtag

LONGEST_SHOWN = 64
"""Characters of a formula that still fit on a slide."""
_AFTER_UNIT = re.compile(r"(?<=[\d⁰¹²³⁴⁵⁶⁷⁸⁹] [A-Za-zΩ]\.)\s+(?=[A-Z])")
"""After `3 m.` a sentence begins, though one letter and a full stop look like an initial."""
_JOINED = re.compile(
    r"(?:\b(?:Figs?|Eqs?|Secs?|Chs?|vs|approx|ca|cf|No|Nos)\."
    r"|(?<![\d⁰¹²³⁴⁵⁶⁷⁸⁹] )(?<![\w⁰¹²³⁴⁵⁶⁷⁸⁹/])[a-z]\.)$"
)
"""What a sentence does not end with, whatever follows."""


@cache
def _detector(language: str) -> BoundaryDetector:
    subtag = primary_subtag(language)
    return BoundaryDetector(subtag if subtag in get_supported_langs() else "en")


def split_sentences(text: str, language: str) -> list[str]:
    """The sentences of a text, without the space around them.

    Abbreviations (`e.g.`, `Fig. 4.3`), initials, decimals and units do not end one.
    """
    found: list[str] = []
    segments = _detector(language).segment(text)
    for part in (part.strip() for segment in segments for part in _AFTER_UNIT.split(segment)):
        if not part:
            continue
        continued = found and (part[0].islower() or not any(c.isalnum() or c == MARK for c in part))
        if found and (continued or _JOINED.search(found[-1])):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return found


def read_sentences(
    text: Text, language: str, role: str = "body"
) -> Iterator[tuple[PassageSentence, tuple[Maths, ...]]]:
    """The sentences as they are said, each with its formulas.

    `show` is the law that a sentence states, where it is short enough for a slide.
    """
    formulas = iter(text.formulas)
    for sentence in split_sentences(text.written, language):
        own = [next(formulas) for _ in range(sentence.count(MARK))]
        said = _filled(sentence, [maths.say for maths in own])
        symbol = sentence.startswith(MARK) and not re.match(r"[a-z]{3}", own[0].text)
        laws = (maths.text for maths in own if states(maths))
        shown = next((law for law in laws if len(law) <= LONGEST_SHOWN), None)
        yield (
            PassageSentence(_finished(said, symbol=symbol), shown, role=role),
            tuple(own),
        )


def written(text: Text) -> str:
    """The text as it is read, formulas in Unicode."""
    return _filled(text.written, [maths.text for maths in text.formulas])


def spoken(text: Text) -> str:
    """The text as it is said."""
    return _filled(text.written, [maths.say for maths in text.formulas])


def states(maths: Maths) -> bool:
    """Whether a formula states something, unlike a mere quantity or a symbol."""
    return any(sign in RELATIONS for sign in maths.text)


def _filled(text: str, formulas: list[str]) -> str:
    parts = text.split(MARK)
    return "".join(
        part + (formulas[at] if at < len(formulas) else "") for at, part in enumerate(parts)
    )


def _finished(sentence: str, *, symbol: bool) -> str:
    """With a capital letter at its beginning, unless a symbol stands there, and a full stop."""
    sentence = re.sub(r"\s+([,.;:?!])", r"\1", " ".join(sentence.split())).rstrip(" ,;:")
    first = re.match(r"[^\W\d_]{2,}", sentence)
    if first and not symbol:
        sentence = sentence[0].upper() + sentence[1:]
    if not sentence.endswith((".", "?", "!", '."', ".”", "?”", "!”", ".)", "…")):
        sentence += "."
    return sentence
