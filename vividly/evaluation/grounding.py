"""Measures the check of facts on labelled sentences: certain, in doubt, or refuted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from vividly.lesson.grounding import DOUBT, check
from vividly.lesson.grounding.judge import Judge, SecondLook
from vividly.model.lesson import Line, Passage, PassageSentence, Scene, Script, Source
from vividly.text.interests import EVERYDAY

KEY = "evaluated"
GRADE = 9
Verdict = Literal["certain", "doubt", "refuted"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


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
    """A sentence and what became of it.

    Attributes:
        kind: `true`, or how a false one is false.
        verdict: of the rules.
        why: what they found, kind first.
        supported: what the judge says of a doubt; None if it was not asked.
    """

    subject: str
    kind: str
    say: str
    verdict: Verdict
    why: tuple[str, ...]
    supported: bool | None = None

    @property
    def refused(self) -> bool:
        """Whether a lesson would lose the sentence."""
        return self.verdict == "refuted" or self.supported is False

    @property
    def wrong(self) -> bool:
        """Whether a true sentence is refused, or a false one is taken for certain or supported."""
        if self.kind == "true":
            return self.refused
        return self.verdict == "certain" or self.supported is True


def read_sentences(path: Path) -> tuple[Labelled, ...]:
    """The passages and sentences of a file.

    Raises:
        OSError, ValueError, yaml.YAMLError: it cannot be read, or is off its form.
    """
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return TypeAdapter(tuple[Labelled, ...]).validate_python(data)


def judge(labelled: Iterable[Labelled], second: Judge | None = None) -> tuple[Judged, ...]:
    """Check the sentences as the lines of a lesson that cite their passages.

    Args:
        second: judges the doubts, in one call for each passage.

    Raises:
        UnusableAnswer, PermanentError, TransientError, ContentBlocked: from the judge.
    """
    return tuple(judged for one in labelled for judged in _judged(one, second))


def _judged(one: Labelled, second: Judge | None) -> Iterator[Judged]:
    passage = Passage(
        KEY,
        KEY,
        "section",
        one.heading,
        1,
        tuple(PassageSentence(sentence) for sentence in one.passage),
        Source(one.heading, one.heading, "evaluation", "evaluation"),
    )
    sentences = [*(("true", say) for say in one.true), *one.false]
    lines = tuple(Line(say, None, (KEY,)) for _, say in sentences)
    scene = Scene("explanation", one.heading, lines)
    script = Script(one.heading, KEY, one.subject, GRADE, "en-US", EVERYDAY, (scene,), (), KEY)
    found = check(script, (passage,), bridge_interest=None)
    kept = SecondLook(second, (passage,), None).findings(script) if second else ()
    for at, (kind, say) in enumerate(sentences):
        of = [f for f in found if f.line == at]
        refuted = [f for f in of if f.kind != DOUBT]
        verdict: Verdict = "refuted" if refuted else "doubt" if of else "certain"
        doubted = second is not None and verdict == "doubt"
        yield Judged(
            one.subject,
            kind,
            say,
            verdict,
            tuple(f"{f.kind}: {f.what}: {f.message}" for f in refuted),
            all(f.line != at for f in kept) if doubted else None,
        )


def precision_and_recall(judged: Iterable[Judged]) -> tuple[float, float]:
    """Of the rules: the share of false ones among the refuted, and of refuted among the false."""
    every = list(judged)
    false = [one for one in every if one.kind != "true"]
    refuted = [one for one in every if one.verdict == "refuted"]
    hits = sum(one.verdict == "refuted" for one in false)
    return hits / max(1, len(refuted)), hits / max(1, len(false))
