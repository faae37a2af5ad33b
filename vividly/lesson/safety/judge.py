"""Asks a model, if one is configured, about a question that no rule refuses."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from vividly.lesson.prompts import load_prompt, student_text
from vividly.lesson.safety.categories import Finding
from vividly.platform.google.gemini import Model

MAX_OUTPUT_TOKENS = 128


class _Judgement(BaseModel):
    category: Literal[
        "safe",
        "self_harm",
        "abuse",
        "violence",
        "sexual",
        "weapons",
        "drugs",
        "hate",
        "personal_data",
        "unsafe",
    ]


class Judge:
    """Asks a Gemini model. Thread-safe."""

    def __init__(self, model: Model) -> None:
        """Calls nothing yet."""
        self._model = model
        self._prompt = load_prompt("judge_safety")
        self.identity = f"gemini/{model.name}/{self._prompt.identity}"

    def check(self, text: str) -> Finding | None:
        """Check a question; None if it may be answered.

        Raises:
            ContentBlocked: Gemini refuses the question itself.
            UnusableAnswer: the answer does not fit its schema.
            PermanentError: Vertex AI refuses the request; the message says what to do.
            TransientError: Vertex AI was busy, slow or unreachable.
        """
        prompt = self._prompt.render(student_text=student_text(text))
        found = self._model.ask(
            self._prompt.system, prompt, _Judgement, max_output_tokens=MAX_OUTPUT_TOKENS
        ).category
        return None if found == "safe" else Finding(found, f"model.{found}")
