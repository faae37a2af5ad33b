"""Finds the further topics that one question asks for, as in "friction and the water cycle"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vividly.lesson.understanding.phrases import Found, Phrases
from vividly.library.corpus import load_topics
from vividly.text.locales import locale_for, primary_subtag
from vividly.text.words import QUESTION, filler, words


@dataclass(frozen=True)
class Parts:
    """A question that asks for several topics.

    Attributes:
        first: the question up to the second topic.
        named: ids of the topics that `first` names.
        others: ids of the topics after it, in order, each once.
    """

    first: str
    named: frozenset[str]
    others: tuple[str, ...]


def parts_of(query: str, language: str) -> Parts | None:
    """Split a question that names several shipped topics; None if it does not.

    The parts are joined by "and" or by punctuation. A later part counts only if it is nothing
    but a topic's title or alias and filler: "and what is friction", not "and why planets orbit".

    Args:
        language: BCP 47 tag of the question.
    """
    tag = primary_subtag(language)
    joins, names = _joins(tag), _names(tag)
    separators = list(_separator(joins).finditer(query))
    pieces = _separator(joins).split(query)
    sentence = words(f" {locale_for(tag).answers.and_} ".join(pieces), QUESTION)
    found = [one for one in names.find(sentence) if one.value]
    chunks = list(_chunks(sentence, joins, found))
    if sum(word in joins for word in sentence) != len(separators) or len(chunks) < 2:
        return None
    first = next((at for at, chunk in enumerate(chunks) if chunk.content(tag)), 0)
    later = [(chunk, chunk.only(tag)) for chunk in chunks[first + 1 :]]
    split = next((chunk for chunk, topic in later if topic), None)
    if split is None:
        return None
    named = frozenset(f.value for f in found if f.end <= split.start)
    others = tuple(dict.fromkeys(topic for _, topic in later if topic and topic not in named))
    end = separators[split.separator].start()
    return Parts(query[:end].strip(), named, others) if named and others else None


def questions_on(topic_ids: Sequence[str], language: str) -> tuple[str, ...]:
    """Return a question on each shipped topic: "Explain the water cycle"."""
    texts, topics = locale_for(language).answers, load_topics(primary_subtag(language))
    return tuple(texts.explain.format(texts.in_sentence(topics[id].title)) for id in topic_ids)


@dataclass(frozen=True)
class _Chunk:
    """The words from `start` between two joins, and the topics that they name.

    `separator` is the index of the separator before it; -1 for the first chunk.
    """

    start: int
    separator: int
    words: Sequence[str]
    found: Sequence[Found[str]]

    def content(self, tag: str) -> Sequence[str]:
        """The words of the chunk that are not filler."""
        return [word for word in self.words if word not in filler(tag)]

    def only(self, tag: str) -> str:
        """The topic that the chunk names, if it says nothing else; otherwise ""."""
        topics = {one.value for one in self.found}
        inside = {at for one in self.found for at in range(one.start, one.end)}
        rest = (w for at, w in enumerate(self.words, self.start) if at not in inside)
        return topics.pop() if len(topics) == 1 and all(w in filler(tag) for w in rest) else ""


def _chunks(
    sentence: Sequence[str], joins: Collection[str], found: Sequence[Found[str]]
) -> Iterator[_Chunk]:
    """Cut a sentence at its joins, except inside names ("acids and bases")."""
    inside = {at for one in found for at in range(one.start, one.end)}
    start, separator, seen = 0, -1, -1
    for at, word in enumerate([*sentence, ""]):
        seen += word in joins
        if at == len(sentence) or (word in joins and at not in inside):
            of_chunk = [one for one in found if start <= one.start < at]
            yield _Chunk(start, separator, sentence[start:at], of_chunk)
            start, separator = at + 1, seen


@cache
def _joins(tag: str) -> frozenset[str]:
    texts = locale_for(tag).answers
    return frozenset({texts.and_, texts.instead.get(texts.and_, texts.and_)})


@cache
def _separator(joins: frozenset[str]) -> re.Pattern[str]:
    either = "|".join(map(re.escape, sorted(joins)))
    return re.compile(rf"[,;.?!&+]+(?:\s+(?:{either})\b)?|\b(?:{either})\b", re.IGNORECASE)


@cache
def _names(tag: str) -> Phrases[str]:
    """Title and aliases of each topic -> its id, or "" if topics share the name."""
    names: dict[str, str] = {}
    for id, topic in load_topics(tag).items():
        for name in {" ".join(words(one, QUESTION)) for one in (topic.title, *topic.aliases)}:
            names[name] = "" if name in names else id
    return Phrases(names)
