"""Measures what a lesson teaches: a quiz on its passages, answered from its transcript alone.

A model plays three parts, each in a call of its own: it writes questions from the passages,
answers them from the transcript without the passages, and marks the answers.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel

from vividly.lesson.prompts import load_prompt, student_text
from vividly.model.errors import UnusableAnswer
from vividly.model.lesson import Passage
from vividly.platform.google.gemini import Model

T = TypeVar("T", bound=BaseModel)
MOST_TOKENS = 2_048
"""Token limit of an answer; a question with its answer takes about 60. Thinking is extra."""


class _Asked(BaseModel):
    question: str
    answer: str


class _Quiz(BaseModel):
    questions: list[_Asked]


class _Answered(BaseModel):
    number: int
    answer: str


class _Answers(BaseModel):
    answers: list[_Answered]


class _Marked(BaseModel):
    number: int
    right: bool


class _Marks(BaseModel):
    marks: list[_Marked]


@dataclass(frozen=True)
class Answered:
    """A question of a quiz, the right answer, and what the transcript gave."""

    question: str
    due: str
    given: str
    right: bool


class Quiz:
    """Asks a Gemini model."""

    def __init__(self, model: Model) -> None:
        """Calls nothing yet."""
        self._model = model

    def take(
        self,
        query: str,
        passages: Sequence[Passage],
        transcript: str,
        *,
        grade: int,
        language: str,
    ) -> tuple[Answered, ...]:
        """Write a quiz on passages, and answer it from a transcript.

        Raises:
            UnusableAnswer: the answer does not fit its schema, or misses a question.
            PermanentError: Vertex AI refuses the request; the message says what to do.
            TransientError: Vertex AI was busy, slow or unreachable.
            ContentBlocked: Gemini refuses the text.
        """
        listed = "\n\n".join(f"{one.heading}\n{one.text}" for one in passages)
        asked = self._ask(
            "quiz_write",
            _Quiz,
            student_text=student_text(query),
            language=language,
            grade=grade,
            passages=listed,
        ).questions
        if not asked:
            raise UnusableAnswer(f"{self._model.name} wrote a quiz without questions")
        numbered = [f"{at}. {one.question}" for at, one in enumerate(asked, 1)]
        answers = self._ask(
            "quiz_answer", _Answers, transcript=transcript, questions="\n".join(numbered)
        ).answers
        given = {one.number: one.answer for one in answers}
        self._complete(given, asked)
        shown = (
            f"{line}\nRight answer: {one.answer}\nLearner: {given[at] or '(empty)'}"
            for at, (line, one) in enumerate(zip(numbered, asked, strict=True), 1)
        )
        marks = self._ask("quiz_mark", _Marks, answers="\n\n".join(shown)).marks
        right = {one.number: one.right for one in marks}
        self._complete(right, asked)
        return tuple(
            Answered(one.question, one.answer, given[at], right[at] and bool(given[at].strip()))
            for at, one in enumerate(asked, 1)
        )

    def _ask(self, name: str, schema: type[T], **values: object) -> T:
        prompt = load_prompt(name)
        return self._model.ask(
            prompt.system, prompt.render(**values), schema, max_output_tokens=MOST_TOKENS
        )

    def _complete(self, found: Collection[int], asked: Sequence[_Asked]) -> None:
        if set(found) != set(range(1, len(asked) + 1)):
            raise UnusableAnswer(
                f"{self._model.name} answered {len(found)} of {len(asked)} questions"
            )
