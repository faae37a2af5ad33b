"""The labelled sentences of tests/data/grounding.yaml, and the checker's findings for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from vividly.lesson.grounding import Finding, check
from vividly.library.corpus import load_topics
from vividly.library.corpus.passages import topic_passages
from vividly.model.lesson import Line, Passage, Scene, SceneKind, Script

FILE = Path(__file__).parents[1] / "data" / "grounding.yaml"


@dataclass(frozen=True)
class Pair:
    """A sentence and its cited passage. `kind` is empty if the passage supports it."""

    split: str
    passage: str
    kind: str
    say: str

    @property
    def supported(self) -> bool:
        return not self.kind


@cache
def data() -> Any:
    """The file."""
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


@cache
def pairs(split: str) -> tuple[Pair, ...]:
    """All pairs of a split."""
    return tuple(_pairs(split))


def _pairs(split: str) -> Iterator[Pair]:
    for passage, labelled in data()[split].items():
        for say in labelled["good"]:
            yield Pair(split, passage, "", say)
        for kind, say in labelled["bad"]:
            yield Pair(split, passage, kind, say)


@cache
def passages(topic_id: str) -> tuple[Passage, ...]:
    """The passages of a shipped topic."""
    return topic_passages(load_topics()[topic_id])


def script(
    *lines: Line,
    topic_id: str = "electric-circuits",
    kind: SceneKind = "explanation",
    heading: str = "One idea",
    language: str = "en-US",
) -> Script:
    """A script of one scene."""
    topic = load_topics()[topic_id]
    scene = Scene(kind, heading, lines)
    return Script(
        topic.title, topic_id, topic.subject, 9, language, "everyday", (scene,), (), "test"
    )


def judge(pair: Pair) -> tuple[Finding, ...]:
    """The findings of the checker in the sentence of a pair."""
    topic_id = pair.passage.split("/")[0]
    one = script(Line(pair.say, None, (pair.passage,)), topic_id=topic_id)
    return check(one, passages(topic_id), bridge_interest=None)
