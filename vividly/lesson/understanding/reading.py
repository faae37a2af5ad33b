"""Reads a question: its words, what it is about, and phrases that belong to no lesson.

"Explain photosynthesis like I'm five using basketball" is about photosynthesis: stock phrases,
the style and the interest are wrapping, and are removed before the search for topics. All words
lists are in the locale's `questions.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from vividly.lesson.understanding.phrases import Found, Phrases
from vividly.text.interests import interest_table
from vividly.text.locales import locale_for
from vividly.text.spelling import NameSpeller
from vividly.text.words import PLAIN, QUESTION, filler, singular, stems, words

T = TypeVar("T")
AGAINST = 1.5
"""Weight of a phrase that belongs to no lesson, in units of the rarest word."""
SOUND_FROM = 4
"""Minimum length in letters of a word to correct by its sound."""
_HYPHEN = re.compile(r"\b([^\W\d_]+)-([^\W\d_]+)\b")


@dataclass(frozen=True)
class Area:
    """An area without lessons.

    Attributes:
        name: a name to show to the student ("history").
        school: whether the area is taught in school.
    """

    name: str
    school: bool


@dataclass(frozen=True)
class Question:
    """The parts of a question, in its order. All are stems except `words`.

    Attributes:
        words: all words without the wrapping, with spelling corrected.
        filler: whether each of `words` says nothing about the topic.
        sentence: the stems of `words`.
        content: stems that may name the topic, each once.
        telling: those of `content` that are neither common words nor single letters.
        about_interest: whether it names an interest and something else, but no subject.
        subject: slug of the subject it names; "" for several subjects; None for none.
        outside: the areas of phrases that belong to no lesson.
    """

    words: tuple[str, ...]
    filler: tuple[bool, ...]
    sentence: tuple[str, ...]
    content: tuple[str, ...]
    telling: tuple[str, ...]
    about_interest: bool
    subject: str | None
    outside: tuple[Area, ...]

    @property
    def text(self) -> str:
        """The question without its wrapping, with spelling corrected."""
        return " ".join(self.words)

    @property
    def against(self) -> float:
        """Weight of its phrases against any lesson, in units of the rarest word."""
        return AGAINST * len(self.outside)


class Wording:
    """The words of one language, as its `questions.yaml` lists them. Immutable, thread-safe."""

    def __init__(self, tag: str) -> None:
        """
        Args:
            tag: primary subtag of a language with a locale.
        """
        table = locale_for(tag).questions
        self._language = tag
        self._texting = table.texting
        self._sounds = tuple((re.compile(pattern), heard) for pattern, heard in table.sounds)
        self._endings = tuple((re.compile(ending), own) for ending, own in table.before_stemming)
        self._idioms = tuple(re.compile(pattern) for pattern in table.idioms)
        self._interest_phrases = _interest_patterns(table.interest_phrases)
        self.filler = filler(tag)
        """Words that carry no information about a topic."""
        self.subjects = table.subjects
        """What students call a subject -> its slug, or "" if it covers several subjects."""
        self.weak = frozenset(self.stems([*words(table.weak, QUESTION), *self.subjects]))
        """Stems that carry little information about a topic."""
        areas = ((False, table.not_school), (True, table.no_lesson_yet))
        self.outside = Phrases(
            {p: Area(name, school) for school, of in areas for name, ps in of.items() for p in ps}
        )
        """The phrases of areas in which Vividly has no lessons."""

    def words(self, text: str) -> list[str]:
        """Split a text into lower-case words; expand texting abbreviations."""
        return [self._texting.get(word, word) for word in words(text, QUESTION)]

    def stems(self, some: Iterable[str]) -> list[str]:
        """Return the stem of each word, in order, without accents ("nubes" -> "nub")."""
        found = stems(map(self._before_stemming, some), self._language)
        return ["".join(words(stem, PLAIN)) or stem for stem in found]

    def sound(self, word: str) -> str:
        """Return a phonetic form of a word: the same for "fuersa" and "fuerza".

        Without `sounds` in the locale, the word itself.
        """
        for pattern, heard in self._sounds:
            word = pattern.sub(heard, word)
        return word

    def content(self, text: str) -> tuple[str, ...]:
        """Return the stems of a text without filler and idioms, in order."""
        plain = self._without_idioms(" ".join(self.words(text)))
        return tuple(self.stems(word for word in plain if word not in self.filler))

    def fast_content(self) -> Callable[[str], list[str]]:
        """Return a `content` for running text, without idioms: it keeps the stems it found."""
        known: dict[str, str] = {}

        def read(text: str) -> list[str]:
            found = [word for word in words(text, QUESTION) if word not in self.filler]
            for word in set(found).difference(known):
                known[word] = self.stems([word])[0]
            return [known[word] for word in found]

        return read

    def unwrapped(self, query: str) -> list[str]:
        """Return the words of a question without wrapping; all if it is nothing else."""
        whole = " ".join(self.words(query))
        plain = whole
        for pattern in self._interest_phrases:
            plain = pattern.sub(" ", plain)
        for text in (plain, whole):
            left = self._without_idioms(text)
            if any(word not in self.filler for word in left) or (left and text is whole):
                return left
        return whole.split()

    def _without_idioms(self, plain: str) -> list[str]:
        for pattern in self._idioms:
            plain = pattern.sub(_without_drop, " ".join(plain.split()))
        return plain.split()

    def _before_stemming(self, word: str) -> str:
        for ending, own in self._endings:
            word = ending.sub(own, word)
        return word


class Reader:
    """Reads questions about some topics, in one language. Immutable and thread-safe."""

    def __init__(
        self,
        wording: Wording,
        known: Collection[str],
        names: Collection[str],
        hints: Collection[str] = (),
        teaches: Callable[[Sequence[str]], bool] = lambda phrase: False,
    ) -> None:
        """Prepares the word lists.

        Args:
            known: all words of the topics.
            names: the words of their names.
            hints: other words that belong to a topic.
            teaches: whether the topics cover a phrase that the locale lists as a school topic
                without a lesson.
        """
        self.wording = wording
        self._teaches = teaches
        self._names = frozenset(names)
        self._interests = interest_phrases()
        self._lessons = frozenset(map(singular, (*names, *hints, *wording.subjects)))
        self.known = frozenset(
            {*known, *names, *hints, *wording.subjects, *wording.filler}
            | wording.outside.words
            | self._interests.words
        )
        """Words that are not misspelt."""
        correct = {*names, *wording.filler}
        self._by_sound = self._heard(correct)
        self._speller = NameSpeller(self.known, correct, wording.stems)

    def read(self, query: str) -> Question:
        """Split a question into its parts."""
        wording = self.wording
        spelt = tuple(map(self._spelt, wording.unwrapped(_HYPHEN.sub(self._joined, query))))
        outside = [
            found
            for found in self._unless_of_a_lesson(wording.outside.find(spelt), spelt)
            if not (found.value.school and self._teaches(spelt[found.start : found.end]))
        ]
        interests = [
            found
            for found in self._unless_of_a_lesson(self._interests.find(spelt), spelt)
            if found.end - found.start == 1 or not self._teaches(spelt[found.start : found.end])
        ]
        spans = [(found.start, found.end) for found in outside]
        spans += [(found.start, found.end) for found in interests]
        aside = {at for start, end in spans for at in range(start, end)}
        sentence = tuple(wording.stems(spelt))
        content = tuple(
            dict.fromkeys(
                stem
                for at, (word, stem) in enumerate(zip(spelt, sentence, strict=True))
                if at not in aside and word not in wording.filler
            )
        )
        subjects = [wording.subjects[word] for word in spelt if word in wording.subjects]
        of_interest = sum(found.end - found.start for found in interests)
        return Question(
            words=spelt,
            filler=tuple(word in wording.filler for word in spelt),
            sentence=sentence,
            content=content,
            telling=tuple(s for s in content if len(s) > 1 and s not in wording.weak),
            about_interest=bool(interests) and not subjects and of_interest < len(spelt),
            subject=max(subjects, default=None),
            outside=tuple(found.value for found in outside),
        )

    def _joined(self, halves: re.Match[str]) -> str:
        """Join a hyphened word if that makes a known name ("photo-synthesis")."""
        whole = halves[1] + halves[2]
        return whole if whole.lower() in self._names else halves[0]

    def _spelt(self, word: str) -> str:
        """Correct a word: first to one that sounds the same, then to the closest spelling."""
        if word in self.known:
            return word
        heard = self._by_sound.get(self.wording.sound(word)) if len(word) >= SOUND_FROM else ""
        return heard or self._speller.correct(word)

    def _heard(self, correct: Iterable[str]) -> dict[str, str]:
        """Map each sound to its word, or to "" if several words share the sound."""
        found: dict[str, str] = {}
        for word in correct:
            if len(word) >= SOUND_FROM:
                heard = self.wording.sound(word)
                found[heard] = word if found.get(heard, word) == word else ""
        return found

    def _unless_of_a_lesson(
        self, found: Iterator[Found[T]], sentence: tuple[str, ...]
    ) -> Iterator[Found[T]]:
        """Drop single words that also belong to a lesson."""
        for one in found:
            if one.end - one.start > 1 or singular(sentence[one.start]) not in self._lessons:
                yield one


@cache
def interest_phrases() -> Phrases[str]:
    """Maps each name of an interest to its slug, from `vividly/text/interests.yaml`."""
    table = interest_table()
    phrases = {slug.replace("-", " "): slug for slug in table}
    return Phrases(phrases | {name: slug for slug, names in table.items() for name in names})


def _interest_patterns(patterns: Sequence[str]) -> tuple[re.Pattern[str], ...]:
    if not patterns:
        return ()
    table = interest_table()
    names = {name for slug, of in table.items() for name in (slug.replace("-", " "), *of)}
    plain = {" ".join(words(name, QUESTION)) for name in names}
    longest_first = sorted(plain, key=lambda name: (-len(name), name))
    either = f"(?:{'|'.join(map(re.escape, longest_first))})"
    return tuple(re.compile(rf"\b{one.replace('{interest}', either)}\b") for one in patterns)


def _without_drop(match: re.Match[str]) -> str:
    start, end = (at - match.start() for at in match.span("drop"))
    return f"{match[0][:start]} {match[0][end:]}"
