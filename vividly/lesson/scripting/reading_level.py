"""Measures the school grade of a text with published readability formulas.

English: the mean of Flesch-Kincaid, the Automated Readability Index and Gunning fog. All three
use sentence length; for words they use syllables, letters and the share of long words. On plain
text the second is about a grade low and the third two grades high. Their mean stays within half
a grade of Flesch-Kincaid and depends less on any single count. Spanish: the mean of Crawford's
grade and the grade of Fernández Huerta's ease.

docs/reading-level.md has the measurements, and says why no library does the counting.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from vividly.model.errors import PermanentError
from vividly.text.languages import name_of
from vividly.text.locales import known_locales, locale_for, primary_subtag
from vividly.text.locales.sections import Reading
from vividly.text.sentences import split_sentences
from vividly.text.syllables import syllables
from vividly.text.words import singular

HIGHEST = 18.0
PLAIN_SYLLABLES = 1.4
PLAIN_LETTERS = 4.3
"""Mean syllables and letters of an English word; other languages scale them."""
_HARD_SYLLABLES = 3

# (Flesch reading ease, school grade); grades between two points are interpolated.
_EASE = (
    (100.0, 4.0),
    (90.0, 5.0),
    (80.0, 6.0),
    (70.0, 7.0),
    (60.0, 8.5),
    (50.0, 11.0),
    (30.0, 14.0),
)

_EDGES = re.compile(r"^[^\w]+|[^\w]+$")
_INFLECTED = re.compile(r"(?:es|ed|ing)$")


@dataclass(frozen=True)
class Counts:
    """The inputs of the formulas.

    Syllables and letters are floats, because a chemical or mathematical formula counts as an
    average word.
    """

    sentences: int
    words: int
    syllables: float
    letters: float
    hard_words: int


def reading_grade(text: str, language: str = "en", *, taught: Collection[str] = ()) -> float:
    """Return the school grade of a text, 0 to 18, to one decimal; 0 for a text without words.

    Numbers, formulas, units and abbreviations in capitals count as average words, because their
    letters do not show how hard they are. The grade of one sentence says little. From about a
    hundred words on, one more sentence changes the grade by less than a half.

    Args:
        text: running text; a blank line ends a sentence too.
        language: BCP 47 tag; see `measurable`.
        taught: the terms that the text explains. The first mention of each of their words
            counts in full and later ones count as average words, so that a lesson on
            photosynthesis is not hard just because it repeats the word.

    Raises:
        PermanentError: the language has no formula.
    """
    formula = _reading(language).formula
    counts = count(text, language, taught=taught)
    if not counts.words:
        return 0.0
    grade = _spanish(counts) if formula == "spanish" else _english(counts)
    return round(min(HIGHEST, max(0.0, grade)), 1)


def within(grade: float, requested: float, tolerance: float) -> bool:
    """Whether a measured grade is within the tolerance of the requested one."""
    return abs(grade - requested) <= tolerance


def count(text: str, language: str = "en", *, taught: Collection[str] = ()) -> Counts:
    """Count the inputs of the formulas in a text. Arguments as for `reading_grade`."""
    reading = _reading(language)
    longer = reading.longer_words
    unmet = {singular(word) for term in taught for word in re.findall(r"[^\W\d_]+", term.lower())}
    met: set[str] = set()
    sentences = words = hard = 0
    heard = letters = 0.0
    for sentence in _sentences(text, language):
        sentences += 1
        for word in sentence:
            words += 1
            one = _word(word, language)
            if one.sign or one.bare in met:
                heard += PLAIN_SYLLABLES * longer
                letters += PLAIN_LETTERS * longer
                continue
            if one.bare in unmet:
                met.add(one.bare)
            heard += one.syllables
            letters += one.letters
            hard += one.hard
    return Counts(sentences, words, heard, letters, hard)


class _Word(NamedTuple):
    """What counts of a word."""

    bare: str
    sign: bool
    syllables: int
    letters: int
    hard: bool


@lru_cache(maxsize=50_000)
def _word(word: str, language: str) -> _Word:
    parts = [part for part in re.split(r"[^\w'’]+|\d+", word.lower()) if part]
    counted = [syllables(part, language) for part in parts]
    return _Word(
        bare=singular(word.lower()),
        sign=_is_sign(word),
        syllables=sum(counted),
        letters=sum(c.isalnum() for c in word),
        hard=_is_hard(word, max(counted, default=1)),
    )


def _english(n: Counts) -> float:
    length, per_word = n.words / n.sentences, 1 / n.words
    kincaid = 0.39 * length + 11.8 * n.syllables * per_word - 15.59
    automated = 0.5 * length + 4.71 * n.letters * per_word - 21.43
    fog = 0.4 * (length + 100 * n.hard_words * per_word)
    return (kincaid + automated + fog) / 3


def _spanish(n: Counts) -> float:
    crawford = -0.205 * 100 * n.sentences / n.words + 0.049 * 100 * n.syllables / n.words - 3.407
    ease = 206.84 - 60 * n.syllables / n.words - 1.02 * n.words / n.sentences
    return (crawford + _grade_of_ease(ease)) / 2


def _grade_of_ease(ease: float) -> float:
    """Convert a Flesch reading ease to a school grade by linear interpolation."""
    bands = list(pairwise(_EASE))
    found = next((band for band in bands if ease >= band[1][0]), bands[-1])
    (high, low_grade), (low, high_grade) = found
    return low_grade + (high - ease) * (high_grade - low_grade) / (high - low)


def _sentences(text: str, language: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of each sentence, without surrounding punctuation."""
    for paragraph in re.split(r"\n\s*\n", text):
        yield from _sentences_of(" ".join(paragraph.split()), language)


@lru_cache(maxsize=2_000)
def _sentences_of(paragraph: str, language: str) -> tuple[tuple[str, ...], ...]:
    """The same of one paragraph: a script is measured again after each change of a sentence."""
    sentences = []
    for sentence in split_sentences(paragraph, language):
        words = tuple(core for token in sentence.split() if (core := _EDGES.sub("", token)))
        if words:
            sentences.append(words)
    return tuple(sentences)


def _is_sign(word: str) -> bool:
    """Whether a word is a number, a formula, a unit or an abbreviation in capitals."""
    if any(c.isdigit() or c in "=×÷^°/%$€£·∆Δµ" for c in word) or not word[0].isalpha():
        return True
    if len(word) == 1:
        return word not in "aAIyYeEoOu"
    return (len(word) <= 6 and word.isupper()) or not re.search(r"[aeiouyáéíóúü]", word.lower())


def _is_hard(word: str, heard: int) -> bool:
    """Whether a word is hard by Gunning: three or more syllables without an inflected ending."""
    if heard < _HARD_SYLLABLES:
        return False
    return not (heard == _HARD_SYLLABLES and _INFLECTED.search(word.lower()))


def measurable(language: str) -> bool:
    """Whether a language (BCP 47) has a formula."""
    return _of(language) is not None


def _of(language: str) -> Reading | None:
    locale = locale_for(language)
    measured = locale.tag == primary_subtag(language) and locale.reading.formula
    return locale.reading if measured else None


def _reading(language: str) -> Reading:
    reading = _of(language)
    if reading is None:
        names = " and ".join(name_of(tag) for tag in known_locales() if measurable(tag))
        raise PermanentError(
            f"the reading level of {language!r} cannot be measured: there are formulas for {names}"
        )
    return reading
