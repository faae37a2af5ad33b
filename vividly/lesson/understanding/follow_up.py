"""Completes a question that leans on the lesson before it, such as "why does it need light?"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vividly.lesson.understanding.phrases import Phrases
from vividly.library.corpus import load_topics
from vividly.text.locales import locale_for, primary_subtag
from vividly.text.words import QUESTION, filler, singular, words

_STOP = re.compile(r"[.,;:?!¿¡]+")


def subjects(query: str, earlier: str, language: str) -> tuple[str, ...]:
    """Return what a question can be about after a lesson, likeliest first.

    It is about the topic of the lesson if it leans on what was said ("why does it need light?",
    "and at night?"). Otherwise it is first meant as it stands, as also if it names another topic
    ("and what is osmosis?").

    Args:
        earlier: the title of the topic of the earlier lesson; "" for none.
        language: BCP 47 tag of the question.

    Returns:
        `earlier` and "", which stands for the question alone; only "" if there is no `earlier`.
    """
    if not earlier:
        return ("",)
    return (earlier, "") if _leans(query, earlier, primary_subtag(language)) else ("", earlier)


def completed(query: str, subject: str) -> str:
    """Return a question together with one of its `subjects`: "Photosynthesis: why?"."""
    return f"{subject}: {query}" if subject else query


def _leans(query: str, earlier: str, tag: str) -> bool:
    texts, leaning = locale_for(tag), _leaning(tag)
    clauses = filter(None, map(str.strip, _STOP.split(query)))
    sentence = words(f" {texts.answers.and_} ".join(clauses), QUESTION)
    names = [range(found.start, found.end) for found in _names(tag).find(sentence)]
    own = _vocabulary(tag, earlier)
    known = [singular(word) in own for word in sentence]
    first = leaning.refers_at(sentence, {at for name in names for at in name})
    if first is None:
        others = any(not all(known[at] for at in name) for name in names)
        return not others and leaning.goes_on(sentence)
    # What "it" refers to may stand in an earlier clause: "where does the rain go after it falls".
    clause = max((at for at in range(first + 1) if sentence[at] in leaning.clauses), default=0)
    return all(known[at] or sentence[at] in leaning.filler for at in range(clause))


@dataclass(frozen=True)
class _Leaning:
    """The compiled `sections.FollowUps` of a locale."""

    begins: tuple[re.Pattern[str], ...]
    refers: tuple[re.Pattern[str], ...]
    clauses: frozenset[str]
    filler: frozenset[str]

    def goes_on(self, sentence: Sequence[str]) -> bool:
        """Whether a question begins as one that goes on."""
        return any(pattern.match(" ".join(sentence)) for pattern in self.begins)

    def refers_at(self, sentence: Sequence[str], named: Collection[int]) -> int | None:
        """Return the first word that refers to something said before and is no part of a name."""
        text = " ".join(sentence)
        found = (
            text.count(" ", 0, match.end())
            for pattern in self.refers
            for match in pattern.finditer(text)
        )
        return min((at for at in found if at not in named), default=None)


@cache
def _leaning(tag: str) -> _Leaning:
    texts = locale_for(tag).questions.follow_ups
    begins, refers = (tuple(map(re.compile, some)) for some in (texts.begins, texts.refers))
    return _Leaning(begins, refers, texts.clauses, filler(tag))


@cache
def _names(tag: str) -> Phrases[str]:
    """The names of topics, of those without a lesson too."""
    return Phrases({name: name for name in _all_names(tag)})


def _all_names(tag: str) -> Iterator[str]:
    for topic in load_topics(tag).values():
        yield from (topic.title, *topic.aliases)
    texts = locale_for(tag).questions
    yield from texts.topics_without_lesson
    for some in texts.no_lesson_yet.values():
        yield from some


@cache
def _vocabulary(tag: str, title: str) -> frozenset[str]:
    """The words that a topic is named and explained by."""
    texts = [title]
    for topic in load_topics(tag).values():
        if topic.title == title:
            texts += [*topic.aliases, *(term.term for term in topic.key_terms)]
    return frozenset(singular(word) for text in texts for word in words(text, QUESTION))
