"""Writes the script of a lesson from passages."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Protocol

from vividly.model.errors import SettingsError
from vividly.model.lesson import Retrieved, Script, Understanding
from vividly.model.settings import Settings, choices


@dataclass(frozen=True)
class Brief:
    """The input of a script writer.

    Attributes:
        query: the student's question.
        grade_level: 1 to 12.
        interest: a slug of an interest or free words; None for none.
        language: BCP 47 tag of the lesson.
        understanding: the topic.
        retrieved: the passages that the script may use.
    """

    query: str
    _: KW_ONLY
    grade_level: int
    interest: str | None
    language: str
    understanding: Understanding
    retrieved: Retrieved


class ScriptWriter(Protocol):
    """Writes scripts. `identity` changes when the same brief can give another script."""

    identity: str

    def write(self, brief: Brief) -> Script:
        """Write a lesson of two to three minutes in which every factual line cites passages.

        Raises:
            PermanentError: the passages are not enough for a lesson.
        """


def make_script_writer(settings: Settings) -> ScriptWriter:
    """Make the script writer named in the settings: `offline` or `gemini`.

    Raises:
        SettingsError: the writer is unknown.
    """
    provider = settings.script_provider
    if provider == "offline":
        from vividly.lesson.scripting.composer import Composer

        return Composer(settings.reading_level_tolerance)
    if provider == "gemini":
        from vividly.lesson.scripting.gemini import GeminiScriptWriter
        from vividly.platform.google.gemini import script_model

        return GeminiScriptWriter(
            script_model(settings), reading_level_tolerance=settings.reading_level_tolerance
        )
    raise SettingsError(
        f"--script_provider={provider!r}: choose one of {', '.join(choices('script_provider'))}"
    )
