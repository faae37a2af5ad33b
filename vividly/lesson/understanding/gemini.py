"""Understanding by Gemini: the model classifies a question among topics with lessons.

A topic that was not offered is rejected. Text that the model writes for the student is
cleaned, truncated and checked against the package's own safety rules.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, Field

from vividly.lesson import safety
from vividly.lesson.prompts import load_prompt, student_text
from vividly.lesson.understanding import answers
from vividly.lesson.understanding.choices import Choices, TopicChoice, shipped_choices
from vividly.library.corpus import corpus_languages
from vividly.model.errors import ContentBlocked, UnusableAnswer
from vividly.model.gemini_models import manner
from vividly.model.lesson import Answer, Understanding
from vividly.platform.google.gemini import Model
from vividly.text.locales import primary_subtag

MAX_OUTPUT_TOKENS = 1024
"""An answer takes about 150 tokens; more in writing systems with many tokens per word."""
QUESTIONS = 4
QUESTION_CHARACTERS, MESSAGE_CHARACTERS = 120, 300
_CATEGORIES = {
    "clarification": ("ambiguous", "vague"),
    "out_of_scope": ("no_lesson_yet", "not_school", "language"),
    "blocked": tuple(safety.CATEGORIES),
}
_LINK = re.compile(r"https?:|www\.|[\w.+-]+@[\w-]+\.\w|\b\w+\.(?:com|net|org|io|app)\b", re.I)
_MARKUP = re.compile(r"</?[A-Za-z!][^>]*>|[*_#~]{2,}|^[#>*-]+\s|`", re.MULTILINE)
_UNKNOWN_LANGUAGES = ("", "und", "mul", "zxx")


class Sorted(BaseModel):
    """What the model answers."""

    outcome: Literal["topic", "clarification", "out_of_scope", "blocked"]
    topic_id: str = ""
    confidence: float = Field(ge=0, le=1)
    category: Literal[
        "none",
        "ambiguous",
        "vague",
        "no_lesson_yet",
        "not_school",
        "language",
        "self_harm",
        "abuse",
        "sexual",
        "drugs",
        "weapons",
        "hate",
        "violence",
        "personal_data",
        "unsafe",
    ]
    language: str = ""
    message: str = ""
    questions: list[str] = Field(default_factory=list)


class GeminiUnderstander:
    """Finds the topic with a Gemini model. Thread-safe."""

    def __init__(self, model: Model, choices: Choices = shipped_choices) -> None:
        """Makes no call yet.

        Args:
            choices: lists the topics that the model may choose from.
        """
        self._model = model
        self._choices = choices
        self._prompt = load_prompt("understand")
        how = manner(model.temperature, model.thinking)
        self.identity = f"gemini/{model.name}/{how}/{self._prompt.identity}/{_rules_digest()}"

    def understand(self, query: str, *, grade_level: int, language: str) -> Understanding | Answer:
        """Return the topic, or an answer instead.

        Raises:
            ContentBlocked: Gemini refuses the question, or finds it unsafe for a school.
            UnusableAnswer: the model chose a topic that was not offered, or contradicts itself.
            PermanentError: Vertex AI rejects the request; the message says what to do.
            TransientError: Vertex AI or the database is busy, slow or unavailable.
        """
        choices = {choice.topic_id: choice for choice in self._choices(query, language)}
        if not choices:
            return answers.language(corpus_languages(), language)
        prompt = self._prompt.render(
            topics="\n".join(map(_line, choices.values())),
            grade=grade_level,
            language=language,
            student_text=student_text(query),
        )
        found = self._model.ask(
            self._prompt.system, prompt, Sorted, max_output_tokens=MAX_OUTPUT_TOKENS
        )
        return self._checked(found, choices, language)

    def _checked(
        self, found: Sorted, choices: dict[str, TopicChoice], language: str
    ) -> Understanding | Answer:
        """Check the model's answer for consistency and convert it."""
        allowed = _CATEGORIES.get(found.outcome)
        if allowed and found.category not in allowed:
            raise UnusableAnswer(
                f"Gemini ({self._model.name}): "
                f"outcome {found.outcome} with category {found.category}"
            )
        if found.outcome == "blocked":
            raise ContentBlocked(
                f"Gemini ({self._model.name}) finds the question unsafe: {found.category}",
                category=found.category,
            )
        spoken = primary_subtag(found.language) if found.language.strip() else ""
        if found.category == "language" or _foreign(spoken, language):
            wanted = "" if spoken in _UNKNOWN_LANGUAGES else spoken
            return answers.language(corpus_languages(), wanted)
        if found.outcome == "topic":
            return self._topic(found, choices)
        if found.outcome == "clarification":
            return self._question_back(found, language)
        return _outside(found, language)

    def _topic(self, found: Sorted, choices: dict[str, TopicChoice]) -> Understanding:
        chosen = choices.get(found.topic_id)
        if chosen is None:
            # The message omits the invented topic: it may contain the student's words.
            raise UnusableAnswer(
                f"Gemini ({self._model.name}): it chose a topic that was not offered"
            )
        return Understanding(
            chosen.topic_id, chosen.title, chosen.subject, round(found.confidence, 4)
        )

    def _question_back(self, found: Sorted, language: str) -> Answer:
        questions = [_said(text, QUESTION_CHARACTERS, language) for text in found.questions]
        asked = list(dict.fromkeys(filter(None, questions)))[:QUESTIONS]
        if not asked:
            raise UnusableAnswer(f"Gemini ({self._model.name}): a clarification without a question")
        message = _said(found.message, MESSAGE_CHARACTERS, language)
        return answers.ask(message or "Which of these do you mean?", asked, found.category)


def _outside(found: Sorted, language: str) -> Answer:
    message = _said(found.message, MESSAGE_CHARACTERS, language)
    if message:
        return Answer("out_of_scope", message, category=found.category)
    if found.category == "no_lesson_yet":
        return answers.no_lesson_yet("", ())
    return answers.not_school(())


def _said(text: str, longest: int, language: str) -> str:
    """Clean and truncate text for a student; return "" if it must not be shown."""
    seen = "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else " " for c in text)
    plain = " ".join(_MARKUP.sub(" ", seen).split())
    if not plain or _LINK.search(plain) or safety.check_lines([plain], language=language):
        return ""
    return plain if len(plain) <= longest else f"{_to_word(plain[: longest - 1])}…"


def _to_word(text: str) -> str:
    """Drop the last word of a truncated text, which may be incomplete."""
    head, _, _ = text.rpartition(" ")
    return head or text


def _foreign(spoken: str, language: str) -> bool:
    """Whether the question is in a known language without lessons."""
    known = (*corpus_languages(), *_UNKNOWN_LANGUAGES, primary_subtag(language))
    return spoken not in known


def _line(choice: TopicChoice) -> str:
    title = " ".join(choice.title.replace("|", "/").split())
    return f"{choice.topic_id} | {title} | {choice.subject}"


def _rules_digest() -> str:
    """Digest of the limits and the schema that this file applies to an answer."""
    rules: Sequence[object] = (
        Sorted.model_json_schema(),
        _CATEGORIES,
        QUESTIONS,
        QUESTION_CHARACTERS,
        MESSAGE_CHARACTERS,
    )
    return hashlib.sha256(repr(rules).encode()).hexdigest()[:8]
