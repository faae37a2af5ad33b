"""A topic as passages: what retrieval finds and what a script cites."""

from __future__ import annotations

from collections.abc import Iterator

from vividly.corpus.schema import Bridge, Sentence, Topic
from vividly.lesson import Passage, PassageKind, PassageSentence, Source

ATTRIBUTION = "Vividly lesson corpus"
LICENCE = "written for Vividly"
LINK = "link:"
"""Role of the sentence that ends a section: `link:{section id}`."""


def topic_passages(topic: Topic) -> tuple[Passage, ...]:
    """All passages of a topic, in the order in which a reader would meet them."""
    return tuple(_passages(topic))


def section_key(topic_id: str, section_id: str) -> str:
    """The key of a section's passage."""
    return f"{topic_id}/section/{section_id}"


def _passages(topic: Topic) -> Iterator[Passage]:
    position = 0

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
            source=Source(topic.title, heading, ATTRIBUTION, LICENCE),
        )

    yield passage("summary", "", "Summary", [PassageSentence(topic.summary, topic.title)])
    for at, term in enumerate(topic.key_terms):
        yield passage(
            "definition", str(at), term.term.capitalize(), [PassageSentence(term.say, term.term)]
        )
    for section in topic.sections:
        sentences = [_sentence(s, "body") for s in section.sentences]
        yield passage("section", section.id, section.heading, sentences)
    example = topic.worked_example
    yield passage(
        "worked_example",
        "",
        "Worked example",
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
        "Common misconception",
        [
            _sentence(wrong.belief, "belief"),
            *(_sentence(s, "correction") for s in wrong.correction),
        ],
    )
    yield passage("takeaways", "", "Takeaways", [_sentence(s, "body") for s in topic.takeaways])
    yield passage(
        "check",
        "",
        "Check question",
        [_sentence(topic.check.question, "question"), _sentence(topic.check.answer, "answer")],
    )
    for bridge in topic.bridges:
        yield passage("bridge", bridge.interest, f"Connection to {_words(bridge)}", _bridge(bridge))


def _sentence(sentence: Sentence, role: str) -> PassageSentence:
    return PassageSentence(sentence.say, sentence.show, sentence.from_grade, role)


def _bridge(bridge: Bridge) -> list[PassageSentence]:
    return [
        *(_sentence(s, "hook") for s in bridge.hook),
        PassageSentence(bridge.link.say, bridge.link.show, role=LINK + bridge.link.section),
        PassageSentence(bridge.close, role="close"),
    ]


def _words(bridge: Bridge) -> str:
    return "everyday life" if bridge.interest == "everyday" else bridge.interest.replace("-", " ")
