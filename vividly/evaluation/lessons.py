"""Measures lessons end to end: asks questions offline and reads the scripts that come back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vividly.evaluation.metrics import mean, percentile, share
from vividly.evaluation.questions import Question, QuestionSet, section_number
from vividly.lesson import safety
from vividly.lesson.scripting import Brief, ScriptWriter
from vividly.lesson.scripting.answering import answering
from vividly.lesson.scripting.pacing import scene_seconds
from vividly.lesson.understanding import Understander
from vividly.library.retrieval.hybrid import HybridRetriever
from vividly.model.errors import NoLesson, PermanentError
from vividly.model.lesson import Answer, Passage, Retrieved, Script
from vividly.text.words import singular

if TYPE_CHECKING:
    # Google's library takes a second to load.
    from vividly.evaluation.quiz import Answered, Quiz

FIRST_PART = 1 / 3
"""The share of a transcript, by words, in which an answer counts as early."""
QUIZZED = 6
"""The number of passages, best first, that a quiz is written from."""
TEACHES = ("title", "worked_example", "misconception")
"""Kinds of scenes that teach, besides those that explain (`Scene.explains`)."""
ENDS = ("takeaways", "check", "answer")
"""Kinds of scenes that may only use what was taught."""


@dataclass(frozen=True)
class Outcome:
    """What became of a question.

    Attributes:
        status: `lesson`, `no_material`, or the status of an `Answer`.
        topic_id: the topic that was found; empty for none.
        right: whether the topic answers or, if no lesson is due, there is none.
        answered: whether the transcript contains the answer.
        early: whether its first third does.
        covered: share of the words of the takeaways, check and answer that were taught before.
        level_off: school grades between the reading level and the request.
        seconds: estimated length of the lesson.
        took: seconds that it took to make.
        quiz: the questions of a quiz on the passages, answered from the transcript.
    """

    question: Question
    status: str
    topic_id: str = ""
    right: bool = False
    answered: bool = False
    early: bool = False
    covered: float = 1.0
    level_off: float = 0.0
    seconds: float = 0.0
    took: float = 0.0
    text: str = ""
    quiz: tuple[Answered, ...] = ()

    @property
    def is_lesson(self) -> bool:
        """Whether there is a lesson."""
        return self.status == "lesson"


@dataclass(frozen=True)
class Scores:
    """The figures of some outcomes. All are shares, except `level_off` and times (seconds).

    Attributes:
        right: right topic, of the questions with a lesson due.
        answered, early: the lesson contains the answer, of the same.
        asked_back, refused: got a question back, or no lesson, of the same.
        let_through: got a lesson, of the questions without a lesson due.
        covered, level_off, seconds: means over the lessons.
        quiz: questions of the quizzes that the transcripts answer.
    """

    questions: int
    right: float
    answered: float
    early: float
    asked_back: float
    refused: float
    let_through: float
    covered: float
    level_off: float
    seconds: float
    p95_s: float
    quiz: float


class Asker:
    """Asks questions of the offline parts, as the job does: safety, topic, passages, script."""

    def __init__(
        self,
        understander: Understander,
        retriever: HybridRetriever,
        writer: ScriptWriter,
        asked: QuestionSet,
        *,
        grade_level: int = 9,
        language: str = "en-US",
        quiz: Quiz | None = None,
    ) -> None:
        self._understander = understander
        self._retriever = retriever
        self._writer = writer
        self._asked = asked
        self._grade = grade_level
        self._language = language
        self._quiz = quiz

    def ask(self, question: Question) -> Outcome:
        """Make the lesson on a question and read it."""
        started = time.perf_counter()
        if safety.check_query(question.ask):
            return Outcome(question, "blocked", right=not question.has_lesson)
        found = self._understander.understand(
            question.ask, grade_level=self._grade, language=self._language
        )
        if isinstance(found, Answer):
            return Outcome(question, found.status, right=not question.has_lesson)
        retrieved = self._retriever.retrieve(
            found, question.ask, grade_level=self._grade, language=self._language
        )
        right = self._is_right(question, found.topic_id, retrieved.passages)
        answer = answering(
            found,
            lambda: retrieved.passages,
            question.ask,
            grade_level=self._grade,
            language=self._language,
        )
        brief = Brief(
            question.ask,
            grade_level=self._grade,
            interest=None,
            language=self._language,
            understanding=replace(found, answer=answer),
            retrieved=Retrieved(retrieved.passages),
        )
        try:
            script = self._writer.write(brief)
        except NoLesson:
            return Outcome(question, "no_material", found.topic_id, right)
        except PermanentError as error:
            return Outcome(question, f"failed: {error}", found.topic_id, right)
        took = time.perf_counter() - started
        outcome = _read(question, script, self._grade, right=right, took=took)
        if self._quiz is None:
            return outcome
        quiz = self._quiz.take(
            question.ask,
            retrieved.passages[:QUIZZED],
            outcome.text,
            grade=self._grade,
            language=self._language,
        )
        return replace(outcome, quiz=quiz)

    def _is_right(self, question: Question, topic_id: str, passages: Iterable[Passage]) -> bool:
        lessons = {id for s in question.sections for id in self._asked.lessons.get(s, ())}
        if topic_id in question.topics or topic_id in lessons:
            return True
        of_topic = [p for p in passages if p.topic_id == topic_id]
        return topic_id.startswith(f"{self._asked.corpus}/") and any(
            section_number(passage) in question.sections for passage in of_topic
        )


def evaluate(
    asked: QuestionSet, ask: Callable[[Question], Outcome], *, split: str = ""
) -> list[Outcome]:
    """Ask each question of a split; of all splits if it is empty."""
    return [ask(question) for question in asked.questions if split in ("", question.split)]


def scores(outcomes: Sequence[Outcome]) -> Scores:
    """The figures of some outcomes; NaN where no question or no lesson counts."""
    due = [o for o in outcomes if o.question.has_lesson]
    lessons = [o for o in outcomes if o.is_lesson]
    return Scores(
        questions=len(outcomes),
        right=share([o.right for o in due]),
        answered=share([o.answered for o in due]),
        early=share([o.early for o in due]),
        asked_back=share([o.status == "clarification_needed" for o in due]),
        refused=share([not o.is_lesson and o.status != "clarification_needed" for o in due]),
        let_through=share([bool(o.topic_id) for o in outcomes if not o.question.has_lesson]),
        covered=mean([o.covered for o in lessons]),
        level_off=mean([o.level_off for o in lessons]),
        seconds=mean([o.seconds for o in lessons]),
        p95_s=percentile([o.took for o in lessons], 0.95),
        quiz=share([one.right for o in lessons for one in o.quiz]),
    )


def _read(question: Question, script: Script, grade: int, *, right: bool, took: float) -> Outcome:
    words = [word for _, _, line in script.lines() for word in line.say.split()]
    text = " ".join(words)
    first = " ".join(words[: round(FIRST_PART * len(words))])
    return Outcome(
        question,
        "lesson",
        script.topic_id,
        right,
        answered=question.answered_in(text),
        early=question.answered_in(first),
        covered=covered(script),
        level_off=abs(script.reading_level - grade),
        seconds=scene_seconds(script.scenes, script.grade_level, script.language),
        took=took,
        text=script.text,
    )


def covered(script: Script) -> float:
    """Share of the long words of takeaways, check and answer that earlier scenes taught."""
    taught: set[str] = set()
    ending: list[str] = []
    for scene in script.scenes:
        said = [
            singular(word)
            for line in scene.lines
            if line.passages
            for word in re.findall(r"[^\W\d_]{5,}", line.say.lower())
        ]
        if scene.explains or scene.kind in TEACHES:
            taught.update(said)
        elif scene.kind in ENDS:
            ending += said
    return share([word in taught for word in ending]) if ending else 1.0
