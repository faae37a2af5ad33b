"""Writing the script of a lesson from passages."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Protocol

from vividly.model.errors import SettingsError
from vividly.model.lesson import Retrieved, Script, Understanding
from vividly.model.settings import Settings, choices


@dataclass(frozen=True)
class Brief:
    """What a script is to be about, and what it may rest on.

    Attributes:
        query: the student's question.
        interest: a slug of an interest or free words; None for none.
        language: a BCP 47 tag.
    """

    query: str
    _: KW_ONLY
    grade_level: int
    interest: str | None
    language: str
    understanding: Understanding
    retrieved: Retrieved


class ScriptWriter(Protocol):
    """Writes scripts. `identity` changes when the same passages would give another one."""

    identity: str

    def write(self, brief: Brief) -> Script:
        """A lesson of two to three minutes, every factual line resting on passages.

        Raises:
            PermanentError: the passages do not suffice for a lesson.
        """


def make_script_writer(settings: Settings) -> ScriptWriter:
    """The script writer that the settings name: `offline` or `gemini`.

    Raises:
        SettingsError: there is no such writer.
    """
    provider = settings.script_provider
    if provider == "offline":
        from vividly.lesson.scripting.composer import Composer

        return Composer(settings.reading_level_tolerance)
    if provider == "gemini":
        from vividly.lesson.scripting.gemini import GeminiScriptWriter
        from vividly.platform.google.gemini import make_gemini

        return GeminiScriptWriter(
            make_gemini(settings),
            model=settings.script_model,
            temperature=settings.script_temperature,
            thinking=settings.script_thinking,
            timeout=settings.model_timeout,
            reading_level_tolerance=settings.reading_level_tolerance,
        )
    raise SettingsError(
        f"--script_provider={provider!r}: choose one of {', '.join(choices('script_provider'))}"
    )
