"""The values of the script prompts: sources with short ids, the grade and the interest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from vividly.lesson import prompts
from vividly.lesson.prompts import student_text
from vividly.lesson.scripting import Brief
from vividly.lesson.scripting.gemini_answer import WrittenScript
from vividly.lesson.scripting.gemini_kinds import kinds_guide
from vividly.lesson.scripting.pacing import words_per_second
from vividly.library.corpus import load_topics
from vividly.model.lesson import Passage, Understanding
from vividly.text.interests import EVERYDAY, bridge_interest

MOST_PASSAGES = 48
MOST_CHARACTERS = 48_000
"""Maximum length of the sources in a prompt: about 12,000 tokens."""
SHORTEST_TARGET_S, LONGEST_TARGET_S = 115.0, 150.0
"""Target range of speech in seconds, without pauses."""


@dataclass(frozen=True)
class Task:
    """One script to write.

    Attributes:
        passages: the usable ones, in the order of the prompt: those of `answering` first.
        answering: keys of the passages that answer the question.
        bridge: the slug of the interest; `everyday` if the corpus does not know it.
    """

    query: str
    grade_level: int
    interest: str | None
    language: str
    understanding: Understanding
    passages: tuple[Passage, ...]
    answering: frozenset[str]
    bridge: str

    @classmethod
    def of(cls, brief: Brief) -> Task:
        """Make the task for a brief, with the passages that it can use."""
        bridge = bridge_interest(brief.interest, _interests(), brief.language)
        topic = brief.understanding
        passages, answering = _chosen(brief.retrieved.passages, topic, bridge)
        return cls(
            brief.query,
            brief.grade_level,
            brief.interest,
            brief.language,
            topic,
            passages,
            answering,
            bridge,
        )

    @property
    def keys(self) -> Mapping[str, str]:
        """Passage keys by the ids that the model gets: P1, P2, ..."""
        return {f"P{at}": passage.key for at, passage in enumerate(self.passages, 1)}

    @property
    def ids(self) -> Mapping[str, str]:
        """The ids that the model gets, by passage key."""
        return {key: name for name, key in self.keys.items()}

    @property
    def terms(self) -> tuple[str, ...]:
        """The terms that the lesson teaches, which `reading_grade` does not count as hard."""
        defined = (p.heading for p in self.passages if p.kind == "definition")
        return (self.understanding.title, *defined)

    @property
    def asked(self) -> frozenset[str]:
        """The keys of `answering` if the question asks more than the topic, else none."""
        return self.answering if self.understanding.answer else frozenset()

    def values(self) -> dict[str, object]:
        """Return the values for both prompts."""
        pace = words_per_second(self.grade_level, self.language)
        return {
            "title": self.understanding.title,
            "subject": self.understanding.subject,
            "language": self.language,
            "grade": self.grade_level,
            "style": f"{sentence_lengths(self.grade_level)} {_style(self.grade_level)['write']}",
            "fewest_words": round(SHORTEST_TARGET_S * pace),
            "most_words": round(LONGEST_TARGET_S * pace),
            "question": student_text(self.query),
            "interest": self._interest(),
            "sources": "\n\n".join(self._sources()),
        }

    def values_to_write(self) -> dict[str, object]:
        """Return the values for the prompt that asks for a draft."""
        example = _styles()["examples"][_style(self.grade_level)["example"]]
        return {**self.values(), "example": example}

    def _sources(self) -> Iterator[str]:
        """Yield the sources, with a line before those that answer and one before the others."""
        answers, others = "These answer the question:", "These tell more, the nearest to it first:"
        if not self.understanding.answer:
            answers, others = "These tell the whole:", "These tell more, in the order of a lesson:"
        told = set()
        for name, passage in zip(self.keys, self.passages, strict=True):
            group = answers if passage.key in self.answering else others
            if group not in told:
                yield group
                told.add(group)
            yield _source(name, passage)

    def _interest(self) -> str:
        if not self.interest:
            return "The student named no interest: begin with everyday life."
        told = any(p.kind == "bridge" and p.key.endswith(f"/{self.bridge}") for p in self.passages)
        how = (
            "A source tells how it is connected to the topic; use that one."
            if told and self.bridge != EVERYDAY
            else "Use it only where something true ties it to the topic."
        )
        return f"The student cares about:\n{student_text(self.interest)}\n{how}"


def sentence_lengths(grade: int) -> str:
    """Say how long sentences are, so that a text measures about the grade (`reading_grade`).

    On hand-written scripts, such means measure at most a grade and a half below it.
    """
    mean = round(5 + 1.5 * grade)
    return f"sentences of {mean - 3} to {mean + 3} words."


@cache
def identity() -> str:
    """Return a value that changes with what every prompt has besides its template."""
    schema = json.dumps(WrittenScript.model_json_schema(), sort_keys=True)
    parts = "\0".join((schema, kinds_guide(), json.dumps(_styles(), sort_keys=True)))
    return f"form-{hashlib.sha256(parts.encode()).hexdigest()[:8]}"


@cache
def _styles() -> dict[str, Any]:
    text = files(prompts).joinpath("script_styles.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


def _style(grade: int) -> dict[str, Any]:
    """Return how to write for a grade, and the name of its example."""
    return dict(next(style for style in _styles()["styles"] if grade <= style["to_grade"]))


def _interests() -> frozenset[str]:
    return frozenset(b.interest for topic in load_topics().values() for b in topic.bridges)


def _chosen(
    passages: Sequence[Passage], topic: Understanding, bridge: str
) -> tuple[tuple[Passage, ...], frozenset[str]]:
    """Choose and rank passages; return them with the keys of those that answer.

    These come first. If the question asks more than the topic, the nearest to it follow; else the
    topic's summary answers, and its author's order is kept. Other topics' passages and one bridge
    come last: the bridge to the student's interest, else the everyday one.
    """
    bridges = [p for p in passages if p.kind == "bridge"]
    fitting = [p for p in bridges if p.key.endswith(f"/{bridge}")] or [
        p for p in bridges if p.key.endswith(f"/{EVERYDAY}")
    ]
    own = [p for p in passages if p.topic_id == topic.topic_id and p.kind != "bridge"]
    others = [p for p in passages if p.topic_id != topic.topic_id and p.kind != "bridge"]
    answering = frozenset(
        p.key for p in own if (p.key == topic.answer if topic.answer else p.kind == "summary")
    )
    asked = bool(topic.answer)
    own.sort(key=lambda p: (p.key not in answering, -p.score if asked else 0.0, p.position))
    others.sort(key=lambda p: -p.score)
    kept = []
    length = sum(len(_source("P00", passage)) for passage in fitting[:1])
    for passage in (*own, *others)[: MOST_PASSAGES - 1]:
        length += len(_source("P00", passage))
        if length > MOST_CHARACTERS:
            break
        kept.append(passage)
    return (*kept, *fitting[:1]), answering


def _source(name: str, passage: Passage) -> str:
    """Format a passage for the prompt: its sentences with their texts on screen."""
    lines = [f"[{name}] {passage.kind}: {passage.heading}"]
    for sentence in passage.sentences:
        shown = f"  (on screen: {sentence.show})" if sentence.show else ""
        lines.append(f"- {sentence.say}{shown}")
    return "\n".join(lines)
