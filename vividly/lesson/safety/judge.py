"""Asks a model, if one is configured, about a question that no rule refuses."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from vividly.lesson.prompts import load_prompt, student_text
from vividly.lesson.safety.categories import Finding
from vividly.platform.google.gemini import Gemini

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

    def __init__(
        self, gemini: Gemini, *, model: str, temperature: float, thinking: str, timeout: float
    ) -> None:
        """Store the settings; calls nothing. `timeout`: seconds for one question."""
        self._gemini = gemini
        self._model = model
        self._temperature = temperature
        self._thinking = thinking
        self._timeout = timeout
        self._prompt = load_prompt("judge_safety")
        self.identity = f"gemini/{model}/{self._prompt.identity}"

    def check(self, text: str) -> Finding | None:
        """Check a question; None if it may be answered.

        Raises:
            ContentBlocked: Gemini refuses the question itself.
            UnusableAnswer: the answer does not fit its schema.
            PermanentError: Vertex AI refuses the request; the message says what to do.
            TransientError: Vertex AI was busy, slow or unreachable.
        """
        found = self._gemini.generate(
            model=self._model,
            system=self._prompt.system,
            prompt=self._prompt.render(student_text=student_text(text)),
            schema=_Judgement,
            temperature=self._temperature,
            max_output_tokens=MAX_OUTPUT_TOKENS,
            timeout=self._timeout,
            thinking=self._thinking,
        ).value.category
        return None if found == "safe" else Finding(found, f"model.{found}")
