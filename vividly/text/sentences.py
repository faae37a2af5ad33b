"""Splits a text into sentences.

>>> split_sentences("See Fig. 4.3. J. J. Thomson found it, e.g. in 1897! Did he?", "en")
['See Fig. 4.3.', 'J. J. Thomson found it, e.g. in 1897!', 'Did he?']
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from yasbd import BoundaryDetector, get_supported_langs

from vividly.text.locales import locale_for, primary_subtag

_AFTER_UNIT = re.compile(
    r"(?<=[\d⁰¹²³⁴⁵⁶⁷⁸⁹] [A-Za-zΩ]\.)\s+(?=[A-Z])|(?<=[.?!][”\"])\s+(?=\([A-Z][^()]*[.?!]\))"
)
"""A sentence begins after `3 m.`, although one letter and a full stop look like an initial, and in
brackets of its own after a quotation."""
_AFTER_LETTER = re.compile(r"(?:(?<=\b[A-Z]\.)|(?<=\b[A-Z]\)\.))\s+(?=([A-Z]\w*|[\ue000-\uf8ff]))")
"""After a letter and a full stop, `sentence_starters` begin a sentence: "vitamin C. It ...", and so
does a formula."""
_SPELT_OUT = re.compile(r"\b[A-Z] [A-Z]\.$")
"""The end of a spelt-out word: the "P." of "A T P." is not an initial."""
_ASIDE = re.compile(r"[^.?!\s] \(([^()]*\.)\)$")
"""Brackets in a sentence that goes on after them: "James (J. J.) Thomson"."""
_INITIAL = re.compile(r"(?:^|\s)[A-Z]\.$")
_ONE = re.compile(r"[\w,;'’ -]+[.?!]?")
"""A text in which no sentence can end but at its end. Most lines are such."""
_ENDED = re.compile(r"[.?!…:][\"'”’»)\]]*$")
_JOINED = re.compile(
    r"\b(?:Figs?|Eqs?|Secs?|Chs?|Vols?|vs|viz|approx|ca|cf|e\.g|i\.e|Drs?|Mrs?|Ms|Mx|Profs?|Messrs|"
    r"Gen|Col|Lt|Capt|Sgt|Rev|Hon|Gov|Sen|Mt|Mts|Ft|Sra?|Dra|Srta|Ud|Uds)\.$"
)
"""Abbreviations that never end a sentence."""
_OPEN_JOINED = re.compile(r"(?:\b(?:[A-Z]\.){2,}|\b(?:St|Jr|Dept|Univ|No|Nos|Inc|Co|Ltd|etc)\.)$")
"""Abbreviations that end a sentence only before a word that begins one: "the U.S. It ..."."""
_JOINED_TO_NUMBER = re.compile(r"(?:\bNos?\.|(?<![\d⁰¹²³⁴⁵⁶⁷⁸⁹] )(?<![\w⁰¹²³⁴⁵⁶⁷⁸⁹/])[a-z]\.)$")
"""Abbreviations that do not end a sentence before a number: "No. 5", "p. 12"."""


def split_sentences(text: str, language: str = "en") -> list[str]:
    """The sentences of a text with their end marks, without surrounding whitespace.

    Abbreviations (`e.g.`, `Fig. 4.3`), initials, decimals and units do not end one.

    Args:
        text: running text; private-use characters may stand for formulas in it.
        language: BCP 47; a language that the detector does not know is split like English.
    """
    return list(_split(text, primary_subtag(language)))


@lru_cache(maxsize=8_000)
def _split(text: str, language: str) -> tuple[str, ...]:
    if _ONE.fullmatch(text):
        return (text.strip(),) if text.strip() else ()
    found: list[str] = []
    for part in _parts(text, language):
        if found and _goes_on(found[-1], part, language):
            found[-1] = f"{found[-1]} {part}"
        else:
            found.append(part)
    return tuple(found)


def _parts(text: str, language: str) -> Iterator[str]:
    """The detector's sentences, split further where it does not know this kind of text."""
    starters = locale_for(language).speech.sentence_starters
    for segment in _detector(language).segment(text):
        for whole in _AFTER_UNIT.split(segment):
            start = 0
            for gap in _AFTER_LETTER.finditer(whole):
                if (
                    gap[1] in starters
                    or not gap[1].isalnum()
                    or _SPELT_OUT.search(whole, start, gap.start())
                ):
                    yield whole[start : gap.start()].strip()
                    start = gap.end()
            if rest := whole[start:].strip():
                yield rest


def _goes_on(before: str, part: str, language: str) -> bool:
    """Whether a part continues the sentence before it."""
    if part[0].islower() or not any(map(_says_something, part)) or _JOINED.search(before):
        return True
    if _OPEN_JOINED.search(before) and part[0].isupper() and before.count(" "):
        starters = locale_for(language).speech.sentence_starters
        if re.match(r"\w+", part) and part.split()[0].strip(",") not in starters:
            return not before.endswith("etc.")
    if part[0].isdigit() and _JOINED_TO_NUMBER.search(before):
        return True
    if (aside := _ASIDE.search(before)) and is_abbreviation(aside[1]):
        return True
    # The detector takes initials for list numbers, and signs for bullets: "A. Lee", "7 - 4 = 3".
    return not _ENDED.search(before)


def ends_phrase(word: str) -> bool:
    """Whether a phrase ends with a word: after a comma or a full stop, but not after "Dr."."""
    bare = word.rstrip("\"'”’)»")
    if not bare or bare[-1] not in ".?!,;:…":
        return False
    return not is_abbreviation(bare)


def is_abbreviation(text: str) -> bool:
    """Whether a text ends with an abbreviation or an initial, after which a sentence goes on."""
    return bool(_JOINED.search(text) or _OPEN_JOINED.search(text) or _INITIAL.search(text))


def _says_something(character: str) -> bool:
    """Whether a character is a letter, a digit, or a placeholder of a formula."""
    return character.isalnum() or unicodedata.category(character) == "Co"


@cache
def _detector(language: str) -> BoundaryDetector:
    return BoundaryDetector(language if language in get_supported_langs() else "en")
