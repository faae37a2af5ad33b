"""Labelled questions, for measuring retrieval and lessons."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Protocol, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vividly.model.errors import SettingsError
from vividly.model.explain import explain
from vividly.model.lesson import Passage

Style = Literal["textbook", "paraphrased", "misspelt", "slang"]
Split = Literal["dev", "test"]


class Question(BaseModel):
    """A labelled question.

    Attributes:
        topics: ids of shipped lessons that answer; without topics and sections no lesson is due.
        sections: numbers of the sections of the book that answer, such as `4.3`; any is a hit.
        answer: regular expressions; a text that matches one of them answers.
        split: decisions are tuned on `dev` only.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: Annotated[str, Field(min_length=2)]
    style: Style
    split: Split
    topics: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    answer: tuple[re.Pattern[str], ...] = ()

    @property
    def has_lesson(self) -> bool:
        """Whether a lesson is due."""
        return bool(self.topics or self.sections)

    def in_section(self, passage: Passage) -> bool:
        """Whether a passage is from a section that answers."""
        return section_number(passage) in self.sections

    def answered_by(self, passage: Passage) -> bool:
        """Whether a passage itself answers."""
        return self.in_section(passage) and self.answered_in(passage.text)

    def answered_in(self, text: str) -> bool:
        """Whether a text contains the answer."""
        return any(re.search(p.pattern, text, re.IGNORECASE | re.DOTALL) for p in self.answer)


class QuestionSet(BaseModel):
    """Labelled questions.

    Attributes:
        corpus: the book that the sections belong to.
        lessons: ids of the shipped lessons that answer questions on a section, too.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    corpus: str = ""
    lessons: Mapping[str, tuple[str, ...]] = {}
    questions: tuple[Question, ...]


class Asked(Protocol):
    """The result of a question."""

    @property
    def question(self) -> Question: ...


T = TypeVar("T", bound=Asked)


def read_questions(path: Path) -> QuestionSet:
    """The questions of a YAML file.

    Raises:
        SettingsError: the file cannot be read; the message names the file and the fault.
    """
    try:
        return QuestionSet.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, ValidationError, yaml.YAMLError) as error:
        raise SettingsError(f"questions {path}: {explain(error)}") from error


def section_number(passage: Passage) -> str:
    """`4.3` of a passage that is cited as "4.3 Newton's Second Law of Motion"."""
    return passage.source.section.split(" ", 1)[0]


def groups(outcomes: Sequence[T]) -> dict[str, list[T]]:
    """All outcomes, and the outcomes by split and by style; no group is empty but the first."""
    found = {"all": list(outcomes)}
    for split in get_args(Split):
        found[split] = [one for one in outcomes if one.question.split == split]
    for style in get_args(Style):
        found[style] = [one for one in outcomes if one.question.style == style]
    return {name: of for name, of in found.items() if of or name == "all"}
