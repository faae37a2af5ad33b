"""Measures the check of facts on labelled sentences: what it refuses, and what it lets pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from vividly.lesson.grounding import check
from vividly.model.lesson import Line, Passage, PassageSentence, Scene, Script, Source
from vividly.text.interests import EVERYDAY

KEY = "evaluated"
GRADE = 9


class Labelled(BaseModel):
    """A passage, true sentences about it in other words, and false ones with their kinds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    subject: str
    heading: str
    passage: Annotated[tuple[str, ...], Field(min_length=1)]
    true: tuple[str, ...]
    false: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Judged:
    """A sentence and what became of it. `kind` is `true`, or how a false one is false."""

    subject: str
    kind: str
    say: str
    refused: bool
    why: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Whether a true sentence passed, or a false one was refused."""
        return self.refused != (self.kind == "true")


def read_sentences(path: Path) -> tuple[Labelled, ...]:
    """The passages and sentences of a file.

    Raises:
        OSError, ValueError, yaml.YAMLError: it cannot be read, or is off its form.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return TypeAdapter(tuple[Labelled, ...]).validate_python(data)


def judge(labelled: Iterable[Labelled]) -> tuple[Judged, ...]:
    """Check each sentence as a line of a lesson that cites its passage."""
    return tuple(
        Judged(
            one.subject,
            kind,
            say,
            bool(found := _findings(one, say)),
            tuple(f"{kind_}: {what}" for kind_, what in found),
        )
        for one in labelled
        for kind, say in (*(("true", say) for say in one.true), *one.false)
    )


def _findings(one: Labelled, say: str) -> list[tuple[str, str]]:
    passage = Passage(
        KEY,
        KEY,
        "section",
        one.heading,
        1,
        tuple(PassageSentence(sentence) for sentence in one.passage),
        Source(one.heading, one.heading, "evaluation", "evaluation"),
    )
    line = Line(say, None, (KEY,))
    scene = Scene("explanation", one.heading, (line,))
    script = Script(one.heading, KEY, one.subject, GRADE, "en-US", EVERYDAY, (scene,), (), KEY)
    return [(f.kind, f.what) for f in check(script, (passage,), bridge_interest=None)]
