"""Turns a topic into passages, which retrieval finds and scripts cite."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from vividly.library.corpus import all_topics
from vividly.library.corpus.schema import Bridge, Sentence, Topic
from vividly.model.lesson import Passage, PassageKind, PassageSentence, Source
from vividly.model.visuals import Visual
from vividly.text.interests import EVERYDAY
from vividly.text.locales import Locale, locale_for
from vividly.text.words import capitalized

LINK = "link:"
"""Role of the sentence that ends a section: `link:{section id}`."""


def topic_passages(topic: Topic) -> tuple[Passage, ...]:
    """All passages of a topic, in reading order."""
    return tuple(_passages(topic))


def section_key(topic_id: str, section_id: str) -> str:
    """The key of a section's passage."""
    return f"{topic_id}/section/{section_id}"


def shipped_visual(key: str) -> Visual | None:
    """What a section of the shipped corpus draws, by the key of its passage."""
    return _visuals().get(key)


@cache
def _visuals() -> dict[str, Visual]:
    return {
        section_key(topic.id, section.id): section.visual
        for topic in all_topics().values()
        for section in topic.sections
        if section.visual
    }


def _passages(topic: Topic) -> Iterator[Passage]:
    position = 0
    locale = locale_for(topic.language)
    headings, texts = locale.library.headings, locale.library

    def passage(
        kind: PassageKind, part: str, heading: str, sentences: list[PassageSentence]
    ) -> Passage:
        nonlocal position
        position += 1
        return Passage(
            key=f"{topic.id}/{kind}" + (f"/{part}" if part else ""),
            topic_id=topic.id,
            kind=kind,
            heading=heading,
            position=position,
            sentences=tuple(sentences),
            source=Source(topic.title, heading, texts.attribution, texts.licence),
        )

    yield passage("summary", "", headings.summary, [PassageSentence(topic.summary, topic.title)])
    for at, term in enumerate(topic.key_terms):
        heading = term.term if term.term[1:2].isupper() else capitalized(term.term)
        yield passage("definition", str(at), heading, [PassageSentence(term.say, term.term)])
    for section in topic.sections:
        sentences = [_sentence(s, "body") for s in section.sentences]
        yield passage("section", section.id, section.heading, sentences)
    example = topic.worked_example
    yield passage(
        "worked_example",
        "",
        headings.worked_example,
        [
            _sentence(example.problem, "problem"),
            *(_sentence(step, "step") for step in example.steps),
            _sentence(example.answer, "answer"),
        ],
    )
    wrong = topic.misconception
    yield passage(
        "misconception",
        "",
        headings.misconception,
        [
            _sentence(wrong.belief, "belief"),
            *(_sentence(s, "correction") for s in wrong.correction),
        ],
    )
    yield passage(
        "takeaways", "", headings.takeaways, [_sentence(s, "body") for s in topic.takeaways]
    )
    yield passage(
        "check",
        "",
        headings.check,
        [_sentence(topic.check.question, "question"), _sentence(topic.check.answer, "answer")],
    )
    for bridge in topic.bridges:
        heading = headings.bridge.format(_words(bridge, locale))
        yield passage("bridge", bridge.interest, heading, _bridge(bridge))


def _sentence(sentence: Sentence, role: str) -> PassageSentence:
    return PassageSentence(sentence.say, sentence.show, sentence.from_grade, role, sentence.part)


def _bridge(bridge: Bridge) -> list[PassageSentence]:
    return [
        *(_sentence(s, "hook") for s in bridge.hook),
        PassageSentence(bridge.link.say, bridge.link.show, role=LINK + bridge.link.section),
        PassageSentence(bridge.close, role="close"),
    ]


def _words(bridge: Bridge, locale: Locale) -> str:
    if bridge.interest == EVERYDAY:
        return locale.library.everyday
    return locale.names.interests[bridge.interest].with_article
