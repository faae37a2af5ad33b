"""Reads a question into content words, interests, and phrases that belong to no lesson."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from vividly.lesson.understanding.phrases import Found
from vividly.lesson.understanding.phrasing import interest_phrases, phrasing
from vividly.lesson.understanding.scope import Area, outside_phrases
from vividly.text.locales import DEFAULT, locale_for
from vividly.text.spelling import NameSpeller
from vividly.text.words import singular, stems

T = TypeVar("T")
SUBJECTS = locale_for(DEFAULT).questions.subjects
"""Maps an English name of a subject to its slug, or to "" if it covers several subjects."""
CERTAIN, HINT, FAINT = 1.5, 0.8, 0.4
"""Weight against any lesson: of a phrase or school word of `questions.yaml`, of a single
everyday word, and of an everyday word that also names an interest."""
_HYPHEN = re.compile(r"\b([^\W\d_]+)-([^\W\d_]+)\b")


@dataclass(frozen=True)
class Question:
    """The parts of a question, in its order. All are stems except `words`.

    Attributes:
        words: all words without the wrapping, with spelling corrected.
        filler: whether each of `words` is filler.
        sentence: the stems of `words`.
        content: stems that may name the topic, each once.
        interests: stems that name an interest, such as "soccer", each once.
        subject: the subject it names (see `SUBJECTS`); None for none.
        outside: the areas of phrases that belong to no lesson.
        against: weight of these phrases against any lesson, in units of the rarest word.
    """

    words: tuple[str, ...]
    filler: tuple[bool, ...]
    sentence: tuple[str, ...]
    content: tuple[str, ...]
    interests: tuple[str, ...]
    subject: str | None
    outside: tuple[Area, ...]
    against: float


class Reader:
    """Reads questions. Immutable and thread-safe."""

    def __init__(
        self,
        corpus: Collection[str],
        names: Collection[str],
        hints: Collection[str],
        teaches: Callable[[Sequence[str]], bool] = lambda phrase: False,
    ) -> None:
        """Prepares the word lists.

        Args:
            corpus: all words of the corpus.
            names: the words of titles, aliases and key terms.
            hints: other words that belong to a topic.
            teaches: whether lessons cover a phrase that `questions.yaml` lists as a school
                topic without a lesson.
        """
        self._teaches = teaches
        self._names = frozenset(names)
        self._phrasing = phrasing()
        self._outside = outside_phrases()
        self._interests = interest_phrases()
        self._lessons = frozenset(map(singular, (*names, *hints, *SUBJECTS)))
        known = {*corpus, *names, *hints, *SUBJECTS}
        known |= self._phrasing.filler | self._outside.words | self._interests.words
        self._speller = NameSpeller(known, {*names, *self._phrasing.filler})

    def read(self, query: str) -> Question:
        """Split a question into its parts."""
        wording = self._phrasing.read(_HYPHEN.sub(self._joined, query))
        spelt = replace(wording, words=tuple(map(self._speller.correct, wording.words)))
        elsewhere = tuple(
            found
            for found in self._unless_of_a_lesson(self._outside.find(spelt.words), spelt.words)
            if not (found.value.school and self._is_taught(found, spelt.words))
        )
        interests = tuple(
            found
            for found in self._unless_of_a_lesson(self._interests.find(spelt.words), spelt.words)
            if found.end - found.start == 1 or not self._is_taught(found, spelt.words)
        )
        of_interest = {at for found in interests for at in range(found.start, found.end)}
        aside = of_interest | {at for f in elsewhere for at in range(f.start, f.end)}
        sentence = tuple(stems(spelt.words))
        content = (
            stem
            for at, (word, stem) in enumerate(zip(spelt.words, sentence, strict=True))
            if at not in aside and word not in spelt.filler
        )
        subjects = [SUBJECTS[word] for word in spelt.words if word in SUBJECTS]
        return Question(
            words=spelt.words,
            filler=tuple(word in spelt.filler for word in spelt.words),
            sentence=sentence,
            content=tuple(dict.fromkeys(content)),
            interests=tuple(dict.fromkeys(sentence[at] for at in sorted(of_interest))),
            subject=max(subjects, default=None),
            outside=tuple(found.value for found in elsewhere),
            against=sum(_weight(found, of_interest) for found in elsewhere),
        )

    def _joined(self, halves: re.Match[str]) -> str:
        """Join a hyphened word if that makes a known name ("photo-synthesis")."""
        whole = halves[1] + halves[2]
        return whole if whole.lower() in self._names else halves[0]

    def _is_taught(self, found: Found[T], sentence: tuple[str, ...]) -> bool:
        return self._teaches(sentence[found.start : found.end])

    def _unless_of_a_lesson(
        self, found: Iterator[Found[T]], sentence: tuple[str, ...]
    ) -> Iterator[Found[T]]:
        """Drop single words that also belong to a lesson."""
        for one in found:
            if one.end - one.start > 1 or singular(sentence[one.start]) not in self._lessons:
                yield one


def _weight(found: Found[Area], of_interest: Collection[int]) -> float:
    if found.value.school or found.end - found.start > 1:
        return CERTAIN
    return FAINT if found.start in of_interest else HINT
