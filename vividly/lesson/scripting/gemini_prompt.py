"""The values of the script prompts: sources with short ids, the grade and the interest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vividly.lesson.prompts import student_text
from vividly.lesson.scripting import Brief
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
        bridge: the slug of the interest; `everyday` if the corpus does not know it.
    """

    query: str
    grade_level: int
    interest: str | None
    language: str
    understanding: Understanding
    passages: tuple[Passage, ...]
    bridge: str

    @classmethod
    def of(cls, brief: Brief) -> Task:
        """Make the task for a brief, with the passages that it can use."""
        bridge = bridge_interest(brief.interest, _interests(), brief.language)
        topic = brief.understanding
        passages = _chosen(brief.retrieved.passages, topic.topic_id, bridge)
        return cls(
            brief.query, brief.grade_level, brief.interest, brief.language, topic, passages, bridge
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

    def values(self) -> dict[str, object]:
        """Return the values for both prompts."""
        return {
            "title": self.understanding.title,
            "subject": self.understanding.subject,
            "language": self.language,
            "grade": self.grade_level,
            "style": style(self.grade_level),
            "fewest_words": round(SHORTEST_TARGET_S * words_per_second(self.grade_level)),
            "most_words": round(LONGEST_TARGET_S * words_per_second(self.grade_level)),
            "question": student_text(self.query),
            "interest": self._interest(),
            "sources": "\n\n".join(
                _source(name, passage)
                for name, passage in zip(self.keys, self.passages, strict=True)
            ),
        }

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


def style(grade: int) -> str:
    """Return the style instructions for a grade."""
    if grade <= 5:
        return "sentences of 6 to 11 words, plain words, one idea each."
    if grade <= 8:
        return "sentences of 9 to 14 words, plain words, each term explained when it comes up."
    if grade <= 10:
        return "sentences of 12 to 18 words, the terms of the subject, each explained once."
    return "sentences of 15 to 22 words, the terms of the subject, and the reasons behind things."


def _interests() -> frozenset[str]:
    return frozenset(b.interest for topic in load_topics().values() for b in topic.bridges)


def _chosen(passages: Sequence[Passage], topic_id: str, bridge: str) -> tuple[Passage, ...]:
    """Choose passages: one bridge, the topic's passages in order, then others, best first.

    The bridge is the one to the student's interest, else the everyday one.
    """
    bridges = [p for p in passages if p.kind == "bridge"]
    fitting = [p for p in bridges if p.key.endswith(f"/{bridge}")] or [
        p for p in bridges if p.key.endswith(f"/{EVERYDAY}")
    ]
    own = [p for p in passages if p.topic_id == topic_id and p.kind != "bridge"]
    others = [p for p in passages if p.topic_id != topic_id and p.kind != "bridge"]
    own.sort(key=lambda p: p.position)
    others.sort(key=lambda p: -p.score)
    kept: list[Passage] = []
    length = 0
    for passage in (*fitting[:1], *own, *others):
        length += len(_source("P00", passage))
        if len(kept) == MOST_PASSAGES or length > MOST_CHARACTERS:
            break
        kept.append(passage)
    return tuple(kept)


def _source(name: str, passage: Passage) -> str:
    """Format a passage for the prompt: its sentences with their texts on screen."""
    lines = [f"[{name}] {passage.kind}: {passage.heading}"]
    for sentence in passage.sentences:
        shown = f"  (on screen: {sentence.show})" if sentence.show else ""
        lines.append(f"- {sentence.say}{shown}")
    return "\n".join(lines)
